"""Data to calibrate with: folders, splits of configs, and what is scored elsewhere."""
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmdepthcls.apis import ModelDescription
from mmdepthcls.apis.image_sketch import image_hash, sketch_of
from mmdepthcls.commands.calibrate.calibrated_file import calibrated, refuse_scored
from mmdepthcls.commands.calibrate.known_cameras import KnownCameras
from mmdepthcls.commands.calibrate.measured_data import data_of_config, data_of_folder
from mmdepthcls.commands.calibrate.measured_image import MeasuredImage, folds_of, groups_of
from mmdepthcls.commands.calibrate.model_calibration import CalibrationPlan, ModelCalibration
from mmdepthcls.commands.calibrate.scale_fit import ScaleFit
from mmdepthcls.datasets.files.depth_png import decode_depth_png
from mmdepthcls.datasets.kitti_layout import drive_folder

MODEL = dict(
    type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8),
    backbone=dict(type='ResNet', depth=18), decode_head=dict(type='FCNHead', in_channels=512, in_index=3),
    decoder=dict(type='ExpectationDecoder'))
SCORE = dict(protocol='bts', conditions={}, errors=dict(abs_rel=0.1), num_images=3, data='MiniDriveDataset test')


def test_a_folder_and_its_config_are_the_same(minidrive, mmseg_scope):
    cfg = Config(dict(val_dataloader=dict(dataset=dict(type='MiniDriveDataset', data_root=minidrive, split='val',
                                                       pipeline=[dict(type='LoadImageFromFile')]))))
    for data in (data_of_folder(minidrive, 'val'), data_of_config(cfg, 'val')):
        assert data.labelled and data.split == 'MiniDriveDataset val' and len(data.pictures) == 2
        picture = data.pictures[1]
        depth = picture.depth((64, 128))
        with open(picture.path.replace('/image/', '/depth/'), 'rb') as file:
            assert np.array_equal(depth, decode_depth_png(file.read(), 'x'))
    lies = data_of_folder(minidrive, image_folder='image/val', depth_folder='depth/val', depth_scale=256 / 1.3)
    assert lies.pictures[1].depth((64, 128)) == pytest.approx(1.3 * depth, rel=1e-5)
    with pytest.raises(ValueError, match='32 x 64 pixels|must show the same'):
        picture.depth((32, 64))
    with pytest.raises(ValueError, match='has no test_dataloader. --split'):
        data_of_config(cfg, 'test')


@pytest.fixture
def own_folder(tmp_path):
    """Four pictures in folders of other names; two have depth."""
    for name in 'abcd':
        write_png(tmp_path / 'own/fotos' / f'{name}.png', np.zeros((8, 16, 3), np.uint8))
    for name, depth in (('a', 1000), ('c', 2000)):
        write_png(tmp_path / 'own/entfernung' / f'{name}.png', np.full((8, 16), depth, np.uint16))
    return tmp_path / 'own'


def write_png(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode('.png', pixels)[1].tobytes())


def test_pictures_without_depth_are_passed_over_and_counted(own_folder, mmseg_scope):
    own = partial(data_of_folder, str(own_folder), image_folder='fotos', depth_folder='entfernung', depth_scale=1000.0)
    data = own()
    assert [Path(picture.path).name for picture in data.pictures] == ['a.png', 'c.png']
    assert [picture.depth((8, 16)).mean() for picture in data.pictures] == [1, 2]
    assert data.remark == 'own: 2 of 4 pictures have no depth map and are passed over'
    assert data.split == 'DepthFolderDataset'
    everything = own(unmeasured=True)
    assert len(everything.pictures) == 4 and not everything.remark
    (own_folder / 'fotos/d.png').unlink()
    assert own().remark == 'own: 1 of 3 pictures has no depth map and is passed over'
    (own_folder / 'list.txt').write_text('fotos/a.png entfernung/a.png\nfotos/b.png entfernung/b.png\n')
    with pytest.raises(FileNotFoundError, match='1 of the 4 files .*b.png'):  # a list means what it says
        data_of_folder(str(own_folder), listed='list.txt')


