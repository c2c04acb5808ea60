"""The same thing twice: in one split, or in training and in evaluation, where it makes the scores too good. Pure.

What is compared, from certain to likely: the file itself (links are followed), its bytes, its pixels, an image that
looks the same (compressed anew, resized, brighter, mirrored), the recording. A sample is named once, for the first of
these that applies.
"""
import os
from collections import Counter, defaultdict
from dataclasses import replace

import cv2
import numpy as np

from ...count_text import counted
from ...datasets.synthia_split import BLOCK
from .finding import error, note, warning
from .group_check import SCORE_WRONG
from .kitti_frame import drive_of

LOOKS_ALIKE = 0.97  # correlation of thumbnails: enough to look at the images themselves
SAME_DETAIL = 0.6  # correlation of their details; copies have > 0.9, other frames < 0.3
DETAIL_SIZE = (256, 128)
LEAKAGE = 'leakage'  # how the kinds begin: a fault of the split, not of the file
REMEDY = 'Take it out of one of the two splits.'


def check_duplicates(records):
    """Findings about samples of one split that are there twice."""
    findings, by_path = [], defaultdict(list)
    for record in records:
        by_path[os.path.realpath(record.img_path), record.depth_path].append(record)
    findings += [warning('sample twice', members[0].img_path, f'the split has it {len(members)} times',
                         'List it once.') for members in by_path.values() if len(members) > 1]
    unique = [members[0] for members in by_path.values()]
    for same in _groups(unique, lambda r: r.image and r.image.pixel_digest):
        findings += [finding for pair in _copies(same) for finding in _same_image(*pair)]
    for same in _groups(unique, lambda r: r.depth and r.depth.valid and r.depth.pixel_digest):
        findings += [
            error('same depth for two images', copy.depth_path, f'its depth equals that of {original.depth_path}, '
                  'their images differ', 'One of the two is a copy in the wrong place: use the original file.')
            for original, copy in _copies(same)
            if not (copy.image and original.image and copy.image.pixel_digest == original.image.pixel_digest)]
    return findings


def check_leakage(first, second, names, level):
    """Findings about samples of ``second`` (evaluation) that are in ``first`` (training) too.

    Args:
        first, second (list[SampleRecord]): the two splits; a sample without its image leaks nothing.
        names (tuple[str, str]): theirs.
        level (callable): :func:`finding.error`, :func:`finding.warning` or :func:`finding.note`.

    Returns:
        list[Finding]: one for all samples, one for all drives, one for all SYNTHIA blocks.
    """
    first, second = ([r for r in records if os.path.exists(r.img_path)] for records in (first, second))
    shared = _shared_samples(first, second, names[0])
    findings = _together(level, f'{LEAKAGE}: {names[0]} sample in {names[1]}',
                         f'{{}} of the {len(second)} samples of {names[1]} are in {names[0]} too', shared, REMEDY)
    return findings + _recordings(first, second, names, level)


def _together(level, kind, seen, shared, remedy):
    """One finding about many files; of a single one it says only what that has.

    Args:
        seen (str): with a place for their number.
        shared (list[tuple[str, str]]): files, and what each has.
    """
    if not shared:
        return []
    (path, how), *more = shared
    text = f'{seen.format(len(shared))}; this one: {how}' if more else how
    return [replace(level(kind, path, text, remedy), others=tuple(path for path, _ in more))]


def _shared_samples(first, second, name):
    """Images of ``second`` that are in ``first`` (called ``name``), and how; each once."""
    found, rest = [], list(second)
    for what, key in (('file', lambda r: os.path.realpath(r.img_path)),
                      ('file content', lambda r: r.image and r.image.file_digest),
                      ('pixels', lambda r: r.image and r.image.pixel_digest),
                      ('depth', lambda r: r.depth and r.depth.valid and r.depth.pixel_digest)):
        owners = {key(record): record for record in reversed(first) if key(record)}
        found += [(r.img_path, f'same {what} as {_other(owners[key(r)], r)} of {name}')
                  for r in rest if owners.get(key(r))]
        rest = [record for record in rest if not owners.get(key(record))]
    return found + [(r.img_path, f'{how} as {owner.img_path} of {name}') for r, owner, how in look_alikes(first, rest)]


