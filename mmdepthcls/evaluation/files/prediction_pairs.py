"""Which prediction file belongs to which frame, also where a program has put a word to the names. Pure.

Depth programs write ``000_raw_depth_meter.npy``, ``pred_000.png``, or a colored picture beside each array.
"""
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...datasets.depth_format import DepthFormat
from ...datasets.files.depth_png import is_picture
from .name_words import spelled, stripped, words_beside
from .predicted_files import extras_of_predict
from .prediction_files import match_predictions


@dataclass(frozen=True)
class Pairs:
    """Predictions and their frames.

    Args:
        found (dict[str, str]): name of a frame -> file.
        notes (list[str]): what a user should know of how they were found, a line each.
        pictures (frozenset[str]): files that have been passed over beside arrays.
    """
    found: dict
    notes: list
    pictures: frozenset = frozenset()


def pair_predictions(folder, files, names, affix=None, depth_format=None):
    """Find the prediction of each frame.

    As :func:`~.prediction_files.match_predictions` does, by equal names. Where no name is equal: those that are equal
    but for one word in front or behind, or one in front and one behind, the same in all. Pictures (PNGs of 8 bits) do
    not count where the same frame has another file.

    Args:
        folder (str | Path): of the predictions.
        files (list[str]): below it, see :func:`~.prediction_files.find_predictions`.
        names (list[str]): paths of images or ground truths, with '/'.
        affix (str, optional): what the names of predictions have in front or behind, with or without their ending;
            other files are passed over.
        depth_format (DepthFormat, optional): whether 8 bits are depth.

    Returns:
        Pairs

    Raises:
        ValueError: if two files belong to one name, or one to two, or several words would do; names them.
    """
    pictures = _Pictures(folder, depth_format or DepthFormat())
    if affix is not None:
        # A file: the name that it has without the word.
        plain = {file: name for file in files if (name := _without(file, affix)) is not None}
        if not plain:
            raise ValueError(f'no prediction in {folder} has {affix!r} in front of its name or behind; the names are '
                             f'such as {files[0]}')
    else:
        plain = {file: file for file in files}
    pairs = _pair(plain, names, pictures, [])
    if pairs.found:
        return pairs
    word = _common_affix(list(plain.values()), names, pictures if affix is None else ())
    if word is None:
        return pairs
    of_predictions, front, behind = word
    note = (f'Names: each {"prediction" if of_predictions else "ground truth"} is named as its '
            f'{"ground truth" if of_predictions else "prediction"} with {spelled(front, behind)}')
    if of_predictions:
        plain = {file: bare for file, name in plain.items() if (bare := stripped(name, front, behind)) is not None}
        return _pair(plain, names, pictures, [note])
    of_stripped = {bare: name for name in names if (bare := stripped(name, front, behind)) is not None}
    pairs = _pair(plain, list(of_stripped), pictures, [note])
    return Pairs({of_stripped[name]: file for name, file in pairs.found.items()}, pairs.notes, pairs.pictures)


class _Pictures:
    """Which files are pictures of depth; each is looked at once, and only where it matters."""

    def __init__(self, folder, depth_format):
        self.folder, self.allowed = folder, depth_format.bits < 16
        self._known = {}

    def __contains__(self, file):
        if file not in self._known:
            self._known[file] = (not self.allowed and file.lower().endswith('.png')
                                 and is_picture(Path(self.folder, file)))
        return self._known[file]


def _pair(plain, names, pictures, notes):
    """Match ``plain`` (file -> the name that counts) after taking the pictures beside other files out."""
    groups = defaultdict(list)
    for file, name in plain.items():
        groups[PurePosixPath(name).stem].append(file)
    beside = frozenset(file for group in groups.values() if len(group) > 1
                       and not all(file in pictures for file in group) for file in group if file in pictures)
    counted = {name: file for file, name in plain.items() if file not in beside}
    found = match_predictions(list(counted), names)
    if beside and found:
        notes = [*notes, f'Pictures: {len(beside)} PNGs of 8 bits beside other files, such as {min(beside)}, are '
                 'passed over: they are pictures of depth']
    return Pairs({name: counted[file] for name, file in found.items()}, notes, beside if found else frozenset())


def _without(file, affix):
    """The file's name without a word that the user has named, or None."""
    path = PurePosixPath(file)
    for name, ending in ((path.name, ''), (path.stem, path.suffix)):
        if name.endswith(affix) and name != affix:
            return str(path.with_name(name[:-len(affix)] + (ending or path.suffix)))
    return str(path.with_name(path.name[len(affix):])) if path.name.startswith(affix) and path.stem != affix else None


def _common_affix(files, names, pictures):
    """The one word, or the two around them, that make predictions of frames' names or the other way round.

    Returns:
        tuple[bool, str, str] or None: whether predictions have it; in front; behind.
    """
    for of_predictions, longer, shorter in ((True, files, names), (False, names, files)):
        words = words_beside(longer, shorter)
        if of_predictions and len(words) > 1:
            words = {word: members for word, members in words.items()
                     if not all(file in pictures for file in members)} or words
        if len(words) > 1:
            examples = [f'{members[0]} ({" ".join(map(repr, filter(None, word)))})'
                        for word, members in sorted(words.items())]
            raise ValueError(f'no name of a prediction equals that of a frame, and several words beside the name would '
                             f'do: {", ".join(examples[:5])}. Say which is meant: --pred-affix WORD.'
                             if of_predictions else 'no name of a prediction equals that of a frame, and ground truths '
                             f'have several words beside the names: {", ".join(examples[:5])}. Rename them.')
        if words:
            return (of_predictions, *next(iter(words)))
    return None


def unmatched(folder, files, pairs):
    """list[str]: files that belong to no frame, without the pictures that were passed over, and without what
    ``predict`` writes beside depth."""
    found = set(pairs.found.values())
    return sorted(set(files) - found - pairs.pictures - extras_of_predict(folder, files, found))


def no_pair_message(folder, files, names):
    """str: why nothing could be scored."""
    return (f'none of the {len(files)} predictions in {os.fspath(folder)} belongs to one of the {len(names)} frames of '
            f'the ground truth: the names are such as {files[0]} and {names[0]}. Equal paths, equal file names, or '
            'KITTI\'s drive and frame in the name tell which belongs to which; --pred-affix WORD names what '
            'predictions have beside the name.')
