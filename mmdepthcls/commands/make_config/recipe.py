"""A recipe of MMSegmentation: what it says, and why it cannot classify depth."""
import importlib.util
import os.path as osp
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmseg.registry import MODELS

from ...config.config_class import class_name, class_of
from ...models.head_config import why_unfit
from .adaptation import heads_of
from .recipe_file import find_recipe, shipped_configs

# Segmentors that DepthClassifier does not take the place of: class -> what they do.
UNFIT_SEGMENTORS = {
    'CascadeEncoderDecoder': 'is a cascade of decode heads, of which the later refine what the first predicts',
    'MultimodalEncoderDecoder': 'compares pixels with the names of classes, and depth bins have none',
    'DepthEstimator': 'regresses depth itself',
    'DepthClassifier': 'classifies depth already',
}


@dataclass(frozen=True)
class Recipe:
    """A config file of MMSegmentation.

    Args:
        path (Path): of the file.
        cfg (Config): its content; what it imports has not been imported yet.
    """

    path: Path
    cfg: Config

    def base_from(self, folder):
        """What ``_base_`` of a config in ``folder`` names it: 'mmseg::...' for a file that MMSegmentation ships, else
        the path from there."""
        root = shipped_configs()
        if self.path.is_relative_to(root):
            return f'mmseg::{self.path.relative_to(root).as_posix()}'
        return Path(osp.relpath(self.path, folder)).as_posix()


def read_recipe(name):
    """Find and read a recipe.

    Args:
        name (str or Path): see :func:`.find_recipe`.

    Returns:
        Recipe

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be read or has no model.
    """
    path = find_recipe(name)
    try:
        # Packages that it imports may be missing; first see whether that matters.
        cfg = Config.fromfile(path, import_custom_modules=False)
    except Exception as error:  # a config is Python: anything may be raised
        raise ValueError(f'{path} cannot be read: {type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        raise ValueError(f'{path} has no model: it is no recipe but a part of one')
    return Recipe(path, cfg)


def pretrained_weights(model):
    """What a model begins with.

    Args:
        model (dict): config.

    Returns:
        list[str]: file, URL or name of all weights that it loads, or the key that says that there are some.

    >>> pretrained_weights(dict(pretrained=None, neck=dict(init_cfg=dict(type='Pretrained', checkpoint='a.pth'))))
    ['a.pth']
    """
    found, is_dict = [], isinstance(model, dict)
    if is_dict and class_name(model) == 'Pretrained':
        found.append(str(model.get('checkpoint')))
    for key, value in model.items() if is_dict else enumerate(model):
        if key == 'pretrained' and value:
            found.append(value if isinstance(value, str) else 'those of the backbone (pretrained=True)')
        elif isinstance(value, (dict, list, tuple)):
            found += pretrained_weights(value)
    return list(dict.fromkeys(found))


def why_no_depth(cfg):
    """Why a config cannot become a depth classifier, as far as the config says.

    Args:
        cfg (Config): with ``model``.

    Returns:
        str or None
    """
    model = cfg.model
    if not isinstance(model.get('type', ''), str):
        return "it imports its classes (one of MMEngine's lazy configs), which a config of names cannot be based on"
    kind = class_of(model, MODELS)
    name = class_name(model) if kind is None else kind.__name__
    if name in UNFIT_SEGMENTORS:
        return f'{name} {UNFIT_SEGMENTORS[name]}'
    if name != 'EncoderDecoder':
        return f'{name} is no EncoderDecoder, which DepthClassifier extends'
    reasons = [reason for reason in (why_unfit(head) for _, head in heads_of(model)) if reason]
    if reasons:
        return reasons[0]
    channels = model.backbone.get('in_channels', 3)
    if channels != 3:
        return f'the backbone takes images of {channels} channels, not of 3'
    return _missing_package(cfg)


def _missing_package(cfg):
    imports = cfg.get('custom_imports', {}).get('imports', [])
    for module in [imports] if isinstance(imports, str) else imports:
        package = module.partition('.')[0]
        if importlib.util.find_spec(package) is None:
            return f'needs the package {package}, which is not installed'
    return None
