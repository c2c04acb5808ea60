"""The distribution over depth bins that logits give each pixel. Pure. Shapes: N images, K bins, H x W pixels.

Everything here is computed in float32 from the softmax of the logits, over blocks of rows: a map of 71 x 760 x 1280
numbers is 276 MB, and neither its softmax nor a float32 copy of half-precision logits exists beside it as a whole.
"""
import torch

# Where means are taken: of depths, or of their logarithms.
SPACES = ('depth', 'log')
# Numbers in a block of rows: 1 MB in float32, which stays in a processor's cache; 64 MB keep a GPU busy.
CPU_BLOCK, GPU_BLOCK = 1 << 18, 1 << 24


def by_rows(function, logits, block=None):
    """What a function gives for each pixel, computed over blocks of rows.

    Args:
        function (callable): from (N, K, h, W) float32 logits to (N, C, h, W); each pixel by itself.
        logits (Tensor): (N, K, H, W), any floating type.
        block (int, optional): numbers in a block of rows, at the most (but a row at the least). Default: by the device.

    Returns:
        Tensor: (N, C, H, W).
    """
    block = block or (CPU_BLOCK if logits.device.type == 'cpu' else GPU_BLOCK)
    numbers_a_row = logits.shape[0] * logits.shape[1] * logits.shape[3]
    # What is put into a file is of any size: there is nothing to count, and a loop would be frozen.
    rows = logits.shape[2] if torch.compiler.is_exporting() else max(1, block // max(1, numbers_a_row))
    if rows >= logits.shape[2]:
        return function(logits.float())
    parts = logits.split(rows, dim=2)
    if torch.is_grad_enabled() and logits.requires_grad:
        return torch.cat([function(part.float()) for part in parts], dim=2)
    first = function(parts[0].float())
    # Written into one tensor: small results that stay between large ones that go would tear the heap to pieces.
    result = first.new_empty((*first.shape[:2], *logits.shape[2:]))
    result[:, :, :rows] = first
    for index, part in enumerate(parts[1:], 1):
        result[:, :, index * rows:(index + 1) * rows] = function(part.float())
    return result


def per_channel(values):
    """Values of bins or edges as float32 that broadcast along channels.

    Args:
        values (Tensor): (K,), (K, 1, 1) or (1 or N, K, 1, 1).

    Returns:
        Tensor: (1 or N, K, 1, 1) float32.
    """
    if values.dim() == 1:
        values = values.view(-1, 1, 1)
    return (values[None] if values.dim() == 3 else values).float()


def check_space(owner, space):
    """The space, if it is one of ``SPACES``; else ValueError, in the name of the owner's class."""
    if space not in SPACES:
        raise ValueError(f'{type(owner).__name__}: space must be one of {SPACES}, got {space!r}')
    return space


def mean(probabilities, centers, space='depth'):
    """Mean of the centers, or of their logarithms.

    Args:
        probabilities (Tensor): (N, K, H, W).
        centers (Tensor): broadcasts to it, m; for the mean of logarithms > 0.
        space (str): 'depth' or 'log'.

    Returns:
        Tensor: (N, 1, H, W) m.
    """
    if space == 'depth':
        return (probabilities * centers).sum(dim=1, keepdim=True)
    # A center of 0 m (geometric, of a bin that begins at 0) has no logarithm; 0 * -inf would be NaN.
    logarithms = centers.clamp_min(torch.finfo(torch.float32).tiny).log()
    return (probabilities * logarithms).sum(dim=1, keepdim=True).exp()


def quantiles(probabilities, levels, centers, edges):
    """Depths below which given shares of the probability lie.

    Within a bin the distribution is uniform: in depth, or in log depth where the bin's center is its geometric one.

    Args:
        probabilities (Tensor): (N, K, H, W).
        levels (sequence of float): C shares in (0, 1).
        centers (Tensor): (1 or N, K, 1, 1) m.
        edges (Tensor): (1 or N, K + 1, 1, 1) m.

    Returns:
        Tensor: (N, C, H, W) m.
    """
    cumulative = probabilities.cumsum(dim=1)
    size = (probabilities.shape[0], -1, *probabilities.shape[2:])
    low, high, centers = edges[:, :-1].expand(size), edges[:, 1:].expand(size), centers.expand(size)
    results = []
    for level in levels:
        index = (cumulative < level).sum(dim=1, keepdim=True).clamp_max(probabilities.shape[1] - 1)
        share, until = probabilities.gather(1, index), cumulative.gather(1, index)
        inside = (1 - (until - level) / share).clamp(0, 1)
        first, last = low.gather(1, index), high.gather(1, index)
        results.append(_between(first, last, centers.gather(1, index), inside))
    return torch.cat(results, dim=1)


def _between(low, high, center, share):
    """Depth at a share of a bin."""
    middle, geometric_middle = (low + high) / 2, (low * high).sqrt()
    linear = low + (high - low) * share
    geometric = (low > 0) & ((center - geometric_middle).abs() < (center - middle).abs())
    safe = torch.where(low > 0, low, high)
    return torch.where(geometric, low * (high / safe)**share, linear)
