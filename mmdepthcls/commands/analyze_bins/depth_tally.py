"""How depth is distributed in a data set: its files, a histogram of all their pixels, and a range for bins. Pure."""
from dataclasses import dataclass

import numpy as np

from ...datasets.kitti_layout import is_kitti_tree
from ...evaluation.files.ground_truth_files import ANNOTATED, SCANS, TruthFrame, folder_frames, kitti_frames
from ...parallel import map_parallel

NEAREST, FARTHEST, NUM_CELLS = 1e-3, 1e3, 1 << 14  # m; cells of the histogram are 0.084 % wide
STEP = np.log(FARTHEST / NEAREST) / NUM_CELLS
CELLS = NEAREST * np.exp(STEP * (np.arange(NUM_CELLS) + 0.5))
CELLS.flags.writeable = False
TAIL = 1e-3  # share of the pixels that a proposed range may leave out at each end
FILL_SHARE = 5e-3  # so many pixels at the very largest value are no measurement, but the sky


@dataclass(frozen=True)
class DepthTally:
    """How the depth of a data set is distributed.

    Args:
        counts (ndarray): (NUM_CELLS, ) pixels at each depth of :data:`CELLS`; all that lies outside is in the ends.
        fill (float or None): m, the largest value, if it is so frequent that it is no measurement; not in ``counts``.
        num_fill (int): its pixels.
        num_images (int): with at least one valid pixel.
    """
    counts: np.ndarray
    fill: float | None
    num_fill: int
    num_images: int

    @property
    def num_pixels(self):
        """int: valid pixels without ``fill``."""
        return int(self.counts.sum())

    def quantile(self, share):
        """float: the depth, m, to within 0.05 %, that a share of the pixels does not reach."""
        cumulative = np.cumsum(self.counts)
        return float(CELLS[np.searchsorted(cumulative, share * cumulative[-1], side='left').clip(0, NUM_CELLS - 1)])

    def outside(self, min_depth, max_depth):
        """tuple[float, float]: shares of the pixels nearer and farther than a range, m."""
        nearer, farther = (self.counts[part].sum() for part in (min_depth > CELLS, max_depth < CELLS))
        return float(nearer / self.num_pixels), float(farther / self.num_pixels)


def frames_of_samples(samples, reading):
    """Ground truth files of a dataset's samples; those without are left out.

    Args:
        samples (list[dict]): as :meth:`DepthDataset.list_samples` gives them.
        reading (Reading): how the pipeline reads them, see :mod:`mmdepthcls.datasets.reading`.

    Returns:
        list[TruthFrame]: they read and project as ``LoadDepth`` and ``LoadVelodyneDepth`` do.
    """
    names = {convention: name for name, convention in SCANS.items()}
    frames = []
    for sample in samples:
        path = sample['img_path']
        if 'depth_map_path' in sample:
            depth_format = sample.get('depth_format', reading.depth_format)
            frames.append(TruthFrame(path, {None: sample['depth_map_path']}, depth_format))
        elif 'velodyne_path' in sample:
            frames.append(TruthFrame(path, {names[reading.convention]: sample['velodyne_path']}, sized_by=path,
                                day=sample['calibration_folder'], camera=sample['camera']))
    return frames


def frames_of_folder(folder, depth_format=None):
    """Ground truth files of a folder of depth maps, or of a KITTI tree (its annotated depth).

    Args:
        folder (str | Path)
        depth_format (DepthFormat, optional): what the numbers in a folder's files mean; KITTI's are known.

    Returns:
        list[TruthFrame]

    Raises:
        FileNotFoundError: if there are none.
    """
    return kitti_frames(folder, None, [ANNOTATED]) if is_kitti_tree(folder) else folder_frames(folder, depth_format)


def tally_depth(frames, workers=None, progress=True):
    """Histogram of the depth of many frames.

    Args:
        frames (list[TruthFrame]): each with one ground truth.
        workers (int, optional): processes; default: one a CPU.
        progress (bool): show progress on stderr.

    Returns:
        DepthTally

    Raises:
        OSError, ValueError: for a file that cannot be read, and if no pixel has depth.
    """
    counts, num_images, greatest = np.zeros(NUM_CELLS, np.int64), 0, {}
    for _, record in map_parallel(_tally_frame, frames, title='Depth', workers=workers, progress=progress):
        if record is None:
            continue
        first, cells, largest, num_largest = record
        counts[first:first + len(cells)] += cells
        greatest[largest] = greatest.get(largest, 0) + num_largest
        num_images += 1
    if not num_images:
        raise ValueError(f'not one of the {len(frames)} depth maps has a pixel with depth')
    fill = max(greatest)
    num_fill = greatest[fill]
    if FILL_SHARE * counts.sum() <= num_fill < counts.sum():
        counts[_cells(np.array([fill]))] -= num_fill
    else:
        fill, num_fill = None, 0
    return DepthTally(counts, fill, num_fill, num_images)


def _tally_frame(frame):
    """First cell, counts from there, the largest depth and its pixels; None where nothing is measured."""
    depth = measured(frame)
    if not depth.size:
        return None
    counts = np.bincount(_cells(depth))
    first = int(np.flatnonzero(counts)[0])
    largest = depth.max()
    return first, counts[first:].astype(np.uint32), float(largest), int(np.count_nonzero(depth == largest))


def measured(frame):
    """Depth of the pixels of a frame that have any.

    Args:
        frame (TruthFrame): with one ground truth.

    Returns:
        ndarray: (P, ) float32 metres.
    """
    depth, = frame.load().values()
    return depth[(depth > 0) & np.isfinite(depth)]


def _cells(depth):
    return np.clip(np.log(depth.astype(np.float64) / NEAREST) / STEP, 0, NUM_CELLS - 1).astype(np.intp)


def propose_range(tally):
    """A range for bins: all but :data:`TAIL` of the pixels at each end, rounded outwards to round numbers.

    Args:
        tally (DepthTally)

    Returns:
        tuple[float, float]: min_depth > 0 and max_depth, m.
    """
    return _round(tally.quantile(TAIL), np.floor), _round(tally.quantile(1 - TAIL), np.ceil)


def _round(depth, direction):
    """To two digits: 1.37 -> 1.3 or 1.4, 78.2 -> 78 or 79."""
    unit = 10.0**(np.floor(np.log10(depth)) - 1)
    return float(f'{direction(depth / unit) * unit:.3g}')
