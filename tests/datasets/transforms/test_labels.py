"""Labels from metres, and the whole training pipeline of the paper's KITTI config."""
import numpy as np
import pytest
import torch

from mmdepthcls.bins import DepthBins, SIDBins, UDBins
from mmdepthcls.datasets.transforms import DepthToBinLabel

BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)


@pytest.mark.parametrize('bins, instance', [
    (BINS, SIDBins(1, 80, 71)),
    (dict(type='UDBins', min_depth=2, max_depth=80, num_bins=80, below='ignore'), UDBins(2, 80, 80, below='ignore')),
    (dict(type='DepthBins', edges=[1, 2, 8, 80]), DepthBins([1, 2, 8, 80])),
    (SIDBins(1, 80, 10), SIDBins(1, 80, 10)),
], ids=['sid', 'ud', 'edges', 'instance'])
def test_labels_are_those_of_the_bins(bins, instance):
    depth = np.random.default_rng(0).uniform(-5, 90, (12, 30)).astype(np.float32)
    depth[:, ::3] = 0
    kept = depth.copy()
    results = DepthToBinLabel(bins)(dict(gt_depth_map=depth, seg_fields=['gt_depth_map']))
    assert results['gt_seg_map'].dtype == np.uint8
    np.testing.assert_array_equal(results['gt_seg_map'], instance.encode(depth))
    assert (results['gt_seg_map'][:, ::3] == 255).all() and (results['gt_seg_map'] < 255).any()
    np.testing.assert_array_equal(results['gt_depth_map'], kept)  # the metres stay beside
    assert results['seg_fields'] == ['gt_depth_map', 'gt_seg_map']
    assert results['seg_map_path'] == repr(instance)
    assert repr(DepthToBinLabel(bins)) == f'DepthToBinLabel(bins={instance!r})'


def test_no_op_without_depth():
    assert DepthToBinLabel(BINS)(dict(img_path='a.png')) == dict(img_path='a.png')


@pytest.mark.parametrize('change, message', [(dict(num_bins=256), 'num_bins'), (dict(type='SIDBin'), 'SIDBin')])
def test_wrong_bins(change, message):
    with pytest.raises((ValueError, KeyError), match=message):
        DepthToBinLabel(dict(BINS, **change))


def kitti_pipeline(prob=0.5, scale_range=(1.0, 1.5)):
    return [dict(type='LoadImageFromFile'), dict(type='LoadDepth'),
            dict(type='RandomDepthZoom', scale_range=scale_range), dict(type='DepthCrop', crop_size=(420, 800)),
            dict(type='RandomFlip', prob=prob), dict(type='DepthToBinLabel', bins=BINS), dict(type='PackSegInputs')]


@pytest.mark.parametrize('zoom', [1.0, 1.23, 1.5])
@pytest.mark.parametrize('prob', [0.0, 1.0], ids=['as is', 'flipped'])
def test_whole_training_pipeline(tmp_path, builders, mmseg_scope, prob, zoom):
    """375 x 1242 becomes 420 x 800 tensors; image, metres and labels show the same pixels all the way."""
    from mmcv.transforms import Compose
    height, width = 375, 1242
    columns = np.broadcast_to(np.arange(width), (height, width))
    image = np.stack([columns // 8, np.full((height, width), 77), 255 - columns // 8], -1).astype(np.uint8)  # RGB
    units = (columns * 8 + 2560).astype(np.uint16)  # the depth encodes the column, too
    units[::2] = 0
    sample = dict(img_path=str(builders.write(tmp_path / 'image.png', image)),
                  depth_map_path=str(builders.write(tmp_path / 'depth.png', units)), seg_fields=[])
    pipeline = Compose(kitti_pipeline(prob, (zoom, zoom)))
    done = round(width * zoom) / width
    for seed in range(2):
        np.random.seed(seed)
        packed = pipeline(dict(sample, seg_fields=[]))
        data = packed['data_samples']
        depth, label = data.gt_depth_map.data, data.gt_sem_seg.data
        assert packed['inputs'].shape == (3, 420, 800) and packed['inputs'].dtype == torch.uint8
        assert depth.shape == label.shape == (1, 420, 800)
        assert depth.dtype == torch.float32 and label.dtype == torch.int64
        assert torch.equal(label, SIDBins(1, 80, 71).encode(depth))
        assert 0.2 < (label < 255).float().mean() < 0.8
        assert tuple(data.ori_shape) == tuple(data.img_shape) == (420, 800)
        assert data.seg_map_path == repr(SIDBins(1, 80, 71)) and data.flip == bool(prob)
        # Column of the original image, told by the color (red; BGR) and by the depth.
        inside = depth[0] > 0
        by_color = (packed['inputs'][2].float() * 8 + 3.5)[inside]
        by_depth = ((depth[0] * done * 256 - 2560) / 8)[inside]
        assert (by_color - by_depth).abs().max() < 3.5 + 4 + 1  # a step of the color, its rounding, a pixel
        assert abs((by_color - by_depth).mean()) < 0.5
        columns_seen = torch.diff(depth[0], dim=1)[inside[:, 1:] & inside[:, :-1]]
        assert (columns_seen <= 0).all() if prob else (columns_seen >= 0).all()


@pytest.mark.parametrize('seed', range(3))
def test_random_training_pipeline(tmp_path, builders, mmseg_scope, seed):
    from mmcv.transforms import Compose
    np.random.seed(seed)
    units = builders.units(seed, (375, 1242))
    sample = dict(img_path=str(builders.write(tmp_path / 'image.png', builders.image(seed, units.shape))),
                  depth_map_path=str(builders.write(tmp_path / 'depth.png', units)), seg_fields=[])
    data = Compose(kitti_pipeline())(sample)['data_samples']
    depth = data.gt_depth_map.data
    assert torch.equal(data.gt_sem_seg.data, SIDBins(1, 80, 71).encode(depth))
    assert depth.shape == (1, 420, 800) and 0.2 < (depth > 0).float().mean() < 0.5


def test_the_same_pipeline_serves_samples_without_depth(pairs, mmseg_scope):
    from mmcv.transforms import Compose
    packed = Compose(kitti_pipeline())(dict(img_path=str(pairs / 'image/0.png'), seg_fields=[]))
    assert packed['inputs'].shape == (3, 420, 800)
    assert not {'gt_depth_map', 'gt_sem_seg'} & set(packed['data_samples'].keys())
