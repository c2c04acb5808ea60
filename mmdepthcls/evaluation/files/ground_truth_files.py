"""Ground truth on disk, frame by frame: a KITTI tree, or any folder of depth files. Pure."""
import os
from dataclasses import dataclass, field
from pathlib import Path

from ...datasets import velodyne
from ...datasets.depth_file import DepthFormat, read_depth
from ...datasets.eigen import eigen_split
from ...datasets.files import depth_png
from ...datasets.files.file_finder import IMAGE_SUFFIXES
from ...datasets.files.image_header import probe_image
from ...datasets.kitti_layout import UNSCANNED, Folders, image_name, list_depth, list_frames
from ...invocation import command
from .prediction_files import find_predictions

# Ground truths that are projected from the scans, and by which convention.
SCANS = {'velodyne': 'kitti', 'velodyne_monodepth': 'monodepth'}
ANNOTATED = 'annotated'


@dataclass(frozen=True)
class TruthFrame:
    """The ground truths of one frame, and where they are.

    Args:
        name (str): path of its image, or of its ground truth, below their folder.
        files (dict[str or None, str]): name of a ground truth (None: it has none) -> depth file or LiDAR scan.
        depth_format (DepthFormat): of the depth files.
        day (str, optional): folder of the calibration, for scans.
        camera (int): for scans.
        sized_by (str, optional): an image file or depth PNG of the frame's size. Default: the calibration says it.
    """
    name: str
    files: dict
    depth_format: DepthFormat = field(default_factory=DepthFormat)
    day: str | None = None
    camera: int = 2
    sized_by: str | None = None

    def load(self):
        """Read or project the ground truths.

        Returns:
            dict[str or None, ndarray]: (H, W) float32 metres, 0 = no measurement.

        Raises:
            OSError, ValueError: for a file that is missing or damaged; names it.
        """
        truths = {}
        for name, path in self.files.items():
            if name in SCANS:
                calibration = velodyne.known_calibration(self.day, self.camera)
                truths[name] = velodyne.project_velodyne(velodyne.read_scan(path), calibration, self._shape(),
                                                         SCANS[name])
            else:
                truths[name] = read_depth(Path(path).read_bytes(), path, self.depth_format)
        shapes = {truth.shape for truth in truths.values()}
        if len(shapes) > 1:
            raise ValueError(f'{self.name}: its ground truths have different sizes: {sorted(shapes)}. Are '
                             f'{" and ".join(self.files.values())} of one frame?')
        return truths

    def _shape(self):
        return (probe_image(self.sized_by).shape() if self.sized_by else
                velodyne.rectified_size(self.day, self.camera))


def folder_frames(folder, depth_format=None):
    """Frames of a folder of depth files, whose ground truth has no name; pictures among them are none, see
    :func:`folder_pictures`.

    Args:
        folder (str | Path)
        depth_format (DepthFormat, optional): what the numbers mean. Default: metres * 256 in whole numbers, metres in
            floating point.

    Returns:
        list[TruthFrame]

    Raises:
        FileNotFoundError: if there is no depth file.
    """
    depth_format = depth_format or DepthFormat()
    pictures = folder_pictures(folder, depth_format)
    return [TruthFrame(name, {None: str(Path(folder, name))}, depth_format)
            for name in find_predictions(folder, depth_format.mask) if name not in pictures]


def folder_pictures(folder, depth_format=None):
    """PNGs of 8 bits in a folder of depth files that are surely none: those of the name of a depth file, such as its
    picture (``0.npy``, ``0.png``), and those of colors, such as the images (``rgb/0.png``, ``depth/0.png``).

    Args:
        folder (str | Path)
        depth_format (DepthFormat, optional): whether 8 bits are depth; then there is none.

    Returns:
        set[str]: paths below the folder, with '/'; empty where nothing else is depth.
    """
    depth_format = depth_format or DepthFormat()
    if depth_format.bits != DepthFormat.bits:
        return set()
    names = find_predictions(folder, depth_format.mask)
    pictures = {name for name in names if name.lower().endswith('.png') and depth_png.is_picture(Path(folder, name))}
    depth = {os.path.splitext(name)[0] for name in names if name not in pictures}
    return {name for name in pictures if depth and (os.path.splitext(name)[0] in depth or depth_png.is_picture(
        Path(folder, name), colored=True))}


