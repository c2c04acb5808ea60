"""Whether a scale can be that of a model whose measurements are metres. Pure."""
from __future__ import annotations

import math

# Either way: what is taken, what a lens may explain, and how far from a unit a scale in it may be.
LIMIT, MOST_OF_A_LENS, NEAR = 10.0, 16.0, 4.0
UNITS = {'centimetres': 100.0, 'millimetres': 1000.0, 'kilometres': 0.001}  # in a metre


def check_scale(scale: float, labelled: bool, knows_camera: bool) -> None:
    """Refuse a scale that no camera and no scene explains, but a unit does.

    Args:
        scale: that was found.
        labelled: with depth maps, and not with points.
        knows_camera: the focal length of the pictures was known.

    Raises:
        ValueError: names the likely unit, and what to do.
    """
    if 1 / LIMIT <= scale <= LIMIT:
        return
    unit, size = min(UNITS.items(), key=lambda each: abs(math.log(scale / each[1])))
    likely = f'in {unit}' if max(scale / size, size / scale) <= NEAR else 'of these pictures, and in metres'
    remedy = ('--depth-scale N says how many units of the depth maps are a metre.' if labelled else
              'Points are given in metres.')
    by_lens = not knows_camera and 1 / MOST_OF_A_LENS <= scale <= MOST_OF_A_LENS
    camera = ' Or is the lens a very different one from those of the training? --focal-px PX tells it.' * by_lens
    raise ValueError(f'the scale would be {scale:.3g} times what the model says: are the '
                     f'{"depth maps" if labelled else "points"} {likely}? {remedy}{camera} If it is meant, '
                     f'--any-scale takes a scale beyond 1/{LIMIT:g} to {LIMIT:g}')