def test_what_is_wrong_with_folders_names_their_options(own_folder, mmseg_scope):
    words = r'image does not exist\. .*holds entfernung, fotos\. --image-folder .*--depth-folder'
    with pytest.raises(FileNotFoundError, match=words):
        data_of_folder(str(own_folder))
    with pytest.raises(FileNotFoundError, match=r'depth does not exist\. .*--depth-folder NAME .* depth maps lie'):
        data_of_folder(str(own_folder), image_folder='fotos')
    for name in 'ac':
        (own_folder / 'entfernung' / f'{name}.png').rename(own_folder / 'entfernung' / f'{name}_depth.png')
    with pytest.raises(ValueError, match=r'no picture of .*fotos has .* in .*entfernung.* holds a_depth.png, c_dep'):
        data_of_folder(str(own_folder), image_folder='fotos', depth_folder='entfernung')


def test_what_a_score_is_taken_from(minidrive, mmseg_scope):
    val, test = data_of_folder(minidrive, 'val'), data_of_folder(minidrive, 'test')
    description = ModelDescription(MODEL, scores=(SCORE, ))
    refuse_scored(val, test, description, 'image')
    with pytest.raises(ValueError, match='is the split that the score in the model file'):
        refuse_scored(test, None, description, 'image')
    hashes = [image_hash(picture.path) for picture in val.pictures]
    with pytest.raises(ValueError, match='one of the images that the score'):
        refuse_scored(val, None, replace(description, scores=(dict(SCORE, images=sketch_of(hashes)), )), 'image')
    with pytest.raises(ValueError, match='of --test is in the data'):
        refuse_scored(val, val, description, 'image')
    with pytest.raises(ValueError, match='is in a folder or drive'):
        part = replace(val, pictures=val.pictures[:1]), replace(val, pictures=val.pictures[1:])
        refuse_scored(*part, description, 'folder')


def test_drives_and_copies_are_one_group():
    drive = drive_folder('2011_09_26_drive_0001')
    images = [MeasuredImage(f'{root}/{name}', digest, *[np.ones(1)] * 2, np.ones((2, 1))) for root, name, digest in (
        (f'a/{drive}/image_02', '0.png', 'x'), (f'b/{drive}/image_03', '1.png', 'y'), ('c', '2.png', 'z'),
        ('c', '3.png', 'x'))]
    by_image = [sorted(each.digest for each in group) for group in groups_of(images, 'image')]
    assert sorted(by_image) == [['x', 'x'], ['y'], ['z']]
    by_folder = groups_of(images, 'folder')
    assert sorted(len(group) for group in by_folder) == [2, 2]
    assert groups_of(images[::-1], 'image')[0][0].digest == groups_of(images, 'image')[0][0].digest
    seen = [each.path for _, left in folds_of(groups_of(images, 'image'), 5) for group in left for each in group]
    assert sorted(seen) == sorted(each.path for each in images)
    for rest, left in folds_of(groups_of(images, 'image'), 2):
        assert not {id(each) for each in rest} & {id(each) for each in left}


def test_what_the_new_file_says(minidrive, mmseg_scope):
    data = data_of_folder(minidrive, 'val')
    widening = dict(coverage=0.9, factor=1.5, promise='mean', unit='image', num_units=9, domain='there')
    description = ModelDescription(MODEL, scores=(SCORE, ), interval_widening=widening, scale=1.2)
    known = KnownCameras(dict(given=2))
    stays = ModelCalibration(ScaleFit(1.2, 1.2, 1.2, 0.0), None, known, 2, 9, 2)
    same = calibrated(description, stays, data, CalibrationPlan())
    assert same.scores == (SCORE, ) and same.interval_widening == widening
    other = ModelCalibration(ScaleFit(1.3, 1.2, 1.4, 0.1), None, known, 2, 9, 2)
    changed = calibrated(description, other, data, CalibrationPlan())
    assert changed.scale == 1.3 and changed.interval_widening is None and changed.scale_focal == 'corrected'
    unknown = replace(other, cameras=KnownCameras({'': 2}))
    assert calibrated(description, unknown, data, CalibrationPlan()).scale_focal == 'uncorrected'
    kept = CalibrationPlan(scale=False)
    assert calibrated(replace(description, scale_focal='uncorrected'), stays, data, kept).scale_focal == 'uncorrected'
    assert changed.scores[0]['conditions'] == dict(model='before calibration')
    other.factor, other.num_interval_groups = 1.7, 12
    new = calibrated(description, other, data, CalibrationPlan(coverage=0.8, promise='each'), 'here').interval_widening
    assert new == dict(coverage=0.8, factor=1.7, promise='each', unit='image', num_units=12, domain='here')
