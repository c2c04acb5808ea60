"""Errors of several data sets: a row each and their mean. Pure."""
import math
from dataclasses import dataclass

from .errors import ALL_NAMES
from .metrics_table import conditions_table
from .protocols import Protocol

MEAN = 'mean of the sets'


@dataclass(frozen=True)
class SetRow:
    """Errors of one set under one protocol.

    Args:
        label (str): of the row.
        name (str): of the set.
        protocol (Protocol): under which it is scored.
        errors (dict): with ``num_images`` and ``bad_predictions``; NaN where nothing is scored.
    """
    label: str
    name: str
    protocol: Protocol
    errors: dict


def mean_of_sets(rows: dict[str, dict]) -> dict[str, float]:
    """Mean errors of several sets, each counted once; those of which nothing is scored are left out.

    Args:
        rows: errors, ``num_images`` and ``bad_predictions`` of each set.

    Returns:
        The same keys; images and bad predictions are summed. NaN where nothing is scored at all.
    """
    scored = [row for row in rows.values() if row['num_images']]
    mean = {name: math.fsum(row[name] for row in scored) / len(scored) if scored else math.nan for name in ALL_NAMES}
    return mean | {name: sum(row[name] for row in rows.values()) for name in ('num_images', 'bad_predictions')}


def sets_table(rows: list[SetRow], mean: dict[str, float]) -> str:
    """Markdown table.

    Args:
        rows: one at least.
        mean: of :func:`mean_of_sets`.

    Returns:
        See :func:`~.metrics_table.conditions_table`; the last row is the mean's.
    """
    return conditions_table([*((row.label, row.protocol.conditions(), row.errors) for row in rows), (MEAN, {}, mean)])
