"""Images and depth maps whose names differ by one word that is the same in all: 000.jpg and 000_depth.npy. Pure."""
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ...count_text import counted, some_of
from ...evaluation.files.name_words import spelled, stripped, words_beside

MOST = 0.5  # share of the images, or of the depth maps, that must have a partner


@dataclass(frozen=True)
class NamedPairs:
    """What belongs together.

    Args:
        depth_of (dict[str, str]): image -> depth map; empty where that is not clear.
        remark (str): how they were found.
        why (str): in brackets, what names there are, where none were.
    """
    depth_of: dict = field(default_factory=dict)
    remark: str = ''
    why: str = ''


def pair_by_word(images, depths):
    """Find the depth map of each image by its name and a word in front or behind, of the one or the other.

    Args:
        images, depths (list[str]): paths below their folders, with '/'. Pairs are in folders of one name.

    Returns:
        NamedPairs: none where several words would do.

    >>> pair_by_word(['a/0.jpg', 'a/1.jpg'], ['a/0_depth.npy', 'a/1_depth.npy']).depth_of
    {'a/0.jpg': 'a/0_depth.npy', 'a/1.jpg': 'a/1_depth.npy'}
    """
    several = ''
    for of_depth, longer, shorter in ((True, depths, images), (False, images, depths)):
        words = words_beside(longer, shorter)
        if len(words) > 1:
            several = several or ', there are words such as ' + some_of(
                f'{spelled(*word)} ({files[0]})' for word, files in sorted(words.items()))
        elif words:
            (word, ) = words
            found = _matched(longer, shorter, word)
            if found and len(found) >= MOST * min(len(images), len(depths)):
                one, other = ('depth map', 'image') if of_depth else ('image', 'depth map')
                remark = f'each {one} is named as its {other} with {spelled(*word)}'
                return NamedPairs({name: file for file, name in found.items()} if of_depth else found, remark)
    examples = ' and '.join(filter(None, (images and images[0], depths and depths[0])))
    return NamedPairs(why=f'({counted(len(images), "image")}, {counted(len(depths), "depth map")}, such as {examples}'
                          f'{several})')


def _matched(longer, shorter, word):
    """dict[str, str]: of ``longer`` -> the one of ``shorter``; empty where two of these have the same name."""
    of_name = {_name(file): file for file in shorter}
    bare = {file: _name(rest) for file in longer if (rest := stripped(file, *word)) is not None}
    found = {file: of_name[name] for file, name in bare.items() if name in of_name}
    unique = len(of_name) == len(shorter) and len(set(found.values())) == len(found)
    return found if unique else {}


def _name(file):
    return str(PurePosixPath(file).with_suffix(''))
