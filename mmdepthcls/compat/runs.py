"""What runners of MMEngine get while MMSegmentation is loaded: hooks that keep their work, workers that end with it.

Of a process that does something else with MMEngine nothing is changed. Pure.
"""
import importlib
import sys
from functools import wraps

PACKAGE = __name__.partition('.')[0]
# By name: they lie above this room, and need what is being imported.
HOOKS, WORKERS = f'{PACKAGE}.hooks.run_hooks', f'{PACKAGE}.hooks.worker_start'


def mend_runner(module):
    """Mend ``mmengine.runner.runner``."""
    runner = module.Runner
    if hasattr(runner.register_hooks, '__wrapped__'):
        return
    stock_hooks, stock_loader, stock_train = runner.register_hooks, runner.build_dataloader, runner.train

    @wraps(stock_hooks)
    def register_hooks(self, *args, **options):
        stock_hooks(self, *args, **options)
        if 'mmseg' in sys.modules:
            importlib.import_module(HOOKS).register_run_hooks(self)

    @wraps(stock_loader)
    def build_dataloader(*args, **options):
        loader = stock_loader(*args, **options)
        if 'mmseg' in sys.modules:
            importlib.import_module(WORKERS).guard_workers(loader)
        return loader

    @wraps(stock_train)
    def train(self, *args, **options):
        try:
            return stock_train(self, *args, **options)
        finally:  # MMEngine tells its hooks of a good end only
            for hook in self.hooks:
                if hasattr(hook, 'end_run'):
                    hook.end_run(self)

    runner.register_hooks, runner.train = register_hooks, train
    runner.build_dataloader = staticmethod(build_dataloader)