def look_alikes(first, second):
    """Pairs of images that show the same, exactly compared where their thumbnails are alike.

    Returns:
        list[tuple[SampleRecord, SampleRecord, str]]: of ``second``, of ``first``, and how they are alike.
    """
    first, second = ([record for record in records if record.image] for records in (first, second))
    if not first or not second:
        return []
    known = _normal_thumbs(first, False)
    pairs = {}
    for mirrored in (False, True):
        wanted = _normal_thumbs(second, mirrored)
        for start in range(0, len(second), 256):
            likeness = wanted[start:start + 256] @ known.T
            for i, nearest in enumerate(likeness.argmax(axis=1)):
                record, owner = second[start + i], first[nearest]
                if likeness[i, nearest] > LOOKS_ALIKE and _same_detail(record.img_path, owner.img_path, mirrored):
                    pairs.setdefault(start + i, (record, owner, 'same mirrored image' if mirrored else 'same image'))
    return list(pairs.values())


def _normal_thumbs(records, mirrored):
    """(N, 768) float32: thumbnails of mean 0 and length 1."""
    thumbs = np.stack([record.image.thumb for record in records])
    thumbs = thumbs[:, :, ::-1] if mirrored else thumbs
    thumbs = thumbs.reshape(len(records), -1).astype(np.float32)
    thumbs -= thumbs.mean(axis=1, keepdims=True)
    return thumbs / np.maximum(np.linalg.norm(thumbs, axis=1, keepdims=True), 1e-6)


def _same_detail(path, other, mirrored):
    """Whether two image files have the same details, that is without their coarse light and dark."""
    details = []
    for name in (path, other):
        gray = cv2.imread(name, cv2.IMREAD_GRAYSCALE)
        gray = cv2.resize(gray, DETAIL_SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
        details.append(gray - cv2.GaussianBlur(gray, (0, 0), 4))
    first = details[0][:, ::-1] if mirrored else details[0]
    return np.corrcoef(first.ravel(), details[1].ravel())[0, 1] > SAME_DETAIL


def _recordings(first, second, names, level):
    """Neighboring frames of one recording show nearly the same, though no file is shared."""
    findings = []
    for what, key in (('drive', lambda r: drive_of(r.img_path)), ('SYNTHIA block', synthia_block)):
        known = {key(record) for record in first}
        shared = Counter(key(record) for record in second if key(record) and key(record) in known)
        number = counted(sum(shared.values()), 'sample')
        findings += _together(
            level, f'{LEAKAGE}: {what} of {names[0]} in {names[1]}',
            f'{{}} {what}s with {number} of {names[1]} are in {names[0]} too',
            [(str(name), f'{counted(count, "sample")} of {names[1]} {"is" if count == 1 else "are"} of this {what}, '
              f'and so are samples of {names[0]}') for name, count in sorted(shared.items())],
            f'Split by whole {what}s.')
    return findings


def synthia_block(record):
    """str or None: the block of neighboring SYNTHIA files to which an image belongs."""
    folder, name = os.path.split(record.img_path)
    stem = os.path.splitext(name)[0]
    if os.path.basename(folder) != 'RGB' or not stem.isdigit() or len(stem) != 7:
        return None
    start = int(stem) // BLOCK * BLOCK
    return os.path.join(folder, f'{start:07d} to {start + BLOCK - 1:07d}')


def _copies(same):
    """Pairs (original, copy). The original is the one whose depth fits its image best, where that is known."""
    def fit(record):
        return record.depth.alignment.score if record.depth and record.depth.alignment else SCORE_WRONG

    original = max(same, key=fit)
    return [(original, record) for record in same if record is not original]


def _same_image(first, second):
    if os.path.realpath(first.img_path) == os.path.realpath(second.img_path):
        return [note('image with two depth maps', second.img_path, f'with {first.depth_path} and {second.depth_path}')]
    both = first.depth and second.depth
    if both and first.depth.pixel_digest != second.depth.pixel_digest:
        return [error('same image with other depth', second.img_path, f'its pixels equal those of {first.img_path}, '
                      'but their depths differ', 'One image is a copy in the wrong place: use the original file.')]
    return [warning('same image twice', second.img_path, f'its pixels equal those of {first.img_path}',
                    'Keep one of the two.')]


def _groups(records, key):
    groups = defaultdict(list)
    for record in records:
        if key(record):
            groups[key(record)].append(record)
    return [members for members in groups.values() if len(members) > 1]


def _other(owner, record):
    same = os.path.realpath(owner.img_path) == os.path.realpath(record.img_path)
    return 'a sample' if same else owner.img_path
