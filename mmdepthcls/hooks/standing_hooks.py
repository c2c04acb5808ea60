"""The hooks that no run should be without, whoever starts it and whatever its config says."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from .finite_loss_hook import FiniteLossHook
from .resume_bins_hook import ResumeBinsHook
from .run_state_hook import RunStateHook

STANDING: tuple[type[Hook], ...] = (FiniteLossHook, ResumeBinsHook, RunStateHook)


def add_standing_hooks(runner: Runner) -> None:
    """Register those of :data:`STANDING` that a runner does not have yet. Idempotent.

    Args:
        runner: before it runs.
    """
    for kind in STANDING:
        if not any(isinstance(hook, kind) for hook in runner.hooks):
            runner.register_hook(kind())
