"""Builds the page that predicts in the browser: ``python docs/page/build.py FOLDER``.

FOLDER becomes a page that any static server can serve, without a request to another host: the sources beside this file,
ONNX Runtime for browsers (of npm, by package-lock.json), the exported model, drawn streets, and what the page must know
of the package. Needs npm, and a Python with the extras of a stack and ``export``. The folder is whole or absent.
"""
import argparse
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
SOURCES = ('*.html', '*.css', '*.js', '*.svg', 'licenses.txt')
RUNTIME = Path('node_modules', 'onnxruntime-web')
# Of the runtime: the program for one thread without a GPU, and what it is compiled to. The page names them so.
RUNTIME_FILES = {'ort.wasm.bundle.min.mjs': 'ort.mjs', 'ort-wasm-simd-threaded.wasm': 'ort.wasm'}
MODEL = 'model.onnx'
# Compressed here, since not every server does; the page unpacks them. No server knows this ending, and helps.
PACKED = '.packed'
# Drawn streets: look, number of the scene, words. None of them was in the training.
SEED, SIZE, THUMBNAIL_WIDTH = 5, (256, 832), 320
STREETS = (('varied', 0, 'A street with parked cars'), ('varied', 9, 'A yellow car ahead'),
           ('varied', 7, 'A road between houses'), ('other', 0, 'A street of a kind that the model never saw'))
MAP_UNITS = 256  # a metre of depth in 16 bits, as in KITTI's files


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('folder', metavar='FOLDER', type=Path, help='of the page; must not be there')
    folder = parser.parse_args().folder
    if folder.exists():
        sys.exit(f'{folder} is there already: remove it, or name another folder')
    if shutil.which('npm') is None:
        sys.exit('npm is missing, which brings ONNX Runtime for browsers (apt-get install npm)')
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix='page') as work:
        page = Path(work, 'page')
        page.mkdir()
        for path in sorted(path for pattern in SOURCES for path in HERE.glob(pattern)):
            shutil.copy(path, page)
        runtime = add_runtime(page, Path(work, 'npm'))
        description = add_model(page, Path(work))
        content = about(description, runtime)
        content['examples'] = [add_street(page, Path(work), *street) for street in STREETS]
        content['bytes'] = {path.name: path.stat().st_size for path in sorted(page.glob(f'*{PACKED}'))}
        Path(page, 'about.json').write_text(json.dumps(content, allow_nan=False), 'utf-8')
        page.rename(folder)
    print(f'{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB')


def add_runtime(page, work):
    """str: version of ONNX Runtime for browsers, which npm fetches and checks by the lock file."""
    work.mkdir()
    for name in ('package.json', 'package-lock.json'):
        shutil.copy(HERE / name, work)
    subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], cwd=work,
                   check=True)
    for name, new in RUNTIME_FILES.items():
        data = Path(work, RUNTIME, 'dist', name).read_bytes()
        if new.endswith('.wasm'):
            pack(page / new, data)
        else:  # without the address of a map that is not here
            Path(page, new).write_bytes(data.partition(b'\n//# sourceMappingURL=')[0] + b'\n')
    return json.loads(Path(work, RUNTIME, 'package.json').read_text('utf-8'))['version']


def add_model(page, work):
    """ExportedDescription: of the shipped model, exported for any size and compared with PyTorch."""
    from mmdepthcls.apis.graph_file import read_exported_description
    from mmdepthcls.apis.loaded_model import shipped_model
    exported = work / MODEL
    subprocess.run([sys.executable, '-m', 'mmdepthcls', 'export', shipped_model(), '--out', str(exported),
                    '--number', '1'], check=True)
    pack(page / MODEL, exported.read_bytes())
    return read_exported_description(exported)


