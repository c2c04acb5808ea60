"""DepthVisualizer as MMSegmentation's hooks and tools use it."""
import uuid
from types import SimpleNamespace

import cv2
import mmengine.dist
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmengine.visualization import Visualizer
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample

from mmdepthcls.visualization.depth_visualizer import DepthVisualizer, stored_name
from mmdepthcls.visualization.figures import depth_figure  # isort: split

from mmseg.engine.hooks import SegVisualizationHook  # after mmdepthcls, which lets mmseg import without mmcv.ops

KITTI_PATH = '/data/raw/2011_09_26/2011_09_26_drive_{:04d}_sync/image_02/data/0000000005.png'
H, W = 40, 60


@pytest.fixture
def visualizer(tmp_path):
    return VISUALIZERS.build(dict(type='DepthVisualizer', name=uuid.uuid4().hex, save_dir=str(tmp_path),
                                  vis_backends=[dict(type='LocalVisBackend')]))


def sample(truth=True, prediction=True, **metainfo):
    """A picture and a data sample with the depth maps asked for."""
    generator = torch.Generator().manual_seed(0)
    data_sample = SegDataSample(metainfo=metainfo)
    if truth:
        data_sample.gt_depth_map = PixelData(data=1 + 79 * torch.rand((1, H, W), generator=generator))
    if prediction:
        data_sample.pred_depth_map = PixelData(data=1 + 79 * torch.rand((1, H, W), generator=generator))
    return np.random.default_rng(0).integers(0, 255, (H, W, 3), dtype=np.uint8), data_sample


def maps_of(data_sample):
    return data_sample.gt_depth_map.data[0].numpy(), data_sample.pred_depth_map.data[0].numpy()


def stored_pictures(folder):
    return {path.name: cv2.imread(str(path))[..., ::-1] for path in folder.rglob('*.png')}


def test_stores_the_figure_without_dataset_meta(visualizer, tmp_path):
    image, data_sample = sample(img_path=KITTI_PATH.format(1))
    assert visualizer.dataset_meta is None
    visualizer.add_datasample('test_0000000005.png', image, data_sample, step=3)
    (name, stored), = stored_pictures(tmp_path).items()
    assert name == 'test_2011_09_26_drive_0001_sync_image_02_data_0000000005_3.png'
    np.testing.assert_array_equal(stored, depth_figure(image, *maps_of(data_sample)))
    assert visualizer.get_image().shape == stored.shape


def test_frames_of_different_drives_do_not_overwrite_each_other(visualizer, tmp_path):
    for drive in (1, 2, 3):
        image, data_sample = sample(img_path=KITTI_PATH.format(drive))
        visualizer.add_datasample('test_0000000005.png', image, data_sample, step=0)
    assert len(stored_pictures(tmp_path)) == 3


@pytest.mark.parametrize('mode', ['val', 'test'])
def test_stock_hook_stores_every_frame(visualizer, tmp_path, mode):
    hook = SegVisualizationHook(draw=True, interval=1)
    assert hook._visualizer is visualizer
    for index, drive in enumerate((1, 2)):
        path = tmp_path / KITTI_PATH.format(drive)[1:]
        image, data_sample = sample(img_path=str(path))
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), image[..., ::-1])
        getattr(hook, f'after_{mode}_iter')(SimpleNamespace(iter=0), index, {}, [data_sample])
    stored = {name: picture for name, picture in stored_pictures(tmp_path).items() if name.startswith(f'{mode}_')}
    assert len(stored) == 2
    for picture in stored.values():
        np.testing.assert_array_equal(picture, depth_figure(image, *maps_of(data_sample)))


@pytest.mark.parametrize('name, path, expected', [
    ('val_5.png', '/a/b/c/d/5.png', 'val_b_c_d_5'),
    ('test_5.png', 'C:\\a\\5.png', 'test_C_a_5'),
    ('test_5.png', '5.png', 'test_5'),
    ('5.png', 'x/5.png', 'x_5'),
    ('test_a.b.png', 'x/a.b.png', 'test_x_a.b'),
    ('epoch_3', 'x/y.png', 'epoch_3_x_y'),
    ('val', './x/noending', 'val_x_noending'),
    ('val_5.png', None, 'val_5.png'),
])
def test_stored_name(name, path, expected):
    assert stored_name(name, SegDataSample(metainfo=dict(img_path=path))) == expected


def test_pictures_of_two_sets_have_two_names():
    """They may lie in the same place: one folder with two truths."""
    names = [stored_name('test_5.png', SegDataSample(metainfo=dict(img_path='data/image/5.png', set_name=each)))
             for each in ('kitti', 'own')]
    assert names == ['test_kitti_data_image_5', 'test_own_data_image_5']


def test_stored_name_without_path():
    assert stored_name('test_5.png', SegDataSample()) == stored_name('test_5.png') == 'test_5.png'


@pytest.mark.parametrize('kwargs, drawn', [
    (dict(), (True, True)), (dict(draw_gt=False), (False, True)), (dict(draw_pred=False), (True, False))])
def test_out_file(visualizer, tmp_path, kwargs, drawn):
    image, data_sample = sample()
    out_file = tmp_path / 'new' / 'folder' / 'picture.png'
    visualizer.add_datasample('x', image, data_sample, out_file=str(out_file), with_labels=True, **kwargs)
    expected = depth_figure(image, *(depth if draw else None for depth, draw in
                                     zip(maps_of(data_sample), drawn, strict=True)))
    np.testing.assert_array_equal(cv2.imread(str(out_file))[..., ::-1], expected)
    assert list(stored_pictures(tmp_path)) == ['picture.png']  # and the backends got nothing


