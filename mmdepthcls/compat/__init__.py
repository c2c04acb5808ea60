"""The one place that knows which MMSegmentation is installed, and what must be mended before it is imported.

Two distributions provide the import names ``mmengine``, ``mmcv`` and ``mmseg``: **onedl** (onedl-mmengine, onedl-mmcv,
onedl-mmsegmentation) and **openmmlab** (mmengine, mmcv or mmcv-lite, mmsegmentation). No other file asks which it is.
"""
from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import sys
import types
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import lru_cache, wraps
from importlib import metadata
from pathlib import Path
from typing import Any

from ..import_hooks import after_import, around_import, before_import
from ..shipped_files import PREFIX, base_config, is_checkout
from . import runs, saves
from .checkpoint_loading import load_as_data, read_no_configs_of_checkpoints
from .switch import host_patches_on

HOST_MODULES = ('mmengine', 'mmcv', 'mmseg')
STACKS = ('onedl', 'openmmlab')
# What a newcomer needs when no MMSegmentation is there; without the repository there are no files of versions.
INSTALL_HINT = 'mmdepthcls needs MMSegmentation for this, and it is not installed here. Install one stack:' + ''.join(
    f'\n    {line}' for line in ((
        "pip install -c requirements/onedl.txt -e '.[onedl]'          # maintained forks",
        "pip install -c requirements/openmmlab.txt -e '.[openmmlab]'  # upstream mmsegmentation 1.2.2",
    ) if is_checkout() else (
        "pip install 'mmdepthcls[onedl]'      # maintained forks",
        "pip install 'mmdepthcls[openmmlab]'  # upstream mmsegmentation 1.2.2",
    )))
# The module that registers this package's classes, and the registries of MMSegmentation that it fills.
REGISTRATION = 'mmdepthcls.registration'
REGISTRIES = ('DATASETS', 'DATA_SAMPLERS', 'HOOKS', 'METRICS', 'MODELS', 'OPTIM_WRAPPERS', 'TASK_UTILS', 'TRANSFORMS',
              'VISUALIZERS')
# What pip calls modules of other names. mmcv requires this OpenCV, and a second one beside it would break both.
DISTRIBUTIONS = {'cv2': 'opencv-python', 'PIL': 'pillow', 'yaml': 'pyyaml'}
# What MMSegmentation prints and warns of when it is imported: neither is a fault, nor anything to act on.
NOISY = ('mmseg.datasets', 'mmcv.cnn.bricks.transformer')
IMPORT_NOISE = ('Could not import OneDL', )
IMPORT_WARNINGS = 'Fail to import ``MultiScaleDeformableAttention``'
_KEPT: list = []


def is_installed(module: str) -> bool:
    """Whether top-level ``module`` can be found (it is not imported)."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def has_mmseg() -> bool:
    """Whether mmengine, mmcv and mmseg can all be found (none of them is imported)."""
    return all(is_installed(module) for module in HOST_MODULES)


def installed_stack() -> str:
    """Which of ``STACKS`` provides mmseg."""
    return STACKS[0] if _has_distribution('onedl-mmsegmentation') else STACKS[1]


def lazy_names(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Public names of a package that are imported on first use (PEP 562), so that pure modules need no MMSegmentation.

    They are what the package's stub imports, ``__init__.pyi``, which is all that type checkers see of the package.

    Args:
        package: its ``__name__``.
        file: its ``__file__``; the stub lies beside it.

    Returns:
        ``__getattr__``, ``__dir__`` and ``__all__`` for the package's ``__init__``.

    Raises:
        ImportError: on first use of a name whose module needs what is not installed; names it and says how to install.
    """
    stub = ast.parse(Path(file).with_suffix('.pyi').read_text('utf-8'))
    names = {name.name: '.' * node.level + str(node.module)
             for node in stub.body if isinstance(node, ast.ImportFrom) for name in node.names}

    def __getattr__(name):
        if name not in names:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        try:
            module = importlib.import_module(names[name], package)
        except ImportError as error:
            hint = import_hint(error)
            if hint is None:
                raise
            raise ImportError(f'{package}.{name}: {hint}', name=error.name) from error
        return getattr(module, name)

    return __getattr__, lambda: sorted(names), sorted(names)


def import_hint(error: ImportError) -> str | None:
    """What is not installed, and how to install it.

    Args:
        error: as Python raised it.

    Returns:
        None where no module is missing: one that is there and broken, a name that a module lacks, or a module of this
        package.
    """
    module = (getattr(error, 'name', None) or '').partition('.')[0]
    if module in HOST_MODULES:
        return None if has_mmseg() else INSTALL_HINT
    if not isinstance(error, ModuleNotFoundError) or not module or module == __name__.partition('.')[0]:
        return None
    return (f'the Python module {module!r} is needed for this, and it is not installed here. Install it:\n'
            f'    pip install {DISTRIBUTIONS.get(module, module)}')


