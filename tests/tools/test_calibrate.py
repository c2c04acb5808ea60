"""tools/calibrate.py, run as users run it, on measurements that are the model's own metres times a number."""
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

from mmdepthcls.apis import DepthInferencer, ModelDescription, load_model, read_description, write_model_file
from mmdepthcls.apis.image_sketch import image_hash
from mmdepthcls.apis.pinned_classes import host_scope
from mmdepthcls.commands.calibrate.calibrate import run
from mmdepthcls.commands.publish.published_config import published_config

ROOT = Path(__file__).parents[2]
SCORE = dict(protocol='bts', conditions={}, errors=dict(abs_rel=0.1), num_images=3, data='mine')
RESIZE = dict(type='Resize', scale=(48, 32), keep_ratio=False)


@pytest.fixture(scope='module')
def model_file(tmp_path_factory, small_model_cfg):
    """A model file that has a score, whose head says different things of different places."""
    path = tmp_path_factory.mktemp('model') / 'model.safetensors'
    cfg = Config(dict(model=small_model_cfg())).model
    torch.manual_seed(0)
    with host_scope():
        model = MODELS.build(cfg).eval()
    for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
        torch.nn.init.normal_(weight, std=0.3)
    write_model_file(path, model, ModelDescription(published_config(small_model_cfg()), (RESIZE, ), scores=(SCORE, )))
    return path


@pytest.fixture(scope='module')
def data(tmp_path_factory, model_file):
    """Pictures, whose measured depth lies 1.3 times as far as the model says, give or take 8 %."""
    root, generator = tmp_path_factory.mktemp('data'), np.random.default_rng(0)
    inferencer = DepthInferencer(model_file, device='cpu')
    for part, number in (('mine', 24), ('other', 6)):
        for folder in ('image', 'depth'):
            (root / part / folder).mkdir(parents=True)
        lines = ['image,x,y,metres']
        for index in range(number):
            picture = generator.integers(0, 256, (40, 60, 3), dtype=np.uint8)
            cv2.imwrite(str(root / f'{part}/image/{index:02d}.png'), picture[..., ::-1])
            depth = 1.3 * inferencer(picture).depth * np.exp(generator.normal(0, 0.08, (40, 60))).astype(np.float32)
            np.save(root / f'{part}/depth/{index:02d}.npy', depth)
            if index < 20:
                lines.append(f'image/{index:02d}.png,{3 * index},{2 * index},{depth[2 * index, 3 * index]:.4f}')
        (root / part / 'points.csv').write_text('\n'.join(lines) + '\n')
    return root


def calibrate(folder, *arguments, fresh=False):
    return run_script(ROOT / 'tools' / 'calibrate.py', *arguments, cwd=folder, fresh=fresh)


def ratio(model, folder):
    """Median of predicted by measured depth."""
    results = DepthInferencer(model, device='cpu')(str(folder / 'image'))
    return np.median(np.concatenate([result.depth / np.load(folder / 'depth' / Path(result.source.name).with_suffix(
        '.npy')) for result in results]))


@pytest.mark.long  # a slice: tests/commands/calibrate
def test_twenty_points_of_which_two_are_wrong(data, model_file, tmp_path):
    original = model_file.read_bytes()
    lines = (data / 'mine/points.csv').read_text().splitlines()
    for index, factor in ((4, 10), (9, 0.05)):
        *rest, metres = lines[index].split(',')
        lines[index] = ','.join([*rest, f'{float(metres) * factor:.4f}'])
    (data / 'mine/wrong.csv').write_text('\n'.join(lines))
    for name in ('points', 'wrong'):
        result = calibrate(tmp_path, model_file, data / f'mine/{name}.csv', '--out', f'{name}.safetensors', '--test',
                           data / 'other', fresh=name == 'points')
        assert result.returncode == 0, result.stderr
        assert ratio(tmp_path / f'{name}.safetensors', data / 'other') == pytest.approx(1, abs=0.03)
        assert '20 points of 20 images' in result.stdout and 'points are too few' in result.stdout
        rows = {line.split('|')[1].strip(): float(line.split('|')[2]) for line in result.stdout.splitlines()
                if re.match(r'\| (test|cross)', line)}
        assert rows['test, before'] == pytest.approx(1 / 1.3, abs=0.02)
        assert rows['test, after'] == pytest.approx(1, abs=0.03)
        assert rows['cross-validated, after'] == pytest.approx(1, abs=0.1)
    far = dict(re.findall(r'wrong\.csv, line (\d+): (\S+) times', result.stdout))
    assert float(far['5']) == pytest.approx(10, rel=0.3) and float(far['10']) == pytest.approx(0.05, rel=0.3)
    assert model_file.read_bytes() == original and len(list(tmp_path.iterdir())) == 2
    description = read_description(tmp_path / 'points.safetensors')
    assert description.scores[0]['conditions'] == dict(model='before calibration')
    assert '20 points, 20 images of points.csv' in description.provenance['calibration']
    assert not Path(tmp_path / 'points.safetensors').samefile(model_file)


