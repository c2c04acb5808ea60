"""What is wrong in a config before anything is built: misspelt keys, labels that nobody makes, sets without a name."""
import re

from mmseg.registry import DATA_SAMPLERS, METRICS, TRANSFORMS

from .canonical_check import check_canonical
from .config_class import class_name, class_of, is_a
from .config_parts import SPLITS, evaluators_of, leaf_datasets
from .loader_check import check_loops, mend_batches, mend_workers
from .set_weights import shares_of_sets

# Top-level keys that MMEngine, MMSegmentation's tools and these tools read; every other one is a variable.
KEYS = (
    'model', 'work_dir', 'train_dataloader', 'val_dataloader', 'test_dataloader', 'train_cfg', 'val_cfg', 'test_cfg',
    'auto_scale_lr', 'optim_wrapper', 'param_scheduler', 'val_evaluator', 'test_evaluator', 'default_hooks',
    'custom_hooks', 'data_preprocessor', 'load_from', 'resume', 'launcher', 'env_cfg', 'log_processor', 'log_level',
    'visualizer', 'default_scope', 'randomness', 'experiment_name', 'model_wrapper_cfg', 'find_unused_parameters',
    'runner_type', 'strategy', 'custom_imports', 'tta_model', 'tta_pipeline', 'accept_changes',
    'self_training')
# Names that recipes give to variables and that nobody means otherwise, however like a key they look.
VARIABLES = ('models', )
# Models of MMSegmentation that train on labels which the pipeline must have made.
OF_LABELS = ('EncoderDecoder', 'CascadeEncoderDecoder')
LABELERS = ('DepthToBinLabel', 'LoadAnnotations')
OF_CLASSES = ('IoUMetric', 'CityscapesMetric')  # metrics that score the model's classes


def check_config(cfg):
    """Refuse what would go wrong without a word, and mend what has one meaning only.

    Args:
        cfg (Config): changed in place.

    Returns:
        list[str]: what was mended, a line each.

    Raises:
        ValueError: for a key that is like one of :data:`KEYS`, loaders that never end, sizes that are none, a model
            whose labels nobody makes, sets that cannot be told apart, and two canonical cameras; says what to set.
    """
    check_keys(cfg)
    check_loops(cfg)
    check_labels(cfg)
    check_sets(cfg)
    check_canonical(cfg)
    return mend_workers(cfg) + mend_batches(cfg)


def check_keys(cfg):
    """Refuse top-level keys that nobody reads and that were meant to be read.

    Args:
        cfg (Config or dict)

    Raises:
        ValueError: names the key and the one it is like.
    """
    for key in cfg:
        if key in KEYS or key in VARIABLES:
            continue
        like = [known for known in KEYS if abs(len(known) - len(key)) <= _slips(known) and
                _distance(key, known) <= _slips(known)]
        if like:
            meant = min(like, key=lambda known: _distance(key, known))
            raise ValueError(f"the config's key {key!r} is read by nothing. Did you mean {meant!r}? (If it is a "
                             f'variable of yours, give it a name that is less like it.)')


def check_labels(cfg):
    """Refuse a model that trains on labels where its pipeline loads depth and makes none of it, and one that gives
    metres alone where classes would be scored.

    Args:
        cfg (Config or dict)

    Raises:
        ValueError: says what to set.
    """
    loader, model = cfg.get('train_dataloader'), cfg.get('model')
    metres_alone = class_name(model or {}) == 'DepthClassifier' and 'bins' not in (
        (model.get('test_cfg') or {}).get('outputs') or ())
    for key in ('val_evaluator', 'test_evaluator') if metres_alone else ():
        metrics = [name for name in map(class_name, evaluators_of(cfg.get(key))) if name in OF_CLASSES]
        if metrics:
            raise ValueError(f"{key}: {metrics[0]} scores classes, and this model gives metres alone. Leave it out; "
                             "dict(type='DepthEvaluator') scores metres. To have the bins scored as classes, set "
                             "model.test_cfg.outputs=('bins', ) and add DepthToBinLabel to the pipeline")
    if class_name(model or {}) not in OF_LABELS or not isinstance(loader, dict):
        return
    for dataset in leaf_datasets(loader.get('dataset') or {}):
        steps = (dataset.get('pipeline') or ()) if isinstance(dataset, dict) else ()
        names = [class_name(step) for step in steps]
        # A class of one's own may make them.
        known = all(getattr(class_of(step, TRANSFORMS), '__module__', '').startswith(('mmcv.', 'mmseg.', 'mmdepthcls.'))
                    for step in steps)
        if 'LoadDepth' in names and known and not set(LABELERS).intersection(names):
            raise ValueError(f"model.type={class_name(model)!r} trains on labels, and train_dataloader's pipeline "
                             "makes none of the depth that it loads. Set model.type='DepthClassifier' with model.bins, "
                             "which makes them itself, or put dict(type='DepthToBinLabel', bins=...) before the last "
                             'step')


