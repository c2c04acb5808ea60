"""The fully connected CRF of Kraehenbuehl & Koltun (Efficient Inference in Fully Connected CRFs with Gaussian Edge
Potentials, NIPS 2011), which DeepLab v2 ends with, for classes without and with an order.

Shapes: N images, K labels, H x W pixels, P = H * W.
"""
from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from .compatibilities import COMPATIBILITIES
from .permutohedral import GaussianKernels


@torch.no_grad()
def dense_crf(probabilities: torch.Tensor, image: torch.Tensor, *, iterations: int = 10, smoothness_weight: float = 3.,
              smoothness_width: float = 3., appearance_weight: float = 10., appearance_width: float = 50.,
              color_width: float = 5., compatibility: str | torch.Tensor = 'potts', truncation: float | None = None,
              centers: torch.Tensor | Sequence | None = None) -> torch.Tensor:
    r"""Sharpen label probabilities by mean-field inference in a fully connected CRF.

    Every two pixels i, j, at positions p and with colors I, pay ``mu(x_i, x_j) k(i, j)`` for their labels, where

    .. math:: k(i, j) = w_a \exp(-\frac{|p_i - p_j|^2}{2 \theta_a^2} - \frac{|I_i - I_j|^2}{2 \theta_c^2})
                      + w_s \exp(-\frac{|p_i - p_j|^2}{2 \theta_s^2}),

    both kernels normalized symmetrically, and one pixel pays ``-log`` of its probability. Each iteration replaces the
    marginals of all pixels by ``softmax(log probability - mu (k * marginals))``. The sums over all pixels run through a
    permutohedral lattice, in time linear in P. Same result as the authors' C++ code, see docs/crf.md.

    Nothing is differentiated. Computes in float32 whatever autocast says, on the device of ``probabilities``, one image
    after another. Deterministic on the CPU.

    Args:
        probabilities: (N, K, H, W) floating point, each pixel's sum to 1. A label with 0 keeps 0.
        image: (N, 3, H, W) RGB in 0..255, uint8 or floating point.
        iterations: of the mean field, >= 0; 5..10 are usual.
        smoothness_weight: w_s, >= 0; 0 leaves the smoothness kernel out.
        smoothness_width: theta_s, pixels, > 0.
        appearance_weight: w_a, >= 0; 0 leaves the appearance kernel out.
        appearance_width: theta_a, pixels, > 0.
        color_width: theta_c, gray levels, > 0.
        compatibility: mu. ``'potts'``: 1 for two different labels, 0 for equal ones. ``'linear'`` and ``'log'``: see
            :func:`label_compatibility`. Or a symmetric (K, K) tensor.
        truncation: see :func:`label_compatibility`.
        centers: for ``'log'``, (K,) bin centers, metres, or (N, K) where each image has its own.

    Returns:
        (N, K, H, W) float32 marginals.

    Raises:
        ValueError: sizes that do not match; probabilities that are negative, not finite or do not sum to 1; an image
            outside 0..255; weights, widths or iterations outside their range; widths so small that the lattice's keys
            overflow; an unknown compatibility.

    >>> probabilities = torch.full((1, 2, 8, 8), 0.5)
    >>> probabilities[:, 0, 2:, 2:], probabilities[:, 1, 2:, 2:] = 0.6, 0.4
    >>> dense_crf(probabilities, torch.full((1, 3, 8, 8), 128.)).argmax(1).sum()  # label 0 wins everywhere
    tensor(0)
    """
    _check_numbers(iterations, dict(smoothness_weight=smoothness_weight, appearance_weight=appearance_weight),
                   dict(smoothness_width=smoothness_width, appearance_width=appearance_width, color_width=color_width))
    _check_probabilities(probabilities)
    _check_image(image, probabilities)
    number, labels, height, width = probabilities.shape
    device = probabilities.device
    centers = _centers_of_images(centers, number)
    costs = [label_compatibility(compatibility, labels, truncation=truncation, centers=each) for each in centers]

    result = torch.empty(probabilities.shape, dtype=torch.float32, device=device)
    with torch.autocast(device.type, enabled=False):
        for index, cost in enumerate(costs):
            kernels = _kernels(image[index].to(device, torch.float32), smoothness_weight, smoothness_width,
                               appearance_weight, appearance_width, color_width)
            marginals = _mean_field(probabilities[index], kernels, cost, iterations)
            result[index] = marginals.T.reshape(labels, height, width)
    return result