@pytest.mark.long
def test_a_folder_with_temperature_and_intervals(data, model_file, tmp_path):
    result = calibrate(tmp_path, model_file, data / 'mine', '--out', 'a.safetensors', '--coverage', '0.8', '--test',
                       data / 'other', '--domain', 'noise')
    assert result.returncode == 0, result.stderr
    model, description = load_model(tmp_path / 'a.safetensors')
    widening = description.interval_widening
    assert {**widening, 'factor': 0} == dict(coverage=0.8, factor=0, promise='mean', unit='image', num_units=12,
                                             domain='noise')
    assert ratio(tmp_path / 'a.safetensors', data / 'other') == pytest.approx(1, abs=0.03)
    shares = []
    for each in DepthInferencer(tmp_path / 'a.safetensors', device='cpu')(str(data / 'other/image'),
                                                                          outputs=['interval']):
        gt = np.load(data / 'other/depth' / Path(each.source.name).with_suffix('.npy'))
        inside = (gt >= description.scale) & (gt <= 80 * description.scale)
        shares.append(((each.interval[0] <= gt) & (gt <= each.interval[1]))[inside].mean())
    assert 0.8 - 0.03 < np.mean(shares) < 0.8 * 13 / 12 + 0.03  # (n + 1) c / n of the 12 images
    printed = re.findall(r'\| test, after +\| +(\S+)', result.stdout)[-1]
    assert float(printed) == pytest.approx(np.mean(shares), abs=0.02)
    assert 'Promised: on average over images of the same kind, 80 %' in result.stdout
    # A sharper distribution of this network, which knows nothing, is likelier, and its depth is worse.
    assert model.temperature == description.temperature == 1
    assert re.search(r'Temperature 1: it stays; \S+ is likelier, but its depth is worse', result.stdout)

    kept = calibrate(tmp_path, 'a.safetensors', '--no-scale', data / 'mine', '--out', 'c.safetensors', '--promise',
                     'each', '--coverage', '0.7')
    assert kept.returncode == 0 and 'it stays' in kept.stdout, kept.stderr
    other = read_description(tmp_path / 'c.safetensors')
    assert other.scale == description.scale and other.scores[0]['conditions'] == dict(model='before calibration')
    assert other.interval_widening['promise'] == 'each' and other.interval_widening['coverage'] == 0.7

    # Points alone afterwards: metres change, and what was promised of the intervals is gone.
    again = calibrate(tmp_path, 'a.safetensors', data / 'other/points.csv', '--out', 'b.safetensors')
    assert again.returncode == 0, again.stderr
    later = read_description(tmp_path / 'b.safetensors')
    assert later.interval_widening is None and later.scale == pytest.approx(description.scale, rel=0.15)
    assert 'is left out; --coverage finds a new one' in again.stdout


@pytest.mark.parametrize(('arguments', 'words'), [
    (['missing.csv', '--out', 'n.safetensors'], 'DATA missing.csv does not exist'),
    (['few.csv', '--out', 'n.safetensors'], '3 points are too few'),
    (['one.csv', '--out', 'n.safetensors'], 'all measurements are of one image'),
    (['far.csv', '--out', 'n.safetensors'], r'line 2: x=60, y=4 lies outside of .*00.png, which has 60 x 40 pixels'),
    (['image', '--out', 'n.safetensors'], 'does not exist'),
    (['.', '--out', 'MODEL', '--force'], 'is an input|is the input|same file|would'),
    (['.', '--out', 'n.pth'], 'expected a name that ends in .safetensors'),
    (['.', '--out', 'there.safetensors'], 'is there already; --force'),
    (['.', '--out', 'n.safetensors', '--coverage', '90'], 'expected a share'),
    (['.', '--out', 'n.safetensors', '--coverage', '0.95'], 'needs measurements in 38 images'),
    (['.', '--out', 'n.safetensors', '--test', 'points.csv'], 'is in the data to calibrate with as well'),
    (['--out', 'n.safetensors'], 'give DATA'),
    (['.', '--out', 'n.safetensors', '--no-scale', '--no-temperature'], 'leave nothing to calibrate'),
])
def test_mistakes(data, model_file, arguments, words, monkeypatch, capsys):
    place = data / 'mine'
    lines = (place / 'points.csv').read_text().splitlines()
    (place / 'few.csv').write_text('\n'.join(lines[:4]))
    (place / 'one.csv').write_text('\n'.join(f'image/00.png,{x},3,5' for x in range(9)))
    (place / 'far.csv').write_text('image,x,y,metres\nimage/00.png,60,4,5\n' + '\n'.join(lines[2:]))
    (place / 'there.safetensors').touch()
    before = model_file.read_bytes()
    monkeypatch.chdir(place)
    monkeypatch.setattr('sys.argv', ['calibrate', str(model_file), *[
        str(model_file) if each == 'MODEL' else each for each in arguments]])
    try:
        status = run()
    except SystemExit as error:
        status = error.code
    said = capsys.readouterr().err
    assert status in (1, 2) and re.search(words, said), said
    assert 'Traceback' not in said and not (place / 'n.safetensors').exists()
    assert model_file.read_bytes() == before