def check_sets(cfg):
    """Refuse weights that do not fit their sets, and an evaluation of several sets whose samples would not say which
    set they are of: better before a training than at its first validation.

    Args:
        cfg (Config or dict)

    Raises:
        ValueError: names the split, and what to set.
    """
    _check_weights(cfg.get('train_dataloader'))
    for split in SPLITS[1:]:
        loader = cfg.get(f'{split}_dataloader')
        found = [each for each in evaluators_of(cfg.get(f'{split}_evaluator'))
                 if is_a(each, METRICS, 'PerSetEvaluator') and isinstance(each, dict)]
        if not found or not isinstance(loader, dict):
            continue
        for dataset in leaf_datasets(loader.get('dataset') or {}):
            name = dataset.get('set_name') if isinstance(dataset, dict) else dataset.set_name
            known = found[0].get('sets')
            where = f'{split}_dataloader: {class_name(dataset)}'
            if name is None:
                raise ValueError(f"{where} has no set_name, and PerSetEvaluator scores by it. Give it one: "
                                 "set_name='kitti'")
            if known and name not in known:
                raise ValueError(f'{where} has the set_name {name!r}, and {split}_evaluator.sets names only '
                                 f'{", ".join(map(repr, known))}. Name it there: {split}_evaluator.sets.{name}={{}}')
            steps = dataset.get('pipeline') if isinstance(dataset, dict) else None
            if steps and class_name(steps[-1]) == 'PackSegInputs':
                raise ValueError(f'{where} ends its pipeline with PackSegInputs, which does not keep the set_name that '
                                 'PerSetEvaluator needs. Take PackDepthInputs')


def _check_weights(loader):
    """Refuse weights of a ``WeightedSetSampler`` that do not fit the sets of its loader."""
    sampler = loader.get('sampler') if isinstance(loader, dict) else None
    if not isinstance(sampler, dict) or not is_a(sampler, DATA_SAMPLERS, 'WeightedSetSampler'):
        return
    names = [dataset.get('set_name') if isinstance(dataset, dict) else dataset.set_name
             for dataset in leaf_datasets(loader.get('dataset') or {})]
    if None not in names:  # what has no name the sampler names
        shares_of_sets(sampler.get('weights'), list(dict.fromkeys(names)))


def _slips(key):
    """int: how many slips a key may have to be known still."""
    return 1 if len(key) < 8 else 2


def _distance(one, other):
    """Letters to insert, drop, change or swap with their neighbor (optimal string alignment).

    >>> _distance('load_form', 'load_from'), _distance('resum', 'resume'), _distance('bins', 'model')
    (1, 1, 5)
    """
    before, last = None, list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, expected in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != expected))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == expected:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def is_local(path):
    """Whether a checkpoint's name is a path, not one with a scheme of MMEngine's loaders or a URL.

    >>> is_local('work_dirs/a.pth'), is_local('C:/a.pth'), is_local('open-mmlab://resnet50'), is_local('mmcls://x')
    (True, True, False, False)
    """
    return not re.match(r'[A-Za-z][\w+.-]+:', str(path))
