"""Hooks of MMEngine's runner."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'FiniteLoaderHook': 'finite_loader_hook',
    'FiniteLossHook': 'finite_loss_hook',
    'ResumeBinsHook': 'resume_bins_hook',
    'WorkFolderHook': 'work_folder_hook',
})
