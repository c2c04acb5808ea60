"""Parts of a config in the forms that people give them: wrapped datasets, one or several evaluators, wrapped models."""
from mmengine.evaluator import Evaluator
from mmseg.registry import METRICS

from .config_class import class_name, is_a

SPLITS = ('train', 'val', 'test')


def leaf_datasets(cfg):
    """The datasets in a config of wrappers (ConcatDataset, RepeatDataset and the like).

    Args:
        cfg (dict): of a dataset or a wrapper.

    Returns:
        list[dict]: those that hold samples; parts of ``cfg``, not copies.
    """
    inner = cfg.get('datasets') or cfg.get('dataset')
    if inner is None:
        return [cfg]
    inner = inner if isinstance(inner, (list, tuple)) else [inner]
    return [leaf for part in inner for leaf in leaf_datasets(part)]


def evaluators_of(evaluator):
    """The metrics of an evaluator, as MMEngine takes them.

    Args:
        evaluator (dict, list, Evaluator or None): one config, several, or an ``Evaluator`` of some.

    Returns:
        list[dict or BaseMetric]: parts of the config, not copies.
    """
    if evaluator is None:
        return []
    if isinstance(evaluator, Evaluator):
        return list(evaluator.metrics)
    if isinstance(evaluator, dict) and 'metrics' in evaluator:
        return evaluators_of(evaluator['metrics'])
    return list(evaluator) if isinstance(evaluator, (list, tuple)) else [evaluator]


def depth_evaluators(cfg, option, key='test_evaluator', kinds=('DepthEvaluator', )):
    """The ``DepthEvaluator``s of a config.

    Args:
        cfg (Config)
        option (str): what needs them, for the message.
        key (str): 'test_evaluator' or 'val_evaluator'.
        kinds (tuple[str, ...]): which will do; 'PerSetEvaluator' scores several sets by one each.

    Returns:
        list[dict or BaseMetric]: at least one.

    Raises:
        ValueError: if there is none.
    """
    evaluators = evaluators_of(cfg.get(key))
    found = [evaluator for evaluator in evaluators if is_a(evaluator, METRICS, *kinds)]
    if not found:
        names = ', '.join(map(class_name, evaluators)) or 'missing'
        raise ValueError(f"{option}: the config's {key} is no {' or '.join(kinds)} but {names}")
    return found


def tested_model(cfg):
    """ConfigDict: the model that is tested; the inner one where test-time augmentation wraps it."""
    return cfg.model.module if cfg.model.get('module') is not None else cfg.model
