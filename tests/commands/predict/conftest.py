"""A network that answers at once: the real inferencer, with a model of few weights."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS


@pytest.fixture(scope='session')
def tiny_model(tmp_path_factory, small_model_cfg):
    """Paths of a config and a checkpoint."""
    folder = tmp_path_factory.mktemp('model')
    cfg = Config(dict(default_scope='mmseg', model=small_model_cfg(num_bins=4), test_pipeline=[
        dict(type='LoadImageFromFile'), dict(type='Resize', scale=(16, 16), keep_ratio=False),
        dict(type='PackSegInputs')]))
    cfg.dump(folder / 'tiny.py')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
        torch.nn.init.normal_(weight, std=0.3)
    torch.save(dict(state_dict=model.state_dict(), meta={}), folder / 'tiny.pth')
    return SimpleNamespace(config=str(folder / 'tiny.py'), checkpoint=str(folder / 'tiny.pth'))


@pytest.fixture(scope='session')
def inferencer(tiny_model):
    """Of that model, trained at 8 px."""
    from mmdepthcls.apis import DepthInferencer
    return DepthInferencer(config=tiny_model.config, checkpoint=tiny_model.checkpoint, device='cpu',
                           trained_focal_px=8.0, fov=60)


@pytest.fixture
def pictures(tmp_path):
    """Makes a folder of small pictures in folders of folders."""
    def make(number, name='in'):
        rng = np.random.default_rng(0)
        for index in range(number):
            place = tmp_path / name / f'{index % 3}' / f'{index % 2}'
            place.mkdir(parents=True, exist_ok=True)
            import cv2
            cv2.imwrite(str(place / f'{index}.png'), rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        return tmp_path / name
    return make
