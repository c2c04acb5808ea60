"""The width of the terminal that a person reads in. Pure."""
import shutil
import sys
import textwrap

from ...markdown_table import fold_tables


def fitted(text, stream=None):
    """str: a text whose lines and tables are as wide as the terminal at most; where there is none, as it was.

    Args:
        text (str): lines; what has no blank in it, such as a path, stays whole.
        stream (file, optional): where it is printed. Default: stdout.
    """
    if not (stream or sys.stdout).isatty():
        return text
    width = shutil.get_terminal_size().columns
    lines = fold_tables(text, width).splitlines()
    return '\n'.join(line if len(line) <= width or line.startswith('|') else textwrap.fill(
        line, width - 1, subsequent_indent='  ', break_long_words=False, break_on_hyphens=False) for line in lines)
