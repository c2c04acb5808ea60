"""tools/evaluate_predictions.py: its numbers against loops from the formulas, on real frames, and what it refuses."""
import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from script_process import run_script
from small_data import BUILDERS

from mmdepthcls.datasets import velodyne
from mmdepthcls.evaluation.errors import ALL_NAMES
from mmdepthcls.evaluation.files import ground_truth_files

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'evaluate_predictions.py'
DRIVE = '2011_09_26_drive_0001'
SHAPE, KB = (375, 1242), np.s_[23:375, 13:1229]
WHOLE = ['eigen_annotated', 'eigen_raw', 'monodepth2', 'kitti_devkit', 'paper']


# ------------------------------------------------------------------------------------------- the reference, by the book
def calibration(root):
    """(3, 4) LiDAR -> camera 2."""
    def matrix(name, key, shape):
        for line in (Path(root) / f'raw/2011_09_26/calib_{name}.txt').read_text().splitlines():
            if line.startswith(f'{key}:'):
                return np.array(line.split()[1:], float).reshape(shape)

    rectify, move = np.eye(4), np.eye(4)
    rectify[:3, :3] = matrix('cam_to_cam', 'R_rect_00', (3, 3))
    move[:3] = np.hstack([matrix('velo_to_cam', 'R', (3, 3)), matrix('velo_to_cam', 'T', (3, 1))])
    return matrix('cam_to_cam', 'P_rect_02', (3, 4)) @ rectify @ move


def projected(root, frame, monodepth):
    """The scan of a frame, point by point."""
    scan = Path(root) / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/{frame:010d}.bin'
    points = np.fromfile(scan, np.float32).reshape(-1, 4).astype(float)
    points = points[points[:, 0] >= 0]
    u, v, z = calibration(root) @ np.c_[points[:, :3], np.ones(len(points))].T
    depth, places = np.zeros(SHAPE, np.float32), []
    for x, y, near, forward in zip(np.rint(u / z) - monodepth, np.rint(v / z) - monodepth, z, points[:, 0],
                                   strict=True):
        if 0 <= x < SHAPE[1] and 0 <= y < SHAPE[0] and (monodepth or near > 0):
            places.append((int(y), int(x), forward if monodepth else near))
    if not monodepth:
        for y, x, value in places:
            depth[y, x] = min(value, depth[y, x] or np.inf)
        return depth
    for y, x, value in places:
        depth[y, x] = value
    index = [y * (SHAPE[1] - 1) + x - 1 for y, x, _ in places]
    groups = {number: [] for number, count in Counter(index).items() if count > 1}
    for number, place in zip(index, places, strict=True):
        if number in groups:
            groups[number].append(place)
    for group in groups.values():
        depth[group[0][:2]] = min(value for _, _, value in group)
    return depth


def annotated(root, frame):
    path = Path(root) / f'annotated/train/{DRIVE}_sync/proj_depth/groundtruth/image_02/{frame:010d}.png'
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED) / np.float32(256) if path.exists() else None


