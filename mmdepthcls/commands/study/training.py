"""Trains one variant of a study with one seed, and scores it with every decoder."""
import json
import os.path as osp
import time
from pathlib import Path

import torch
from mmengine.runner import Runner
from mmseg.registry import MODELS

from ...atomic_file import write_atomically
from ...bins import BINS_SCALE
from ...config.config_check import check_config
from ...evaluation.protocol_scores import score_map, summarize
from ...json_text import json_text
from ...models.bin_logits import BinLogits
from ...models.decoded_maps import predict_maps
from ..running import console
from .plan import Plan

OWN = 'own'  # the decoder that the variant's config names


def known_record(plan, folder, run):
    """What an earlier training of a run wrote (see :func:`train_run`); None if there is none, or of another config.

    Args:
        plan (Plan): of the study.
        folder (str): of the results.
        run (Run): which.

    Returns:
        dict or None
    """
    file = Path(folder, f'{run.name}.json')
    record = json.loads(file.read_text(encoding='utf-8')) if file.is_file() else {}
    return record if record.get('fingerprint') == plan.fingerprint(run) else None


def train_run(path, data_root, folder, threads, run, verbose=False):
    """Train one run of a study and write its scores; what was written before is taken as it is.

    Args:
        path (str): of the plan.
        data_root (str): folder of MiniDrive.
        folder (str): for the results, ``NAME.json`` each.
        threads (int): of torch.
        run (Run): which.
        verbose (bool): show what MMEngine says.

    Returns:
        dict: the record: variant, ground_truth, seed, fingerprint, seconds (of training), device, and
        ``scores[split][decoder]``, metrics as means over the images of the split.
    """
    plan = Plan(path)
    record = known_record(plan, folder, run)
    if record:
        return record
    torch.set_num_threads(threads)
    cfg = plan.config(run, data_root, osp.join(folder, run.name))
    check_config(cfg)
    console.begin(verbose)
    runner = console.build_runner(cfg, lines=False, tables=False)
    start = time.time()
    runner.train()
    record = dict(
        variant=run.variant, ground_truth=run.ground_truth, seed=run.seed, fingerprint=plan.fingerprint(run),
        seconds=round(time.time() - start, 1), torch=torch.__version__,
        device=torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU',
        scores={split: _scores(runner.model, loader, plan.decoders, plan.scored_range) for split, loader in (
            ('val', cfg.val_dataloader_of_study), ('test', cfg.test_dataloader))})
    write_atomically(Path(folder, f'{run.name}.json'), json_text(record).encode())
    return record


@torch.no_grad()
def _scores(model, loader, decoders, ends):
    """Metrics by decoder, over all images of a loader, of the depths between two ends, m."""
    model.eval()
    readers = {name: MODELS.build(dict(cfg)) for name, cfg in decoders.items()}
    if not model.decoder.of_softmax:
        readers = {}
    scores = {}
    for data in Runner.build_dataloader(loader):
        for sample in model.test_step(data):
            logits, truth = sample.seg_logits.data, sample.gt_depth_map.data[0].cpu().numpy()
            maps = {OWN: sample.pred_depth_map.data}
            for name, decoder in readers.items():
                maps[name] = sample.get(BINS_SCALE) * predict_maps(
                    BinLogits(logits), model.bins, decoder, ())['pred_depth_map']
            for name, depth in maps.items():
                scores.setdefault(name, []).append(score_map(depth[0].cpu().numpy(), truth, *ends))
    return {name: summarize(each) for name, each in scores.items()}
