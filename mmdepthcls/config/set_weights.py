"""How often each of several data sets is drawn, as a config says it. Pure."""
from __future__ import annotations

import math
from typing import Any


def shares_of_sets(weights: Any, sets: list[str]) -> dict[str, float]:
    """Share of the draws of each set.

    Args:
        weights: dict, from 0 on, by the names of the sets.
        sets: names of all sets that there are.

    Returns:
        In the order of ``sets``; they sum to 1.

    Raises:
        ValueError: for weights without sense, a set without a weight and a weight without its set; says which there
            are.

    >>> shares_of_sets(dict(kitti=3, own=1), ['own', 'kitti'])
    {'own': 0.25, 'kitti': 0.75}
    """
    there = f'sets are {", ".join(map(repr, sets))}'
    if not isinstance(weights, dict) or not weights:
        raise ValueError(f'WeightedSetSampler: weights are given by the names of the sets, such as '
                         f'dict({sets[0]}=1), got {weights!r}; {there}')
    unknown, missing = [name for name in weights if name not in sets], [name for name in sets if name not in weights]
    if unknown:
        raise ValueError(f'WeightedSetSampler: weights name {", ".join(map(repr, unknown))}, and there is no such set; '
                         f"{there} (the data sets' set_name)")
    if missing:
        raise ValueError(f'WeightedSetSampler: {", ".join(map(repr, missing))} has no weight. Give each set one (0: it '
                         'is not drawn)')
    wrong = {name: value for name, value in weights.items() if not _is_number(value) or not 0 <= value < math.inf}
    if wrong:
        raise ValueError(f'WeightedSetSampler: weights must be numbers from 0 on, got {wrong}')
    total = sum(weights.values())
    if not 0 < total < math.inf:
        raise ValueError(f'WeightedSetSampler: no set would be drawn: one of the weights must be more than 0, got '
                         f'{dict(weights)}')
    return {name: weights[name] / total for name in sets}


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
