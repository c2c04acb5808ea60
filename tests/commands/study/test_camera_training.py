import json
from pathlib import Path

import pytest
import torch

from mmdepthcls.commands.study import camera_training
from mmdepthcls.commands.study.camera_plan import CameraPlan, CameraRun

FOLDER = Path(__file__).parents[3] / 'configs' / 'study'


def write(path, changes=''):
    """The shipped study on two scenes of two cameras, with one iteration a run."""
    path.write_text(
        f"_base_ = {str(FOLDER / 'cameras.py')!r}\nbase = {str(FOLDER / 'deeplabv2_r18_minidrive_sid71.py')!r}\n"
        "data = dict(num_train=2, num_test=1, height=32, width=64, workers=1, progress=False)\nseeds = (0, )\n"
        "cameras = {'_delete_': True, '1x': 0.58, '2x': 1.16}\nmixture = {'_delete_': True, '3x': 1.74, '4x': 2.32}\n"
        "options = {'train_cfg.max_iters': 1, 'train_dataloader': dict(batch_size=2), "
        f"'model.backbone.base_channels': 4, 'model.decode_head.in_channels': 32}}\n{changes}\n")
    return str(path)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('cameras')
    CameraPlan(write(folder / 'study.py')).make_data(folder / 'data')
    return folder


def train(folder, run, path=None):
    return camera_training.train_camera_run(path or str(folder / 'study.py'), str(folder / 'data'), str(folder), 1, run)


def test_trains_tests_and_keeps_what_it_has(folder):
    run = CameraRun('1x', 0)
    record = train(folder, run)
    assert json.loads((folder / f'{run.name}.json').read_text()) == record
    assert {camera: set(ways) for camera, ways in record['scores'].items()} == {
        name: {'without', 'by depth', 'by image'} for name in ('1x', '2x')}
    home, away = record['scores']['1x'], record['scores']['2x']
    assert home['without'] == home['by depth'] == home['by image']  # at home there is nothing to correct
    # by depth the same network sees the same picture: its metres are those without, times the ratio of focal lengths
    assert away['by depth']['median_ratio'] == pytest.approx(2 * away['without']['median_ratio'], rel=1e-4)
    assert away['by image']['median_ratio'] != away['without']['median_ratio']
    assert all(0 < scores['abs_rel'] < 20 for ways in record['scores'].values() for scores in ways.values())

    # other tests of the same weights do not train again
    weights = torch.load(folder / f'{run.name}.pth', weights_only=True)
    more = write(folder / 'more.py', 'scored_range, cameras = (1.0, 40.0), {"_delete_": True, "1x": 0.58}')
    again = train(folder, run, more)
    assert again['seconds'] == record['seconds'] == weights['seconds'] and again['scores'] != record['scores']


def test_another_focal_length_is_tested_at_home(folder):
    record = train(folder, CameraRun('2x', 0))
    assert {camera: set(ways) for camera, ways in record['scores'].items()} == {'2x': {'without'}}


def test_a_mixture_of_cameras_is_tested_at_those_that_are_none_of_it(folder):
    record = train(folder, CameraRun('mixture', 0))
    assert {camera: set(ways) for camera, ways in record['scores'].items()} == {'1x': {'by depth'}, '2x': {'by depth'}}
    train(folder, CameraRun('1x', 0))
    mixed, one = (torch.load(folder / f'camera_{name}_0.pth', weights_only=True)['state_dict']
                  for name in ('mixture', '1x'))
    assert not torch.equal(mixed['backbone.conv1.weight'], one['backbone.conv1.weight'])
