"""What a program would wait for on a GPU, seen without one."""
import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Waiting(TorchDispatchMode):
    """Writes down what a GPU would be waited for: numbers for Python, and shapes that follow from values."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        masked = name in ('index', 'index_put', 'index_put_', '_index_put_impl_') and any(
            index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1])
        if masked or name in ('_local_scalar_dense', 'nonzero', 'masked_select', 'bincount', 'unique', '_unique2',
                              'unique_dim', 'equal', 'is_nonzero', 'repeat_interleave'):
            self.found.append(name)
        return function(*args, **(kwargs or {}))
