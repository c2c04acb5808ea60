"""A small model, exported and used: the same metres by every way."""
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from export_files import PIPELINE, make_file, options
from script_process import run_script

from mmdepthcls.apis import DepthInferencer, ModelFileError, load_model, read_description, write_model_file
from mmdepthcls.apis.graph_file import read_exported_description
from mmdepthcls.apis.model_description import KEY

ROOT = Path(__file__).parents[3]


def test_what_is_printed(place):
    text = (place / 'table.txt').read_text()
    assert 'd1 1.000000' in text and 'ms a picture of 70 x 90' in text and '0.00%' in text
    assert {path.name for path in place.iterdir()} >= {'model.onnx', 'model.safetensors'}
    assert not [path for path in place.iterdir() if path.name.startswith('.')]


def test_what_the_file_says(place):
    about = read_exported_description(place / 'model.onnx')
    assert about.model == read_description(place / 'model.safetensors')
    assert about.focal == 'input' and about.outputs == ('depth', 'confidence', 'interval') and about.size is None


@pytest.mark.parametrize('given', [{}, dict(focal_px=90.0)])
def test_predict_gives_the_same(place, given):
    picture = cv2.imread(str(place / 'street.png'))[..., ::-1]
    results = [DepthInferencer(place / name, device='cpu', **given)(picture) for name in (
        'model.safetensors', 'model.onnx')]
    one, other = results
    # The pipeline resizes: the model decodes at the size of the picture, the file at that of its input.
    assert one.depth.shape == other.depth.shape == (94, 131) and one.correction == other.correction
    assert np.median(np.abs(one.depth - other.depth) / one.depth) < 0.02
    assert np.median(np.abs(one.interval - other.interval) / one.interval) < 0.05
    assert one.depth_range == pytest.approx(other.depth_range)
    with pytest.raises(ValueError, match='gives depth, confidence, interval, and no std'):
        DepthInferencer(place / 'model.onnx')(picture, outputs=['std'])


def test_a_calibrated_model_gives_calibrated_metres_and_widened_intervals(place, tmp_path):
    model, about = load_model(place / 'model.safetensors')
    write_model_file(tmp_path / 'plain.safetensors', model, replace(about, scale=1.0, interval_widening=None))
    picture = cv2.resize(cv2.imread(str(place / 'street.png'))[..., ::-1], (90, 70))  # as the pipeline resizes
    plain = DepthInferencer(tmp_path / 'plain.safetensors', device='cpu')(picture)
    for name in ('model.onnx', 'model.safetensors'):
        result = DepthInferencer(place / name, device='cpu')(picture)
        np.testing.assert_allclose(result.depth, 1.3 * plain.depth, rtol=1e-4)
        center, half = np.sqrt(plain.interval[0] * plain.interval[1]), np.sqrt(plain.interval[1] / plain.interval[0])
        np.testing.assert_allclose(result.interval, 1.3 * center * np.stack([half**-1.5, half**1.5]), rtol=2e-3)
        assert result.scale == 1.3


def test_what_is_compared_has_no_crf_either(place, tmp_path):
    from mmdepthcls.commands.export.comparison import Reference
    from mmdepthcls.commands.export.export_run import ExportRun
    model = make_file(tmp_path / 'crf.safetensors', dict(pipeline=PIPELINE), crf=dict(type='DenseCRF'))
    run = ExportRun(options(model, tmp_path / 'm.onnx', size=(70, 90), pictures=[str(place / 'street.png')]))
    run.read_pictures()
    assert "the model's CRF stays outside" in run.remarks()[0]
    image, = run.pictures[70, 90]
    reference = Reference(run.model, run.network)
    depth, *_ = reference(image)['depth']
    np.testing.assert_allclose(depth, reference.network_alone(image)[0], rtol=1e-5)
    with_crf = DepthInferencer(model, device='cpu')(cv2.resize(image, (90, 70))).depth
    assert np.abs(with_crf - depth[0]).max() > 0.5


def test_half_precision_on_request(place, tmp_path):
    import onnx

    from mmdepthcls.commands.export.export_run import ExportRun
    for kind, name in (('onnx', 'h.onnx'), ('openvino', 'h.xml')):
        run = ExportRun(options(place / 'model.safetensors', tmp_path / name, format=kind, half=True, focal_px='input',
                                size=None, pictures=[str(place / 'street.png')]))
        run.read_pictures()
        run.proto = onnx.load(place / 'model.onnx')  # traced once for all tests
        del run.proto.metadata_props[:]
        comparison, _ = run.write()
        away = max(each.largest for each in comparison.differences if each.name == 'depth')
        assert 1e-4 < away < 5 and f'{away:.2g} m' in run.table(comparison)
        assert read_exported_description(tmp_path / name).precision == 'half'


