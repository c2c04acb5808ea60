"""What stands for NumPy's and MMEngine's names while a checkpoint is read, so that no code of theirs sees it. Pure."""
from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np

# NumPy's kinds of numbers and texts, of a size that needs no fields and no objects.
_NUMBERS = re.compile(r'[<>|=]?(?:[biuf][1248]|f16|c8|c16|\?|[SU]\d{1,4})')
STATISTICS = ('min', 'max', 'current', 'mean')  # methods of a history that MMEngine saves by name


class ScalarHistory:
    """What MMEngine has logged of a number.

    Attributes:
        log_history (ndarray): values.
        count_history (ndarray): how many each stands for.
        max_length (int): how many are kept.
    """

    log_history = count_history = np.zeros(0)  # a pickle makes objects without __init__
    max_length = 1000000

    def __setstate__(self, state):
        arrays = [_taken(state.get(key)) for key in ('_log_history', '_count_history')]
        if not all(isinstance(array, np.ndarray) for array in arrays) or arrays[0].shape != arrays[1].shape:
            raise pickle.UnpicklingError('a HistoryBuffer without its numbers')
        self.log_history, self.count_history = arrays
        self.max_length = int(state.get('max_length', self.max_length))


class _Kind:
    """In the place of numpy.dtype: numbers of one kind."""

    def __init__(self, code, *_):
        code = code.decode('ascii') if isinstance(code, bytes) else code
        if not isinstance(code, str) or not _NUMBERS.fullmatch(code):
            raise pickle.UnpicklingError(f'an array of {code!r}, which are no numbers')
        self.dtype = np.dtype(code)

    def __setstate__(self, state):
        order, fields = state[1], state[2:5]
        order = order.decode('ascii') if isinstance(order, bytes) else order
        if order not in ('<', '>', '|', '=') or any(each is not None for each in fields):
            raise pickle.UnpicklingError('an array with fields')
        self.dtype = self.dtype.newbyteorder(order) if order != '|' else self.dtype


class SavedArray:
    """In the place of numpy.ndarray: bytes that are numbers."""

    array = None

    def __setstate__(self, state):
        _, shape, kind, by_columns, content = state
        if not isinstance(kind, _Kind) or not isinstance(content, bytes):
            raise pickle.UnpicklingError('an array without its bytes')
        numbers = np.frombuffer(content, kind.dtype).reshape(shape, order='F' if by_columns else 'C')
        self.array = numbers.astype(kind.dtype.newbyteorder('='))


def _taken(value):
    return value.array if isinstance(value, SavedArray) else value


def _reconstruct(kind, shape, code):
    """In the place of NumPy's: an empty array, which its state fills."""
    if kind is not SavedArray:
        raise pickle.UnpicklingError(f'an array of class {kind}')
    return SavedArray()


def _scalar(kind, content):
    """In the place of NumPy's."""
    if not isinstance(kind, _Kind) or not isinstance(content, bytes) or len(content) != kind.dtype.itemsize:
        raise pickle.UnpicklingError('a number without its bytes')
    return np.frombuffer(content, kind.dtype).astype(kind.dtype.newbyteorder('='))[0]


def _statistic(owner, name):
    """In the place of builtins.getattr, which a history's state asks for its own four methods: their name."""
    if owner is not ScalarHistory or name not in STATISTICS:
        raise pickle.UnpicklingError(f'getattr({owner!r}, {name!r})')
    return name


def _no_bytes(*content):
    """In the place of builtins.bytes, as which an empty text of bytes is written."""
    if content:
        raise pickle.UnpicklingError('bytes of something')
    return b''


def stand_ins() -> dict[str, Any]:
    """dict[str, callable]: name in a file -> what stands for it."""
    of_numpy = {f'numpy.{core}.multiarray.{name}': value for core in ('core', '_core')
                for name, value in (('_reconstruct', _reconstruct), ('scalar', _scalar))}
    return {**of_numpy, 'numpy.ndarray': SavedArray, 'numpy.dtype': _Kind, 'builtins.getattr': _statistic,
            'builtins.bytes': _no_bytes, 'mmengine.logging.history_buffer.HistoryBuffer': ScalarHistory}
