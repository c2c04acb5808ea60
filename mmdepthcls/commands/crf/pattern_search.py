"""Search for positive numbers that make an error least, from coarse to fine. Pure."""


class PatternSearch:
    """Compass search in log space (Hooke and Jeeves, 1961): from the best point known, try each number multiplied and
    divided by a ratio; move where it is better; where nothing is, take the square root of the ratio.

    Asked again with the same answers it asks the same questions, so a search that was interrupted goes on from a list
    of answers. Few evaluations are spent on each of a few parameters; a local minimum is all it promises.

    Args:
        start (dict[str, float]): name -> value > 0, where to begin.
        ratio (float): first step, > 1.
        finest (float): steps of this ratio or less are not taken, > 1.

    Raises:
        ValueError: for other arguments.

    >>> search = PatternSearch(dict(width=1.0), ratio=4.0, finest=1.2)
    >>> while search.ask():
    ...     for point in search.ask():
    ...         search.tell(point, abs(point['width'] - 7))
    >>> search.best, len(search.errors)
    ({'width': 8.0}, 8)
    """

    def __init__(self, start, ratio=2.0, finest=1.2):
        if not start or not all(value > 0 for value in start.values()) or not ratio > finest > 1:
            raise ValueError(f'PatternSearch: expected values > 0 and ratio > finest > 1, got {start}, {ratio}, '
                             f'{finest}')
        self.start = {name: _rounded(value) for name, value in start.items()}
        self.ratio, self.finest = ratio, finest
        #: dict: every point told, as a tuple of its values, -> its error.
        self.errors = {}

    def ask(self):
        """list[dict[str, float]]: points to evaluate next; empty when the search is over."""
        if not self.errors:
            return [self.start]
        while self.ratio > self.finest:
            unknown = [point for point in self._neighbors() if tuple(point.values()) not in self.errors]
            if unknown:
                return unknown
            self.ratio **= 0.5
        return []

    def tell(self, point, error):
        """Take the error of a point; NaN is worse than any other."""
        self.errors[tuple(point[name] for name in self.start)] = float('inf') if error != error else error

    @property
    def best(self):
        """dict[str, float]: the point of least error; of equal ones the one told first."""
        return dict(zip(self.start, min(self.errors, key=self.errors.get), strict=True))

    def _neighbors(self):
        best = self.best
        return [{**best, name: _rounded(value * step)} for name, value in best.items()
                for step in (self.ratio, 1 / self.ratio)]


def _rounded(value):
    """Three digits: nobody needs more, and points that are met again are the same numbers."""
    return float(f'{value:.3g}')
