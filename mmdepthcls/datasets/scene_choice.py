"""Which of a data set's scenes are taken. Pure."""
from __future__ import annotations

import os
from collections.abc import Sequence


def scene_names(scenes: str | Sequence[str], data_root: str, whose: str) -> tuple[str, ...]:
    """Names of scenes, as a config says them.

    Args:
        scenes: a name, names, or a text file of names, one a line, relative to ``data_root``.
        data_root: the folder.
        whose: the data set, for messages.

    Raises:
        FileNotFoundError: for a list that does not exist.
        ValueError: if none is named.
    """
    if isinstance(scenes, str) and scenes.lower().endswith('.txt'):
        path = os.path.join(data_root, scenes)
        if not os.path.isfile(path):
            raise FileNotFoundError(f'{whose}: the list of scenes {path} does not exist')
        with open(path, encoding='utf-8') as file:
            scenes = [line.strip() for line in file if line.strip() and not line.startswith('#')]
    chosen = (scenes, ) if isinstance(scenes, str) else tuple(map(str, scenes))
    if not chosen:
        raise ValueError(f'{whose}: scenes names none. Leave it out to take all')
    return chosen


def chosen_scenes(scenes: str | Sequence[str], known: Sequence[str], data_root: str, whose: str) -> list[str]:
    """The chosen ones of all scenes, in their order.

    Args:
        scenes, data_root, whose: see :func:`scene_names`.
        known: names of all.

    Raises:
        ValueError: for a name that there is not; and as :func:`scene_names`.
    """
    chosen = scene_names(scenes, data_root, whose)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        shown = ', '.join(list(known)[:4]) + (f' and {len(known) - 4} more' if len(known) > 4 else '')
        raise ValueError(f'{whose}: there is no scene {", ".join(map(repr, unknown[:3]))} in this split; there are '
                         f'{shown or "none"}')
    return [name for name in known if name in set(chosen)]
