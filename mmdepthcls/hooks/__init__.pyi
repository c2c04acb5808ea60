from .finite_loader_hook import FiniteLoaderHook as FiniteLoaderHook
from .finite_loss_hook import FiniteLossHook as FiniteLossHook
from .folder_lock_hook import FolderLockHook as FolderLockHook
from .resume_bins_hook import ResumeBinsHook as ResumeBinsHook
from .run_state_hook import RunStateHook as RunStateHook
from .stop_hook import StopHook as StopHook
from .work_folder_hook import WorkFolderHook as WorkFolderHook
from .worker_end_hook import WorkerEndHook as WorkerEndHook
