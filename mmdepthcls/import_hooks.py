"""Calls functions when other modules are imported, so that preparing for them costs nothing until then. Pure."""
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial


def before_import(name, function):
    """Call ``function()`` once, when module ``name`` is about to be imported; now, if it has been imported already.

    Args:
        name (str): full name of a module.
        function (callable): may import other modules, not this one.
    """
    if name in sys.modules:
        function()
    else:
        _installed().before[name] = function


def after_import(name, function):
    """Call ``function(module)`` once, when module ``name`` has been imported; now, if it has been already. Several
    functions are called in the order in which they were given.

    Args:
        name (str): full name of a module.
        function (callable): takes the module. An error that it raises is the import's.
    """
    if name in sys.modules:
        function(sys.modules[name])
    else:
        around_import(name, _Afterwards(function))


def around_import(name, function):
    """Call ``function(module, run)`` in place of executing module ``name``, where ``run()`` executes it; do nothing
    if it has been imported already.

    Args:
        name (str): full name of a module.
        function (callable): takes the module, which is in ``sys.modules``, and ``run``. An error that it raises is the
            import's.
    """
    if name not in sys.modules:
        functions = _installed().around.setdefault(name, [])
        if function not in functions:
            functions.append(function)


@dataclass(frozen=True)
class _Afterwards:
    """Executes a module, then calls a function; equal to another one of the same function."""

    function: Callable

    def __call__(self, module, run):
        run()
        self.function(module)


class _Finder:
    """Finds nothing by itself: it sees each import that is not done yet, and lets the other finders find it."""

    def __init__(self):
        self.before, self.around = {}, {}

    def find_spec(self, name, path=None, target=None):
        """See :class:`importlib.abc.MetaPathFinder`."""
        if name in self.before:
            self.before.pop(name)()
        if name not in self.around:
            return None
        functions = self.around.pop(name)
        spec = importlib.util.find_spec(name)  # its parent is imported, and this finder has nothing to do any more
        if spec is None or spec.loader is None:
            self.around[name] = functions
            return None
        spec.loader = _Loader(spec.loader, functions)
        return spec


class _Loader:
    """A module's own loader, and functions around what it does."""

    def __init__(self, loader, functions):
        self.loader, self.functions = loader, functions

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def create_module(self, spec):
        """See :class:`importlib.abc.Loader`."""
        return self.loader.create_module(spec)

    def exec_module(self, module):
        """See :class:`importlib.abc.Loader`."""
        module.__spec__.loader = module.__loader__ = self.loader
        run = partial(self.loader.exec_module, module)
        for function in self.functions:
            run = partial(function, module, run)
        run()


def _installed():
    finder = next((each for each in sys.meta_path if isinstance(each, _Finder)), None)
    if finder is None:
        finder = _Finder()
        sys.meta_path.insert(0, finder)
    return finder
