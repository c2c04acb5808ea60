"""Calls functions when other modules are imported, so that preparing for them costs nothing until then. Pure."""
import importlib.util
import sys


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
    """Call ``function(module)`` once, when module ``name`` has been imported; now, if it has been already.

    Args:
        name (str): full name of a module.
        function (callable): takes the module. An error that it raises is the import's.
    """
    if name in sys.modules:
        function(sys.modules[name])
    else:
        _installed().after[name] = function


class _Finder:
    """Finds nothing by itself: it sees each import that is not done yet, and lets the other finders find it."""

    def __init__(self):
        self.before, self.after = {}, {}

    def find_spec(self, name, path=None, target=None):
        """See :class:`importlib.abc.MetaPathFinder`."""
        if name in self.before:
            self.before.pop(name)()
        if name not in self.after:
            return None
        function = self.after.pop(name)
        spec = importlib.util.find_spec(name)  # its parent is imported, and this finder has nothing to do any more
        if spec is None or spec.loader is None:
            self.after[name] = function
            return None
        spec.loader = _Loader(spec.loader, function)
        return spec


class _Loader:
    """A module's own loader, and a call when it has done its work."""

    def __init__(self, loader, function):
        self.loader, self.function = loader, function

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def create_module(self, spec):
        """See :class:`importlib.abc.Loader`."""
        return self.loader.create_module(spec)

    def exec_module(self, module):
        """See :class:`importlib.abc.Loader`."""
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.function(module)


def _installed():
    finder = next((each for each in sys.meta_path if isinstance(each, _Finder)), None)
    if finder is None:
        finder = _Finder()
        sys.meta_path.insert(0, finder)
    return finder
