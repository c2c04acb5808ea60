"""KITTI's LiDAR scans projected once, into depth PNGs a twentieth of their size. Pure.

Where the disk or the network is slow, these load faster; where the scans lie in memory, the scans do.
"""
import json
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from ...atomic_file import write_atomically
from ...datasets import velodyne
from ...datasets.files import depth_png
from ...datasets.files.image_header import probe_image
from ...datasets.kitti_layout import calibration_files, camera_folder, day_of, depth_folders, frame_of, frame_stem
from ...json_text import json_text
from ...parallel import map_parallel, usable_cpus
from .kitti_files import check_kitti
from .temporary_files import remove_stale

MANIFEST = 'manifest.json'
MADE_BY = 'mmdepthcls tools/prepare_kitti.py'
FORMAT = 1
DEFAULT_OUT = {'kitti': 'projected', 'monodepth': 'projected_monodepth'}
# A scan covers 4 % of its image. Far less is a scan of something else, or another calibration.
MIN_COVERAGE = 0.01


class Projectable(NamedTuple):
    """What one depth map is made of, and where it goes."""
    image: str
    scan: str
    day: str  # folder of the calibration
    camera: int
    target: str


@dataclass
class ProjectionPlan:
    """What there is to do in a folder of projected depth."""
    out: Path
    convention: str
    todo: list  # of Projectable
    kept: int  # complete already
    faults: list = field(default_factory=list)  # messages: what cannot be projected


class Estimate(NamedTuple):
    """What a projection will take, as measured on a few frames."""
    seconds: float
    size: int  # bytes


class Projection(NamedTuple):
    """What a projection has done."""
    written: int
    kept: int
    faults: list  # messages that name the file


def plan_projection(root, out=None, convention='kitti', splits=('train', 'test'), cameras=(2, ), raw=None):
    """Find the frames that have an image and a scan, and the depth maps that are there already. Writes nothing.

    A depth map counts as there if it is intact, as large as its image, and not older than its scan and calibration.

    Args:
        root (str | Path): of the KITTI tree.
        out (str | Path, optional): folder for the depth maps; default: ``root/projected``, for the convention
            'monodepth' ``root/projected_monodepth``.
        convention (str): see :func:`mmdepthcls.datasets.velodyne.project_velodyne`.
        splits (iterable[str]): parts of the Eigen split.
        cameras (iterable[int]): 2, 3 or both.
        raw (str | Path, optional): another folder than the one that is found.

    Returns:
        ProjectionPlan

    Raises:
        ValueError: for another convention.
        FileExistsError: if ``out`` holds something that was not made here, or of another convention.
    """
    if convention not in velodyne.CONVENTIONS:
        raise ValueError(f'convention must be one of {velodyne.CONVENTIONS}, got {convention!r}')
    out = Path(out or Path(root) / DEFAULT_OUT[convention])
    check_out(out, convention)
    report = check_kitti(root, splits, cameras, ('velodyne', ), raw=raw, probe=False, progress=False)
    frames, skipped = [], Counter()
    sets = {(files.drive, files.kind): files for files in report.sets}
    for drive, camera in ((drive, camera) for drive, kind in sets if kind == 'velodyne' for camera in cameras):
        images, scans = sets[drive, camera_folder(camera)].paths, sets[drive, 'velodyne'].paths
        both = [frame for frame in images if frame in scans]
        if day_of(drive) in report.uncalibrated:
            skipped[day_of(drive)] += len(both)
            continue
        folder = depth_folders(out, drive, 'velodyne_raw', camera)[0]
        frames += [Projectable(images[frame], scans[frame], str(report.folders.day(drive)), camera,
                         os.path.join(folder, f'{frame_stem(frame)}.png')) for frame in both]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(_is_done, frames))
    return ProjectionPlan(out, convention, [frame for frame, is_done in zip(frames, done, strict=True) if not is_done],
                          sum(done), [f'{report.uncalibrated[day]}: {count} frames of {day} are not projected'
                                      for day, count in skipped.items() if count])