def add_street(page, work, look, number, words):
    """dict: an example, drawn here: names of its files, and words."""
    folder = work / look
    if not folder.exists():
        wanted = max(street[1] for street in STREETS if street[0] == look) + 1
        subprocess.run([sys.executable, '-m', 'mmdepthcls', 'make-minidrive', str(folder), '--look', look, '--train',
                        '0', '--val', '0', '--test', str(wanted), '--height', str(SIZE[0]), '--width', str(SIZE[1]),
                        '--seed', str(SEED)], check=True, stdout=subprocess.DEVNULL)
    name = f'street_{look}_{number}'
    files = dict(picture=f'{name}.png', thumbnail=f'{name}_small.jpg', truth=f'{name}_truth{PACKED}')
    picture = folder / 'image' / 'test' / f'{number:06d}.png'
    shutil.copy(picture, page / files['picture'])
    height, width = thumbnail(picture, page / files['thumbnail'])
    truth = cv2.imread(str(folder / 'depth' / 'test' / f'{number:06d}.png'), cv2.IMREAD_UNCHANGED)
    if truth.dtype != np.uint16 or truth.shape != SIZE:
        raise ValueError(f'{picture}: its depth is {truth.dtype} {truth.shape}')
    pack(page / files['truth'].removesuffix(PACKED), truth.astype('<u2').tobytes())
    return dict(files, words=words, height=height, width=width)


def thumbnail(picture, path):
    """(int, int): height and width of a small picture above its depth, which is written."""
    from mmdepthcls.apis import DepthInferencer
    from mmdepthcls.visualization.depth_color import DepthColors
    result = DepthInferencer(device='cpu')(str(picture))
    both = np.concatenate([result.picture, DepthColors(*result.depth_range).paint(result.depth)])
    size = THUMBNAIL_WIDTH, round(THUMBNAIL_WIDTH * both.shape[0] / both.shape[1])
    small = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85]):
        raise OSError(f'cannot write {path}')
    return size[::-1]


def pack(path, data):
    """Write data compressed, with another ending."""
    path.with_name(path.name + PACKED).write_bytes(gzip.compress(data, 9, mtime=0))


def about(description, runtime):
    """dict: what the page must know of the package and its model.

    Raises:
        ValueError: for a model of which the page would say what is not so.
    """
    import mmdepthcls
    from mmdepthcls.apis.depth_inferencer import MAX_PIXELS
    from mmdepthcls.apis.loaded_model import load_any_model, shipped_model
    from mmdepthcls.camera import GREATEST_FOCAL, LEAST_FOCAL
    from mmdepthcls.models.uncertainty import INTERVAL
    from mmdepthcls.visualization.depth_color import DepthColors, depth_ticks
    model = description.model
    loaded = load_any_model(shipped_model(), None, None, 'cpu', None, False)
    step = dict(model.pipeline[0]) if len(model.pipeline) == 1 else {}
    scale = step.pop('scale', None)
    if step != dict(type='Resize', keep_ratio=False) or scale is None or description.outputs != (
            'depth', 'confidence', 'interval'):
        raise ValueError(f'the page knows a pipeline of one Resize to a size, and a model with intervals, not '
                         f'{model.pipeline} and {description.outputs}')
    if loaded.canonical_focal_px is not None or loaded.classifier.crf is not None or loaded.supervised_rows or \
            loaded.max_depth_supervised not in (None, loaded.depth_range[1]):
        raise ValueError('the page knows no canonical camera, no CRF and no pixels that were never measured')
    if loaded.of_one_camera:
        raise ValueError('the page corrects by the focal length, and this model was calibrated without any')
    low, high = loaded.depth_range
    colors = DepthColors(low, high)
    return dict(
        version=mmdepthcls.__version__, runtime=runtime, model=MODEL, input=dict(width=scale[0], height=scale[1]),
        trained_focal_px=model.focal_px, plausible_focal=[LEAST_FOCAL, GREATEST_FOCAL], max_pixels=MAX_PIXELS,
        map_units=MAP_UNITS,
        num_bins=loaded.classifier.bins.num_bins,
        coverage=(model.interval_widening or {}).get('coverage', INTERVAL[1] - INTERVAL[0]),
        colors=dict(low=low, high=high, scale=colors.scale, ticks=depth_ticks(low, high, colors.scale).tolist(),
                    table=colors.paint(colors.depths_along(256)[None])[0].tolist()))


if __name__ == '__main__':
    main()
