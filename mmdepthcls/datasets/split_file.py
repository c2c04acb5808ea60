"""Split files: the samples of a dataset, one a line. Pure."""
import os
import re


def read_split_file(path, name='the dataset'):
    """Columns of every line that is one.

    Blank lines and lines that begin with ``#`` are skipped; CRLF line ends and a byte-order mark do no harm.

    Args:
        path (str): the file, UTF-8.
        name (str): who asks, for messages.

    Yields:
        tuple[str, list[str]]: where the line is ('FILE, line N'), and its columns.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no UTF-8 text.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{name}: split file {path} does not exist')
    try:
        with open(path, encoding='utf-8-sig') as file:
            lines = file.readlines()
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: a split file is UTF-8 text, this is not ({error}). Save it as UTF-8.') from error
    for number, line in enumerate(lines, 1):
        columns = line.split()
        if columns and not columns[0].startswith('#'):
            yield f'{path}, line {number}', columns


def join_inside(folder, name, where):
    """``folder/name``, refused where ``name`` is absolute or leaves ``folder``.

    Raises:
        ValueError: names ``where`` (the split file and line) and the path.
    """
    if os.path.isabs(name) or re.match(r'[A-Za-z]:', name) or os.path.normpath(name).split(os.sep)[0] == os.pardir:
        raise ValueError(f'{where}: path {name!r} leaves the data root. Write it relative to {folder!r}.')
    return os.path.join(folder, name)
