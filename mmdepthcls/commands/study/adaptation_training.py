"""Trains one row of a study of adaptations with one seed, and scores it on the target, in metres and median-scaled."""
import dataclasses
import json
import os
import os.path as osp
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, load_checkpoint
from mmseg.registry import MODELS

from ...atomic_file import write_atomically
from ...config.config_check import check_config
from ...datasets.minidrive_dataset import MiniDriveDataset
from ...evaluation.baselines import best_constant
from ...evaluation.protocol_scores import score_image, summarize
from ...evaluation.protocols import range_protocol
from ...evaluation.views import Views
from ...json_text import json_text
from ..adapt.adaptation_plan import AdaptationPlan
from ..adapt.rounds import Rounds
from ..running import console
from .adaptation_report import MEDIAN, METRIC
from .adaptation_study import TARGET, AdaptationStudy

WEIGHTS = 'weights.pth'


def protocols():
    """list[Protocol]: how a row is scored: up to 80 m in metres, and with each image's median made right."""
    plain = range_protocol(METRIC, 1e-3, 80.0)
    return [plain, dataclasses.replace(plain, name=MEDIAN, median_scaling=True)]


def known_record(plan, folder, run):
    """What an earlier training of a run wrote (see :func:`train_run`); None if there is none, or of another config.

    Args:
        plan (AdaptationStudy).
        folder (str): of the results.
        run (AdaptationRun): which.

    Returns:
        dict or None
    """
    file = Path(folder, f'{run.file_name}.json')
    record = json.loads(file.read_text(encoding='utf-8')) if file.is_file() else {}
    if record.get('fingerprint') != plan.fingerprint(run):
        return None
    return record if not run.is_start or Path(folder, run.file_name, WEIGHTS).is_file() else None


def train_run(path, worlds, folder, threads, run, verbose=False):
    """Train a run and write its scores on the target's test split; what was written before is taken as it is. A row
    begins with the weights of its start, which must have been trained.

    Args:
        path (str): of the plan.
        worlds (dict[str, str]): folders of the two worlds.
        folder (str): for the results, ``NAME.json`` each.
        threads (int): of torch.
        run (AdaptationRun): which.
        verbose (bool): show what MMEngine says.

    Returns:
        dict: the record: name, seed, is_start, fingerprint, seconds (of training), device, ``scores[protocol]``,
        metrics as means over the images, and for a row that labels its target ``rounds``, the scores after each.
    """
    plan = AdaptationStudy(path)
    record = known_record(plan, folder, run)
    if record:
        return record
    torch.set_num_threads(threads)
    console.begin(verbose)
    work_dir = osp.join(folder, run.file_name)
    cfg = plan.config(run, worlds, work_dir)
    if not run.is_start:
        cfg.load_from = osp.join(folder, plan.start_of(run).file_name, WEIGHTS)
    check_config(cfg)
    start = time.time()
    model, rounds = _self_trained(cfg) if 'self_training' in cfg else (_trained(cfg), [])
    seconds = round(time.time() - start, 1)
    if run.is_start:
        _save(model, osp.join(work_dir, WEIGHTS))
    record = dict(
        name=run.name, seed=run.seed, is_start=run.is_start, fingerprint=plan.fingerprint(run), seconds=seconds,
        torch=torch.__version__, device=torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU',
        scores=scores_of(model, cfg.test_dataloader))
    if rounds:
        record['rounds'] = [scores_of(_loaded(model, weights), cfg.test_dataloader) for weights in rounds]
    write_atomically(Path(folder, f'{run.file_name}.json'), json_text(record).encode())
    return record


def _self_trained(cfg):
    """The model after all rounds, and the weights of each."""
    plan = AdaptationPlan(cfg)
    plan.check_data()
    plan.begin()
    rounds = Rounds(plan)
    rounds.run()
    weights = [rounds.weights(number) for number in range(1, plan.settings.rounds + 1)]
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    return _loaded(model, rounds.weights(plan.settings.reported)), weights


def _trained(cfg):
    runner = console.build_runner(cfg, lines=False, tables=False)
    runner.train()
    return runner.model


def _save(model, path):
    """Put weights into a file, which is there whole or not at all."""
    os.makedirs(osp.dirname(path), exist_ok=True)
    torch.save(dict(state_dict=model.state_dict(), meta={}), f'{path}.new')
    os.replace(f'{path}.new', path)


def _loaded(model, weights):
    load_checkpoint(model.eval(), str(weights), map_location='cpu')
    return model


@torch.no_grad()
def scores_of(model, loader):
    """dict[str, dict[str, float]]: metrics by the protocols' names, over all images of a loader's config."""
    model.eval()
    kinds = protocols()
    found = {protocol.name: [] for protocol in kinds}
    for data in Runner.build_dataloader(loader):
        for sample in model.test_step(data):
            depth, truth = (sample.get(name).data[0].cpu().numpy() for name in ('pred_depth_map', 'gt_depth_map'))
            for name, score in score_image(Views(depth), {None: truth}, kinds).scores.items():
                found[name].append(score)
    return {name: summarize(each) for name, each in found.items()}


def constant_scores(plan, worlds):
    """dict[str, dict[str, float]]: scores of the depth that is best of all constants on the target's test split.

    Args:
        plan (AdaptationStudy)
        worlds (dict[str, str]): folders of the two worlds.
    """
    with DefaultScope.overwrite_default_scope('mmseg'):
        truths = MiniDriveDataset(data_root=worlds[TARGET], split='test', test_mode=True, pipeline=[
            dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    depths = [truths[index]['gt_depth_map'] for index in range(len(truths))]
    constant, kinds = best_constant(depths, 1e-3, 80.0), protocols()
    scores = [score_image(Views(np.full(depth.shape, constant, np.float32)), {None: depth}, kinds).scores
              for depth in depths]
    return {protocol.name: summarize([each[protocol.name] for each in scores]) for protocol in kinds}