def test_the_command_line_predicts_and_scores(place, tmp_path):
    picture = cv2.imread(str(place / 'street.png'))
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'truth').mkdir()
    for index in range(2):
        cv2.imwrite(str(tmp_path / f'photos/{index}.png'), np.roll(picture, 20 * index, axis=1))
        depth = DepthInferencer(place / 'model.onnx')(str(tmp_path / f'photos/{index}.png')).depth
        cv2.imwrite(str(tmp_path / f'truth/{index}.png'), np.round(depth / 1.1 * 256).astype(np.uint16))
    result = run_script(ROOT / 'tools/predict.py', 'photos', '--model', place / 'model.onnx', '--out', 'results',
                        '--save', 'npz', cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert 'Model model.onnx' in result.stdout and 'metres x 1.3 by calibration' in result.stdout
    result = run_script(ROOT / 'tools/evaluate_predictions.py', 'results', 'truth', '--json', 'scores.json',
                        cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    found = re.findall(r'"abs_rel": ([\d.]+)', (tmp_path / 'scores.json').read_text())
    assert float(found[0]) == pytest.approx(0.1, abs=2e-3)  # units of 1/256 m


def test_what_is_not_in_an_exported_file(place):
    with pytest.raises(ValueError, match='test-time augmentation is not in exported files'):
        DepthInferencer(place / 'model.onnx', tta=True)
    with pytest.raises(ValueError, match='no probabilities of bins, which smoothing averages'):
        DepthInferencer(place / 'model.onnx', smooth_frames=2.0)
    with pytest.raises(ValueError, match='computed on the CPU here'):
        DepthInferencer(place / 'model.onnx', device='cuda:0')


def test_two_pictures_at_a_time_of_cameras(place):
    import onnxruntime
    session = onnxruntime.InferenceSession(place / 'model.onnx', providers=['CPUExecutionProvider'])
    images = np.random.default_rng(0).integers(0, 255, (3, 81, 77, 3), np.uint8)
    depth, sure, ends = session.run(None, dict(image=images, focal_px=np.float32([60, 90, 0])))
    assert depth.shape == sure.shape == (3, 81, 77) and ends.shape == (3, 2, 81, 77)
    for index, factor in enumerate((1, 1.5, 1)):
        alone, _, range_alone = session.run(None, dict(image=images[index:index + 1], focal_px=np.zeros(1, np.float32)))
        np.testing.assert_allclose(depth[index], alone[0] * factor, rtol=1e-5)
        np.testing.assert_allclose(ends[index], range_alone[0] * factor, rtol=1e-4)
    assert (ends[:, 0] <= ends[:, 1]).all() and depth.min() >= 1.3  # the calibration's scale


def test_the_example(place, tmp_path):
    picture = np.random.default_rng(1).integers(0, 255, (70, 91, 3), np.uint8)
    np.save(tmp_path / 'picture.npy', picture)
    example = ROOT / 'examples' / 'predict_onnx.py'
    assert len(example.read_text().splitlines()) <= 30
    result = subprocess.run([sys.executable, example, place / 'model.onnx', 'picture.npy', 'depth.npy'], cwd=tmp_path,
                            capture_output=True, text=True)
    assert result.returncode == 0 and 'interval' in result.stdout, result.stderr
    from mmdepthcls.apis.exported_model import ExportedModel
    expected = ExportedModel(place / 'model.onnx')(picture[None])['depth'][0]
    np.testing.assert_allclose(np.load(tmp_path / 'depth.npy'), expected, rtol=1e-6)


def test_the_example_in_cpp(tmp_path):
    """Compiled where ONNX Runtime's header is (ORT_ROOT, or among the system's)."""
    roots = [Path(each) for each in (os.environ.get('ORT_ROOT'), '/usr', '/usr/local') if each]
    header = next((path for root in roots for path in root.glob('include/**/onnxruntime_cxx_api.h')), None)
    if header is None or shutil.which('g++') is None:
        pytest.skip("g++ and ONNX Runtime's C++ header are needed (ORT_ROOT=/path/of/onnxruntime)")
    source = ROOT / 'examples' / 'cpp' / 'predict_onnx.cpp'
    subprocess.run(['g++', '-std=c++17', '-Wall', '-Werror', f'-I{header.parent}', '-c', source, '-o',
                    tmp_path / 'a.o'], check=True)


@pytest.mark.long
def test_openvino_of_a_fixed_size_with_a_camera_built_in(place, tmp_path):
    from mmdepthcls.commands.export.export_run import ExportRun
    run = ExportRun(options(place / 'model.safetensors', tmp_path / 'm.xml', format='openvino', size=(65, 71), batch=2,
                            focal_px=120.0, output_size=(94, 131), pictures=[str(place / 'street.png')]))
    run.read_pictures()
    assert any('focal length of 120.00 px' in each for each in run.remarks())
    _, files = run.write()
    assert sorted(path.name for path in tmp_path.iterdir()) == ['m.bin', 'm.xml'] and len(files) == 2
    about = read_exported_description(tmp_path / 'm.xml')
    assert (about.size, about.batch, about.focal, about.output_size) == ((65, 71), 2, 120.0, (94, 131))
    inferencer = DepthInferencer(tmp_path / 'm.xml')
    assert inferencer.trained_focal_px == 120.0 and inferencer.loaded.depth_range == pytest.approx((2.6, 208.0))
    with pytest.raises(ValueError, match='takes pictures of 65 x 71 pixels'):  # after Resize it has 70 x 90
        inferencer(cv2.imread(str(place / 'street.png'))[..., ::-1])
    (tmp_path / 'm.bin').unlink()
    with pytest.raises(ModelFileError, match='m.bin, are not beside it'):
        read_exported_description(tmp_path / 'm.xml')


@pytest.mark.long  # a slice: test_comparison
def test_a_file_that_differs_is_none(place, tmp_path, monkeypatch):
    from onnx import numpy_helper

    from mmdepthcls.commands.export import exporters
    from mmdepthcls.commands.export.export_run import ExportRun
    real = exporters.onnx_of

    def damaged(program, network):
        proto = real(program, network)
        for weight in proto.graph.initializer:
            if weight.dims[-2:] == [3, 3]:
                weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * np.float32(1.01), weight.name))
        return proto

    monkeypatch.setattr(exporters, 'onnx_of', damaged)
    (tmp_path / 'm.onnx').write_text('of before')
    run = ExportRun(options(place / 'model.safetensors', tmp_path / 'm.onnx', size=(70, 90), force=True,
                            pictures=[str(place / 'street.png')]))
    run.read_pictures()
    with pytest.raises(exporters.CannotExport, match='nothing was written(.|\n)*largest difference'):
        run.write()
    assert [path.name for path in tmp_path.iterdir()] == ['m.onnx']
    assert (tmp_path / 'm.onnx').read_text() == 'of before'


