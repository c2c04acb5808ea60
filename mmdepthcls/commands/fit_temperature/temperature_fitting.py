"""Fit a checkpoint's temperature on the validation split, and write it beside the weights."""
import io
from pathlib import Path

import torch
from mmengine.config import ConfigDict
from mmengine.dist import is_main_process
from mmengine.runner import CheckpointLoader
from mmseg.registry import MODELS

from ...atomic_file import check_not_input, write_atomically
from ...config.config_class import class_name, is_a
from ...models.temperature import HIGHEST, LOWEST, TEMPERATURE_KEY, read_temperature, stored_temperature
from ..running.console import build_runner


def fit_checkpoint(cfg, checkpoint, out, num_pixels=1000, note=None):
    """Fit the temperature of a checkpoint and write a copy that has it.

    Args:
        cfg (Config): of a ``DepthClassifier``, with a validation split; changed.
        checkpoint (str): file to read. A temperature that it has already is taken into account.
        out (str or Path): file to write, whole or not at all.
        num_pixels (int): pixels of an image, at the most.
        note (str, optional): under which the copy says so of itself.

    Returns:
        dict[str, float]: of :class:`~mmdepthcls.evaluation.uncertainty_evaluator.TemperatureFit`, but ``temperature``
        is the one that was written.

    Raises:
        ValueError: if the config has no ``DepthClassifier`` or validation split, if ``out`` is the checkpoint itself
            (by whatever path), a folder, or has none, if no pixel was measured, or if no temperature is the best.
    """
    if not is_a(cfg.model, MODELS, 'DepthClassifier') or not cfg.get('val_dataloader'):
        raise ValueError(f'expected a config of a DepthClassifier with a val_dataloader, got model.type='
                         f'{class_name(cfg.model)!r} and {"a" if cfg.get("val_dataloader") else "no"} val_dataloader')
    check_not_input(out, checkpoint, cfg.filename)
    if not Path(out).absolute().parent.is_dir():
        raise ValueError(f'{Path(out).absolute().parent}: no such folder to write {Path(out).name} into')
    cfg.load_from, cfg.resume = checkpoint, False
    test_cfg = cfg.model.setdefault('test_cfg', ConfigDict(mode='whole'))
    test_cfg['outputs'] = tuple({*test_cfg.get('outputs', ()), 'logits'})
    cfg.model.crf = None  # its input is what a temperature divides
    # As a test: after a validation the checkpoint hook would look for the best weights.
    cfg.test_dataloader, cfg.test_cfg = cfg.val_dataloader, dict(type='TestLoop')
    cfg.test_evaluator = dict(type='TemperatureFit', bins=cfg.model.bins, num_pixels=num_pixels)
    metrics = build_runner(cfg).test()
    fitted = metrics['temperature']
    if not LOWEST * 1.01 < fitted < HIGHEST / 1.01:
        raise ValueError(f'no temperature in {LOWEST:g}..{HIGHEST:g} is the best (the search ended at {fitted:g}): the '
                         'model knows nothing about these images, or is never wrong about them')
    content = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    weights = content.get('state_dict', content)
    metrics['temperature'] = fitted * read_temperature(weights.get(TEMPERATURE_KEY))
    if is_main_process():
        weights[TEMPERATURE_KEY] = stored_temperature(metrics['temperature'])
        if note and weights is not content:
            content['mmdepthcls'] = {**content.get('mmdepthcls', {}), note: metrics['temperature']}
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_atomically(out, buffer.getvalue())
    return metrics
