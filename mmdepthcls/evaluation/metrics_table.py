"""Metrics as Markdown tables: of models, of protocols, of what an evaluator returned. Pure."""
from ..markdown_table import markdown_table
from .errors import ERROR_NAMES

DECIMALS = {'rmse': 3, 'mae': 3, 'silog': 2, 'irmse': 2, 'imae': 2, 'd1': 3, 'd2': 3, 'd3': 3}


def metrics_table(rows, names=ERROR_NAMES):
    """Markdown table.

    Args:
        rows (dict[str, dict[str, float]]): label of the row -> metrics.
        names (sequence of str): columns.

    Returns:
        str: lines without a final newline; what a row lacks, and NaN, is shown as '-'.

    >>> print(metrics_table({'ours': {'abs_rel': 0.0731}}, ['abs_rel', 'rmse']))
    |      | abs_rel | rmse |
    |------|--------:|-----:|
    | ours |  0.0731 |    - |
    """
    cells = [['', *names]]
    cells += [[label, *(_cell(row, name) for name in names)] for label, row in rows.items()]
    return markdown_table(cells)


def summary_table(metrics, label, wanted=ERROR_NAMES):
    """Markdown table of what an evaluator returned: a row for each protocol (or other prefix), one of what has none.

    Args:
        metrics (dict[str, float]): such as ``abs_rel`` or ``eigen_raw/abs_rel``; what is no float is left out.
        label (str): of the row without a prefix.
        wanted (sequence of str): of depth errors, those to show.

    Returns:
        str: see :func:`metrics_table`; all of them where there are no depth errors.

    >>> print(summary_table({'abs_rel': 0.0731, 'num_images': 3}, 'test'))
    |      | abs_rel |
    |------|--------:|
    | test |  0.0731 |
    """
    rows = {}
    for name, value in metrics.items():
        if isinstance(value, float):
            row, _, name = name.rpartition('/')
            rows.setdefault(row or label, {})[name] = value
    names = [name for name in wanted if any(name in row for row in rows.values())]
    names = names or list(next(iter(rows.values())))
    shown = {row: metrics for row, metrics in rows.items() if not _is_repeated(row, label, rows, names)}
    return metrics_table(shown, names)


def _is_repeated(name, label, rows, names):
    """Whether a row shows the numbers of the first protocol of it (of all, where it has no prefix)."""
    start, mine = '' if name == label else f'{name}/', rows[name]
    return any(row is not mine and other.startswith(start) and all(
        row.get(key) == mine.get(key) or mine.get(key) != mine.get(key) for key in names)
        for other, row in rows.items())


def protocols_table(rows, names=ERROR_NAMES):
    """Markdown table of protocols, each with its conditions beside its errors.

    Args:
        rows (dict[Protocol, dict[str, float]]): protocol -> metrics with ``num_images``.
        names (sequence of str): metrics.

    Returns:
        str: see :func:`metrics_table`.
    """
    return conditions_table([(protocol.name, protocol.conditions(), row) for protocol, row in rows.items()], names)


def conditions_table(rows, names=ERROR_NAMES):
    """Markdown table of rows with their conditions.

    Args:
        rows (list[tuple[str, dict, dict]]): label, conditions (of the first row all; {}: none) and metrics with
            ``num_images``.
        names (sequence of str): metrics.

    Returns:
        str: see :func:`metrics_table`.
    """
    table = {label: {**conditions, **row, 'N': row['num_images']} for label, conditions, row in rows}
    conditions = [key for key in rows[0][1] if key != 'ground truth']
    return metrics_table(table, ['ground truth', 'N', *conditions, *names])


def _cell(row, name):
    value = row.get(name)
    if value is None or value != value:
        return '-'
    metric = name.partition(',')[0]  # of 'd1, median-scaled'
    return f'{value:.{DECIMALS.get(metric, 4)}f}' if isinstance(value, float) else str(value)
