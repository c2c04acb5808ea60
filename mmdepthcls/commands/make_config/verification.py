"""A depth config becomes a file once it is known to work: it is loaded, and what it describes is built and run."""
import os
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS, HOOKS, METRICS, TRANSFORMS, VISUALIZERS

from .adaptation import is_square, model_for
from .output_file import output_path
from .trial import NEEDS_LARGER, SMALL, quiet, try_model


def save_verified(config, path, force=False, trial=True):
    """Write a config once it is known to work: a file that does not work is not left behind.

    Args:
        config (DepthConfig)
        path (Path): the file.
        force (bool): overwrite a file.
        trial (bool): build the model and run it; else only load the config and build all around the model.

    Returns:
        Trial or None: what the model did.

    Raises:
        FileExistsError: if there is such a file.
        ValueError: if the config does not work, with the reason.
    """
    path = output_path(path, Path(path).name, force)
    made = [parent for parent in path.absolute().parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'{path.stem}_unverified_{os.getpid()}.py')
    try:
        temporary.write_text(config.text, 'utf-8')
        done = verify(temporary, config, trial)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
        if not path.exists():
            for folder in made:  # from the innermost
                folder.rmdir()
    return done


def count_samples(path):
    """Build the datasets of a config, which looks at all their files.

    Args:
        path (Path): the config.

    Returns:
        dict[str, int]: samples for training, validation and testing.

    Raises:
        ValueError, OSError: as the datasets do, with what is wrong with the data.
    """
    cfg, counts = Config.fromfile(path), {}
    with DefaultScope.overwrite_default_scope('mmseg'), quiet():
        for part in ('train', 'val', 'test'):
            counts[part] = len(DATASETS.build(cfg[f'{part}_dataloader'].dataset))
    return counts


def verify(path, config, trial=True):
    """Load a config as the tools do, and build and run what it describes. Arguments as :func:`save_verified`."""
    try:
        cfg = Config.fromfile(path)
    except Exception as error:  # a config is Python: anything may be raised
        raise ValueError(f'the config cannot be loaded: {type(error).__name__}: {error}') from error
    _build_surroundings(cfg)
    if not trial:
        return None
    model, size = cfg.model, SMALL
    if is_square(model):
        size = (SMALL[0], ) * 2
        model = model_for(model, model.bins, size)
    try:
        return try_model(model, size, optim_wrapper=cfg.optim_wrapper)
    except ValueError as error:
        if NEEDS_LARGER not in str(error):
            raise
        return try_model(cfg.model, config.crop, config.image_size, cfg.optim_wrapper)


def _build_surroundings(cfg):
    loaders = (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader)
    with DefaultScope.overwrite_default_scope('mmseg'), quiet():
        for step in [*(step for loader in loaders for step in loader.dataset.pipeline), *cfg.tta_pipeline]:
            TRANSFORMS.build(step)
        for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
            METRICS.build(evaluator)
        for hook in cfg.custom_hooks:
            HOOKS.build(hook)
        if VISUALIZERS.get(cfg.visualizer.type) is None:
            raise ValueError(f'there is no visualizer {cfg.visualizer.type}')
