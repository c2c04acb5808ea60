from .finite_loader_hook import FiniteLoaderHook as FiniteLoaderHook
from .finite_loss_hook import FiniteLossHook as FiniteLossHook
from .resume_bins_hook import ResumeBinsHook as ResumeBinsHook
from .run_state_hook import RunStateHook as RunStateHook
from .work_folder_hook import WorkFolderHook as WorkFolderHook
