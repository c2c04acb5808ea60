"""Metrics as a table that reads well in a terminal and is Markdown. Pure."""
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


def markdown_table(lines):
    """Aligned Markdown: the first column to the left, all others to the right.

    Args:
        lines (list[list[str]]): cells; the first line is the header.

    Returns:
        str: without a final newline.
    """
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ['| ' + ' | '.join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in
                                                          zip(line[1:], widths[1:], strict=True))]) + ' |'
            for line in lines]
    rule = '|' + '|'.join(['-' * (widths[0] + 2), *('-' * (width + 1) + ':' for width in widths[1:])]) + '|'
    return '\n'.join([text[0], rule, *text[1:]])


def protocols_table(rows, names=ERROR_NAMES):
    """Markdown table of protocols, each with its conditions beside its errors.

    Args:
        rows (dict[Protocol, dict[str, float]]): protocol -> metrics with ``num_images``.
        names (sequence of str): metrics.

    Returns:
        str: see :func:`metrics_table`.
    """
    conditions = {protocol.name: protocol.conditions() for protocol in rows}
    table = {protocol.name: {**conditions[protocol.name], **row, 'N': row['num_images']}
             for protocol, row in rows.items()}
    first = next(iter(conditions.values()))
    return metrics_table(table, ['ground truth', 'N', *[key for key in first if key != 'ground truth'], *names])


def _cell(row, name):
    value = row.get(name)
    if value is None or value != value:
        return '-'
    return f'{value:.{DECIMALS.get(name, 4)}f}' if isinstance(value, float) else str(value)