@pytest.mark.long
def test_torch_export_and_decoders_without_softmax(place, tmp_path):
    import torch

    from mmdepthcls.commands.export.export_run import METADATA_FILE, ExportRun
    head = dict(type='PSPHead', in_channels=8, in_index=0, channels=8, pool_scales=(1, 3), num_classes=1,
                norm_cfg=dict(type='BN'), loss_decode=dict(type='RegressionSILogLoss'))
    model = make_file(tmp_path / 'r.safetensors', {}, decode_head=head, decoder=dict(type='RegressionDecoder'),
                      test_cfg=dict(mode='whole', decode_at='logits'))
    run = ExportRun(options(model, tmp_path / 'r.pt2', format='torch-export', pictures=[str(place / 'street.png')]))
    run.read_pictures()
    comparison, _ = run.write()
    assert {each.name for each in comparison.differences} == {'depth'}
    extra = {METADATA_FILE: ''}
    torch.export.load(str(tmp_path / 'r.pt2'), extra_files=extra)
    text = extra[METADATA_FILE]
    assert json.loads(text if isinstance(text, str) else text.decode())['outputs'] == ['depth']
    with pytest.raises(ValueError, match='does not know the focal length'):
        ExportRun(options(model, tmp_path / 'r.onnx', focal_px='input'))


def test_a_calibration_of_one_camera_goes_with_the_file(place, tmp_path):
    """What was found without focal lengths is corrected in no file, and by nobody who reads one."""
    from mmdepthcls.commands.export.export_run import ExportRun
    model = make_file(tmp_path / 'm.safetensors', dict(
        pipeline=PIPELINE, focal_px=60.0, scale=1.3, scale_focal='uncorrected'))
    for focal in ('input', 70.0):
        with pytest.raises(ValueError, match='the file would correct twice. Leave it out'):
            ExportRun(options(model, tmp_path / 'm.onnx', focal_px=focal))
    run = ExportRun(options(model, tmp_path / 'm.onnx'))
    assert any('those of the camera of the calibration' in each for each in run.remarks())
    onnx = pytest.importorskip('onnx')
    proto = onnx.load(str(place / 'model.onnx'))  # the file of another: tracing takes seconds
    onnx.helper.set_model_props(proto, {KEY: replace(run.description, focal='input').to_json()})
    onnx.save(proto, str(tmp_path / 'm.onnx'))
    picture = cv2.imread(str(place / 'street.png'))
    for path in (model, tmp_path / 'm.onnx'):
        with pytest.warns(UserWarning, match='the camera of that calibration alone'):
            result = DepthInferencer(path, device='cpu', focal_px=100.0)(picture)
        assert result.correction == 1 and result.of_one_camera


def test_a_size_with_height_and_width_exchanged(place, tmp_path):
    """The pipeline gives 70 rows and 90 columns."""
    from mmdepthcls.commands.export.export_run import ExportRun
    with pytest.raises(ValueError, match='gives 70 x 90 pixels.*not 90 x 70. Give --size 70 90'):
        ExportRun(options(place / 'model.safetensors', tmp_path / 'm.onnx', size=[90, 70]))
    for size, noted in ((None, False), ([70, 90], False), ([64, 96], True)):
        remarks = ExportRun(options(place / 'model.safetensors', tmp_path / 'm.onnx', size=size)).remarks()
        assert any('--model cannot use the file' in each for each in remarks) == noted
    free = make_file(tmp_path / 'free.safetensors', dict(pipeline=(dict(type='Resize', scale=(90, 70),
                                                                       keep_ratio=True), )))
    ExportRun(options(free, tmp_path / 'm.onnx', size=[90, 70]))
