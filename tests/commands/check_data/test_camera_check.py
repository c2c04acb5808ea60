"""What the doctor says of cameras: focal lengths, mixtures, heights that contradict them, and canonical bins."""
import json

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmdepthcls.commands.check_data.camera_check import CameraSet, check_cameras
from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.commands.check_data.report import as_json, bin_counts, markdown

FOCAL = 0.58 * 320  # of the scenes, px
BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=20)


def mixture(healthy, focal, pipeline=(), model=None, **settings):
    """MiniDrive, and the same pictures as somebody's own data of another focal length."""
    own = dict(type='DepthFolderDataset', data_root=str(healthy['folders']), pipeline=list(pipeline),
               data_prefix=dict(img_path='image', depth_map_path='depth'), **({} if focal is None else dict(
                   focal_px=focal)))
    train = dict(type='ConcatDataset', datasets=[
        dict(type='MiniDriveDataset', split='train', data_root=str(healthy['minidrive']), pipeline=[]), own])
    cfg = Config(dict(train_dataloader=dict(dataset=train), model=dict(bins=BINS, **(model or {})), **settings))
    return examine(cfg, workers=1, progress=False, allow_leakage=True)


def kinds(examination):
    return {finding.kind for finding in examination.findings if finding.level != 'note'}


def test_alike(healthy):
    examination = mixture(healthy, FOCAL)
    assert not kinds(examination) & {'mixed cameras', 'depth contradicts the cameras', 'unknown camera'}
    text = markdown(examination, 'x')
    assert text.count('185.6 px, 185.6 px in the input of the network; 1.') == 2
    # The heights that the depth tells are those of the scenes' cameras, 1.5 to 1.8 m.
    assert all(1.3 < each.height < 2.0 for each in examination.cameras)
    assert json.loads(as_json(examination, 'x'))['cameras'][0]['on_disk'] == pytest.approx([FOCAL, FOCAL])


def test_a_wrong_focal_length(healthy):
    """Mixed, and the depth says that it cannot be."""
    examination = mixture(healthy, 2 * FOCAL)
    assert {'mixed cameras', 'depth contradicts the cameras'} <= kinds(examination)
    mixed = next(each for each in examination.findings if each.kind == 'mixed cameras')
    assert 'factor of 2.00' in mixed.seen and 'model.canonical_focal_px' in mixed.remedy
    contradiction = next(each for each in examination.findings if each.kind.startswith('depth contradicts'))
    assert 'MiniDriveDataset' in contradiction.path and 'DepthFolderDataset' in contradiction.seen
    assert 'depth contradicts the cameras' not in kinds(mixture(healthy, 2 * FOCAL, check_data=dict(reach=(0.3, 3))))


def test_pictures_are_as_the_network_gets_them(healthy):
    """Of half the size, the doubled focal length is the same one."""
    half = dict(type='Resize', scale=(160, 48))
    assert 'mixed cameras' not in kinds(mixture(healthy, 2 * FOCAL, [half]))
    assert 'mixed cameras' in kinds(mixture(healthy, FOCAL, [half]))


def test_a_canonical_camera(healthy):
    """Mixtures are what it is for; what is not known is refused, as in the training."""
    canonical = dict(canonical_focal_px=FOCAL)
    assert 'mixed cameras' not in kinds(mixture(healthy, 2 * FOCAL, model=canonical))
    examination = mixture(healthy, None, model=canonical)
    fault = next(each for each in examination.findings if each.kind == 'unknown camera')
    assert fault.level == 'error' and 'of 5 images' in fault.seen and examination.failed()
    assert 'unknown camera' not in kinds(mixture(healthy, None))


def test_what_is_lost_beyond_the_bins_is_canonical(healthy):
    """Against a count by hand, of the depth files themselves."""
    examination = mixture(healthy, 2 * FOCAL, model=dict(canonical_focal_px=1.6 * FOCAL))
    expected = np.zeros(2)
    for factor, paths, scale in ((1.6, healthy['minidrive'].glob('depth/train/*.png'), 256),
                                 (0.8, healthy['folders'].glob('depth/*.npy'), 1)):
        for path in paths:
            depth = np.load(path) if path.suffix == '.npy' else cv2.imread(str(path), -1)
            depth = factor * depth[depth > 0].astype(np.float64) / scale
            expected += (depth < 1).sum(), (depth > 80).sum()
    inside, below, above = bin_counts(examination.splits[0])
    assert (below, above) == tuple(expected) and above > 0
    assert f'Bins (in metres of a canonical camera of {1.6 * FOCAL:g} px):' in markdown(examination, 'x')


def test_an_unclear_pipeline(healthy):
    random = dict(type='RandomResize', scale=(320, 96), ratio_range=(0.5, 2.0))
    text = markdown(mixture(healthy, FOCAL, [random]), 'x')
    assert 'what RandomResize makes of it is not known, or random' in text
    assert any(each.kind == 'focal length of the input' for each in mixture(
        healthy, FOCAL, [random], dict(canonical_focal_px=FOCAL)).findings)


@pytest.mark.parametrize(('heights', 'said'), [((1.6, 2.0), False), ((1.2, 1.7), True), ((1.0, None), False)])
def test_heights(heights, said):
    sets = [CameraSet(f'set {index}', 'train', [700.0], [350.0], heights=[height] * 3 if height else [2.0])
            for index, height in enumerate(heights)]
    found = check_cameras(sets)
    assert [each.kind for each in found] == ['depth contradicts the cameras'] * said


@pytest.mark.parametrize(('focals', 'said'), [((700, 721.5), False), ((700, 740), True)])
def test_five_percent(focals, said):
    sets = [CameraSet(f'set {index}', 'train', [focal]) for index, focal in enumerate(focals)]
    assert [each.kind for each in check_cameras(sets)] == ['mixed cameras'] * said
    sets[1].split = 'val'  # what is only tested mixes nothing
    assert not check_cameras(sets)