def test_exported_files_are_named(tmp_path, monkeypatch, capsys):
    (tmp_path / 'm.onnx').touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('sys.argv', ['calibrate', 'm.onnx', '.', '--out', 'n.safetensors'])
    assert run() == 2 and 'Calibrate the model file that it was made of, and export that' in capsys.readouterr().err


def test_images_that_a_score_is_taken_from_are_refused(data, model_file, tmp_path):
    from dataclasses import replace
    model, description = load_model(model_file)
    scores = (dict(SCORE, images=image_hash(str(data / 'mine/image/07.png'))), )
    write_model_file(tmp_path / 'scored.safetensors', model, replace(description, scores=scores))
    for source in ('mine', 'mine/points.csv'):
        result = calibrate(tmp_path, 'scored.safetensors', data / source, '--out', 'n.safetensors')
        assert result.returncode == 2
        assert '07.png is one of the images that the score in the model file' in result.stderr
    assert calibrate(tmp_path, 'scored.safetensors', data / 'other', '--out', 'n.safetensors').returncode == 0


@pytest.fixture
def camera_model(model_file, tmp_path):
    """The model, which knows that it was trained at 30 px: pictures of 60 px are 1.6 times as far in its input."""
    from dataclasses import replace
    model, description = load_model(model_file)
    write_model_file(tmp_path / 'm.safetensors', model, replace(description, focal_px=30.0))
    return tmp_path / 'm.safetensors'


def in_this_process(arguments, monkeypatch, capsys):
    monkeypatch.setattr('sys.argv', ['calibrate', *map(str, arguments)])
    return run(), *capsys.readouterr()


@pytest.mark.parametrize(('given', 'expected'), [((), 1.3), (('--focal-px', '60'), 1.3 / 1.6)])
def test_the_focal_length_corrects_once(data, camera_model, given, expected, monkeypatch, capsys):
    points, new = data / 'mine/points.csv', camera_model.with_name('n.safetensors')
    status, out, err = in_this_process([camera_model, points, '--out', new, *given], monkeypatch, capsys)
    assert status == 0, err
    description = read_description(new)
    assert description.scale == pytest.approx(expected, rel=0.05)
    known = bool(given)
    assert ('known (given: 20 pictures)' in out) == known and ('unknown. The scale then' in out) != known
    assert ('focal lengths: given' if known else 'focal length unknown') in description.provenance['calibration']
    # Told the focal length, the model is right either way.
    inferencer = DepthInferencer(new, device='cpu', focal_px=60.0)
    for index in (20, 21):  # not calibrated with
        result, = inferencer.stream([str(data / f'mine/image/{index}.png')])
        assert np.median(result.depth / np.load(data / f'mine/depth/{index}.npy')) == pytest.approx(1, abs=0.05)

    # Once more, with what was not known before.
    again = camera_model.with_name('again.safetensors')
    status, out, err = in_this_process([new, points, '--out', again, '--focal-px', '60'], monkeypatch, capsys)
    assert status == 0, err
    later = read_description(again)
    assert later.scale == pytest.approx(1.3 / 1.6, rel=0.05) and later.scale_focal == 'corrected'
    before = float(re.search(r'cross-validated, before +\| +(\S+)', out)[1])
    assert before == pytest.approx(1, abs=0.05)


def test_points_in_centimetres(data, model_file, tmp_path, monkeypatch, capsys):
    head, *lines = (data / 'mine/points.csv').read_text().splitlines()
    rows = [line.rsplit(',', 1) for line in lines]
    (data / 'mine/centimetres.csv').write_text('\n'.join([head, *(f'{row},{100 * float(m):.2f}' for row, m in rows)]))
    arguments = [model_file, data / 'mine/centimetres.csv', '--out', tmp_path / 'n.safetensors']
    status, _, err = in_this_process(arguments, monkeypatch, capsys)
    assert status == 2 and 'are the points in centimetres?' in err and not (tmp_path / 'n.safetensors').exists()
    status, out, err = in_this_process([*arguments, '--any-scale'], monkeypatch, capsys)
    assert status == 0 and read_description(tmp_path / 'n.safetensors').scale == pytest.approx(130, rel=0.05), err
