"""Tables that read well in a terminal and are Markdown. Pure."""


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
