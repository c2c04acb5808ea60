"""Files beside the samples that belong to none: depth whose image is gone, images that no split lists. Pure."""
import os
from collections import defaultdict

from ...count_text import some_of
from ...datasets.depth_file import SUFFIXES
from ...datasets.files.file_finder import FOLDER, IMAGE_SUFFIXES, composed, is_system_name, list_folder
from .finding import error, note

SHOWN = 3  # names in a note


def check_stray_files(records):
    """Findings about files in the folders of samples.

    Args:
        records (list[SampleRecord]): of all splits: what one split does not use another may.

    Returns:
        list[Finding]
    """
    images = {os.path.realpath(record.img_path) for record in records}
    pairs = defaultdict(set)  # depth folder -> image folders
    depths = defaultdict(set)
    unnamed = set()
    for record in records:
        if record.depth_path:
            folder, name = os.path.split(record.depth_path)
            pairs[folder].add(os.path.dirname(record.img_path))
            depths[folder].add(name)
            if _stem(name) != _stem(os.path.basename(record.img_path)):
                unnamed.add(folder)  # its names do not say which image belongs to which depth
    findings = []
    for folder in sorted(set(pairs) - unnamed):
        findings += _depth_without_image(folder, depths[folder], pairs[folder])
    for folder in sorted({os.path.dirname(record.img_path) for record in records}):
        findings += _unlisted(folder, images, pairs)
    return findings


def _depth_without_image(folder, used, image_folders):
    stems = {_stem(name) for images in image_folders for name in _listing(images, IMAGE_SUFFIXES)}
    return [error('depth without image', os.path.join(folder, name), f'there is no image {_stem(name)} in '
                  f'{" or ".join(sorted(image_folders))}', 'Copy the image again, or remove the depth.')
            for name in _listing(folder, (*SUFFIXES, '.bin')) if name not in used and _stem(name) not in stems]


def _unlisted(folder, images, depth_folders):
    """Images of a folder in no split. Those of KITTI are many and known, and depth may lie in the same folder."""
    if folder in depth_folders or os.path.basename(folder) == 'data':
        return []
    names = [name for name in _listing(folder, IMAGE_SUFFIXES)
             if os.path.realpath(os.path.join(folder, name)) not in images]
    return [] if not names else [
        note('images in no split', folder, f'{len(names)}: {some_of(names, SHOWN)}',
             'If they should be, check the split files.')]


def _listing(folder, suffixes):
    there = list_folder(folder) if os.path.isdir(folder) else []
    return [name for name, kind, _ in there
            if kind != FOLDER and name.lower().endswith(suffixes) and not is_system_name(name)]


def _stem(name):
    return composed(os.path.splitext(name)[0])