def truths_of(root, frame):
    truths = {'annotated': annotated(root, frame)}
    if (Path(root) / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/{frame:010d}.bin').exists():
        truths.update(velodyne=projected(root, frame, 0), velodyne_monodepth=projected(root, frame, 1))
    return truths


def is_bad(pred):
    return ~(np.isfinite(pred) & (pred > 0))


def filled(pred):
    """KITTI's way, pixel by pixel."""
    pred = np.where(is_bad(pred), np.nan, pred)
    full = []
    for y, row in enumerate(pred):
        known = np.flatnonzero(~np.isnan(row))
        if not len(known):
            continue
        full.append(y)
        for x in np.flatnonzero(np.isnan(row)):
            ends = [row[side] for side in (known[known < x][-1:], known[known > x][:1]) if len(side)]
            pred[y, x] = min(end[0] for end in ends)
    if full:
        pred[:full[0]], pred[full[-1] + 1:] = pred[full[0]], pred[full[-1]]
    return pred


def garg(shape):
    height, width = shape
    return np.s_[int(.40810811 * height):int(.99189189 * height), int(.03594771 * width):int(.96405229 * width)]


def pixels(name, pred, gt):
    """Prediction and ground truth at the scored pixels, and how many predictions are bad."""
    pred, region, high, clamp = pred.astype(float), None, 80, True
    if name in ('eigen_annotated', 'eigen_raw', 'monodepth2', 'bts'):
        region = garg(SHAPE)
    if name == 'bts':
        pred, part = np.zeros(SHAPE), pred
        pred[KB] = part
    elif name == 'adabins':
        gt, region = gt[KB], garg((352, 1216))
    elif name == 'kitti_devkit':
        bad_before, pred, high, clamp = is_bad(pred), filled(pred), np.inf, False
    elif name == 'paper':
        high, clamp = np.nextafter(80, 81), False
    pred, gt = (pred[region], gt[region]) if region else (pred, gt)
    valid = (gt > (1e-3 if clamp else 0)) & (gt < high)
    count = bad_before[valid].sum() if name == 'kitti_devkit' else is_bad(pred[valid]).sum()
    pred, gt = pred[valid], gt[valid].astype(float)
    bad = is_bad(pred)
    if name == 'monodepth2' and not bad.all():
        pred = pred * (np.median(gt) / np.median(pred[~bad]))
    worst = np.where(gt / 1e-3 > 80 / gt, 1e-3, 80)
    pred = np.where(bad, worst, np.clip(pred, 1e-3, 80) if clamp else pred)
    return pred, gt, int(count)


def metrics(pred, gt):
    e, ratio = np.log(pred) - np.log(gt), np.maximum(pred / gt, gt / pred)
    return dict(
        {f'd{k}': np.mean(ratio < 1.25**k) for k in (1, 2, 3)}, abs_rel=np.mean(np.abs(pred - gt) / gt),
        sq_rel=np.mean((pred - gt)**2 / gt), rmse=np.sqrt(np.mean((pred - gt)**2)), rmse_log=np.sqrt(np.mean(e**2)),
        silog=100 * np.std(e), log10=np.mean(np.abs(np.log10(pred) - np.log10(gt))), mae=np.mean(np.abs(pred - gt)),
        irmse=1000 * np.sqrt(np.mean((1 / pred - 1 / gt)**2)), imae=1000 * np.mean(np.abs(1 / pred - 1 / gt)),
        sq_rel_kitti=np.mean(((pred - gt) / gt)**2), silog_kitti=np.std(e), silog_paper=np.var(e))


def reference(name, preds, truths):
    """Metrics, number of images and of bad predictions; ``preds``: frame -> map or None (missing)."""
    kind = {'eigen_raw': 'velodyne_monodepth', 'monodepth2': 'velodyne_monodepth', 'paper': 'velodyne'}
    images = []
    for frame, pred in preds.items():
        gt = truths[frame].get(kind.get(name, 'annotated'))
        if gt is not None:
            images.append(pixels(name, np.zeros_like(gt[KB] if name in ('bts', 'adabins') else gt)
                                 if pred is None else pred, gt))
    if name == 'paper':  # over all pixels together
        errors = metrics(*(np.concatenate([image[part] for image in images]) for part in (0, 1)))
    else:
        each = [metrics(pred, gt) for pred, gt, _ in images]
        errors = {key: np.mean([errors[key] for errors in each]) for key in each[0]}
    return errors, len(images), sum(bad for *_, bad in images)


# ------------------------------------------------------------------------------------------------ against the reference
AWKWARD = [np.nan, np.inf, -np.inf, -2.5, 0, -0.0, 1e-9, 500, 1e20]


def write_predictions(folder, truths, part=np.s_[:, :]):
    """Frame 5 as double precision with awkward values, 50 as PNG with zeros, 100 not at all. Returns frame -> map."""
    rng = np.random.default_rng(1)
    preds = {}
    for frame in (5, 50):
        gt = truths[frame]['annotated'][part].astype(float)
        preds[frame] = np.where(gt > 0, gt, 20) * rng.lognormal(0.02, 0.2, gt.shape)
    places = rng.random(preds[5].shape) < 0.02
    preds[5][places] = rng.choice(AWKWARD, places.sum())
    preds[5][200:203] = np.nan  # whole rows
    units = np.rint(preds[50] * 256).clip(1, 65535).astype(np.uint16)
    units[rng.random(units.shape) < 0.02] = 0
    preds[50] = units / 256
    folder.mkdir()
    np.save(folder / f'{DRIVE}_sync_0000000005.npy', preds[5])
    BUILDERS.write(folder / f'{DRIVE}_sync/image_02/data/0000000050.png', units)
    return {**preds, 100: None}


@pytest.fixture(scope='module')
def truths(kitti_sample):
    return {frame: truths_of(kitti_sample, frame) for frame in (5, 50, 100)}


@pytest.mark.parametrize('names, part, options', [
    (WHOLE, np.s_[:, :], []), (['bts'], KB, []), (['adabins'], KB, ['--flip', 'mean'])],
    ids=['whole frames', 'KB crops', 'KB crops of both flips'])
def test_every_protocol_and_metric_equals_the_reference_on_real_frames(kitti_sample, truths, tmp_path, names, part,
                                                                       options):
    preds = write_predictions(tmp_path / 'pred', truths, part)
    result = run_script(TOOL, 'pred', kitti_sample, '--split', 'none', '--json', 'out.json', '--per-image', 'out.csv',
                        '--protocols', *names, *options, cwd=tmp_path, fresh=names == WHOLE)
    assert result.returncode == 1, result.stderr[-2000:]  # a prediction is missing
    assert f'Missing: 1 prediction, which counts as if no pixel was predicted:\n  {DRIVE}' in result.stdout
    got = json.loads((tmp_path / 'out.json').read_text())
    with open(tmp_path / 'out.csv', newline='') as file:
        lines = list(csv.DictReader(file))
    for name in names:
        row = got['protocols'][name]
        errors, num_images, num_bad = reference(name, preds, truths)
        assert {key: row[key] for key in ALL_NAMES} == pytest.approx(errors, rel=1e-6, abs=1e-12)
        assert (row['num_images'], row['bad_predictions'], row['reason']) == (num_images, num_bad, None)
        assert num_bad > 0
        assert row['conditions']['flip'] == ('mean' if name == 'adabins' else 'no')
        for frame in preds:
            line = next(each for each in lines if each['protocol'] == name and f'{frame:010d}' in each['image'])
            alone = {frame: preds[frame]}
            if line['num_pixels'] != '0':
                assert {key: float(line[key]) for key in ALL_NAMES} == pytest.approx(
                    reference(name, alone, truths)[0], rel=1e-6, abs=1e-12)
    flat = preds[5]
    assert got['bad_values'] == {
        'NaN': int(np.isnan(flat).sum()), 'infinite': int(np.isinf(flat).sum()),
        'zero or negative': int(((flat <= 0) & np.isfinite(flat)).sum() + (preds[50] == 0).sum())}


# ------------------------------------------------------------------------------------------------------ in this process
@pytest.fixture
def run(run_here):
    """Runs the tool in this process. Returns status, output and messages."""
    return partial(run_here, TOOL)


@pytest.fixture
def kitti(tmp_path, monkeypatch):
    """A small tree whose test split is frames 0 (never annotated), 5 and 6; perfect predictions for 5 and 6."""
    split = dict(test=[(DRIVE, 0), (DRIVE, 5), (DRIVE, 6)], test_annotated=[(DRIVE, 5), (DRIVE, 6)])
    monkeypatch.setattr(ground_truth_files, 'eigen_split', split.__getitem__)
    root = BUILDERS.kitti(tmp_path / 'kitti')
    for frame in (5, 6):
        BUILDERS.write(tmp_path / f'pred/{name_of(frame)}', BUILDERS.units(frame + 2))
    return root


def name_of(frame):
    return f'{DRIVE}_sync/image_02/data/{frame:010d}.png'


def row_of(out, name):
    return [cell.strip() for cell in next(line for line in out.splitlines() if line.startswith(f'| {name} ')
                                          ).strip('| ').split('|')]


def test_complete_and_perfect_predictions(run, kitti):
    status, out, _ = run('pred', 'kitti')
    row = row_of(out, 'eigen_annotated')
    assert status == 0 and row[:3] == ['eigen_annotated', 'annotated', '2'] and row[-6:-4] == ['0.0000', '0.0000']
    assert 'Eigen split test: 3 frames' in out and 'Missing' not in out and 'Left over' not in out
    assert 'eigen_annotated: 0 of ' in out


def test_metric_and_aligned_side_by_side(run, kitti, tmp_path):
    """Predictions of another unit: only what is aligned is right, and the table, JSON and CSV say which that is."""
    for frame in (5, 6):
        BUILDERS.write(tmp_path / f'pred/{name_of(frame)}', BUILDERS.units(frame + 2) // 4)
    status, out, _ = run('pred', 'kitti', '--aligned', '--protocols', 'eigen_annotated', 'eigen_annotated,flip=mean',
                         '--max-depth', '70', '--json', 'a.json', '--per-image', 'a.csv')
    content = json.loads((tmp_path / 'a.json').read_text())['protocols']
    name = 'eigen_annotated, 70 m'
    labels = ['median-scaled', 'scale-aligned', 'scale-and-shift-aligned']
    assert list(content)[:4] == [name, *(f'{name}, {label}' for label in labels)] and len(content) == 8
    assert content[name]['abs_rel'] > 0.7 and content[name]['conditions']['scaled'] == 'no'
    for label in labels:
        row = content[f'{name}, {label}']
        assert row['abs_rel'] < 0.02 and row['num_images'] == 2 and row['conditions']['scaled'] != 'no'
        assert f'| {name}, {label} ' in out
    assert status == 1 and content['eigen_annotated,flip=mean, 70 m, scale-aligned']['num_images'] == 0
    with open('a.csv', newline='') as file:
        assert {line['protocol'] for line in csv.DictReader(file)} == set(content)


def test_aligned_missing_predictions_are_never_good(run, kitti, tmp_path):
    (tmp_path / f'pred/{name_of(6)}').unlink()
    status, _, _ = run('pred', 'kitti', '--aligned', '--json', 'a.json')
    rows = json.loads((tmp_path / 'a.json').read_text())['protocols']
    assert status == 1 and len(rows) == 4 and all(row['d3'] == 0.5 for row in rows.values())


def test_missing_and_left_over_files_are_named(run, kitti, tmp_path):
    (tmp_path / 'pred' / name_of(6)).rename(tmp_path / 'pred/other.png')
    status, out, _ = run('pred', 'kitti')
    assert status == 1 and row_of(out, 'eigen_annotated')[2] == '2' and row_of(out, 'eigen_annotated')[9] == '0.500'
    assert f'Missing: 1 prediction, which counts as if no pixel was predicted:\n  {name_of(6)}\n' in out
    assert 'Left over: 1 file that belongs to no frame:\n  other.png\n' in out
    status, out, _ = run('pred', 'kitti', '--allow-missing', '--json', 'a.json')
    assert status == 0 and row_of(out, 'eigen_annotated')[2] == '1 of 2'
    assert row_of(out, 'eigen_annotated')[9] == '1.000' and 'Missing: 1 prediction, which is left out' in out
    got = json.loads((tmp_path / 'a.json').read_text())
    assert got['missing'] == [name_of(6)] and got['extra'] == ['other.png']
    assert {key: got['protocols']['eigen_annotated'][key] for key in ('num_images', 'num_expected', 'num_missing')} == {
        'num_images': 1, 'num_expected': 2, 'num_missing': 1}


def test_scans_need_the_size_of_the_frame_and_find_it(run, kitti, tmp_path):
    BUILDERS.write(tmp_path / f'pred/{name_of(0)}', BUILDERS.units(7))
    assert run('pred', 'kitti', '--protocols', 'eigen_raw', 'paper')[0] == 0
    for image in (kitti / 'raw').rglob('*.png'):
        image.unlink()
    # Frame 0 has neither image nor annotated depth.
    status, _, err = run('pred', 'kitti', '--protocols', 'eigen_raw')
    assert status == 2 and "calib_cam_to_cam.txt: no line 'S_rect_02: WIDTH HEIGHT'" in err
    velodyne.rectified_size.cache_clear()
    with open(kitti / 'raw/2011_09_26/calib_cam_to_cam.txt', 'a') as file:
        file.write('S_rect_02: 6.400000e+01 2.000000e+01\n')
    status, out, _ = run('pred', 'kitti', '--protocols', 'eigen_raw', 'paper')
    assert status == 0 and row_of(out, 'paper')[2] == '3'
    velodyne.rectified_size.cache_clear()


def test_a_ground_truth_that_kitti_has_must_be_there(run, kitti):
    (kitti / f'annotated/train/{DRIVE}_sync/proj_depth/groundtruth/image_02/0000000006.png').unlink()
    status, _, err = run('pred', 'kitti')
    assert status == 2 and f'1 ground truths are missing in kitti/annotated or kitti/raw, such as annotated of '\
        f'{name_of(6)}' in err and '--split none' in err
    assert run('pred', 'kitti', '--split', 'none')[0] == 0


def test_rows_that_need_another_making_say_so(run, kitti):
    status, out, _ = run('pred', 'kitti', '--protocols', 'eigen_annotated', 'eigen_annotated,flip=mean',
                         'eigen_annotated,input_crop=kb', '--per-image', 'a.csv')
    assert status == 1 and row_of(out, 'eigen_annotated')[2] == '2'
    assert row_of(out, 'eigen_annotated,flip=mean')[2] == '0 of 2'
    assert 'flip=mean: not scored: needs flip=mean, the files are declared flip=none (2 frames)' in out
    assert "input_crop=kb: not scored: crop 'kb' needs at least 352 x 1216 pixels, got 20 x 64 (2 frames)" in out
    with open('a.csv', newline='') as file:
        assert [bool(line['rmse']) for line in csv.DictReader(file)] == [True, False, False] * 2
    status, out, _ = run('pred', 'kitti', '--protocols', 'eigen_annotated', 'eigen_annotated,flip=mean', '--flip',
                         'mean')
    assert status == 1 and 'eigen_annotated: not scored: needs flip=none, the files are declared flip=mean' in out
    assert row_of(out, 'eigen_annotated,flip=mean')[6:10] == ['mean', 'no', 'image', '1.000']


def test_the_input_crop_is_told_by_size_or_declared(run, kitti_sample, tmp_path):
    gt = np.rint(np.where(annotated(kitti_sample, 50) > 0, annotated(kitti_sample, 50), 9) * 256).astype(np.uint16)
    for folder, content in (('whole', gt), ('kb', gt[KB])):
        BUILDERS.write(tmp_path / folder / name_of(50), content)
    arguments = kitti_sample, '--split', 'none', '--allow-missing', '--protocols', 'eigen_annotated', 'bts'

    def scored(folder, *options):
        status, out, err = run(folder, *arguments, *options)
        return (status, err.splitlines()[-1]) if status == 2 else [row_of(out, name)[2:4] for name in arguments[-2:]]

    assert scored('whole') == [['1 of 3', 'full'], ['0 of 3', 'kb']]
    assert scored('kb') == [['0 of 3', 'full'], ['1 of 3', 'kb']] == scored('kb', '--input-crop', 'kb')
    assert scored('whole', '--input-crop', 'kb') == [['0 of 3', 'full'], ['1 of 3', 'kb']]  # cut out of the frame
    assert scored('whole', '--input-crop', 'any') == [['1 of 3', 'any']] * 2 == scored('kb', '--input-crop', 'any')
    status, err = scored('kb', '--input-crop', 'none')
    assert status == 2 and '352 x 1216 pixels, its ground truth' in err and '375 x 1242' in err
    assert scored('kb', '--input-crop', 'none', '--resize') == [['1 of 3', 'full'], ['0 of 3', 'kb']]


def test_another_size_is_refused_unless_it_is_resized(run, kitti, tmp_path):
    BUILDERS.write(tmp_path / f'pred/{name_of(5)}', np.full((10, 32), 2560, np.uint16))
    status, _, err = run('pred', 'kitti')
    assert status == 2 and f'pred/{name_of(5)} has 10 x 32 pixels, its ground truth kitti/annotated' in err
    assert 'has 20 x 64; expected 20 x 64' in err and '--resize' in err and 'Traceback' not in err
    assert run('pred', 'kitti', '--resize')[0] == 0


def test_any_folder_of_depth_files_is_ground_truth(run, tmp_path):
    gt = np.array([[1, 2, 0, 4], [10, 20, 40, 60]])
    BUILDERS.write(tmp_path / 'gt/town/1.png', (gt * 1000).astype(np.uint16))
    BUILDERS.write(tmp_path / 'gt/field/1.png', (gt * 500).astype(np.uint16))
    (tmp_path / 'pred/town').mkdir(parents=True)
    (tmp_path / 'pred/field').mkdir()
    np.save(tmp_path / 'pred/town/1.npy', gt * 1.1)
    np.save(tmp_path / 'pred/field/1.npy', gt * 0.55)
    arguments = 'pred', 'gt', '--gt-scale', 1000, '--json', 'a.json'
    status, out, _ = run(*arguments)
    row = json.loads((tmp_path / 'a.json').read_text())['protocols']['depth']
    assert status == 0 and row_of(out, 'depth')[:5] == ['depth', 'as given', '2', 'any', 'none']
    assert row['abs_rel'] == pytest.approx(0.1, rel=1e-6) and row['num_pixels'] == 14
    for place in ('town', 'field'):  # masks beside the depth are no depth
        BUILDERS.write(tmp_path / f'gt/{place}/1_mask.png', np.array([[0, 1, 1, 1], [1, 1, 1, 1]], np.uint8))
    assert run(*arguments, '--gt-mask', '_mask')[0] == 0
    assert json.loads((tmp_path / 'a.json').read_text())['protocols']['depth']['num_pixels'] == 12
    for mask in (tmp_path / 'gt').rglob('*_mask.png'):
        mask.unlink()
    run(*arguments, '--max-depth', 15)
    row = json.loads((tmp_path / 'a.json').read_text())['protocols']['depth, 15 m']
    assert row['num_pixels'] == 4 + 5 and row['conditions']['cap'] == '< 15 m'
    run(*arguments, '--protocols', 'eigen_annotated,region=(0.5,1,0,1)', '--pred-scale', 2)
    row = json.loads((tmp_path / 'a.json').read_text())['protocols']['eigen_annotated,region=(0.5,1,0,1)']
    assert row['conditions']['ground truth'] == 'as given' and row['abs_rel'] == pytest.approx(0.45, rel=1e-6)


# ------------------------------------------------------------------------- what numbers and other programs' names hold
METRES = np.random.default_rng(3).uniform(2, 60, (12, 16)).round(2)
HOLE = np.s_[2:5, 3:9]


def with_hole(units, marker):
    units = units.copy()
    units[HOLE] = marker
    return units


def write_content(path, content):
    """Bytes, an array, or arrays by their names."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        np.savez(path, **content)
    else:
        np.save(path, content)


def png(units):
    return cv2.imencode('.png', units)[1].tobytes()


@pytest.mark.parametrize('name, content, options', [
    ('1.png', png(with_hole(np.rint(METRES * 1000), 65535).astype(np.uint16)),
     ['--gt-scale', 1000, '--gt-invalid', 65535]),
    ('1.png', png(np.stack([with_hole(np.rint(METRES * 100), 0)] * 3, -1).astype(np.uint16)),
     ['--gt-scale', 100, '--gt-channels', 3]),
    ('1.npy', with_hole(METRES, -1), []), ('1.npy', with_hole(METRES, np.nan), []),
    ('1.npy', with_hole(METRES, np.inf), []),
    ('1.npy', with_hole(METRES, 65.535).astype(np.float32), ['--gt-invalid', -1, 65.535]),
    ('1.npy', with_hole(1 + 100 / METRES, 1), ['--gt-offset', 1, '--gt-focal-baseline', 100]),
    ('1.npz', dict(a=with_hole(METRES, 0), b=METRES * 2), ['--gt-key', 'a']),
    ('1.npz', dict(depth=with_hole(METRES, 0), focal=np.float32(700), intrinsics=np.eye(3)), []),
    ('1.tiff', cv2.imencode('.tiff', with_hole(np.rint(METRES * 1000), 0).astype(np.int32))[1].tobytes(),
     ['--gt-scale', 1000]),
], ids=str)
@pytest.mark.parametrize('side', ['gt', 'pred'])
def test_both_sides_have_every_option(run, tmp_path, name, content, options, side):
    """The other side holds METRES: as ground truth only what is measured counts, as predictions the hole is bad."""
    other = 'pred' if side == 'gt' else 'gt'
    (tmp_path / side).mkdir()
    (tmp_path / other).mkdir()
    write_content(tmp_path / side / name, content)
    np.save(tmp_path / other / '1.npy', METRES)
    status, _, err = run('pred', 'gt', '--json', 'a.json',
                         *(str(word).replace('--gt', f'--{side}') for word in options))
    assert status == 0, err
    row = json.loads((tmp_path / 'a.json').read_text())['protocols']['depth']
    hole, pixels = METRES[HOLE], METRES.size
    if side == 'gt':
        assert row['num_pixels'] == pixels - hole.size and row['abs_rel'] < 1e-3 and row['bad_predictions'] == 0
    else:
        assert row['num_pixels'] == pixels and row['bad_predictions'] == hole.size and row['abs_rel'] > 0.05


@pytest.mark.parametrize('side', ['gt', 'pred'])
@pytest.mark.parametrize('name, content, remedy', [
    ('1.png', png(np.ones((12, 16, 3), np.uint16)), 'Set --{}-channels 3'),
    ('1.png', png(np.ones((12, 16), np.uint8)), '--{0}-bits 8 and --{0}-scale'),
    ('1.npz', dict(a=METRES, b=METRES), "Name it: --{}-key"),
    ('1.npy', np.ones((12, 16, 3)), 'Set --{}-channels 3'), ('1.npy', np.ones((12, 16), np.uint8), '--{}-bits 8'),
], ids=str)
def test_a_remedy_is_an_option_of_the_tool(run, tmp_path, side, name, content, remedy):
    for folder in ('gt', 'pred'):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / '1.npy', METRES)
    (tmp_path / side / '1.npy').unlink()
    write_content(tmp_path / side / name, content)
    status, _, err = run('pred', 'gt')
    assert status == 2 and remedy.format(side) in err and 'depth_format' not in err and 'Traceback' not in err


def test_how_files_were_found_is_said(run, tmp_path):
    for index in range(3):
        BUILDERS.write(tmp_path / f'gt/{index:03d}.png', np.rint(METRES * 256).astype(np.uint16))
        (tmp_path / 'pred').mkdir(exist_ok=True)
        np.save(tmp_path / f'pred/{index:03d}_depth.npy', METRES[None, None])
        BUILDERS.write(tmp_path / f'pred/{index:03d}_depth.png', np.zeros((12, 16, 3), np.uint8))
    status, out, _ = run('pred', 'gt', '--json', 'a.json')
    assert status == 0 and "with '_depth' behind" in out and 'Pictures: 3 PNGs of 8 bits' in out
    assert len(json.loads((tmp_path / 'a.json').read_text())['notes']) == 2
    np.save(tmp_path / 'pred/000_confidence.npy', METRES)
    status, _, err = run('pred', 'gt')
    assert status == 2 and '--pred-affix WORD' in err
    status, out, _ = run('pred', 'gt', '--pred-affix', '_depth')
    assert status == 0 and '000_confidence.npy' in out


def test_what_is_scored_against_itself_is_doubted(run, tmp_path):
    """Also where links lead there; a folder that holds both is scored by names."""
    for index in range(3):
        BUILDERS.write(tmp_path / f'gt/{index:03d}.png', np.rint(METRES * 256).astype(np.uint16))
    (tmp_path / 'pred').symlink_to('gt')
    for folders in (('gt', 'gt'), ('pred', 'gt')):
        status, out, _ = run(*folders)
        assert status == 0 and 'Doubt: 3 of 3 predictions' in out and 'the files of the ground truth itself' in out
    for index in range(3):
        np.save(tmp_path / f'gt/{index:03d}_pred.npy', METRES * 1.25)
    status, out, _ = run('gt', 'gt', '--pred-affix', '_pred', '--allow-missing')
    assert status == 0 and row_of(out, 'depth')[-6:-5] == ['0.2500'] and 'Doubt' not in out


def test_several_processes_give_what_one_gives(run, kitti):
    once = run('pred', 'kitti', '--workers', 1)
    assert run('pred', 'kitti', '--workers', 2)[:2] == once[:2]


@pytest.mark.parametrize('arguments, message', [
    (['nowhere', 'kitti'], 'there is no folder nowhere'),
    (['pred', 'kitti', '--protocols', 'eigen'], "no preset 'eigen'; there are eigen_raw"),
    (['pred', 'kitti', '--protocols', 'bts,cap=5'], 'unknown settings'),
    (['pred', 'kitti', '--protocols', 'bts', 'bts'], 'with different names'),
    (['pred', 'kitti', '--max-depth', '0'], '--max-depth must be > 0'),
    (['pred', 'kitti', '--gt-scale', '256'], '--gt-scale goes with a folder'),
    (['pred', 'pred', '--split', 'test'], '--split and --camera go with a KITTI tree'),
    (['kitti/raw', 'kitti'], 'raw/2011_09_26.* has 8 bits|expected 16-bit depth'),
    (['empty', 'kitti'], 'empty holds no depth file'),
    (['strange', 'kitti'], 'none of the 1 predictions in strange belongs to one of the 3 frames .* strange.png'),
])
def test_wrong_usage_ends_with_a_message(run, kitti, tmp_path, arguments, message):
    (tmp_path / 'empty').mkdir()
    BUILDERS.write(tmp_path / 'strange/strange.png', BUILDERS.units())
    status, _, err = run(*arguments)
    assert status == 2 and 'Traceback' not in err
    assert re.search(message, err), err


def test_it_runs_where_no_mm_package_is_installed(kitti, tmp_path):
    code = ('import sys, runpy\n'
            'for name in ("mmengine", "mmcv", "mmseg"): sys.modules[name] = None\n'
            f'sys.argv = ["tool", "pred", "kitti", "--split", "none"]; runpy.run_path({str(TOOL)!r}, '
            'run_name="__main__")')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=tmp_path,
                            env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert result.returncode == 0 and '| eigen_annotated |' in result.stdout, result.stderr[-2000:]
