from pathlib import Path

import pytest
from mmengine.config import Config

from mmdepthcls.commands.study.camera_plan import CameraPlan, CameraRun
from mmdepthcls.commands.study.kinds import CAMERAS, VARIANTS, kind_of
from mmdepthcls.config.config_check import check_config

FOLDER = Path(__file__).parents[3] / 'configs' / 'study'


def changed(tmp_path, text):
    path = tmp_path / 'study.py'
    path.write_text(f"_base_ = {str(FOLDER / 'cameras.py')!r}\n"
                    f"base = {str(FOLDER / 'deeplabv2_r18_minidrive_sid71.py')!r}\n{text}\n")
    return CameraPlan(str(path))


@pytest.fixture
def plan(tmp_path):
    return changed(tmp_path, '')


def test_a_study_is_of_cameras_if_it_names_them():
    assert kind_of(str(FOLDER / 'cameras.py')) is CAMERAS and kind_of(str(FOLDER / 'minidrive.py')) is VARIANTS
    assert CAMERAS.suffixes == ('.json', ) and VARIANTS.suffixes == ('.json', '.png')


def test_the_shipped_study(plan):
    runs = plan.runs()
    assert len({run.name for run in runs}) == len(runs) == 12
    assert [run.camera for run in runs[:4]] == ['1x', '0.75x', '1.3x', 'mixture']
    assert {run.seed for run in runs[:4]} == {0}
    assert plan.focal_px('1.3x') / plan.focal_px('1x') == pytest.approx(1.3)
    bins = Config.fromfile(plan.path).options['model.bins']
    ratios = [plan.focal_px(plan.trained) / plan.focal_px(name) for name in (*plan.cameras, *plan.mixture)]
    low, high = plan.scored_range  # bins hold what is scored of every camera, in metres of the trained one
    assert bins['min_depth'] <= low * min(ratios) + 1e-9 and bins['max_depth'] >= high * max(ratios) - 1e-9


def test_what_is_trained_and_tested(plan):
    reference, other = CameraRun('1x', 2), CameraRun('1.3x', 2)
    assert set(plan.tests(reference)) == {(camera, way) for camera in plan.cameras for way in plan.ways}
    assert plan.tests(other) == [('1.3x', 'without')]
    cfg = plan.config(other, 'DATA', 'WORK')
    assert cfg.train_dataloader.dataset.data_root == 'DATA/1.3x' and cfg.randomness.seed == 2
    assert cfg.model.get('canonical_focal_px') is None


def test_a_mixture_has_the_canonical_camera_of_the_one_that_is_trained(plan):
    run = CameraRun('mixture', 1)
    assert plan.tests(run) == [(camera, 'by depth') for camera in plan.cameras]
    cfg = plan.config(run, 'DATA', 'WORK')
    assert cfg.model.canonical_focal_px == plan.focal_px('1x')
    parts = cfg.train_dataloader.dataset.datasets
    assert [each.data_root for each in parts] == [f'DATA/{name}' for name in ('1x', *plan.mixture)]
    for each in parts:
        *_, step, last = each.pipeline
        assert step == dict(type='CanonicalCamera', by='depth', focal_px=plan.focal_px('1x'))
        assert last.type == 'PackDepthInputs'
    assert plan.test_config(run, '1.3x', 'by depth', 'DATA').model.canonical_focal_px == plan.focal_px('1x')
    check_config(cfg)


@pytest.mark.parametrize('way', ['by depth', 'by image'])
def test_the_canonical_camera_is_that_of_the_training(plan, way):
    run, focal = CameraRun('1x', 0), plan.focal_px('1x')
    cfg = plan.test_config(run, '0.75x', way, 'DATA')
    assert cfg.test_dataloader.dataset.data_root == 'DATA/0.75x' and cfg.model.canonical_focal_px == focal
    steps = {step['type']: step for step in cfg.test_dataloader.dataset.pipeline}
    assert steps['CanonicalCamera']['focal_px'] == focal and way.endswith(steps['CanonicalCamera']['by'])
    without = plan.test_config(run, '0.75x', 'without', 'DATA')
    assert without.model.get('canonical_focal_px') is None
    assert 'CanonicalCamera' not in str(without.test_dataloader.dataset.pipeline)


def test_fingerprints_change_with_what_they_are_of(plan, tmp_path):
    run = CameraRun('1x', 0)
    kept = plan.training_fingerprint(run), plan.fingerprint(run)
    more = changed(tmp_path, "cameras = {'2x': 1.16}")
    assert more.training_fingerprint(run) == kept[0] and more.fingerprint(run) != kept[1]  # tested on more
    longer = changed(tmp_path, "options = {'train_cfg.max_iters': 5}")
    assert longer.training_fingerprint(run) != kept[0] and longer.fingerprint(run) != kept[1]
    other = changed(tmp_path, "cameras = {'1x': 0.6}")
    assert other.training_fingerprint(run) != kept[0]
    scored = changed(tmp_path, 'scored_range = (1.0, 50.0)')
    assert scored.training_fingerprint(run) == kept[0] and scored.fingerprint(run) != kept[1]
    mixed, others = CameraRun('mixture', 0), changed(tmp_path, "mixture = {'0.5x': 0.29}")
    assert others.training_fingerprint(run) == kept[0]
    assert others.training_fingerprint(mixed) != plan.training_fingerprint(mixed)


@pytest.mark.parametrize('text, message', [
    ("trained = '2x'", "trained is '2x', which is not among the cameras: 0.75x, 1x, 1.3x"),
    ("cameras = {'far': 20.0}", r"camera's focal \(image widths\) must be from 0.1 to 10, got 20.0"),
    ("cameras = {'../far': 1.0}", 'a camera is called by letters'),
    ("ways = {'_delete_': True, 'by depth': []}", "ways must have 'without'"),
    ("mixture = {'mixture': 1.0}", "a camera is called by letters.* got 'mixture'"),
    ("mixture = {'1.3x': 0.754}", "'1.3x' is among the cameras; mixture names those that '1x' is mixed with"),
    ("mixture_way = 'without'", "mixture_way must be the way, with a CanonicalCamera, .* got 'without'"),
    ("mixture_way = 'by map'", "mixture_way must be .* got 'by map'"),
])
def test_plans_that_cannot_work(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        changed(tmp_path, text)


def test_a_plan_without_its_keys(tmp_path):
    path = tmp_path / 'study.py'
    path.write_text("cameras = {'a': 1.0}\nbase = 'x.py'\n")
    with pytest.raises(ValueError, match='a study of cameras needs .*; data, trained, seeds'):
        CameraPlan(str(path))
