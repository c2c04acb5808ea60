"""The tensors of one file under the names that another implementation of the same network has for them. Pure."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTER = 'num_batches_tracked'  # of batch norm; not every file has it


def rename_in_order(tensors: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Rename tensors one after the other: both sides list the same layers in the same order.

    Args:
        tensors: name -> anything that has a ``shape``, in the file's order.
        shapes: name -> shape in the other implementation, in its order. ``COUNTER`` is left out on both sides.

    Returns:
        Name of the other implementation -> tensor.

    Raises:
        ValueError: if the two differ in number or in a shape; says where.
    """
    given = [(name, tensor) for name, tensor in tensors.items() if COUNTER not in name]
    wanted = [(name, tuple(shape)) for name, shape in shapes.items() if COUNTER not in name]
    for (old, tensor), (new, shape) in zip(given, wanted, strict=False):
        if tuple(tensor.shape) != shape:
            raise ValueError(f'expected {new} of shape {shape}, got {old} of shape {tuple(tensor.shape)}: these are '
                             'not weights of this network')
    if len(given) != len(wanted):
        raise ValueError(f'expected {len(wanted)} tensors, got {len(given)}: these are not weights of this network')
    return {new: tensor for (_, tensor), (new, _) in zip(given, wanted, strict=True)}
