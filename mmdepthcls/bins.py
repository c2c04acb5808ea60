"""Depth bins: the intervals into which a depth range is cut, and the maps between metres and labels.

Pure: NumPy alone, and PyTorch where tensors come in. K bins have K + 1 edges ``e_0 < ... < e_K`` in metres. The rules,
for every scheme:

- bin i is ``[e_i, e_(i+1))``; ``max_depth`` itself belongs to the last bin;
- 0, negative, NaN, infinite and greater than ``max_depth`` get ``ignore_index``: nothing was measured, or out of range;
- ``0 < depth < min_depth`` gets the first bin (``below='first'``, default) or ``ignore_index`` (``below='ignore'``);
- a label outside ``[0, K)`` decodes to 0, which means "no depth" everywhere in this package.

>>> bins = SIDBins(min_depth=1.0, max_depth=80.0, num_bins=71)
>>> bins.encode(np.array([0.0, 1.0, 10.0, 80.0, 80.1]))
array([255,   0,  37,  70, 255], dtype=uint8)
>>> bins.decode(np.array([37, 255])).round(3)
array([10.119,  0.   ])
"""
from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import torch

# What is computed on the CPU or on a device stays there.
Array = TypeVar('Array', np.ndarray, 'torch.Tensor')

IGNORE_INDEX = 255
# Metainfo of predicted samples: nearest and farthest depth that the model is for (first and last edge of its bins,
# unless it says otherwise), m; and by which metres of its bins are multiplied to be those of the sample's camera.
DEPTH_RANGE = 'depth_range'
BINS_SCALE = 'bins_scale'
# Large float32 maps are labeled by their leading bits: buckets of 2**14 neighboring numbers, 0.2 % wide.
BUCKET_BITS = 14
UNDECIDED = 254
LARGE = 1 << 15


def _is_tensor(value):
    # Who has a tensor has imported PyTorch, which takes seconds.
    torch = sys.modules.get('torch')
    return torch is not None and isinstance(value, torch.Tensor)


@lru_cache(maxsize=64)
def on_device(bins, values_of, device, dtype):
    """What a function makes of bins, as a tensor on a device: made once, not to be changed, and sent there without
    waiting for it.

    Args:
        bins (DepthBins)
        values_of (callable): from the bins to an ndarray; a function of a module, by which the tensor is found again.
        device (torch.device or str)
        dtype (torch.dtype)

    Returns:
        Tensor
    """
    import torch
    with torch.inference_mode(False):  # a tensor of that mode could never take part in a training
        values = torch.as_tensor(np.array(values_of(bins)), dtype=dtype, device='cpu')
        if torch.device(device).type == 'cuda':
            return values.pin_memory().to(device, non_blocking=True)
        return values.to(device)


def _compared(depth):
    """A tensor of depth in the type in which it is compared with edges."""
    import torch
    # Half precision widens to float32 without loss, and float32 edges rounded up decide exactly.
    return depth.double() if depth.dtype == torch.float64 or not depth.is_floating_point() else depth.float()


# Functions by which on_device finds its tensors again.
EDGES, CENTERS = attrgetter('edges'), attrgetter('centers')
INNER_EDGES, INNER_EDGES32 = attrgetter('_inner'), attrgetter('_inner32')


