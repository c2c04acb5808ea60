"""How sure a model is at each pixel. Pure. Shapes: N images, K bins, H x W pixels."""
from .distribution import by_rows, mean, per_channel, quantiles

# Shares of the probability below the ends of the credible interval.
INTERVAL = (0.05, 0.95)


def confidence(logits):
    """Probability of the most probable bin.

    Args:
        logits (Tensor): (N, K, H, W), any floating type.

    Returns:
        Tensor: (N, 1, H, W) float32 in [1 / K, 1].
    """
    return by_rows(lambda part: (part.amax(dim=1, keepdim=True) - part.logsumexp(dim=1, keepdim=True)).exp(), logits)


def entropy(logits):
    """Entropy of the distribution over bins.

    Args:
        logits (Tensor): (N, K, H, W), any floating type.

    Returns:
        Tensor: (N, 1, H, W) float32 nats in [0, ln K].
    """
    def of_block(part):
        logarithms = part.log_softmax(dim=1)
        # A bin of probability 0 adds nothing, also where its logit is -inf.
        return -(logarithms.exp() * logarithms.clamp_min(-1e4)).sum(dim=1, keepdim=True)

    return by_rows(of_block, logits)


def standard_deviation(logits, centers):
    """Standard deviation of depth, each bin taken to be at its center.

    Args:
        logits (Tensor): (N, K, H, W), any floating type.
        centers (Tensor): m, see :func:`~.distribution.per_channel`.

    Returns:
        Tensor: (N, 1, H, W) float32 m.
    """
    centers = per_channel(centers)

    def of_block(part):
        probabilities = part.softmax(dim=1)
        # From the mean: the difference of two moments would lose a small deviation at a great depth.
        return mean(probabilities, (centers - mean(probabilities, centers))**2).sqrt()

    return by_rows(of_block, logits)


def interval(logits, centers, edges, levels=INTERVAL):
    """Credible interval of depth, or other quantiles.

    Args:
        logits (Tensor): (N, K, H, W), any floating type.
        centers (Tensor): m, see :func:`~.distribution.per_channel`.
        edges (Tensor): likewise, K + 1 of them.
        levels (sequence of float): C shares in (0, 1).

    Returns:
        Tensor: (N, C, H, W) float32 m.
    """
    centers, edges = per_channel(centers), per_channel(edges)
    return by_rows(lambda part: quantiles(part.softmax(dim=1), levels, centers, edges), logits)
