"""The files that the Eigen split needs of KITTI: where they are, which are missing, which are damaged. Pure."""
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ...datasets import velodyne
from ...datasets.eigen import eigen_split
from ...datasets.files import depth_png
from ...datasets.files.file_finder import IMAGE_SUFFIXES
from ...datasets.files.image_header import probe_image
from ...datasets.kitti_layout import UNSCANNED, Folders, camera_folder, day_of, depth_folders, list_frames
from ...parallel import ProgressLine

GROUND_TRUTHS = ('velodyne', 'annotated', 'velodyne_png')


def wanted_frames(splits, annotated=False):
    """Frames that parts of the Eigen split use.

    Args:
        splits (iterable[str]): some of :data:`~mmdepthcls.datasets.eigen.EIGEN_PARTS`.
        annotated (bool): only those that have annotated ground truth.

    Returns:
        dict[str, list[int]]: frame numbers in order, for each drive.
    """
    frames = {}
    for split in splits:
        for drive, frame in eigen_split(f'{split}_annotated' if annotated else split):
            frames.setdefault(drive, set()).add(frame)
    return {drive: sorted(frames[drive]) for drive in sorted(frames)}


@dataclass
class FileSet:
    """Files of one kind that a drive should have."""
    drive: str
    kind: str  # a column of the table: 'image_02', 'velodyne', 'annotated_02'
    source: str  # 'raw', 'annotated', 'velodyne_png': where the files come from
    folder: Path
    expected: list  # frames
    paths: dict  # frame -> path, of the expected frames that are there
    damaged: list = field(default_factory=list)  # messages that name the file, the fault and the remedy

    @property
    def missing(self):
        """list[int]: frames that are not there."""
        return [frame for frame in self.expected if frame not in self.paths]


@dataclass
class KittiFiles:
    """What :func:`check_kitti` found."""
    folders: Folders
    sets: list  # of FileSet
    calibration: dict  # day -> what is wrong with it, or None; only where the scans are asked for
    notes: list

    @property
    def missing(self):
        """list[FileSet]: those of which frames are missing."""
        return [files for files in self.sets if files.missing]

    @property
    def damaged(self):
        """list[str]: messages that name the file, the fault and the remedy."""
        return [message for files in self.sets for message in files.damaged]

    @property
    def uncalibrated(self):
        """dict[str, str]: days without a usable calibration, and why."""
        return {day: fault for day, fault in self.calibration.items() if fault}

    @property
    def complete(self):
        """bool: nothing is missing or damaged."""
        return not (self.missing or self.damaged or self.uncalibrated)

    def table(self):
        """str: a line for each drive, found/expected for each kind of file."""
        kinds = list(dict.fromkeys(files.kind for files in self.sets))
        cells = {(files.drive, files.kind): (len(files.paths), len(files.expected)) for files in self.sets}
        rows = [['drive', *(['calibration'] if self.calibration else []), *kinds]]
        for drive in dict.fromkeys(files.drive for files in self.sets):
            calibration = ['NO' if self.calibration[day_of(drive)] else 'yes'] if self.calibration else []
            rows.append([drive, *calibration, *(_ratio([cells[drive, kind]] if (drive, kind) in cells else [])
                                                for kind in kinds)])
        rows.append(['all', *([''] if self.calibration else []),
                     *(_ratio([cell for (_, of), cell in cells.items() if of == kind]) for kind in kinds)])
        # Without rules: as Markdown it would be wider than 80 columns.
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return '\n'.join('  '.join([row[0].ljust(widths[0])] + [
            cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]) for row in rows)

    def faults(self, limit=20):
        """str: what is missing or damaged, by name, at most ``limit`` lines of each; empty if nothing is."""
        absent = {files.drive for files in self.sets} - {files.drive for files in self.sets if files.paths}
        missing = [f'{drive}: all its files' for drive in sorted(absent)]
        missing += [f'{files.drive} {files.kind}: {describe_frames(files.missing)} of {len(files.expected)}, expected '
                    f'in {files.folder}' for files in self.missing if files.drive not in absent]
        missing += [f'calibration: {fault}' for fault in self.uncalibrated.values()]
        lines = []
        for title, entries in (('Missing', missing), ('Damaged', self.damaged)):
            if entries:
                lines += [f'{title}:', *(f'  {entry}' for entry in entries[:limit])]
                lines += [f'  ... and {len(entries) - limit} more lines (--lines shows more)'] * (len(entries) > limit)
        return '\n'.join(lines)


def _ratio(counts):
    """'found/expected', marked where they differ."""
    found, expected = sum(found for found, _ in counts), sum(expected for _, expected in counts)
    return f'{found}/{expected}' + ('!' if found < expected else ' ') if counts else '- '


