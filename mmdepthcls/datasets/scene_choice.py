"""Which of a data set's scenes are taken. Pure."""
from __future__ import annotations

import os
from collections.abc import Sequence

from ..count_text import some_of
from .files.file_finder import contents, why_missing
from .tree_pattern import near_folders


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
            raise FileNotFoundError(f'{whose}: the list of scenes {path} does not exist. '
                                    f'{_why_no_list(scenes, data_root)}')
        with open(path, encoding='utf-8') as file:
            scenes = [line.strip() for line in file if line.strip() and not line.startswith('#')]
    chosen = (scenes, ) if isinstance(scenes, str) else tuple(map(str, scenes))
    if not chosen:
        raise ValueError(f'{whose}: scenes names none. Leave it out to take all')
    return chosen


def _why_no_list(name, data_root):
    """Where a list of scenes is that is not in its folder, or how to make one."""
    if not os.path.isdir(data_root):
        return f'There is no folder {data_root}. {why_missing(data_root)}'
    for place in near_folders(data_root):
        if os.path.isfile(os.path.join(place, name)):
            return f'There is one in {place}: set data_root={place!r} if the scenes lie there too, or copy the list.'
    return f'It names scenes, a folder a line; scenes=[...] in the config names them too. {contents(data_root)}'


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
        raise ValueError(f'{whose}: there is no scene {", ".join(map(repr, unknown[:3]))} in this split; there are '
                         f'{some_of(known) or "none"}')
    return [name for name in known if name in set(chosen)]
