"""The random generators of a process (Python's, NumPy's, torch's): seeded, put aside, saved and set again. Pure."""
from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def seed_generators(*numbers: int, device: bool = False) -> None:
    """Seed Python's, NumPy's and torch's CPU generators, which differ from each other, with what follows from numbers.

    Args:
        numbers: from 0 on; each combination of them means other random numbers.
        device: also that of the GPU that this process uses, if it uses one. Else generators of GPUs stay as they are.
    """
    words = np.random.SeedSequence(numbers).generate_state(8)
    random.seed(words[:4].tobytes())
    np.random.seed(words[4:6])
    # Not torch.manual_seed, which seeds GPUs too.
    seed = (int(words[6]) << 32 | int(words[7])) & 0x7fff_ffff_ffff_ffff
    torch.default_generator.manual_seed(seed)
    if device and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.manual_seed(seed)


@contextmanager
def generators_kept() -> Iterator[None]:
    """Let random numbers be drawn on the CPU, and go on afterwards as if none had been."""
    kept = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
        torch.set_rng_state(kept[2])


def generators_state(devices: bool = True) -> dict[str, Any]:
    """States of all generators, as tensors and plain values, which a checkpoint can hold.

    Args:
        devices: also of all GPUs, where this process uses them.
    """
    version, words, gauss = random.getstate()
    numpy: Any = np.random.get_state()
    name, keys, position, has_gauss, cached = numpy
    state = dict(
        python=dict(version=version, words=torch.tensor(words, dtype=torch.int64), gauss=gauss),
        numpy=dict(name=str(name), keys=torch.from_numpy(keys.astype(np.int64)), position=int(position),
                   has_gauss=int(has_gauss), cached=float(cached)),
        torch=torch.get_rng_state(), cuda=[])
    if devices and torch.cuda.is_available() and torch.cuda.is_initialized():
        state['cuda'] = torch.cuda.get_rng_state_all()
    return state


def set_generators(state: dict[str, Any]) -> None:
    """Set all generators to what :func:`generators_state` has said; those of GPUs as many as there are now.

    Raises:
        ValueError: if it holds something else.
    """
    try:
        python, numpy = state['python'], state['numpy']
        random.setstate((python['version'], tuple(python['words'].tolist()), python['gauss']))
        keys = numpy['keys'].cpu().numpy().astype(np.uint32)
        np.random.set_state((numpy['name'], keys, numpy['position'], numpy['has_gauss'], numpy['cached']))
        torch.set_rng_state(state['torch'].cpu())
        for device, each in enumerate(state['cuda'][:torch.cuda.device_count()]):
            torch.cuda.set_rng_state(each.cpu(), device)
    except (AttributeError, KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f'states of random generators cannot be read: {type(error).__name__}: {error}') from error
