"""Times of functions that take turns, and how they compare. Pure."""
import time
from statistics import median

from ...markdown_table import markdown_table


def time_all(functions, rounds):
    """Median seconds of each function; they take turns, so that a slow moment of the machine meets all of them.

    Args:
        functions (dict[str, callable]): by name.
        rounds (int): how often each is called.

    Returns:
        dict[str, float]
    """
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


def print_table(title, seconds, base):
    """Print milliseconds by name, and their ratio to those of ``base``."""
    lines = [[name, f'{value * 1e3:.2f}', f'{value / seconds[base]:.2f}'] for name, value in seconds.items()]
    print(f'\n{title}\n\n{markdown_table([["", "ms", "ratio"], *lines])}')
