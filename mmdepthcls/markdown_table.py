"""Metrics as a table that reads well in a terminal and is Markdown. Pure."""
from .evaluation.errors import ERROR_NAMES

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
    if len(rows) > 1:
        rows.pop(label, None)  # it repeats the first protocol
    names = [name for name in wanted if any(name in row for row in rows.values())]
    return metrics_table(rows, names or list(next(iter(rows.values()))))


def fold_tables(text, width):
    """Cut Markdown tables that are too wide into several below each other, each with the first column.

    Args:
        text (str): lines; those that begin with '|' are rows of tables, of cells that are aligned.
        width (int): characters of a line, at the most where a first and one more column fit.

    Returns:
        str

    >>> print(fold_tables('| a |  b |  c |\\n|---|---:|---:|\\n| 1 |  2 |  3 |', 12))
    | a |  b |
    |---|---:|
    | 1 |  2 |
    <BLANKLINE>
    | a |  c |
    |---|---:|
    | 1 |  3 |
    """
    folded, table = [], []
    for line in [*text.split('\n'), None]:
        if line is not None and line.startswith('|'):
            table.append(line)
            continue
        if table:
            folded += _fold_table(table, width)
            table = []
        if line is not None:
            folded.append(line)
    return '\n'.join(folded)


def _fold_table(lines, width):
    if max(map(len, lines)) <= width:
        return lines
    rows = [line.strip('|').split('|') for line in lines]
    first, *others = [len(cell) + 1 for cell in rows[0]]
    blocks, used = [[]], first + 1
    for column, size in enumerate(others, 1):
        if blocks[-1] and used + size > width:
            blocks.append([])
            used = first + 1
        blocks[-1].append(column)
        used += size
    tables = [['|' + '|'.join(row[column] for column in (0, *block)) + '|' for row in rows] for block in blocks]
    return [line for index, table in enumerate(tables) for line in (([''] if index else []) + table)]


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