def label_compatibility(compatibility: str | torch.Tensor, num_labels: int, *, truncation: float | None = None,
                        centers: torch.Tensor | Sequence | None = None) -> torch.Tensor | None:
    """What two labels cost each other.

    ``'linear'`` costs ``min(|i - j|, t) / t``, ``'log'`` ``min(|log c_i - log c_j|, t) / t``: labels near each other
    are nearly free, those t or more apart cost 1, as all do in the Potts model. ``'linear'`` with ``t = 1`` is Potts.

    Args:
        compatibility: ``'potts'``, ``'linear'``, ``'log'`` or a symmetric (K, K) tensor of finite costs.
        num_labels: K.
        truncation: t > 0, labels for ``'linear'``, natural logarithms for ``'log'`` (0.7 is a factor of 2). ``None``:
            the largest distance, so nothing is capped.
        centers: (K,) bin centers c, metres, > 0; ``'log'`` needs them.

    Returns:
        (K, K) float32 on the CPU or the device of ``centers`` or the given tensor; None for ``'potts'``, which needs no
        matrix.

    Raises:
        ValueError: an unknown compatibility, or arguments that don't belong to it.

    >>> label_compatibility('linear', 4, truncation=2)
    tensor([[0.0000, 0.5000, 1.0000, 1.0000],
            [0.5000, 0.0000, 0.5000, 1.0000],
            [1.0000, 0.5000, 0.0000, 0.5000],
            [1.0000, 1.0000, 0.5000, 0.0000]])
    """
    kind = compatibility if isinstance(compatibility, str) else 'a tensor'
    if truncation is not None and (kind not in ('linear', 'log') or not 0 < truncation < math.inf):
        raise ValueError(f"truncation must be > 0 and is for compatibility 'linear' and 'log', got truncation="
                         f'{truncation} with {kind}')
    if (centers is None) == (kind == 'log'):
        raise ValueError(f"compatibility 'log' needs centers (K,), in metres, and no other takes them, got {kind} with "
                         f'centers={centers}')
    if kind == 'potts':
        return None
    if kind == 'a tensor':
        return _checked_matrix(compatibility, num_labels)
    if kind == 'linear':
        position = torch.arange(num_labels, dtype=torch.float64)
    elif kind == 'log':
        position = torch.as_tensor(centers).double()
        if position.shape != (num_labels, ) or not ((position > 0) & (position < math.inf)).all():
            raise ValueError(f'centers must be {num_labels} finite metres > 0, one a label, got {centers}')
        position = position.log()
    else:
        raise ValueError(f'compatibility must be one of {", ".join(map(repr, COMPATIBILITIES))} or a (K, K) tensor, '
                         f'got {compatibility!r}')
    distance = (position[:, None] - position).abs()
    truncation = truncation or distance.max().item() or 1.
    return (distance.clamp_(max=truncation) / truncation).float()


def _mean_field(probabilities, kernels, cost, iterations):
    """Marginals (P, K) after some iterations from probabilities (K, H, W), with kernels as in :class:`GaussianKernels`.

    A row is a pixel: all that is done here adds and normalizes rows. Potts needs no matrix of costs:
    ``sum over l' != l of m[l']`` is ``sum of m - m[l]``, and softmax forgets the sum.
    """
    unary = torch.empty(probabilities[0].numel(), len(probabilities), dtype=torch.float32, device=probabilities.device)
    unary.copy_(probabilities.flatten(1).T).log_()
    marginals = torch.softmax(unary, 1)
    if not kernels or not iterations:
        return marginals
    filters = GaussianKernels(kernels)
    cost = None if cost is None else cost.to(unary.device)
    for _ in range(iterations):
        blurred = filters.blur(marginals)  # all that is read of the old marginals: new ones may take their place
        for block, (start, end) in enumerate(filters.ranges):
            energy = filters.slice(block, blurred)
            if cost is None:
                energy += unary[start:end]
            else:
                energy = torch.addmm(unary[start:end], energy, cost, alpha=-1)
            torch.softmax(energy, 1, out=marginals[start:end])
    return marginals


