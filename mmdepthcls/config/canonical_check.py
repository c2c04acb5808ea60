"""Whether a config's pipelines and its model have one canonical camera, before anything is built."""
from numbers import Real

from mmseg.registry import MODELS, TRANSFORMS

from .config_class import is_a
from .config_parts import leaf_datasets

SPLITS = ('train', 'val', 'test')
SAME = 1e-6


def check_canonical(cfg):
    """Refuse pipelines whose canonical camera is not the model's.

    Args:
        cfg (Config or dict)

    Raises:
        ValueError: see :func:`canonical_faults`; the first.
    """
    for split, fault in canonical_faults(cfg):
        raise ValueError(f'{split}_dataloader: {fault}')


def canonical_faults(cfg):
    """What is wrong with canonical cameras, a data loader once.

    Args:
        cfg (Config or dict)

    Returns:
        list[tuple[str, str]]: split, and what is wrong there, with the remedy.
    """
    model = cfg.get('model')
    if not isinstance(model, dict) or not is_a(model, MODELS, 'DepthClassifier'):
        return []
    faults = []
    for split in SPLITS:
        loader = cfg.get(f'{split}_dataloader')
        leaves = leaf_datasets(loader.get('dataset') or {}) if isinstance(loader, dict) else []
        steps = [list(_steps(leaf.get('pipeline'))) for leaf in leaves if isinstance(leaf, dict)]
        found = [fault for each in steps if (fault := _fault(each, model.get('canonical_focal_px'), split == 'train'))]
        faults += [(split, fault) for fault in found[:1]]
    return faults


def _fault(steps, canonical, trains):
    """str or None: what is wrong with a pipeline."""
    cameras = [step.get('focal_px') for step in steps if is_a(step, TRANSFORMS, 'CanonicalCamera')]
    for given in cameras:
        if not _same(given, canonical):
            there = 'no canonical_focal_px' if canonical is None else f'canonical_focal_px={canonical!r}'
            return (f'the pipeline has a CanonicalCamera of focal_px={given!r}, but the model has {there}. Set both to '
                    'the same number of pixels')
    labelled = any(is_a(step, TRANSFORMS, 'DepthToBinLabel') for step in steps)
    if trains and canonical is not None and labelled and not cameras:
        return (f'the model has canonical_focal_px={canonical!r}, but DepthToBinLabel makes labels of the metres of '
                f"each camera. Put dict(type='CanonicalCamera', focal_px={canonical!r}) before it, or leave it out: "
                'the model makes its labels itself')
    return None


def _same(given, canonical):
    if isinstance(given, Real) and isinstance(canonical, Real) and canonical:
        return abs(given / canonical - 1) <= SAME
    return given == canonical


def _steps(pipeline):
    """Configs of the steps of a pipeline, and of those inside of others."""
    for step in pipeline if isinstance(pipeline, (list, tuple)) else ():
        if isinstance(step, dict):
            yield step
            yield from _steps(step.get('transforms'))
        else:
            yield from _steps(step)