class DepthBins:
    """Bins given by their edges; the base of every scheme.

    Args:
        edges: K + 1 strictly increasing edges in metres, the first >= 0. 2 <= K <= 255, since labels are uint8 and 255
            means "ignore".
        center: 'arithmetic' (middle of the bin) or 'geometric' (middle of the logarithms; edges > 0).
        below: label of ``0 < depth < edges[0]``: 'first' (bin 0) or 'ignore'.

    Raises:
        ValueError: for edges that are not finite, not increasing or negative, for K outside 2..255 and for unknown
            ``center`` or ``below``; the message names the argument and what it got.
    """

    def __init__(self, edges: Sequence[float] | np.ndarray, center: str = 'arithmetic', below: str = 'first') -> None:
        edges = np.array(edges, dtype=np.float64)
        if edges.ndim != 1 or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any() or (edges < 0).any():
            raise ValueError(f'{type(self).__name__}: edges must be finite, not negative and strictly increasing, '
                             f'got {edges}')
        _check_num_bins(type(self).__name__, len(edges) - 1)
        if below not in ('first', 'ignore'):
            raise ValueError(f"{type(self).__name__}: below must be 'first' or 'ignore', got {below!r}")
        if center not in ('arithmetic', 'geometric'):
            raise ValueError(f"{type(self).__name__}: center must be 'arithmetic' or 'geometric', got {center!r}")
        if center == 'geometric' and edges[0] == 0:  # the first center would be 0, which means "no depth"
            raise ValueError(f"{type(self).__name__}: center='geometric' needs a first edge > 0, got 0: raise it, or "
                             "take center='arithmetic'")
        self.edges = edges
        self.below = below
        self.center = center
        low, high = edges[:-1], edges[1:]
        self.centers = (low + high) / 2 if center == 'arithmetic' else np.sqrt(low * high)
        self._freeze()
        # The smallest float32 that is not below each edge: comparing float32 depth with these is exact.
        rounded = edges.astype(np.float32)
        self._edges32 = np.where(rounded < edges, np.nextafter(rounded, np.float32(np.inf)), rounded)
        self._inner, self._inner32 = self.edges[1:-1], self._edges32[1:-1]

    def scaled(self, scale: float) -> DepthBins:
        """The same bins in other metres: edges and centers times a positive number, such as those of a camera whose
        focal length is ``scale`` times that of the canonical one."""
        scaled = DepthBins(self.edges * scale, below=self.below)
        scaled.center, scaled.centers = self.center, self.centers * scale
        scaled._freeze()
        return scaled

    def _freeze(self):
        self.edges.flags.writeable = self.centers.flags.writeable = False

    @property
    def num_bins(self) -> int:
        """K."""
        return len(self.edges) - 1

    @property
    def min_depth(self) -> float:
        """First edge, m."""
        return float(self.edges[0])

    @property
    def max_depth(self) -> float:
        """Last edge, m."""
        return float(self.edges[-1])

    def encode(self, depth: Array, ignore_index: int = IGNORE_INDEX) -> Array:
        """Labels of a depth map.

        Args:
            depth: any shape, floating point or integer metres, 0 = no measurement.
            ignore_index: label of what belongs to no bin, 0..255 and no bin's own label.

        Returns:
            uint8 in an array, int64 in a tensor (on the same device): same shape, values in [0, K) or ``ignore_index``.

        Raises:
            ValueError: if ``ignore_index`` is a bin's label or does not fit into 8 bits.
        """
        if not 0 <= ignore_index <= 255 or ignore_index < self.num_bins:
            raise ValueError(f'ignore_index must be in {self.num_bins}..255 (labels below are bins), '
                             f'got {ignore_index}')
        lowest = 0.0 if self.below == 'first' else self.min_depth
        if _is_tensor(depth):
            return self._encode_tensor(depth, lowest, ignore_index)
        return self._encode_array(np.asarray(depth), lowest, ignore_index)

    def _encode_array(self, depth, lowest, ignore_index):
        if depth.dtype == np.float16:
            depth = depth.astype(np.float32)  # no loss, and max_depth is not rounded to half precision
        if depth.dtype == np.float32 and depth.size >= LARGE and self.num_bins <= UNDECIDED:
            return self._encode_by_buckets(depth, lowest, ignore_index)
        return self._encode_by_search(depth, lowest, ignore_index)

    def _valid(self, depth, lowest):
        return (depth > 0) & (depth >= lowest) & (depth <= self.max_depth)

    def _encode_by_search(self, depth, lowest, ignore_index):
        # Only the inner edges decide: what is below is bin 0, max_depth is K - 1.
        edges = self._edges32 if depth.dtype == np.float32 else self.edges
        valid = self._valid(depth, lowest)
        label = np.full(depth.shape, ignore_index, dtype=np.uint8)
        label[valid] = np.searchsorted(edges[1:-1], depth[valid], side='right')
        return label

    @cached_property
    def _bucket_labels(self):
        """Label (255 = none) of each bucket of float32 numbers that share their leading bits; UNDECIDED where an edge
        lies within. The first bucket holds 0, and numbers below 1e-40 that are looked at one by one."""
        first = np.arange(1 << 32 - BUCKET_BITS, dtype=np.uint32) << BUCKET_BITS
        lowest = 0.0 if self.below == 'first' else self.min_depth
        with np.errstate(invalid='ignore'):
            low, high = (self._encode_by_search(bits.view(np.float32), lowest, IGNORE_INDEX)
                         for bits in (first, first | np.uint32((1 << BUCKET_BITS) - 1)))
        labels = np.where(low == high, low, UNDECIDED).astype(np.uint8)
        labels[0] = IGNORE_INDEX
        return labels

    def _encode_by_buckets(self, depth, lowest, ignore_index):
        """As :meth:`_encode_by_search` at half its time: one look-up decides all but the pixels near an edge."""
        depth = np.ascontiguousarray(depth)
        bits = depth.view(np.uint32)
        label = self._bucket_labels.take(bits >> BUCKET_BITS)
        if ignore_index != IGNORE_INDEX:
            label[label == IGNORE_INDEX] = ignore_index
        # 0 - 1 wraps around: only numbers > 0 of the first bucket remain
        undecided = np.flatnonzero((label == UNDECIDED) | (bits - np.uint32(1) < (1 << BUCKET_BITS) - 1))
        label.reshape(-1)[undecided] = self._encode_by_search(depth.reshape(-1)[undecided], lowest, ignore_index)
        return label

    def _encode_tensor(self, depth, lowest, ignore_index):
        import torch
        depth = _compared(depth)
        inner = INNER_EDGES if depth.dtype == torch.float64 else INNER_EDGES32
        edges = on_device(self, inner, depth.device, depth.dtype)
        label = torch.bucketize(depth, edges, right=True)
        valid = self._valid(depth, lowest)
        return torch.where(valid, label, torch.full_like(label, ignore_index))

    def decode(self, label: Array) -> Array:
        """Center of each label's bin.

        Args:
            label: integers, any shape.

        Returns:
            Metres, float64 in an array, float32 in a tensor (on the same device); 0 where the label is no bin's.
        """
        return self._decode_tensor(label) if _is_tensor(label) else self._decode_array(np.asarray(label))

    def _decode_array(self, label):
        label = label.astype(np.int64)
        inside = (label >= 0) & (label < self.num_bins)
        return np.append(self.centers, 0.0)[np.where(inside, label, self.num_bins)]

    def _decode_tensor(self, label):
        import torch
        centers = on_device(self, CENTERS, label.device, torch.float32)
        label = label.long()
        inside = (label >= 0) & (label < self.num_bins)
        return centers[torch.where(inside, label, 0)] * inside

    def num_labelled(self, depth: torch.Tensor) -> int:
        """How many depths of a map get a label and not ``ignore_index``.

        Args:
            depth: as for :meth:`encode`.
        """
        return int(self._valid(_compared(depth), 0.0 if self.below == 'first' else self.min_depth).sum())

    def tensors(self, device: torch.device | str, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Edges (K + 1, ) and centers (K, ) on a device, m: made once for each, and not to be changed.

        Args:
            device: where they are wanted.
            dtype: floating.
        """
        return on_device(self, EDGES, device, dtype), on_device(self, CENTERS, device, dtype)

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, DepthBins) and self.below == other.below
                and np.array_equal(self.edges, other.edges) and np.array_equal(self.centers, other.centers))

    def __hash__(self) -> int:
        return hash((self.edges.tobytes(), self.below))

    def __repr__(self):
        below = '' if self.below == 'first' else f', below={self.below!r}'
        if type(self) is DepthBins:  # nothing shorter tells these bins from others
            return f'DepthBins(edges={self.edges.tolist()}, center={self.center!r}{below})'
        return (f'{type(self).__name__}(min_depth={self.min_depth!r}, max_depth={self.max_depth!r}, '
                f'num_bins={self.num_bins}{below})')


class SIDBins(DepthBins):
    """Spatially increasing discretisation: equal steps of log depth (Fu et al., DORN, 2018; the paper's eq. 2).

    ``e_i = exp(log(a) + log(b / a) * i / K)``; centers are geometric, ``sqrt(e_i * e_(i+1))``.

    With DORN's shift xi all this happens to ``depth + xi``: edges are those of ``[a + xi, b + xi]``, minus xi, and so
    are the centers (DORN's own decoder takes arithmetic ones). DORN has ``a + xi = 1``; a large xi tends to UD.

    Args:
        min_depth: a, metres, >= 0.
        max_depth: b, metres, > a.
        num_bins: K, 2..255.
        below: see :class:`DepthBins`.
        shift: xi, metres; ``a + xi`` > 0.

    >>> SIDBins(1.0, 80.0, 4).edges.round(3)
    array([ 1.   ,  2.991,  8.944, 26.75 , 80.   ])
    >>> SIDBins(0.0, 80.0, 4, shift=1.0).edges
    array([ 0.,  2.,  8., 26., 80.])
    """

    def __init__(self, min_depth: float, max_depth: float, num_bins: int, below: str = 'first',
                 shift: float = 0.0) -> None:
        scheme = type(self).__name__
        index = _indices(scheme, min_depth, max_depth, num_bins)
        start, end = min_depth + shift, max_depth + shift
        if not (math.isfinite(shift) and start > 0):
            raise ValueError(f'{scheme}: min_depth + shift must be > 0 (its logarithm is taken) and finite, got '
                             f'min_depth={min_depth}, shift={shift}')
        shifted = np.exp(math.log(start) + math.log(end / start) * index / num_bins)
        super().__init__(_pin_ends(shifted - shift, min_depth, max_depth), 'arithmetic', below)
        self.center, self.shift = 'geometric', float(shift)
        self.centers = np.sqrt((self.edges[:-1] + shift) * (self.edges[1:] + shift)) - shift
        self._freeze()

    def __repr__(self):
        shift = f', shift={self.shift!r})' if self.shift else ')'
        return super().__repr__()[:-1] + shift


class UDBins(DepthBins):
    """Uniform discretisation: equal steps of depth (the paper's eq. 1), ``e_i = a + (b - a) * i / K``.

    Arguments as :class:`SIDBins` without ``shift``; centers are arithmetic.

    >>> UDBins(0.0, 80.0, 4).centers
    array([10., 30., 50., 70.])
    """

    def __init__(self, min_depth: float, max_depth: float, num_bins: int, below: str = 'first') -> None:
        index = _indices(type(self).__name__, min_depth, max_depth, num_bins)
        edges = min_depth + (max_depth - min_depth) * index / num_bins
        super().__init__(_pin_ends(edges, min_depth, max_depth), 'arithmetic', below)


class LIDBins(DepthBins):
    """Linear-increasing discretisation: widths grow evenly (Center3D, 2020; Reading et al., CaDDN, 2021).

    ``e_i = a + (b - a) * i * (i + 1) / (K * (K + 1))``; centers are arithmetic. Arguments as :class:`UDBins`.

    >>> LIDBins(0.0, 60.0, 4).edges
    array([ 0.,  6., 18., 36., 60.])
    """

    def __init__(self, min_depth: float, max_depth: float, num_bins: int, below: str = 'first') -> None:
        index = _indices(type(self).__name__, min_depth, max_depth, num_bins)
        edges = min_depth + (max_depth - min_depth) * index * (index + 1) / (num_bins * (num_bins + 1))
        super().__init__(_pin_ends(edges, min_depth, max_depth), 'arithmetic', below)


def _check_num_bins(scheme, num_bins):
    if isinstance(num_bins, bool) or not isinstance(num_bins, (int, np.integer)) or not 2 <= num_bins <= 255:
        raise ValueError(f'{scheme}: num_bins must be an integer in 2..255 (labels are 8-bit and {IGNORE_INDEX} means '
                         f'"ignore"), got {num_bins!r}')


def _indices(scheme, min_depth, max_depth, num_bins):
    """i = 0..K, after checking the range. Dividing by K last keeps edges exact that float64 can hold."""
    _check_num_bins(scheme, num_bins)
    if not (math.isfinite(min_depth) and math.isfinite(max_depth) and 0 <= min_depth < max_depth):
        raise ValueError(f'{scheme}: expected 0 <= min_depth < max_depth, both finite metres, got '
                         f'min_depth={min_depth}, max_depth={max_depth}')
    return np.arange(num_bins + 1, dtype=np.float64)


def _pin_ends(edges, min_depth, max_depth):
    """Remove the rounding of exp and log from the two ends, so that max_depth itself is inside."""
    edges[0], edges[-1] = min_depth, max_depth
    return edges
