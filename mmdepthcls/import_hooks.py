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
    """Call ``function(module)`` once, when module ``name`` has been imported; now, if it has been already. Several
    functions are called in the order in which they were given.

    Args:
        name (str): full name of a module.
        function (callable): takes the module. An error that it raises is the import's.
    """
    if name in sys.modules:
        function(sys.modules[name])
    else:
        around = _installed().around
        earlier = around.get(name, lambda module, run: run())

        def execute(module, run):
            earlier(module, run)
            function(module)

        around[name] = execute


def around_import(name, function):
    """Call ``function(module, run)`` in place of executing module ``name``, where ``run()`` executes it; do nothing
    if it has been imported already.

    Args:
        name (str): full name of a module.
        function (callable): takes the module, which is in ``sys.modules``, and ``run``. An error that it raises is the
            import's.
    """
    if name not in sys.modules:
        _installed().around[name] = function


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
        function = self.around.pop(name)
        spec = importlib.util.find_spec(name)  # its parent is imported, and this finder has nothing to do any more
        if spec is None or spec.loader is None:
            self.around[name] = function
            return None
        spec.loader = _Loader(spec.loader, function)
        return spec


class _Loader:
    """A module's own loader, and a function around what it does."""

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
        self.function(module, lambda: self.loader.exec_module(module))


def _installed():
    finder = next((each for each in sys.meta_path if isinstance(each, _Finder)), None)
    if finder is None:
        finder = _Finder()
        sys.meta_path.insert(0, finder)
    return finder
