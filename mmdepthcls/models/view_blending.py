"""How the views of an image and of its mirror image are mixed. Pure."""
import numpy as np


def blend_ramp(width: int) -> np.ndarray:
    """(width, ) shares of the mirrored view: 1 in the left 5 % of the columns, falling to 0 at 10 % (Godard et al.,
    2017)."""
    return 1 - np.clip(20 * (np.linspace(0, 1, width) - 0.05), 0, 1)
