"""The cameras of data sets beside each other: known or not, alike or not, and whether their depth agrees. Pure.

Depth at a row follows from the camera: on flat ground it grows with focal length times height. Where two sets of images
from cars say different heights by that, a focal length or a unit is wrong (or the cameras do not stand alike).
"""
from dataclasses import dataclass, field

import numpy as np

from ...count_text import counted
from .finding import error, note, warning

ALIKE = 1.05  # focal lengths that a network takes for one
SAME_HEIGHT = 1.3  # heights of cameras on cars; estimates of one camera differ by 8 % from set to set
LEAST_GROUNDS = 3  # maps that show the ground


@dataclass
class CameraSet:
    """The cameras of a data set, as far as they were looked at.

    Args:
        name (str): of the set.
        split (str): of the config.
        on_disk (list[float]): focal length of each image, in its own pixels.
        in_input (list[float]): the same in pixels of the network's input, where that is known.
        unknown (list[str]): images whose focal length is not known.
        heights (list[float]): of the camera over the ground, m, by depth and focal length.
        unclear (str, optional): the step of the pipeline after which a focal length is not known, or is random.
    """
    name: str
    split: str
    on_disk: list = field(default_factory=list)
    in_input: list = field(default_factory=list)
    unknown: list = field(default_factory=list)
    heights: list = field(default_factory=list)
    unclear: str | None = None

    @property
    def focals(self):
        """list[float]: in pixels of the network's input, or of the images where that is not known."""
        return self.in_input or self.on_disk

    @property
    def height(self):
        """float or None: m."""
        return float(np.median(self.heights)) if len(self.heights) >= LEAST_GROUNDS else None

    def add(self, record, focal_px, input_px):
        """Take note of a sample.

        Args:
            record (SampleRecord)
            focal_px (float, optional): in pixels of its image.
            input_px (float, optional): in pixels of the network's input.
        """
        if focal_px is None:
            self.unknown.append(record.img_path)
            return
        self.on_disk.append(focal_px)
        if input_px is not None:
            self.in_input.append(input_px)
        if record.depth and record.depth.ground:
            self.heights.append(record.depth.ground.reach * record.depth.width / focal_px)


def check_cameras(sets, canonical_px=None, same_heights=True):
    """Findings about the cameras of data sets.

    Args:
        sets (list[CameraSet]): of all splits.
        canonical_px (float, optional): of the model's canonical camera.
        same_heights (bool): the cameras stand about as high, as on cars.

    Returns:
        list[Finding]
    """
    findings = []
    for each in sets:
        if each.unknown and canonical_px is not None:
            findings.append(error(
                'unknown camera', each.unknown[0], f'the focal length of {counted(len(each.unknown), "image")} of '
                f'{each.name} is not known, and the model has a canonical camera, which refuses such',
                "Say it in the dataset's config: focal_px, or cameras.").of_split(each.split))
        elif each.unclear and canonical_px is not None and each.on_disk:
            findings.append(note('focal length of the input', each.name, f'what {each.unclear} makes of it is random, '
                                 'or not known: bins are compared as if it changed nothing').of_split(each.split))
    trained = [each for each in sets if each.split == 'train' and each.focals]
    if canonical_px is None:
        findings += _mixed(trained)
    return findings + (_contradicting(sets) if same_heights else [])


def _mixed(sets):
    """Cameras that differ, where one set of bins stands for the metres of all."""
    focals = [focal for each in sets for focal in each.focals]
    if not focals or max(focals) <= ALIKE * min(focals):
        return []
    told = '; '.join(f'{each.name}: {span(each.focals)}' for each in sets)
    return [warning('mixed cameras', sets[0].name, "focal lengths in pixels of the network's input differ by a "
                    f'factor of {max(focals) / min(focals):.2f} ({told}): what looks the same is at different depths',
                    'Train with a canonical camera: model.canonical_focal_px and CanonicalCamera (docs/cameras.md); or '
                    'resize the images to one focal length.').of_split('train')]


def _contradicting(sets):
    """Sets whose depth at a row says other heights of the camera."""
    known = {}
    for each in sets:
        if each.height is not None:
            known.setdefault(each.name, each)
    order = sorted(known.values(), key=lambda each: each.height)
    if len(order) < 2 or order[-1].height <= SAME_HEIGHT * order[0].height:
        return []
    low, high = order[0], order[-1]
    return [warning('depth contradicts the cameras', high.name, f'by its depth at a row and its focal length '
                    f'({span(high.on_disk)}) its camera stands {high.height:.2f} m over the ground, that of {low.name} '
                    f'({span(low.on_disk)}) {low.height:.2f} m', "Check both sets' focal_px and depth_format. If the "
                    'cameras do stand so, say that they are not alike: check_data = dict(reach=(LOWEST, HIGHEST)).',
                    ).of_split(', '.join(dict.fromkeys((low.split, high.split))))]


def span(focals):
    """str: focal lengths in words."""
    low, high = min(focals), max(focals)
    return f'{low:.1f} px' if high <= low * 1.001 else f'{low:.1f} to {high:.1f} px'
