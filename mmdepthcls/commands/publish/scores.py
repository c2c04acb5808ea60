"""Scores in a model file: read from what a test has written, or found by testing the model that is published."""
import json
import math
from pathlib import Path

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmseg.registry import DATASETS

from ...apis.image_sketch import image_hash, sketch_of
from ...apis.pinned_classes import host_scope
from ...config.config_class import class_name
from ...config.config_parts import depth_evaluators, leaf_datasets

ERRORS = ('d1', 'd2', 'd3', 'abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10', 'silog')
LARGEST_FILE = 256 << 20
COST_IMAGES = 60  # of a test split, that say what another decode_at costs


def read_scores(path):
    """Scores in a file of this package.

    Args:
        path (str): report.json of ``test --report`` (also of several sets), the JSON of ``evaluate-predictions
            --json``, or MMEngine's metrics of a test.

    Returns:
        list[dict]: as a model file has them.

    Raises:
        ValueError: if there are none; names the file.
    """
    try:
        if Path(path).stat().st_size > LARGEST_FILE:
            raise ValueError(f'it has {Path(path).stat().st_size} bytes')
        content = json.loads(Path(path).read_text('utf-8'))
    except (ValueError, RecursionError) as error:
        raise ValueError(f'--scores {path} is no JSON: {" ".join(str(error).split())[:200]}') from error
    try:
        scores = _scores_in(content)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f'--scores {path}: no file of scores, or of another version ({error!r})') from error
    if not scores:
        raise ValueError(f'--scores {path} holds no scores: expected report.json of test --report, the JSON of '
                         f'evaluate-predictions --json or metrics of a test, with {", ".join(ERRORS[:4])}, ...')
    return scores


def _scores_in(content):
    protocols = content.get('protocols')
    if isinstance(protocols, list):  # a report
        return [_score(each['name'], each['conditions'], each['model'] or {}, each['num_images'], content.get('title'))
                for each in protocols if each['model']]
    if isinstance(protocols, dict):  # of evaluate-predictions
        return [_score(name, row['conditions'], row, row.get('num_images'), None) for name, row in protocols.items()]
    found = _score("that of the config's test_evaluator", {}, content, content.get('num_images'), None)
    return [found] if found['errors'] else []


def _score(protocol, conditions, errors, num_images, data):
    return dict(protocol=str(protocol), conditions={str(key): str(value) for key, value in conditions.items()},
                errors={name: float(errors[name]) for name in ERRORS
                        if isinstance(errors.get(name), (int, float)) and math.isfinite(errors[name])},
                num_images=None if num_images is None else int(num_images), data=data and str(data)[:500])


def score_model(model, cfg, most=None):
    """Test a model on a config's test split, by its depth evaluators.

    Args:
        model (DepthClassifier): in eval mode.
        cfg (Config): with a test split.
        most (int, optional): images, evenly of all.

    Returns:
        list[dict]: as a model file has them; one a protocol.

    Raises:
        ValueError, OSError: if the data cannot be had, or nothing scores them.
    """
    loader = cfg.get('test_dataloader') or cfg.get('val_dataloader')
    key = 'test_evaluator' if cfg.get('test_dataloader') else 'val_evaluator'
    if not loader:
        raise ValueError('the config has no test_dataloader')
    configs = [ConfigDict(each).to_dict() for each in depth_evaluators(
        cfg, '--test', key, ('DepthEvaluator', 'PerSetEvaluator'))]
    with host_scope():
        dataset = DATASETS.build(ConfigDict(loader.dataset).to_dict())
        evaluator = Evaluator(configs)
        evaluator.dataset_meta = dataset.metainfo
        number, hashes = len(dataset), []
        indices = range(number) if most is None or most >= number else np.linspace(0, number - 1, most).astype(int)
        for index in indices:
            batch = pseudo_collate([dataset[int(index)]])
            hashes.append(image_hash(dataset.get_data_info(int(index))['img_path']) if _tells_files(dataset) else '')
            with torch.no_grad():
                evaluator.process(data_samples=model.test_step(batch), data_batch=batch)
        metrics = evaluator.evaluate(len(indices))
    data = ', '.join(f'{class_name(each)} {each.get("split") or ""}'.strip() for each in leaf_datasets(loader.dataset))
    sketch = dict(images=sketch_of(hashes)) if all(hashes) else {}
    return [{**_score(label, protocol.conditions(), _of_protocol(metrics, prefix), number, data), **sketch}
            for label, protocol, prefix, number in _rows_of(evaluator.metrics, metrics, len(indices))]


def _rows_of(evaluators, metrics, size):
    """What evaluators have scored: label, protocol, how its metrics' names begin, and number of images."""
    parts = [(f'{name}, ', f'{name}/', each, metrics[f'{name}/num_images']) for evaluator in evaluators
             for name, each in getattr(evaluator, 'evaluators', {}).items()]  # of the sets of a PerSetEvaluator
    parts += [('', '', each, size) for each in evaluators if not hasattr(each, 'evaluators')]
    total = sum(len(each.protocols) for label, _, each, _ in parts if not label)
    for label, begin, each, number in parts:
        several = len(each.protocols) > 1 if label else total > 1
        for protocol in each.protocols:
            yield label + protocol.name, protocol, f'{begin}{protocol.name}/' if several else begin, number


def _tells_files(dataset):
    """Whether a data set, also one that wraps others, says in which files its images are."""
    return hasattr(dataset, 'get_data_info') and len(dataset) > 0 and 'img_path' in dataset.get_data_info(0)


def _of_protocol(metrics, prefix):
    return {error: metrics[f'{prefix}{error}'] for error in ERRORS if f'{prefix}{error}' in metrics}


def cost_of(model, other, cfg):
    """What another ``decode_at`` costs.

    Args:
        model (DepthClassifier): as it is published.
        other (str): the config's own.
        cfg (Config)

    Returns:
        str: for people; why it is not known, where there are no data.
    """
    test_cfg, own = model.test_cfg, model.test_cfg['decode_at']
    try:
        errors = {}
        for where in (other, own):
            model.test_cfg = ConfigDict(test_cfg, decode_at=where)
            errors[where] = score_model(model, cfg, COST_IMAGES)[0]
    except (OSError, ValueError) as error:
        return (f"decode_at={own!r} in place of {other!r}: its cost is not known, since the test images are not here "
                f'({" ".join(str(error).split())[:160]})')
    finally:
        model.test_cfg = test_cfg
    before, after = (errors[where]['errors'].get('abs_rel', math.nan) for where in (other, own))
    return (f'decode_at={own!r} in place of {other!r}: AbsRel {before:.4f} -> {after:.4f} '
            f'({100 * (after / before - 1) if before else math.nan:+.2f} %), {errors[own]["num_images"]} test images')
