"""Gaussian filtering in d dimensions in time linear in the points: the permutohedral lattice (Adams, Baek & Davis, Fast
High-Dimensional Filtering Using the Permutohedral Lattice, Eurographics 2010).

Points splat their values to the d + 1 corners of the simplex that they lie in, the values are blurred along the d + 1
axes of the lattice, and points slice their result from the same corners. All of it is linear in the values, so a
lattice is made once for an image and becomes a few sparse matrices.

Shapes: d features, P points, M vertices (corners that some point has), K values a point.
"""
import math
from typing import NamedTuple

import torch

from .sparse_rows import SparseRows, stack

STAGES = 3  # blurs in which all axes are done; each does up to two axes of the 5-D lattice of position and color
MAX_COORDINATE = 2**20  # float32 leaves 1/16 between two integers here
MAX_KEY = 2**63 - 1


class Lattice(NamedTuple):
    """Where points lie in the lattice.

    vertices: (P, d + 1) int64, the corners of each point's simplex, 0..M-1, numbered as the points come to them:
    neighbors in the image stay neighbors in memory.
    weights: (P, d + 1) float32, barycentric coordinates; they sum to 1.
    neighbors: (d + 1, M, 2) int64, the vertices one step on and one step back along each axis, M where no point has
    such a corner.
    """
    vertices: torch.Tensor
    weights: torch.Tensor
    neighbors: torch.Tensor


def build_lattice(features):
    """Place points in the permutohedral lattice.

    Args:
        features (Tensor): (d, P) float32, position divided by the standard deviation of the Gaussian.

    Returns:
        Lattice: its vertices, weights and neighbors.

    Raises:
        ValueError: a feature isn't finite or too large, or the lattice too wide for 64-bit keys.
    """
    dims = len(features)
    base, rank, weights = _find_simplices(features)
    low, strides = _key_layout(base)
    total = sum(strides)
    # Corner r has coordinates base + r, less d + 1 where the rank is above d - r (the canonical simplex, section 3).
    packed = sum((base[axis].long() - low[axis]) * stride for axis, stride in enumerate(strides))
    keys = torch.empty(features.shape[1], dims + 1, dtype=torch.int64, device=features.device)
    for corner in range(dims + 1):
        wrap = sum((rank[axis] > dims - corner) * stride for axis, stride in enumerate(strides))
        keys[:, corner] = packed + corner * total - (dims + 1) * wrap
    del base, rank, packed
    unique, inverse = torch.unique(keys, return_inverse=True)
    number = _number_by_first_use(inverse, len(unique))
    return Lattice(number[inverse], weights, _find_neighbors(unique, number, strides))


class GaussianKernels:
    """A weighted sum of normalized Gaussian filters over the same points, ``sum of w_m N_m G_m N_m``.

    ``G_m`` is one lattice's splat, blur and slice, ``N_m`` the diagonal ``1 / sqrt(G_m 1)``: the symmetric
    normalization of Kraehenbuehl & Koltun. (Constant factors of ``G_m`` cancel.) The lattices are joined into one: one
    splat, three blurs and one slice, with normalization and weights inside.

    Args:
        kernels (list): pairs of features (d, P) float32, see :func:`build_lattice`, and weight w_m.
    """

    def __init__(self, kernels):
        splats, blurs, corners, weights, offsets = [], [], [], [], [0]
        for features, weight in kernels:
            lattice = build_lattice(features)
            splat, stages, scale = _normalized(lattice)
            splats.append(splat)
            blurs.append(stages)
            corners.append(lattice.vertices.int() + offsets[-1])
            weights.append(lattice.weights * (weight * scale[:, None]))
            offsets.append(offsets[-1] + lattice.neighbors.shape[1])
            del lattice
        self.num_vertices = offsets[-1]
        self._splat = stack(splats, [0] * len(splats))
        self._blurs = [stack(stage, offsets[:-1]) for stage in zip(*blurs, strict=True)]
        corners = torch.cat(corners, 1)
        counts = torch.full((len(corners), ), corners.shape[1], device=corners.device)
        self._slice = SparseRows(corners.flatten(), counts, torch.cat(weights, 1).flatten())
        self.ranges = self._slice.ranges
        self._buffers = None

    def blur(self, values):
        """Values of the vertices, splatted from values (P, K) float32 and blurred: (M, K), overwritten by the next
        call."""
        shape = (self.num_vertices, values.shape[1])
        if self._buffers is None or self._buffers[0].shape != shape:
            self._buffers = [values.new_empty(shape) for _ in range(2)]
        here, there = self._buffers
        self._splat.times(values, out=here)
        for stage in self._blurs:
            stage.times(here, out=there)
            here, there = there, here
        return here

    def slice(self, block, blurred):
        """Filtered values, (rows, K), of the points in ``ranges[block]``, from what :meth:`blur` gave."""
        return self._slice.rows(block, blurred)

    def filter(self, values):
        """Filtered values (P, K) of values (P, K) float32."""
        return self._slice.times(self.blur(values))


