"""Small models to predict with, as files."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

LOAD = [dict(type='LoadImageFromFile')]
RESIZE = dict(type='Resize', scale=(48, 32), keep_ratio=False)
PACK = [dict(type='LoadDepth'), dict(type='PackDepthInputs')]


@pytest.fixture(scope='session')
def write_model(tmp_path_factory, small_model_cfg):
    """Writes a config and a checkpoint of :func:`small_model_cfg` with a test pipeline; their paths and the config."""

    def write(steps=(RESIZE, ), loader=LOAD, tta=None, **changes):
        folder = tmp_path_factory.mktemp('model')
        pipeline = [*loader, *steps, *PACK]
        cfg = Config(dict(
            default_scope='mmseg', model=small_model_cfg(**changes), test_pipeline=pipeline,
            tta_model=dict(type='DepthTTAModel'), tta_pipeline=tta or [
                *loader, *steps, dict(type='TestTimeAug', transforms=[
                    [dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)],
                    [dict(type='LoadAnnotations')], [dict(type='PackSegInputs')]])],
            test_dataloader=dict(dataset=dict(type='DepthFolderDataset', pipeline=pipeline))))
        cfg.dump(folder / 'model.py')
        torch.manual_seed(0)
        with DefaultScope.overwrite_default_scope('mmseg'):
            model = MODELS.build(cfg.model)
        # As it begins, a head says one depth of everything.
        for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
            torch.nn.init.normal_(weight, std=0.3)
        torch.save(dict(state_dict=model.state_dict(), meta={}), folder / 'weights.pth')
        return SimpleNamespace(config=str(folder / 'model.py'), checkpoint=str(folder / 'weights.pth'), cfg=cfg)

    return write


@pytest.fixture(scope='session')
def small_model(write_model):
    """One of them."""
    return write_model()


@pytest.fixture
def picture():
    """Makes a random picture."""
    return lambda seed=0, height=40, width=60: np.random.default_rng(seed).integers(
        0, 256, (height, width, 3), dtype=np.uint8)
