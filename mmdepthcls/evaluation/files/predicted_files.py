"""What ``predict`` wrote into a folder beside depth: files that its manifest names, and no predictions. Pure."""
import json
from pathlib import Path

from ...datasets.files.depth_png import is_picture

MANIFEST = 'predictions.jsonl'  # in its first line the settings, then a line a picture
COLOR_BAR = 'color_bar.png'


def extras_of_predict(folder, files, found):
    """Files of a folder that belong to predictions and are none: pictures of depth, and what was saved with depth that
    has a frame.

    Args:
        folder (str | Path)
        files (list[str]): below it, with '/'.
        found (iterable[str]): those of them that have a frame.

    Returns:
        set[str]: empty where the folder has no manifest, or one that cannot be read.
    """
    try:
        lines = Path(folder, MANIFEST).read_bytes().split(b'\n')[1:-1]  # a line that was cut off is no record
        records = [set(json.loads(line)['files']) for line in lines]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    named, found = {COLOR_BAR}.union(*records), set(found)
    extras = {file for file in named.intersection(files) if file.lower().endswith('.png')
              and is_picture(Path(folder, file))}
    for record in records:
        if record & found:
            extras |= record
    return extras - found
