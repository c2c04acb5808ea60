"""Trains one row of a study of adaptations with one seed, and scores it on the target, in metres and median-scaled."""
import dataclasses
import os.path as osp
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, load_checkpoint
from mmseg.registry import MODELS

from ...adaptation.pseudo_label_files import DEPTH, SCALE, label_names
from ...atomic_file import write_atomically
from ...checkpoint_writer import write_checkpoint
from ...config.config_check import check_config
from ...datasets.files.depth_png import decode_depth_png
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
from .adaptation_study import CONSTANT, START, TARGET, AdaptationStudy
from .training import known_record

RANGE = (1e-3, 80.0)  # m, that is scored


def train_adaptation_run(path, data_root, folder, threads, run, verbose=False):
    """Train a run of a study of adaptations and write its scores on the target's test split; what was written before is
    taken as it is. A row begins with the weights of its start, which must have been trained.

    Args:
        path (str): of the plan.
        data_root (str): folder of the two worlds.
        folder (str): for the results, ``NAME.json`` each, and the weights of starts, ``NAME.pth``.
        threads (int): of torch.
        run (AdaptationRun): which.
        verbose (bool): show what MMEngine says.

    Returns:
        dict: the record: row, seed, part, fingerprint, seconds (of training), device, ``scores[protocol]``, metrics as
        means over the images, and for a row that labels its target ``rounds``, the scores after each, and ``labels``,
        see :func:`label_errors`.
    """
    plan, weights = AdaptationStudy(path), Path(folder, f'{run.name}.pth')
    record = known_record(plan, folder, run)
    if record and (run.part != START or weights.is_file()):
        return record
    torch.set_num_threads(threads)
    console.begin(verbose)
    start = time.time()
    if run.part == CONSTANT:
        found = dict(scores=constant_scores(data_root))
    else:
        found = _trained(plan, data_root, folder, run, weights)
    record = dict(
        row=run.row, seed=run.seed, part=run.part, fingerprint=plan.fingerprint(run),
        seconds=round(found.pop('until', time.time()) - start, 1), torch=torch.__version__,
        device=torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU', **found)
    write_atomically(Path(folder, f'{run.name}.json'), json_text(record).encode())
    return record


def _trained(plan, data_root, folder, run, weights):
    """What a record holds of a training."""
    cfg = plan.config(run, data_root, osp.join(folder, run.name))
    if run.part != START:
        cfg.load_from = osp.join(folder, f'{plan.start_of(run).name}.pth')
    check_config(cfg)
    rounds = []
    if 'self_training' in cfg:
        model, rounds = _self_trained(cfg)
    else:
        runner = console.build_runner(cfg, lines=False, tables=False)
        runner.train()
        model = runner.model
    until = time.time()
    if run.part == START:
        write_checkpoint(dict(state_dict=model.state_dict(), meta={}), weights)
    found = dict(until=until, scores=scores_of(model, cfg.test_dataloader))
    if rounds:
        found['rounds'] = [scores_of(_loaded(model, each), cfg.test_dataloader) for each in rounds]
        found['labels'] = label_errors(Path(cfg.work_dir), data_root, len(rounds))
    return found


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


def label_errors(work_dir, data_root, number):
    """How far pseudo-labels are from the truth of the target, which no training has read: looked at afterwards.

    Args:
        work_dir (Path): of the self-training.
        data_root (str): folder of the two worlds.
        number (int): of rounds.

    Returns:
        list[dict[str, float]]: a round each, over all its labels with a truth up to :data:`RANGE`: ``abs_rel``, ``d1``,
        ``median_ratio`` (the median of label / truth).
    """
    with DefaultScope.overwrite_default_scope('mmseg'):
        truths = MiniDriveDataset(data_root=osp.join(data_root, TARGET), split='train', pipeline=[
            dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    names = label_names([truths.get_data_info(index)['img_path'] for index in range(len(truths))])
    found = []
    for labels in (work_dir / f'round_{index + 1}' / 'labels' / DEPTH for index in range(number)):
        ratios = []
        for index, name in enumerate(names):
            path = labels / name
            label, truth = decode_depth_png(path.read_bytes(), str(path), SCALE), truths[index]['gt_depth_map']
            at = (label > 0) & (truth > RANGE[0]) & (truth <= RANGE[1])
            ratios.append(label[at] / truth[at])
        ratio = np.concatenate(ratios).astype(np.float64)
        right = np.maximum(ratio, 1 / ratio) < 1.25
        found.append(dict(abs_rel=float(np.abs(ratio - 1).mean()), d1=float(right.mean()),
                          median_ratio=float(np.median(ratio))))
    return found


def _loaded(model, weights):
    load_checkpoint(model.eval(), str(weights), map_location='cpu')
    return model


def protocols():
    """list[Protocol]: how a row is scored: in metres, and with the median of each image made right."""
    plain = range_protocol(METRIC, *RANGE)
    return [plain, dataclasses.replace(plain, name=MEDIAN, median_scaling=True)]


@torch.no_grad()
def scores_of(model, loader):
    """dict[str, dict[str, float]]: metrics by the protocols' names, over all images of a loader's config."""
    model.eval()
    return _summary((sample.pred_depth_map.data[0].cpu().numpy(), sample.gt_depth_map.data[0].cpu().numpy())
                    for data in Runner.build_dataloader(loader) for sample in model.test_step(data))


def constant_scores(data_root):
    """The same of the depth that is best of all constants on the target's test split."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        truths = MiniDriveDataset(data_root=osp.join(data_root, TARGET), split='test', test_mode=True, pipeline=[
            dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    depths = [truths[index]['gt_depth_map'] for index in range(len(truths))]
    constant = best_constant(depths, *RANGE)
    return _summary((np.full(depth.shape, constant, np.float32), depth) for depth in depths)


def _summary(pairs):
    """Of predictions and truths, (H, W) m each."""
    kinds = protocols()
    scores = [score_image(Views(depth), {None: truth}, kinds).scores for depth, truth in pairs]
    return {protocol.name: summarize([each[protocol.name] for each in scores]) for protocol in kinds}
