"""KITTI's archives: which hold what a tree lacks, and how they get there from the public bucket. Pure."""
import os
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ...datasets.kitti_layout import DRIVE_FOLDER, SCAN_FOLDER, camera_folder, drive_folder
from ...parallel import ProgressLine
from .download import PATIENCE, NoAnswerError, ask_remote, download, in_threads, part_size
from .unpacking import unpack

BASE_URL = 'https://s3.eu-central-1.amazonaws.com/avg-kitti/'
DEPTH_ARCHIVES = {'annotated': 'data_depth_annotated.zip', 'velodyne_png': 'data_depth_velodyne.zip'}
MIB = 2**20
# Bytes on disk for one of an archive. Images and scans hardly shrink.
GROWTH = 1.2


class Archive(NamedTuple):
    """One of KITTI's zip files."""
    url_path: str  # below the base address
    path: Path  # on this disk
    folder: Path  # for its content
    size: int = 0  # bytes
    fetched: int = 0  # bytes that are on this disk already


class Fetched(NamedTuple):
    """What has become of an archive."""
    name: str
    written: int
    kept: int
    skipped: int
    conflicts: list
    deleted: bool


def needed_archives(report):
    """The archives that hold what is missing.

    Args:
        report (KittiFiles): of :func:`mmdepthcls.commands.prepare.kitti_files.check_kitti`.

    Returns:
        list[Archive]: their sizes are not known yet.
    """
    folders, paths = report.folders, {}
    for day in report.uncalibrated:
        paths[f'raw_data/{day}_calib.zip'] = folders.raw
    for files in report.missing:
        if files.source == 'raw':
            paths[f'raw_data/{files.drive}/{drive_folder(files.drive)}.zip'] = folders.raw
        elif files.source in DEPTH_ARCHIVES:
            paths[DEPTH_ARCHIVES[files.source]] = folders.annotated
    return [Archive(path, folders.root / 'downloads' / path.rpartition('/')[2], folder)
            for path, folder in paths.items()]


def ask_sizes(archives, base_url=BASE_URL, jobs=4, patience=PATIENCE):
    """Ask the server how large the archives are. Those that are on this disk already are not asked for.

    Args:
        archives (list[Archive]): of :func:`needed_archives`.
        base_url (str): address of the bucket.
        jobs (int): how many to ask at a time.
        patience (Patience): how long to try.

    Returns:
        tuple[list[Archive], list[str]]: the archives with their sizes; and messages, for those that cannot be had.

    Raises:
        NoAnswerError: (a DownloadError) if the server does not answer: the others need not be tried.
    """

    def ask(archive, stop):
        if archive.path.exists():
            size = archive.path.stat().st_size
            return archive._replace(size=size, fetched=size)
        size = ask_remote(_url(base_url, archive), patience, stop).size
        return archive._replace(size=size, fetched=min(part_size(archive.path), size))

    results = {}
    for index, result in in_threads(ask, archives, jobs):
        if isinstance(result, NoAnswerError):
            raise result
        results[index] = result
    known = [results[index] for index in range(len(archives))]
    return ([archive for archive in known if isinstance(archive, Archive)],
            [str(error) for error in known if not isinstance(error, Archive)])


def is_wanted(report, everything=False):
    """What to unpack: a function of a member's name.

    Args:
        report (KittiFiles): its drives, cameras and ground truths are wanted.
        everything (bool): all members.

    Returns:
        callable
    """
    drives = {files.drive for files in report.sets}
    # 'image_02' as kind of a file set, 'annotated_02' and 'velodyne_png_02' for the depth maps of that camera
    places = {camera_folder(int(files.kind[-2:])) if files.kind != 'velodyne' else SCAN_FOLDER for files in report.sets}

    def wanted(name):
        drive = DRIVE_FOLDER.search(name)
        if everything or drive is None:  # calibration
            return True
        return drive[1] in drives and not places.isdisjoint(name.split('/'))

    return wanted


def check_disk(archives, delete_archives=False, jobs=4):
    """Refuse to begin what the disk cannot hold.

    Args:
        archives (list[Archive]): with sizes.
        delete_archives (bool): whether each archive is deleted when it is unpacked.
        jobs (int): how many are on disk at a time then.

    Raises:
        OSError: if a disk has too little space; says how much is needed.
    """
    rest = sorted((archive.size - archive.fetched for archive in archives), reverse=True)
    contents = [(archive.folder, archive.size * GROWTH) for archive in archives]
    downloads = [(archive.path.parent, sum(rest[:jobs] if delete_archives else rest)) for archive in archives[:1]]
    needed, places = Counter(), {}
    for folder, size in contents + downloads:
        folder = folder.absolute()
        while not folder.exists():
            folder = folder.parent
        disk = os.stat(folder).st_dev
        needed[disk] += size
        places[disk] = folder
    for disk, size in needed.items():
        free = shutil.disk_usage(places[disk]).free
        if size > free:
            raise OSError(f'{places[disk]}: archives and their content need about {size / 1e9:.1f} GB, but '
                          f'{free / 1e9:.1f} GB are free. Make room, choose fewer splits'
                          + ('.' if delete_archives else ', or delete archives on the way (--delete-archives).'))


def fetch_archives(archives, wanted=None, base_url=BASE_URL, jobs=4, delete_archives=False, progress=True,
                   patience=PATIENCE):
    """Download archives and unpack each when it is complete. What is interrupted goes on where it stopped.

    Args:
        archives (list[Archive]): of :func:`ask_sizes`.
        wanted (callable, optional): of :func:`is_wanted`; default: everything.
        base_url (str): address of the bucket.
        jobs (int): archives at a time.
        delete_archives (bool): delete each archive when all its wanted content is verified on disk.
        progress (bool): show a progress line on stderr.
        patience (Patience): how long to try.

    Yields:
        Fetched or str: what has become of an archive, or a message that names it and the fault; as they end.
    """
    # Every byte counts twice: when it arrives and when it is unpacked.
    total = sum(2 * archive.size - archive.fetched for archive in archives)
    line = ProgressLine('Fetching and unpacking', total / MIB, 'MiB') if progress and archives else None
    # A MiB is a power of two: the line's sum stays exact.
    advance = (lambda count: line.advance(count / MIB)) if line else None
    fetch = partial(_fetch, wanted=wanted, base_url=base_url, delete_archives=delete_archives, advance=advance,
                    patience=patience)
    for index, result in in_threads(fetch, archives, jobs):
        yield result if isinstance(result, Fetched) else _message(archives[index], result)


def _message(archive, error):
    text = str(error)
    return text if archive.path.name in text else f'{archive.path.name}: {text}'


def _fetch(archive, stop, wanted, base_url, delete_archives, advance, patience):
    if not archive.path.exists():
        download(_url(base_url, archive), archive.path, on_bytes=advance, stop=stop, patience=patience)
    rest = archive.size

    def on_member(count):
        nonlocal rest
        rest -= count
        advance(count)

    result = unpack(archive.path, archive.folder, wanted=wanted, on_member=on_member if advance else None, stop=stop)
    if advance:
        advance(rest)  # the archive's directory
    deleted = delete_archives and not result.conflicts
    if deleted:
        archive.path.unlink()
    return Fetched(archive.path.name, *result, deleted)


def _url(base_url, archive):
    return f'{base_url.rstrip("/")}/{archive.url_path}'

