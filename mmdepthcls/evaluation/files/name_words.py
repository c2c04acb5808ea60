"""Names of files that are those of others with a word in front or behind: 000_depth.png and 000.jpg. Pure."""
import itertools
from collections import defaultdict
from pathlib import PurePosixPath


def words_beside(longer, shorter):
    """What stands in front of and behind shorter names in longer ones.

    Args:
        longer, shorter (list[str]): paths with '/'; their folders and endings do not count.

    Returns:
        dict[tuple[str, str], list[str]]: the words -> those of ``longer`` that have them.

    >>> words_beside(['b/0_depth.npy', 'b/1_depth.npy', 'b/note.npy'], ['a/0.png', 'a/1.png'])
    {('', '_depth'): ['b/0_depth.npy', 'b/1_depth.npy']}
    """
    stems = {PurePosixPath(name).stem for name in shorter}
    words, around = defaultdict(list), defaultdict(list)
    for file in longer:
        stem = PurePosixPath(file).stem
        ends = [at for at in range(1, len(stem)) if _apart(stem, at)]
        # The longest name: of a, a_b the file a_b_depth is that of a_b.
        cuts = [(0, end) for end in reversed(ends)] + [(start, len(stem)) for start in ends]
        start, end = max((cut for cut in cuts if stem[slice(*cut)] in stems), key=lambda cut: cut[1] - cut[0],
                         default=(0, 0))
        if end:
            words[stem[:start], stem[end:]].append(file)
        for start, end in itertools.combinations(ends, 2):
            if stem[start:end] in stems:
                around[stem[:start], stem[end:]].append(file)
    # Two words only where one alone never does, and those that the most have.
    most = max(map(len, around.values()), default=0)
    return dict(words) or {word: files for word, files in around.items() if len(files) == most}


def _apart(stem, at):
    """Whether a name is cut where a word ends: 1 is not the name of 10."""
    kinds = ['digit' if letter.isdigit() else 'letter' if letter.isalpha() else letter
             for letter in stem[at - 1:at + 1]]
    return kinds[0] != kinds[1]


def stripped(file, front, behind):
    """str or None: a file without the words; None where it does not have them."""
    path = PurePosixPath(file)
    stem = path.stem
    if not (stem.startswith(front) and stem.endswith(behind) and len(stem) > len(front) + len(behind)):
        return None
    return str(path.with_name(stem[len(front):len(stem) - len(behind)] + path.suffix))


def spelled(front, behind):
    """str: a message's words for the words."""
    return ' and '.join(f'{word!r} {place}' for word, place in ((front, 'in front'), (behind, 'behind')) if word)
