"""Every shipped config predicts pictures without ground truth: by ours, and by MMSegmentation's own functions."""
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

from mmdepthcls.apis.input_pipeline import pipeline_of_config

# Parts of other configs, and studies, have no pipeline of their own.
CONFIGS = [path for path in sorted((Path(__file__).parents[2] / 'configs').rglob('*.py'))
           if '_base_' not in path.parts and 'minidrive_r101' not in path.stem and path.stem not in (
               'minidrive', 'deeplabv2_r101_minidrive') and not path.stem.startswith(('adaptation', 'cameras'))]
SHAPE = (375, 1242)
PICTURE = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize('tta', [False, True], ids=['plain', 'tta'])
def test_a_picture_becomes_the_networks_input(path, tta):
    cfg = Config.fromfile(path)
    packed = pipeline_of_config(cfg, tta)(PICTURE, 'a.png')
    views = packed['inputs'] if tta else [packed['inputs']]
    samples = packed['data_samples'] if tta else [packed['data_samples']]
    assert len(views) == (2 if tta else 1)
    assert all(view.dtype == torch.uint8 and view.shape[0] == 3 for view in views)
    # Of the picture, and not of ground truth that is not there.
    assert all('gt_sem_seg' not in sample and 'gt_depth_map' not in sample for sample in samples)
    if tta:
        assert torch.equal(views[0], views[1].flip(-1))


@pytest.mark.parametrize('name', [
    'deeplabv2_r18_minidrive_sid71', 'deeplabv2_r101_kitti_sid71', 'deeplabv2_r101_synthia_sid71',
    'segformer_mit-b0_kitti_sid71', 'adabins_r18_minidrive'])
@pytest.mark.parametrize('kind', ['file', 'array'])
def test_mmsegmentations_own_functions(name, kind, tmp_path, small_model_cfg):
    """With the pipeline of the config, and a small model in place of its own."""
    from mmseg.apis import inference_model
    cfg = Config.fromfile(Path(__file__).parents[2] / 'configs' / f'{name}.py')
    picture = PICTURE[:, :480]
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(small_model_cfg()).eval()
        model.cfg = cfg
        cv2.imwrite(str(tmp_path / 'a.png'), picture[..., ::-1])
        result = inference_model(model, str(tmp_path / 'a.png') if kind == 'file' else picture[..., ::-1].copy())
    depth = result.pred_depth_map.data
    assert depth.shape[0] == 1 and torch.isfinite(depth).all() and (depth >= 1).all() and (depth <= 80).all()
