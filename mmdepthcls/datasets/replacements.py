"""What differs between the path of an image and that of its depth, as people write it. Pure."""
from __future__ import annotations

from collections.abc import Sequence


def read_replacements(replace: Sequence | dict[str, str], owner: str) -> list[tuple[str, str]]:
    """Pairs of texts, old and new.

    Args:
        replace: pairs, one pair alone, or a dict.
        owner: the dataset, for the message.

    Raises:
        ValueError: for anything else.

    >>> read_replacements(('rgb', 'depth'), 'Mine') == read_replacements({'rgb': 'depth'}, 'Mine')
    True
    """
    pairs = list(replace.items()) if isinstance(replace, dict) else replace
    if isinstance(pairs, (list, tuple)) and pairs and isinstance(pairs[0], str):
        pairs = [pairs]
    if not isinstance(pairs, (list, tuple)) or not all(
            isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(each, str) for each in pair)
            for pair in pairs):
        raise ValueError(f"{owner}: replace must be pairs of texts, old and new, such as [('rgb', 'depth')], got "
                         f'{replace!r}')
    return [(old, new) for old, new in pairs]