@pytest.mark.parametrize('truth, prediction', [(True, False), (False, True), (False, False)])
def test_samples_with_parts_missing(visualizer, truth, prediction):
    image, data_sample = sample(truth, prediction)
    visualizer.add_datasample('x', image, data_sample)
    maps = [data_sample.get(key).data[0].numpy() if key in data_sample else None
            for key in ('gt_depth_map', 'pred_depth_map')]
    assert visualizer.get_image().shape == depth_figure(image, *maps).shape


def test_no_sample_at_all(visualizer):
    image, _ = sample()
    visualizer.add_datasample('x', image)
    assert visualizer.get_image().shape == depth_figure(image).shape


def test_crop_box_cuts_the_image_only_where_it_is_still_whole(visualizer, tmp_path):
    image, data_sample = sample(crop_box=(3, 5, H, W), ori_shape=(H, W))
    whole = np.random.default_rng(1).integers(0, 255, (H + 7, W + 9, 3), dtype=np.uint8)
    whole[3:3 + H, 5:5 + W] = image
    for name, given in (('whole.png', whole), ('cut.png', image)):
        visualizer.add_datasample('x', given, data_sample, out_file=str(tmp_path / name))
    pictures = stored_pictures(tmp_path)
    np.testing.assert_array_equal(pictures['whole.png'], pictures['cut.png'])


def test_sizes_that_differ_are_refused(visualizer):
    image, data_sample = sample()
    with pytest.raises(ValueError, match='truth and image must be of one size, got H x W = 40 x 60 and 39 x 60'):
        visualizer.add_datasample('x', image[1:], data_sample)


@pytest.mark.parametrize('data', [torch.full((H, W), 9.0), torch.full((1, H, W), 9.0, dtype=torch.bfloat16),
                                  torch.full((1, H, W), 9.0, dtype=torch.float16),
                                  torch.full((1, H, W), 9.0, requires_grad=True), np.full((1, H, W), 9.0, np.float32)])
def test_kinds_of_depth(visualizer, tmp_path, data):
    image, data_sample = sample(truth=False, prediction=False)
    data_sample.pred_depth_map = PixelData(data=data[None] if data.ndim == 2 else data)
    visualizer.add_datasample('x', image, data_sample, out_file=str(tmp_path / 'x.png'))
    np.testing.assert_array_equal(stored_pictures(tmp_path)['x.png'],
                                  depth_figure(image, prediction=np.full((H, W), 9.0, np.float32)))


def test_more_than_one_map_is_refused(visualizer):
    image, data_sample = sample(truth=False, prediction=False)
    data_sample.pred_depth_map = PixelData(data=torch.ones(2, H, W))
    with pytest.raises(ValueError, match=r'pred_depth_map.data must be one map.*\(2, 40, 60\)'):
        visualizer.add_datasample('x', image, data_sample)


def test_color_settings_reach_the_figure(tmp_path):
    colors = dict(min_depth=0.5, max_depth=20.0, scale='linear', colormap='magma', invalid=(255, 0, 255))
    visualizer = DepthVisualizer(name=uuid.uuid4().hex, **colors)
    image, data_sample = sample()
    visualizer.add_datasample('x', image, data_sample, out_file=tmp_path / 'x.png')
    np.testing.assert_array_equal(stored_pictures(tmp_path)['x.png'],
                                  depth_figure(image, *maps_of(data_sample), **colors))


def test_settings_without_sense_are_refused_at_once():
    with pytest.raises(ValueError, match='min_depth'):
        DepthVisualizer(name=uuid.uuid4().hex, min_depth=90.0)
    with pytest.raises(TypeError, match='alpha'):
        DepthVisualizer(name=uuid.uuid4().hex, alpha=0.5)


def test_show_opens_a_window_with_the_figure(visualizer, monkeypatch):
    image, data_sample = sample()
    shown = []
    monkeypatch.setattr(visualizer, 'show', lambda picture, win_name, wait_time: shown.append((picture, win_name,
                                                                                              wait_time)))
    visualizer.add_datasample('title', image, data_sample, show=True, wait_time=2)
    (picture, *rest), = shown
    np.testing.assert_array_equal(picture, depth_figure(image, *maps_of(data_sample)))
    assert rest == ['title', 2]


def test_only_the_master_draws(visualizer, tmp_path, monkeypatch):
    image, data_sample = sample()
    monkeypatch.setattr(mmengine.dist.utils, 'is_main_process', lambda group=None: False)
    visualizer.add_datasample('x', image, data_sample, out_file=str(tmp_path / 'x.png'))
    assert stored_pictures(tmp_path) == {}


def test_is_the_instance_the_hooks_find(visualizer):
    assert Visualizer.get_current_instance() is visualizer


def test_unwritable_out_file_is_an_error(visualizer, tmp_path, monkeypatch):
    image, data_sample = sample()
    monkeypatch.setattr('mmcv.imwrite', lambda *args, **kwargs: False)
    with pytest.raises(OSError, match='x.png'):
        visualizer.add_datasample('x', image, data_sample, out_file=str(tmp_path / 'x.png'))