def _kernels(image, smoothness_weight, smoothness_width, appearance_weight, appearance_width, color_width):
    """Features (d, P) and weight of the kernels that have one, for an image (3, H, W) float32."""
    height, width = image.shape[1:]
    y, x = torch.meshgrid(*(torch.arange(size, dtype=torch.float32, device=image.device) for size in (height, width)),
                          indexing='ij')
    position = torch.stack([x.flatten(), y.flatten()])
    kernels = []
    if appearance_weight > 0:
        kernels.append((torch.cat([position / appearance_width, image.flatten(1) / color_width]), appearance_weight))
    if smoothness_weight > 0:
        kernels.append((position / smoothness_width, smoothness_weight))
    return kernels


def _centers_of_images(centers, number):
    """Centers (K,) of each of N images, from one for all or one for each."""
    if centers is None or torch.as_tensor(centers).ndim < 2:
        return [centers] * number
    if len(centers) != number:
        raise ValueError(f'centers must be (K,) or (N, K) with N = {number} images, got {len(centers)} rows')
    return list(torch.as_tensor(centers))


def _checked_matrix(matrix, num_labels):
    matrix = torch.as_tensor(matrix).detach().float()
    if matrix.shape != (num_labels, num_labels):
        raise ValueError(f'compatibility must be ({num_labels}, {num_labels}) for {num_labels} labels, got '
                         f'{tuple(matrix.shape)}')
    if not (matrix.isfinite().all() and torch.allclose(matrix, matrix.T)):
        raise ValueError('compatibility must be finite and symmetric: what i costs beside j is what j costs beside i')
    return matrix


def _check_numbers(iterations, weights, widths):
    if isinstance(iterations, bool) or not isinstance(iterations, int) or iterations < 0:
        raise ValueError(f'iterations must be an integer >= 0, got {iterations!r}')
    for name, value in weights.items():
        if not 0 <= value < math.inf:
            raise ValueError(f'{name} must be finite and >= 0, got {value}')
    for name, value in widths.items():
        if not 0 < value < math.inf:
            raise ValueError(f'{name} must be finite and > 0, got {value} ({name.replace("width", "weight")}=0 leaves '
                             'a kernel out)')


def _check_probabilities(probabilities):
    if probabilities.ndim != 4 or not probabilities.is_floating_point() or 0 in probabilities.shape[1:]:
        raise ValueError('probabilities must be a floating-point tensor (N, K, H, W), not empty, got '
                         f'{tuple(probabilities.shape)} of {probabilities.dtype}')
    # Half precision rounds each probability by up to 2**-9.
    tolerance = 1e-3 if probabilities.dtype in (torch.float32, torch.float64) else 1e-2
    for index, each in enumerate(probabilities):
        low = each.min().item()
        if not low >= 0:  # NaN too
            raise ValueError(f'probabilities of image {index} must be >= 0, got {low} (softmax the logits first)')
        low, high = (bound.item() for bound in each.sum(0, dtype=torch.float32).aminmax())
        if not (low >= 1 - tolerance and high <= 1 + tolerance):
            raise ValueError(f'probabilities of image {index} must sum to 1 over the labels (dimension 1) at each '
                             f'pixel, got sums of {low:.6g}..{high:.6g} (softmax the logits first)')


def _check_image(image, probabilities):
    shape = (probabilities.shape[0], 3, *probabilities.shape[2:])
    if tuple(image.shape) != shape:
        raise ValueError(f'image must be {shape} for probabilities of {tuple(probabilities.shape)}, got '
                         f'{tuple(image.shape)}')
    if image.dtype == torch.uint8 or not image.numel():
        return
    low, high = (bound.item() for bound in image.aminmax())
    if not (low >= 0 and high <= 255):  # NaN too
        raise ValueError(f'image must be RGB in 0..255, got {low:.6g}..{high:.6g}: undo the normalization '
                         '(image * std + mean) and, after resizing, clamp to 0..255')
    if image.is_floating_point() and high <= 1 and image.frac().any():
        raise ValueError(f'image must be RGB in 0..255, got {low:.6g}..{high:.6g}: multiply a picture in 0..1 by 255')
