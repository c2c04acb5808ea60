"""A recipe of MMSegmentation: finding its file, reading it, and why it cannot classify depth."""
import importlib.util
import os.path as osp
from dataclasses import dataclass
from pathlib import Path

import mmseg
from mmengine.config import Config
from mmseg.registry import MODELS

from ...config.config_class import class_name, class_of
from ...models.head_config import why_unfit
from .adaptation import heads_of

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


def shipped_configs():
    """Path: the folder of configs that the installed MMSegmentation ships.

    Raises:
        FileNotFoundError: if it ships none.
    """
    root = Path(mmseg.__file__).resolve().parent / '.mim' / 'configs'
    if not root.is_dir():
        raise FileNotFoundError(f'{root} does not exist: this MMSegmentation was installed without its configs. '
                                'Install it with pip, or name a config file by its path.')
    return root.resolve()


def shipped_models():
    """list[Path]: every ``_base_/models/*.py`` that MMSegmentation ships, by name."""
    return sorted((shipped_configs() / '_base_' / 'models').glob('*.py'))


def read_recipe(name):
    """Find and read a recipe.

    Args:
        name (str): a file, or the name of one that MMSegmentation ships, with or without 'mmseg::' and folder:
            'segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py'.

    Returns:
        Recipe

    Raises:
        FileNotFoundError: if there is no such file; names those that are like it.
        ValueError: if it cannot be read or has no model.
    """
    path = _find(name)
    try:
        # Packages that it imports may be missing; first see whether that matters.
        cfg = Config.fromfile(path, import_custom_modules=False)
    except Exception as error:  # a config is Python: anything may be raised
        raise ValueError(f'{path} cannot be read: {type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        raise ValueError(f'{path} has no model: it is no recipe but a part of one')
    return Recipe(path, cfg)


def _find(name):
    given = Path(name)
    if given.is_file():
        return given.resolve()
    name = str(name).removeprefix('mmseg::')
    file_name = Path(name).name if name.endswith('.py') else f'{Path(name).name}.py'
    found = [path for path in shipped_configs().rglob(file_name) if path.as_posix().endswith(f'/{name.lstrip("./")}')
             or '/' not in name]
    if len(found) == 1:
        return found[0]
    if found:
        raise FileNotFoundError(f'{name} is the name of several recipes: {", ".join(map(str, found))}')
    stem = Path(file_name).stem.partition('_')[0]
    like = sorted(path.relative_to(shipped_configs()).as_posix() for path in shipped_configs().rglob(f'{stem}*.py'))
    hint = f' Recipes with such a name: {", ".join(like[:5])}' + (', ...' if len(like) > 5 else '') if like else ''
    raise FileNotFoundError(f'{name} is neither a file nor a recipe that MMSegmentation ships '
                            f'({shipped_configs()}).{hint}')


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
