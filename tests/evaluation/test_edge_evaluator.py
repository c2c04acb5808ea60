import numpy as np
import pytest
import torch
from mmseg.registry import METRICS

from mmdepthcls.evaluation.edges import count_edges, summarize_edges


def sample(pred, gt):
    return {name: dict(data=torch.as_tensor(values)[None]) for name, values in (
        ('pred_depth_map', pred), ('gt_depth_map', gt))} | dict(img_path='a.png')


def test_is_the_summary_of_all_images():
    rng = np.random.default_rng(0)
    maps = [rng.choice([3.0, 4.0, 9.0, 40.0], (2, 6, 8)).astype(np.float32) for _ in range(3)]
    metric = METRICS.build(dict(type='EdgeEvaluator', radius=1))
    metric.process({}, [sample(*maps[0]), sample(*maps[1])])
    metric.process({}, [sample(*maps[2])])
    assert metric.evaluate(3) == summarize_edges([count_edges(*pair, radius=1) for pair in maps])


def test_names_the_image_whose_prediction_does_not_fit():
    metric = METRICS.build(dict(type='EdgeEvaluator'))
    with pytest.raises(ValueError, match='a.png: prediction has shape'):
        metric.process({}, [sample(np.ones((2, 3), np.float32), np.ones((3, 3), np.float32))])


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match='expected ratio > 1'):
        METRICS.build(dict(type='EdgeEvaluator', ratio=1.0))
