"""Metrics as a table that reads well in a terminal and is Markdown. Pure."""
from .errors import ERROR_NAMES

DECIMALS = {'rmse': 3, 'silog': 2, 'd1': 3, 'd2': 3, 'd3': 3}


def metrics_table(rows, names=ERROR_NAMES):
    """Markdown table.

    Args:
        rows (dict[str, dict[str, float]]): label of the row -> metrics.
        names (sequence of str): columns.

    Returns:
        str: lines without a final newline; a metric that a row lacks is shown as '-'.

    >>> print(metrics_table({'ours': {'abs_rel': 0.0731}}, ['abs_rel', 'rmse']))
    |      | abs_rel | rmse |
    |------|--------:|-----:|
    | ours |  0.0731 |    - |
    """
    cells = [['', *names]]
    cells += [[label, *(f'{row[name]:.{DECIMALS.get(name, 4)}f}' if name in row else '-' for name in names)]
              for label, row in rows.items()]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ['| ' + ' | '.join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in
                                                           zip(line[1:], widths[1:], strict=True))]) + ' |'
             for line in cells]
    rule = '|' + '|'.join(['-' * (widths[0] + 2), *('-' * (width + 1) + ':' for width in widths[1:])]) + '|'
    return '\n'.join([lines[0], rule, *lines[1:]])
