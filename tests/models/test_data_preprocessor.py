import pytest
import torch
from mmseg.registry import MODELS

from mmdepthcls.models import DepthDataPreProcessor

pytestmark = pytest.mark.usefixtures('mmseg_scope')


def build(kind='DepthDataPreProcessor', **kwargs):
    return MODELS.build(dict(type=kind, mean=[100.0] * 3, std=[50.0] * 3, **kwargs))


def test_pads_depth_with_no_measurement_and_image_with_the_mean(make_batch):
    batch = make_batch(1, height=20, width=30, valid=1.0)
    truth = batch['data_samples'][0].gt_depth_map.data.clone()
    data = build(size=(24, 40))(batch, training=True)
    depth = data['data_samples'][0].gt_depth_map.data
    assert depth.shape == (1, 24, 40)
    assert torch.equal(depth[:, :20, :30], truth)
    assert not depth[:, 20:].any() and not depth[:, :, 30:].any()
    assert not data['inputs'][:, :, 20:].any() and not data['inputs'][:, :, :, 30:].any()  # 0 is the mean, normalised


def test_the_host_would_pad_depth_with_255_metres(make_batch):
    """Why the class exists: if this fails, the host has changed."""
    data = build('SegDataPreProcessor', size=(24, 40))(make_batch(1, height=20, width=30), training=True)
    assert (data['data_samples'][0].gt_depth_map.data[:, 20:] == 255).all()


def test_labels_are_padded_with_255(make_batch):
    from mmdepthcls.bins import SIDBins
    data = build(size=(24, 40))(make_batch(1, height=20, width=30, bins=SIDBins(1, 80, 8)), training=True)
    assert (data['data_samples'][0].gt_sem_seg.data[:, 20:] == 255).all()


def test_needs_no_size_and_pads_to_the_largest(make_batch):
    batch = make_batch(1, height=20, width=30)
    other = make_batch(1, height=10, width=44, valid=1.0)
    merged = {key: batch[key] + other[key] for key in batch}
    data = build()(merged, training=True)
    assert data['inputs'].shape == (2, 3, 20, 44)
    assert not data['data_samples'][1].gt_depth_map.data[:, 10:].any()
    assert (data['data_samples'][1].gt_depth_map.data[:, :10] > 0).all()


def test_leaves_test_batches_as_they_are(make_batch):
    batch = make_batch(2, height=20, width=30)
    data = build()(batch, training=False)
    assert data['inputs'].shape == (2, 3, 20, 30)
    assert data['data_samples'][0].gt_depth_map.data.shape == (1, 20, 30)


@pytest.mark.parametrize('normalisation', [
    dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True),
    dict(mean=[1.0, 2.0, 3.0], std=[4.0, 5.0, 6.0]),
    dict(bgr_to_rgb=True),
    dict(),
])
def test_gives_images_back_as_they_were_loaded(make_batch, normalisation):
    preprocessor = DepthDataPreProcessor(**normalisation)
    batch = make_batch()
    rgb = torch.stack(batch['inputs']).flip(1).float()
    assert torch.equal(preprocessor.pixel_values(preprocessor(batch, False)['inputs']), rgb)


@pytest.mark.parametrize('settings, training, times', [
    (dict(size=(512, 1024)), True, '9.8'), (dict(size=(160, 420)), True, None), (dict(size_divisor=32), True, None),
    (dict(size=(128, 416), test_cfg=dict(size=(512, 1024))), False, '9.8'), (dict(size=(512, 1024)), False, None)])
def test_says_once_that_batches_are_mostly_padding(monkeypatch, make_batch, settings, training, times):
    said = []
    monkeypatch.setattr('mmdepthcls.models.data_preprocessor.print_log', lambda text, **_: said.append(text))
    preprocessor = MODELS.build(dict(type='DepthDataPreProcessor', **settings))
    for _ in range(2):
        preprocessor(make_batch(2, 128, 416), training)
    assert len(said) == (times is not None)
    if times:
        assert 'size=(512, 1024) pads' in said[0] and f'128 x 416 pixels to 512 x 1024, {times} times' in said[0]
        assert '(128, 416)' in said[0].split('Set it to')[1]
