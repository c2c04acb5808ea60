"""One canonical camera in a config."""
import pytest
from mmengine.config import Config

from mmdepthcls.config.config_check import check_config

CAMERA, LABELS = dict(type='CanonicalCamera', focal_px=120.0), dict(type='DepthToBinLabel', bins={})


def config(canonical, *steps, split='train'):
    """Config of a model and one pipeline."""
    return Config({'model': dict(type='DepthClassifier', canonical_focal_px=canonical),
                   f'{split}_dataloader': dict(dataset=dict(type='RepeatDataset', dataset=dict(pipeline=list(steps))))})


@pytest.mark.parametrize(('cfg', 'message'), [
    (config(None, CAMERA), 'train_dataloader: .*focal_px=120.0, but the model has no canonical_focal_px'),
    (config(4.2, CAMERA, split='test'), 'test_dataloader: .*but the model has canonical_focal_px=4.2'),
    (config(120.0, dict(type='RandomApply', transforms=[dict(CAMERA, focal_px=60)])), 'focal_px=60, but the model'),
    (config(120.0, LABELS), r"Put dict\(type='CanonicalCamera', focal_px=120.0\) before it")])
def test_two_canonical_cameras_are_refused_before_a_training(cfg, message):
    with pytest.raises(ValueError, match=message):
        check_config(cfg)


@pytest.mark.parametrize('cfg', [
    config(120, CAMERA, LABELS), config(120.0), config(None, LABELS), config(120.0, LABELS, split='val'),
    Config(dict(model=dict(type='EncoderDecoder'), train_dataloader=config(None, CAMERA).train_dataloader))])
def test_one_canonical_camera_passes(cfg):
    check_config(cfg)
