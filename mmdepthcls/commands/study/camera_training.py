"""Trains a network at one focal length, and tests it at that and others, with and without a canonical camera."""
import os.path as osp
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import MODELS

from ...atomic_file import write_atomically
from ...checkpoint_file import read_checkpoint
from ...checkpoint_writer import write_checkpoint
from ...config.config_check import check_config
from ...evaluation.protocol_scores import score_map, summarize
from ...json_text import json_text
from ...models.canonical_metres import FOCAL_KEY, stored_focal
from ..running import console
from .camera_plan import CameraPlan
from .record import WITHOUT
from .training import known_record

METRICS = ('abs_rel', 'rmse', 'rmse_log', 'd1')


def train_camera_run(path, data_root, folder, threads, run, verbose=False):
    """Train one run of a study of cameras, keep its weights, test them and write the scores; what was written before is
    taken as it is.

    Args:
        path (str): of the plan.
        data_root (str): folder of all cameras' pictures.
        folder (str): for the results, ``NAME.json`` each, and the weights, ``NAME.pth``.
        threads (int): of torch.
        run (CameraRun): which.
        verbose (bool): show what MMEngine says.

    Returns:
        dict: the record: camera, seed, fingerprint, seconds (of training), device, and ``scores[camera][way]``: metrics
        as means over the images, and ``median_ratio``, the median over the images of each one's median of prediction /
        truth.
    """
    plan = CameraPlan(path)
    record = known_record(plan, folder, run)
    if record:
        return record
    torch.set_num_threads(threads)
    weights, seconds = _trained(plan, data_root, folder, run, verbose)
    scores = {}
    for camera, way in plan.tests(run):
        scores.setdefault(camera, {})[way] = _tested(plan.test_config(run, camera, way, data_root), weights, way,
                                                     plan.scored_range)
    record = dict(
        camera=run.camera, seed=run.seed, fingerprint=plan.fingerprint(run), seconds=seconds, torch=torch.__version__,
        device=torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU', scores=scores)
    write_atomically(Path(folder, f'{run.name}.json'), json_text(record).encode())
    return record


def _trained(plan, data_root, folder, run, verbose):
    """Weights of a run and the seconds that they took, kept for another test."""
    file, fingerprint = Path(folder, f'{run.name}.pth'), plan.training_fingerprint(run)
    if file.is_file():
        kept = read_checkpoint(file)
        if kept.get('fingerprint') == fingerprint:
            return kept['state_dict'], kept['seconds']
    cfg = plan.config(run, data_root, osp.join(folder, run.name))
    check_config(cfg)
    console.begin(verbose)
    runner = console.build_runner(cfg, lines=False, tables=False)
    start = time.time()
    runner.train()
    seconds = round(time.time() - start, 1)
    weights = {name: value.cpu() for name, value in runner.model.state_dict().items()}
    write_checkpoint(dict(fingerprint=fingerprint, seconds=seconds, state_dict=weights), file)
    return weights, seconds


@torch.no_grad()
def _tested(cfg, weights, way, ends):
    """Metrics over all images of a test, of the depths between two ends, m."""
    init_default_scope('mmseg')
    model = MODELS.build(cfg.model)
    if way != WITHOUT:
        weights = dict(weights, **{FOCAL_KEY: stored_focal(cfg.model[FOCAL_KEY])})
    model.eval().load_state_dict(dict(weights))
    scores, ratios = [], []
    for data in Runner.build_dataloader(cfg.test_dataloader):
        for sample in model.test_step(data):
            depth, truth = sample.pred_depth_map.data[0].cpu().numpy(), sample.gt_depth_map.data[0].cpu().numpy()
            scores.append(score_map(depth, truth, *ends))
            scored = (truth > ends[0]) & (truth < ends[1])
            ratios.append(float(np.median(depth[scored] / truth[scored])))
    means = summarize(scores)
    return dict({name: means[name] for name in METRICS}, median_ratio=statistics.median(ratios))
