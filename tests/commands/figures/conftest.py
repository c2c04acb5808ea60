"""Small models of each kind, and samples that they predict."""
import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

from mmdepthcls.apis import DepthInferencer
from mmdepthcls.bins import SIDBins
from mmdepthcls.commands.calibrate.measured_data import MeasuredPicture
from mmdepthcls.commands.figures.kinds import Subject
from mmdepthcls.commands.figures.sample_prediction import SamplePredictor
from mmdepthcls.visualization.depth_color import DepthColors

HEAD = dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2))
KINDS = dict(
    softmax=dict(),
    ordinal=dict(decoder=dict(type='OrdinalDecoder')),
    regression=dict(decoder=dict(type='RegressionDecoder'), decode_head=dict(
        HEAD, loss_decode=dict(type='RegressionSILogLoss'))),
    adaptive=dict(decode_head=dict(
        type='AdaptiveBinsHead', head=HEAD, network=dict(embed_dims=16))))


@pytest.fixture(scope='session')
def predictors(small_model_cfg, tmp_path_factory):
    """Makes the predictor of a kind of model of 8 bins from 1 to 10 m, the same one whenever it is asked for."""
    made = {}

    def make(kind, seed=0, low=1.0, high=10.0):
        if (kind, seed, low, high) not in made:
            cfg = Config(dict(
                default_scope='mmseg', test_pipeline=[
                    dict(type='LoadImageFromFile'), dict(type='Resize', scale=(32, 32), keep_ratio=False),
                    dict(type='PackSegInputs')],
                model=small_model_cfg(num_bins=8, **KINDS[kind], bins=dict(
                    type='SIDBins', min_depth=low, max_depth=high, num_bins=8))))
            torch.manual_seed(seed)
            with DefaultScope.overwrite_default_scope('mmseg'):
                model = MODELS.build(cfg.model)
            for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
                torch.nn.init.normal_(weight, std=0.3)
            path = tmp_path_factory.mktemp('model') / 'weights.pth'
            torch.save(dict(state_dict=model.state_dict(), meta={}), path)
            made[kind, seed, low, high] = SamplePredictor(DepthInferencer(
                config=cfg, checkpoint=str(path), device='cpu', fov=60))
        return made[kind, seed, low, high]

    return make


@pytest.fixture
def measured(tmp_path):
    """Makes pictures with ground truth of some share of their pixels; 0: without any."""
    def make(number, shape=(24, 32), share=0.6, far=9.0):
        pictures = []
        for index in range(number):
            rng = np.random.default_rng(index)
            path = tmp_path / f'ein Bild é {index}.png'
            assert cv2.imwrite(str(path), rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
            depth = (rng.uniform(1.2, far, shape) * (rng.random(shape) < share)).astype(np.float32)
            pictures.append(MeasuredPicture(str(path), depth=(lambda size, depth=depth: depth) if share else None))
        return pictures

    return make


@pytest.fixture
def subject_of():
    """Makes what is drawn, of models by their names and pictures."""
    def make(models, pictures, width=400, **settings):
        bins = SIDBins(1.0, 10.0, 8)
        return Subject('tiny', models, bins, pictures, DepthColors.of_bins(bins), width, 'figure_3.png', **settings)

    return make
