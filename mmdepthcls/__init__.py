"""Metric depth by classification for any MMSegmentation model.

Importing the package registers its datasets, transforms, models, evaluator and visualizer with MMSegmentation, where
that is installed; without it the pure modules (``bins``, ``evaluation.errors``, ``visualization.colour``, ...) still
import, and the first name that needs MMSegmentation says how to install it.
"""
from . import compat

__version__ = '0.1.0'


def register():
    """Register all classes with MMSegmentation, which must be installed. Importing the package does it by itself,
    except in the package's own commands: they read their arguments first. A second call changes nothing."""
    with compat.quiet_import():
        compat.prepare_host()
        from . import registration  # noqa: F401  (imported only to register)


if compat.has_mmseg() and not compat.registers_later():
    register()