def prepare_host() -> None:
    """Arrange that MMSegmentation, when somebody imports it, is mended and knows this package's classes; nothing of it
    is imported now. Idempotent.

    Raises:
        ImportError: later, from the import of ``mmseg``: see the functions called.
    """
    after_import('mmengine.config.utils', _name_mmseg_distribution)
    after_import('mmengine.config.config', _find_own_configs)
    after_import('yapf.yapflib.yapf_api', _format_configs_once)
    before_import('mmseg', _stand_in_for_mmcv_ops)
    around_import('torchvision', _execute_torchvision)
    for name in NOISY:
        around_import(name, _execute_quietly)
    after_import('mmseg.registry', _add_location)
    if host_patches_on():
        after_import('mmengine.runner.checkpoint', load_as_data)
        after_import('mmengine.infer.infer', read_no_configs_of_checkpoints)
        after_import('mmengine.runner.checkpoint', saves.mend_save_checkpoint)
        after_import('mmengine.hooks.checkpoint_hook', saves.mend_checkpoint_hook)
        after_import('mmengine.runner.runner', runs.mend_runner)
        after_import('mmengine.runner.runner', _name_failures)
        after_import('mmengine.runner.loops', _number_loaders)


def _add_location(registry):
    """Make MMSegmentation's registries import :data:`REGISTRATION` the first time that they are asked for something,
    as they import MMSegmentation's own modules: here and now it would be a circular import."""
    for name in REGISTRIES:
        each = getattr(registry, name)
        if REGISTRATION not in each._locations:
            each._locations.append(REGISTRATION)
            each._imported = False


def _number_loaders(loops):
    from .loops import number_loaders
    number_loaders(loops)


def _name_failures(runner):
    from .loops import name_failures
    name_failures(runner)


def _name_mmseg_distribution(utils):
    """Tell MMEngine which distribution provides ``mmseg``.

    MMEngine looks for 'mmsegmentation' and, where a fork provides ``mmseg``, refuses ``_base_ = 'mmseg::...'`` and
    pip-installs upstream over the fork in ``mmengine.hub.get_config('mmseg::...')``.
    """
    provides = [name for name in ('onedl-mmsegmentation', 'mmsegmentation') if _has_distribution(name)]
    provides += metadata.packages_distributions().get('mmseg', []) if not provides else []
    if provides:
        utils.MODULE2PACKAGE['mmseg'] = provides[0]


def _find_own_configs(config):
    """Make ``_base_ = 'mmdepthcls::NAME.py'`` mean a config of this package.

    MMEngine wants a folder in front of the name, knows a few packages only, and would give what a config of another
    package says a scope of that name, which this package's classes, being in MMSegmentation's registries, do not have.
    """
    stock = config.Config._get_cfg_path
    if stock.__module__ == __name__:
        return

    def get_path(cfg_path, filename):
        return (str(base_config(cfg_path)), None) if cfg_path.startswith(PREFIX) else stock(cfg_path, filename)

    config.Config._get_cfg_path = staticmethod(get_path)


def _format_configs_once(yapf):
    """MMEngine formats a config each time it writes it: eight times in the shortest training, half a second each."""
    original = yapf.FormatCode

    @lru_cache(16)
    def remembered(text, style):
        return original(text, style_config=dict(style))

    @wraps(original)
    def format_code(*args, **options):
        # MMEngine's call, whose style is a few numbers and names.
        if len(args) == 1 and options.keys() == {'style_config'} and isinstance(options['style_config'], dict):
            return remembered(args[0], tuple(options['style_config'].items()))
        return original(*args, **options)

    yapf.FormatCode = format_code


def _has_distribution(name):
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _stand_in_for_mmcv_ops():
    """With mmcv-lite, put a module at ``mmcv.ops`` whose operators raise when used, so that mmseg can be imported."""
    if 'mmcv.ops' in sys.modules:
        return
    try:
        importlib.import_module('mmcv.ops')
    except ImportError as error:
        sys.modules['mmcv.ops'] = _MissingOps(str(error))


def _execute_quietly(module, run):
    """Import without :data:`IMPORT_NOISE` and :data:`IMPORT_WARNINGS`; what else is printed meanwhile is printed."""
    warnings.filterwarnings('ignore', message=IMPORT_WARNINGS)
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            run()
    finally:
        lines = [line for line in printed.getvalue().splitlines() if line not in IMPORT_NOISE]
        if lines:
            print('\n'.join(lines))


def _execute_torchvision(module, run):
    """Make a torchvision importable whose compiled operators do not load, as its CUDA build's beside a CPU torch.

    Importing it raises RuntimeError, and so do timm and, where timm is installed, ``import mmseg.models``. Here the
    operators that torchvision describes in Python are declared; they still cannot be used.
    """
    try:
        run()
    except RuntimeError as error:
        if 'operator torchvision::' not in str(error):
            raise
        from torch.library import Library
        library = Library('torchvision', 'FRAGMENT')
        for name in ('nms', 'qnms'):
            library.define(f'{name}(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor')
        _KEPT.append(library)  # a library that is collected takes its operators with it
        for name in [name for name in sys.modules if name.startswith('torchvision.')]:
            del sys.modules[name]
        run()


class _MissingOps(types.ModuleType):
    """Stand-in for ``mmcv.ops``: every operator can be imported, none can be used."""

    def __init__(self, reason):
        super().__init__('mmcv.ops', 'Stand-in of mmdepthcls for the compiled operators of the full mmcv.')
        self._reason = reason

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        message = (f'mmcv.ops.{name} is a compiled operator and this mmcv has none ({self._reason}). '
                   'Install the full mmcv (2.1.0 for mmsegmentation 1.2.2) or use a model that does not need it.')

        def refuse(*args, **kwargs):
            raise ImportError(message)

        # Operators are classes or functions by their case; classes must be classes, since hosts test isinstance().
        operator = type(name, (), {'__init__': refuse, '__doc__': message}) if name[:1].isupper() else refuse
        setattr(self, name, operator)
        return operator