def _find_simplices(features):
    """The simplex of each point, and where in it the point lies (section 3 of the paper).

    Returns: base (d + 1, P) int32, the nearest 0-colored vertex; rank (d + 1, P) int32 of each coordinate's distance
    from it, 0 is the largest; barycentric weights (P, d + 1) of the corners 0..d.

    The order of the float32 operations is the one of Kraehenbuehl's code: points on the border of two simplices, and
    there are many (colors are integers), must choose the same one to have the same vertices.
    """
    dims, size = len(features), len(features) + 1
    # Makes the standard deviation of splat, blur and slice together 1; rounded as there.
    spread = torch.tensor(math.sqrt(2 / 3) * size, dtype=torch.float32).item()
    elevated = features.new_zeros(size, features.shape[1])
    running = torch.zeros_like(elevated[0])
    for axis in range(dims, 0, -1):
        scaled = features[axis - 1] * (1 / math.sqrt((axis + 1) * axis) * spread)
        elevated[axis] = running - scaled * axis
        running += scaled
    elevated[0] = running
    _check_coordinates(elevated)

    nearest = torch.round(elevated * (1 / size))
    excess = nearest.sum(0).int()
    base = nearest.mul_(size)
    distance = elevated - base
    rank = torch.zeros_like(base, dtype=torch.int32)
    for first in range(size):
        for second in range(first + 1, size):
            behind = distance[first] < distance[second]
            rank[first] += behind
            rank[second] += ~behind
    rank += excess  # a base off the plane of coordinate sum 0 goes back along the extreme coordinates
    move = ((rank < 0).int() - (rank >= size).int()) * size
    rank += move
    base += move

    fraction = (elevated - base).mul_(1 / size)
    by_rank = torch.empty_like(fraction).scatter_(0, rank.long(), fraction)
    weights = torch.empty_like(fraction)
    weights[0] = by_rank[dims] + (1 - by_rank[0])
    torch.sub(by_rank[:dims].flip(0), by_rank[1:].flip(0), out=weights[1:])
    return base.int(), rank, weights.T.contiguous()


def _check_coordinates(elevated):
    low, high = elevated.aminmax()
    if not (low > -MAX_COORDINATE and high < MAX_COORDINATE):  # NaN too
        raise ValueError(f'permutohedral lattice: coordinates must be finite and within +-{MAX_COORDINATE}, got '
                         f'{low.item():.4g}..{high.item():.4g}: a width is too small for the range of its feature')


def _key_layout(base):
    """How the first d coordinates of a vertex (the last one follows from them) are packed into one integer: the lowest
    coordinates and the factors, d integers each."""
    dims = len(base) - 1
    low, high = (bound.tolist() for bound in base[:dims].aminmax(dim=1))
    # Corners lie within d of the base, and the neighbors that are looked for within d of them: no two may share a key.
    sizes = [top - bottom + 1 + 4 * dims for bottom, top in zip(low, high, strict=True)]
    if math.prod(sizes) > MAX_KEY:
        raise ValueError(f'permutohedral lattice: {" x ".join(map(str, sizes))} possible vertices do not fit into '
                         f'64-bit keys: a width is too small for the range of its feature')
    return low, [math.prod(sizes[axis + 1:]) for axis in range(dims)]


def _number_by_first_use(inverse, count):
    """New numbers (M,) of the unique keys, in the order in which points first have them."""
    inverse = inverse.flatten()
    position = torch.arange(len(inverse), device=inverse.device)
    first = torch.full((count, ), len(inverse), device=inverse.device).scatter_reduce_(0, inverse, position, 'amin')
    number = torch.empty_like(first)
    number[first.argsort()] = torch.arange(count, device=inverse.device)
    return number


def _find_neighbors(unique, number, strides):
    """Neighbors (d + 1, M, 2) of vertices with sorted keys ``unique`` (M,) and numbers ``number`` (M,)."""
    size, total = len(strides) + 1, sum(strides)
    neighbors = torch.full((size, len(unique), 2), len(unique), device=unique.device)
    for axis in range(size):
        # One step along axis j adds d to coordinate j and takes 1 from all others.
        wanted = unique - total + (size * strides[axis] if axis < size - 1 else 0)
        place = torch.searchsorted(unique, wanted).clamp_(max=len(unique) - 1)
        found = unique[place] == wanted
        here, there = number[found], number[place[found]]
        neighbors[axis, here, 0] = there
        neighbors[axis, there, 1] = here
    return neighbors


def _splat_matrix(lattice):
    """(M x P): each vertex adds its points in their order."""
    corners = lattice.vertices.flatten()
    order = corners.argsort(stable=True)
    counts = corners.bincount(minlength=lattice.neighbors.shape[1])
    points = order.div(lattice.vertices.shape[1], rounding_mode='floor')
    return SparseRows(points, counts, lattice.weights.flatten()[order])


def _blur_matrices(lattice):
    """STAGES matrices (M x M) whose product is the blurs ``v + (left + right) / 2`` along all axes, one after another.

    Of the two neighbors along an axis a vertex of an image's 5-D lattice has about one: two axes in one matrix touch
    5 rows a vertex where two matrices touch 6. Three would touch more.
    """
    size, count = lattice.neighbors.shape[:2]
    device = lattice.neighbors.device
    itself = torch.arange(count + 1, device=device)[:, None]  # the last one stands for all that are missing
    missing = torch.full((1, 2), count, device=device)
    kernel = torch.tensor([1, 0.5, 0.5], dtype=torch.float32, device=device)
    matrices = []
    for stage in range(STAGES):
        table, weights = itself, kernel[:1]
        for axis in range(stage * size // STAGES, (stage + 1) * size // STAGES):
            reached = torch.cat([itself, torch.cat([lattice.neighbors[axis], missing])], 1)
            table = table[reached].flatten(1)
            weights = torch.outer(kernel, weights).flatten()
        matrices.append(SparseRows.from_table(table[:-1], weights, count))
    return matrices


def _normalized(lattice):
    """Splat matrix with the normalization in it, blur matrices, and the normalization (P,)."""
    splat, stages = _splat_matrix(lattice), _blur_matrices(lattice)
    total = splat.times(lattice.weights.new_ones(len(lattice.weights), 1))
    for stage in stages:
        total = stage.times(total)
    total = (total[:, 0][lattice.vertices] * lattice.weights).sum(1)
    scale = (total + 1e-20).rsqrt()
    return splat.scale_columns(scale), stages, scale
