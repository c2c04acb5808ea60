"""Images that a score was taken from, in a text that is short enough for a model file. Pure.

Of the hashes the smallest are kept. Whoever has other images can so tell whether some are the same: surely where
few were scored, and with a probability of 1 - (1 - k / n)**m where m of n are the same and k hashes were kept.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable

DIGITS = 12  # hexadecimal, of a SHA-256: two images of a million share them with a probability of 0.2 %
KEPT = 150  # hashes, with their blanks 1950 letters


def image_hash(path: str) -> str:
    """What tells an image file from others: the first digits of the SHA-256 of its bytes.

    Raises:
        OSError: if it cannot be read.
    """
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()[:DIGITS]


def sketch_of(hashes: Iterable[str]) -> str:
    """The least of some hashes, as a text."""
    return ' '.join(sorted(set(hashes))[:KEPT])


def known_again(hashes: Iterable[str], sketch: str) -> set[str]:
    """Those of some hashes that stand in a sketch."""
    return set(hashes) & set(sketch.split())
