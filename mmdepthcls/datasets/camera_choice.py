"""Which of a car's cameras are taken. Pure."""
from __future__ import annotations

from collections.abc import Sequence


def chosen_cameras(cameras: str | Sequence[str], known: Sequence[str], whose: str) -> tuple[str, ...]:
    """Names of cameras, as a config says them.

    Args:
        cameras: a name or names, in any case, or 'all'.
        known: names of all, in capitals.
        whose: the data set, for messages.

    Raises:
        ValueError: if none is named, and for a name that there is not.

    >>> chosen_cameras('cam_front', ['CAM_FRONT', 'CAM_BACK'], 'X')
    ('CAM_FRONT',)
    """
    if cameras == 'all':
        return tuple(known)
    chosen = tuple(str(name).upper() for name in ((cameras, ) if isinstance(cameras, str) else cameras))
    if not chosen or not set(chosen) <= set(known):
        raise ValueError(f"{whose}: cameras_used are of {', '.join(known)} (or 'all'), got {cameras!r}")
    return chosen