def describe_frames(frames, num_ranges=4):
    """Frame numbers for people.

    >>> describe_frames([3, 177, 178, 179, 180])
    'frames 3, 177-180: 5'
    """
    ranges = []
    for frame in frames:
        if ranges and frame == ranges[-1][1] + 1:
            ranges[-1][1] = frame
        else:
            ranges.append([frame, frame])
    texts = [f'{first}-{last}' if last > first else f'{first}' for first, last in ranges[:num_ranges]]
    return f'frames {", ".join(texts)}{", ..." if len(ranges) > num_ranges else ""}: {len(frames)}'


def check_kitti(root, splits=('train', 'test'), cameras=(2, ), ground_truths=('velodyne', 'annotated'), raw=None,
                annotated=None, probe=True, progress=True):
    """Compare a KITTI tree with what parts of the Eigen split need.

    Lists each folder once. A file is looked at in its beginning, its end and its size.

    Args:
        root (str | Path): folder that holds ``raw`` and ``annotated``, or one of the other layouts of
            :class:`mmdepthcls.datasets.KITTIDepthDataset`.
        splits (iterable[str]): some of 'train', 'fit', 'val', 'test'.
        cameras (iterable[int]): 2 (left), 3 (right) or both.
        ground_truths (iterable[str]): some of 'velodyne', 'annotated', 'velodyne_png'. The latter are looked for in
            ``projected`` where there is such a folder, as the dataset does, else among KITTI's own.
        raw (str | Path, optional): another folder than the one that is found.
        annotated (str | Path, optional): another folder than the one that is found.
        probe (bool): look into the files; False: only at their names.
        progress (bool): show a progress line on stderr.

    Returns:
        KittiFiles
    """
    folders = Folders.of(root, raw, annotated)
    frames, annotated_frames = wanted_frames(splits), wanted_frames(splits, annotated=True)
    sets, days = [], sorted({day_of(drive) for drive in frames})
    for drive in frames:
        sets += _expected_sets(folders, drive, frames[drive], annotated_frames.get(drive, []), cameras, ground_truths)
    calibration = {day: _calibration_fault(folders.raw / day, cameras) for day in days} \
        if 'velodyne' in ground_truths else {}
    if probe:
        _probe_all(sets, progress)
    notes = [f'{drive}: frames {gap[0]}-{gap[-1]} have no scan in KITTI\'s own download either: known, not counted'
             for drive, gap in UNSCANNED.items() if drive in frames and 'velodyne' in ground_truths]
    return KittiFiles(folders, sets, calibration, notes)


def _expected_sets(folders, drive, frames, annotated_frames, cameras, ground_truths):
    """The file sets of one drive, with the files that are there."""
    sets = []

    def add(kind, source, expected, places, suffixes):
        found = {}
        for place in reversed(places):
            found.update(list_frames(place, suffixes))
        folder = next((place for place in places if os.path.isdir(place)), places[0])
        sets.append(FileSet(drive, kind, source, folder, expected,
                            {frame: found[frame] for frame in expected if frame in found}))

    for camera in cameras:
        add(camera_folder(camera), 'raw', frames, [folders.images(drive, camera)], IMAGE_SUFFIXES)
    if 'velodyne' in ground_truths:
        gap = UNSCANNED.get(drive, ())
        add('velodyne', 'raw', [frame for frame in frames if frame not in gap], [folders.scans(drive)], ('.bin', ))
    ours = folders.projected.is_dir()
    # KITTI's own PNGs lack the ends of the drives, projected and annotated alike.
    kinds = [('annotated', 'groundtruth', folders.annotated, annotated_frames),
             ('velodyne_png', 'velodyne_raw', folders.projected if ours else folders.annotated,
              frames if ours else annotated_frames)]
    for truth, kind, parent, expected in kinds:
        for camera in cameras if truth in ground_truths and expected else ():
            source = 'projected' if ours and truth == 'velodyne_png' else truth
            add(f'{truth}_{camera:02d}', source, expected, depth_folders(parent, drive, kind, camera), ('.png', ))
    return sets


def _calibration_fault(day, cameras):
    try:
        for camera in cameras:
            velodyne.read_calibration(str(day), camera)
    except (OSError, ValueError) as error:
        return f'{error.filename} is missing' if isinstance(error, FileNotFoundError) else str(error)


def _probe_all(sets, progress):
    """Look into every file, in threads: it is the disk that takes the time."""
    jobs = [(files, path) for files in sets for path in files.paths.values()]
    line = ProgressLine('Checking', len(jobs)) if progress and jobs else None

    def look(job):
        fault = _file_fault(*job)
        if line:
            line.advance()
        return fault

    with ThreadPoolExecutor(8) as pool:
        for (files, _), fault in zip(jobs, pool.map(look, jobs), strict=True):
            if fault:
                files.damaged.append(fault)


def _file_fault(files, path):
    try:
        if files.kind == 'velodyne':
            velodyne.check_scan(path)
        elif files.source == 'raw':
            probe_image(path)
        else:
            depth_png.check_depth_header(depth_png.probe(path), path)
    except (OSError, ValueError) as error:
        return str(error)
