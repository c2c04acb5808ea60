"""What type checkers see of the public names from outside: mypy reads this (see pyproject.toml), nothing runs it.

An error that does not come is one too: mypy names an ``ignore`` that nothing needs.
"""
from typing import Any

import numpy as np
import torch
from typing_extensions import assert_type

from mmdepthcls import bins, datasets, evaluation, hooks, models, visualization
from mmdepthcls.commands.minidrive import render, sample_scene
from mmdepthcls.datasets import transforms, velodyne
from mmdepthcls.dense_crf import dense_crf
from mmdepthcls.models import losses

depth = np.ones((2, 3), np.float32)
sid = bins.SIDBins(1.0, 80.0, 71)

assert_type(sid.encode(depth), np.ndarray)
assert_type(sid.decode(torch.zeros(3, dtype=torch.int64)), torch.Tensor)
assert_type(sid.num_bins, int)
bins.UDBins(1.0, 80.0)  # type: ignore[call-arg]
bins.UDBins('1', 80.0, 71)  # type: ignore[arg-type]

assert_type(datasets.eigen_split('test'), list[tuple[str, int]])
datasets.eigen_split(3)  # type: ignore[arg-type]
print(datasets.no_such_name)  # type: ignore[attr-defined]
datasets.KITTIDepthDataset(split='fit', ground_truth=('velodyne', 'annotated'), pipeline=[])
calibration = velodyne.read_calibration('2011_09_26', camera=3)
assert_type(velodyne.project_velodyne(velodyne.read_scan('0.bin'), calibration, (375, 1242)), np.ndarray)
transforms.RandomDepthWarp(crop_size=(352, 704), scale_range=(1.0, 1.5))
transforms.RandomDepthWarp(crop_size=352)  # type: ignore[arg-type]

assert_type(evaluation.depth_errors(depth, depth), dict[str, float])
assert_type(evaluation.crop_region('garg', 375, 1242), tuple[slice, slice])
assert_type(evaluation.build_protocol('eigen_annotated'), evaluation.Protocol)
evaluation.DepthEvaluator(protocols=['bts', dict(preset='bts', max_depth=50.0, name='50 m')], bins=sid)
assert_type(dense_crf(torch.ones(1, 1, 2, 2), torch.zeros(1, 3, 2, 2)), torch.Tensor)

assert_type(visualization.color_depth(depth, max_depth=50.0), np.ndarray)
assert_type(render(sample_scene(np.random.default_rng(0)), 64, 128), tuple[np.ndarray, np.ndarray])
parts: list[type[Any]] = [models.DepthClassifier, losses.DepthLoss, hooks.FiniteLossHook]
