"""Values that are not like the rest: farther from the median than robust standard deviations allow. Pure."""
import numpy as np

SPREADS = 6
LEAST_SAMPLES = 3  # below, there is no "rest"


def far_from_rest(values, least, spreads=SPREADS):
    """Which values are far from their median.

    Args:
        values (sequence of float): one per sample; NaN is not far.
        least (float): distance that is always allowed.
        spreads (float): robust standard deviations that are allowed.

    Returns:
        ndarray: (N,) float, the signed distance where it is too large, else 0.
    """
    values = np.asarray(values, np.float64)
    if not np.isfinite(values).any():
        return np.zeros(len(values))
    distance = values - np.nanmedian(values)
    limit = max(spreads * 1.4826 * np.nanmedian(np.abs(distance)), least)
    return np.where(np.abs(distance) > limit, distance, 0.0)  # comparing NaN is false