def estimate_projection(plan, workers=None, num_frames=20):
    """Project a few frames, without writing, to say what all will take.

    Args:
        plan (ProjectionPlan): of :func:`plan_projection`.
        workers (int, optional): processes that will do it; default: the CPUs this process may use. As many are
            measured, for they slow each other down.
        num_frames (int): frames to measure for each of them, spread over the plan.

    Returns:
        Estimate or None: None where no frame can be projected.
    """
    workers = workers or usable_cpus()
    chosen = plan.todo[::max(len(plan.todo) // (workers * num_frames), 1)][:workers * num_frames]
    measure = partial(_measure, convention=plan.convention)
    measured = [result for _, result in map_parallel(measure, chosen, title='', workers=workers, progress=False)
                if result]
    if not measured:
        return None
    seconds, sizes = zip(*measured, strict=True)
    # The median: what is loaded only once should not count.
    return Estimate(median(seconds) * len(plan.todo) / workers, sum(sizes) * len(plan.todo) // len(sizes))


def _measure(frame, convention):
    """Seconds and bytes of one frame; None where it has a fault."""
    start = time.perf_counter()
    png, fault = _project(frame, convention, MIN_COVERAGE)
    return None if fault else (time.perf_counter() - start, len(png))


def project_kitti(plan, workers=None, min_coverage=MIN_COVERAGE, progress=True):
    """Write the depth maps of a plan in KITTI's own format and layout: 16-bit PNG, metres * 256, 0 = no point.

    ``KITTIDepthDataset(ground_truth='velodyne_png')`` reads them. Every file appears whole: after an interruption a new
    plan has what is left.

    Args:
        plan (ProjectionPlan): of :func:`plan_projection`.
        workers (int, optional): processes; default: the CPUs this process may use.
        min_coverage (float): least part of the pixels that must have depth; less is a fault.
        progress (bool): show a progress line on stderr.

    Returns:
        Projection: frames with faults are named in it and not written; all others are done.

    Raises:
        OSError: if the disk refuses.
    """
    check_out(plan.out, plan.convention)
    plan.out.mkdir(parents=True, exist_ok=True)
    if not (plan.out / MANIFEST).exists():
        write_atomically(plan.out / MANIFEST, json_text(_manifest(plan.convention), indent=2).encode())
    for folder, _, names in os.walk(plan.out):
        remove_stale(folder, names, lambda name: name == MANIFEST or frame_of(name, ('.png', )) is not None)
    project = partial(project_frame, convention=plan.convention, min_coverage=min_coverage)
    faults = {}
    for index, fault in map_parallel(project, plan.todo, title='Projecting', unit='frames', workers=workers,
                                     progress=progress):
        if fault:
            faults[index] = fault
    return Projection(len(plan.todo) - len(faults), plan.kept, plan.faults + [faults[key] for key in sorted(faults)])


def project_frame(frame, convention='kitti', min_coverage=MIN_COVERAGE):
    """Project one scan and write its depth map.

    Args:
        frame (Projectable): what and where.
        convention (str): 'kitti' or 'monodepth'.
        min_coverage (float): least part of the pixels that must have depth.

    Returns:
        str or None: what is wrong with the frame, which then is not written.
    """
    png, fault = _project(frame, convention, min_coverage)
    if not fault:
        os.makedirs(os.path.dirname(frame.target), exist_ok=True)
        write_atomically(frame.target, png)
    return fault


def check_out(out, convention):
    """Refuse a folder whose content was not made here.

    Raises:
        FileExistsError: if it has no manifest, another program's, or that of another convention.
    """
    path = Path(out) / MANIFEST
    if os.path.lexists(out) and not os.path.isdir(out):
        raise FileExistsError(f'{out} is no folder. Give another --out.')
    if not path.exists():
        # A killed run may have left the beginning of the manifest.
        names = [name for name in os.listdir(out) if not name.startswith(f'.{MANIFEST}.')] if os.path.isdir(out) else []
        if names:
            raise FileExistsError(f'{out} holds {sorted(names)[0]!r} but no {MANIFEST}: it was not made by this tool '
                                  'and is left alone. Give another --out.')
        return
    try:
        found = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:
        found = None
    if found != _manifest(convention):
        what = f"depth of the convention {found.get('convention')!r}" if isinstance(found, dict) else 'something else'
        raise FileExistsError(f'{path} says that the folder holds {what}, expected {_manifest(convention)}. Give '
                              'another --out, or delete the folder.')


def _manifest(convention):
    return dict(made_by=MADE_BY, format=FORMAT, convention=convention, units_per_metre=depth_png.KITTI_SCALE)


def _project(frame, convention, min_coverage):
    """The PNG of a frame and None, or None and what is wrong with it."""
    try:
        height, width = probe_image(frame.image).shape()
        calibration = velodyne.known_calibration(frame.day, frame.camera)
        depth = velodyne.project_velodyne(velodyne.read_scan(frame.scan), calibration, (height, width), convention)
    except (OSError, ValueError) as error:
        return None, str(error)
    if (depth > 0).mean() < min_coverage:
        return None, (f'{frame.scan}: only {(depth > 0).sum()} of the {depth.size} pixels of {frame.image} have depth, '
                      f'expected at least {min_coverage:.0%}. Is it the scan of this drive, and {frame.day} the right '
                      'calibration?')
    return depth_png.encode_depth_png(depth), None


def _is_done(frame):
    """Whether the depth map is there, whole, of the image's size and not older than what it is made of."""
    sources = [frame.scan, *calibration_files(frame.day)]
    try:
        header = depth_png.probe(frame.target)
        depth_png.check_depth_header(header, frame.target)
        return ((header.height, header.width) == probe_image(frame.image).shape()
                and os.path.getmtime(frame.target) >= max(map(os.path.getmtime, sources)))
    except (OSError, ValueError):
        return False
