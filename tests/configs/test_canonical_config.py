"""The config with a canonical camera: its bins hold all that it promises, and it trains, tests and scores."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmseg.registry import DATASETS, MODELS

from mmdepthcls.bins import DEPTH_RANGE, SIDBins

CONFIG = Path(__file__).parents[2] / 'configs/deeplabv2_r18_minidrive_canonical_sid71.py'
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.fixture
def cfg(minidrive):
    cfg = Config.fromfile(CONFIG)
    for loader in (cfg.train_dataloader, cfg.test_dataloader):
        loader.dataset.data_root = minidrive
    cfg.model.backbone.base_channels, cfg.model.decode_head.in_channels = 8, 64  # for speed
    return cfg


def test_its_bins_are_computed(cfg, tmp_path):
    assert cfg.model.bins.min_depth == pytest.approx(1 / 1.4) and cfg.model.bins.max_depth == pytest.approx(80 / 0.7)
    cfg.dump(tmp_path / 'dumped.py')  # what a work folder keeps stands alone
    assert 'import' not in (tmp_path / 'dumped.py').read_text().replace('custom_imports', '').replace(
        'allow_failed_imports', '').replace("imports=", '')
    assert Config.fromfile(tmp_path / 'dumped.py').model.bins == cfg.model.bins


def test_it_trains(cfg):
    """On labels of the pipeline, which the model compares with its own: of 0.58 widths of 208 pixels at 128 here."""
    dataset, model = DATASETS.build(cfg.train_dataloader.dataset), MODELS.build(cfg.model)
    batch = pseudo_collate([dataset[0], dataset[1]])
    sample = batch['data_samples'][0]
    scale = np.sqrt(208 / 128 * 64 / 64)
    assert sample.metainfo['focal_px'] == pytest.approx(0.58 * 128 * scale)
    depth = sample.gt_depth_map.data.clone()
    data = model.data_preprocessor(batch, True)
    bins = SIDBins(cfg.model.bins.min_depth, cfg.model.bins.max_depth, 71)
    inside = (depth >= 1) & (depth <= 80)
    expected = torch.where(inside, bins.encode(depth.double() * 120.64 / sample.metainfo['focal_px']), 255)
    label = data['data_samples'][0].gt_sem_seg.data
    assert (label != expected).float().mean() < 1e-3  # but for float32 at the edges
    loss, _ = model.parse_losses(model.loss(**data))
    loss.backward()
    assert torch.isfinite(loss)


def test_it_scores_the_metres_of_each_camera(cfg):
    dataset, model = DATASETS.build(cfg.test_dataloader.dataset), MODELS.build(cfg.model).eval()
    with torch.no_grad():
        results = model.test_step(pseudo_collate([dataset[0]]))
        plain = model.predict(model.data_preprocessor(pseudo_collate([dataset[0]]))['inputs'])
    factor = results[0].metainfo['focal_px'] / 120.64
    canonical = plain[0].pred_depth_map.data
    assert results[0].pred_depth_map.data.mean() == pytest.approx(float(canonical.mean()) * factor, rel=0.01)
    assert results[0].get(DEPTH_RANGE) == (1.0, 80.0)
    evaluator = Evaluator([dict(cfg.test_evaluator)])
    evaluator.process(results)
    assert 0 < evaluator.evaluate(1)['abs_rel'] < 10