def kitti_frames(root, split, ground_truths, camera=2, raw=None, annotated=None):
    """Frames of a KITTI tree. Images are not needed.

    Args:
        root (str | Path): folder that holds ``raw`` and ``annotated``, or has another of KITTI's layouts.
        split (str, optional): 'train', 'fit', 'val' or 'test' of the Eigen split, in its order. None: every frame of
            which there is one of the ground truths.
        ground_truths (iterable[str]): which are needed: 'annotated', 'velodyne', 'velodyne_monodepth'.
        camera (int): 2 (left) or 3 (right).
        raw, annotated (str | Path, optional): other folders than those that are found.

    Returns:
        list[TruthFrame]: also those of the split that never had ground truth.

    Raises:
        FileNotFoundError: if a ground truth is missing that the split has, or there is none at all.
    """
    tree = _Tree(Folders.of(root, raw, annotated), camera, [name for name in (ANNOTATED, *SCANS)
                                                            if name in ground_truths])
    wanted = eigen_split(split) if split else tree.frames()
    frames = [tree.frame(drive, number) for drive, number in wanted]
    if split:
        tree.check(wanted, frames, set(eigen_split(f'{split}_annotated')))
    if not any(frame.files for frame in frames):
        raise FileNotFoundError(f'{root}: there is no ground truth of the kinds {", ".join(tree.names) or "wanted"}')
    return frames


class _Tree:
    """A KITTI tree; each of its folders is listed once."""

    def __init__(self, folders, camera, names):
        self.folders, self.camera, self.names = folders, camera, names
        self._listings = {}

    def annotated(self, drive):
        """dict[int, str]: annotated depth of each frame of a drive."""
        return self._list(drive, ANNOTATED, lambda: list_depth(self.folders.annotated, drive, 'groundtruth',
                                                                 self.camera))

    def scans(self, drive):
        """dict[int, str]: scan of each frame of a drive."""
        return self._list(drive, 'scans', lambda: list_frames(self.folders.scans(drive), ('.bin', )))

    def images(self, drive):
        """dict[int, str]: image of each frame of a drive."""
        return self._list(drive, 'images', lambda: list_frames(self.folders.images(drive, self.camera), IMAGE_SUFFIXES))

    def _list(self, drive, kind, look):
        if (drive, kind) not in self._listings:
            self._listings[drive, kind] = look()
        return self._listings[drive, kind]

    def _of(self, name, drive):
        return self.annotated(drive) if name == ANNOTATED else self.scans(drive)

    def frames(self):
        """list[tuple[str, int]]: drive and number of every frame that has a ground truth, in order."""
        return [(drive, number) for drive in self.folders.drives()
                for number in sorted({number for name in self.names for number in self._of(name, drive)})]

    def frame(self, drive, number):
        """TruthFrame with those of the wanted ground truths that are there."""
        files = {name: self._of(name, drive)[number] for name in self.names if number in self._of(name, drive)}
        sized_by = None
        if any(name in SCANS for name in files):
            sized_by = self.annotated(drive).get(number) or self.images(drive).get(number)
        name = image_name(drive, self.camera, number)
        return TruthFrame(name, files, DepthFormat(depth_png.KITTI_SCALE), str(self.folders.day(drive)), self.camera,
                     sized_by)

    def check(self, wanted, frames, annotated):
        """Raise if a ground truth is missing that KITTI has."""
        missing = [f'{name} of {frame.name}' for (drive, number), frame in zip(wanted, frames, strict=True)
                   for name in self.names if name not in frame.files and (
                       (drive, number) in annotated if name == ANNOTATED else number not in UNSCANNED.get(drive, ()))]
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} ground truths are missing in {self.folders.annotated} or {self.folders.raw}, such as '
                f'{missing[0]}. {command("prepare-kitti")} says which and fetches them; --split none scores what is '
                'there.')
