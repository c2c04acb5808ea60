"""Where a training goes on: the checkpoint of a work folder, wherever the folder is now. Pure."""
import os.path as osp
import re
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from ..checkpoint_writer import POINTER, seal_of

PICKLED = b'\x80'  # first byte of the checkpoints that torch wrote before 1.6


class NothingGoodError(Exception):
    """A work folder of checkpoints none of which can be gone on from; the message says what is wrong with each."""


@dataclass(frozen=True)
class ResumePoint:
    """What a work folder offers to go on from.

    Args:
        path (str, optional): a checkpoint in the folder; None where there is nothing to resume.
        remark (str): why this one, where it is not plainly the one that ``last_checkpoint`` names.
        damaged (tuple[str, ...]): checkpoints that cannot be used, and why.
    """

    path: str | None
    remark: str = ''
    damaged: tuple[str, ...] = field(default=())

    def __str__(self):
        remark = f' ({self.remark})' if self.remark else ''
        if self.path is None:
            return f'NOTHING TO RESUME{remark}: the training begins anew'
        return f'Resuming from {self.path}{remark}'

    def needed(self):
        """This, unless there are checkpoints and none is good: what they stand for is not thrown away.

        Raises:
            NothingGoodError
        """
        if self.path is None and self.damaged:
            raise NothingGoodError(
                f'Nothing can be resumed: {self.remark}. To begin anew, name another --work-dir, or move these files '
                'away. To begin from the weights of a best_*.pth, give --cfg-options load_from=FILE without --resume')
        return self


def resume_point(work_dir, out_dir=None):
    """The checkpoint that a resumed training goes on from.

    ``last_checkpoint`` holds the absolute path that the checkpoint had when it was written. Only the file's name counts
    here, so a folder may have been moved, renamed or copied, also from Windows; what lies elsewhere, or is a URL, is
    never followed. Without a usable pointer the newest good checkpoint is taken: one that is complete, and whose
    parts have the check sums that it holds.

    Args:
        work_dir (str or Path): the work folder.
        out_dir (str, optional): ``out_dir`` of the config's ``CheckpointHook``.

    Returns:
        ResumePoint
    """
    folder, pointer = Path(checkpoint_folder(work_dir, out_dir)), Path(work_dir, POINTER)
    if not Path(work_dir).is_dir():
        return ResumePoint(None, f'there is no folder {work_dir}')
    lines = pointer.read_text('utf-8', errors='replace').split('\n') if pointer.is_file() else None
    named = lines and lines[0].strip()
    if named:
        path = folder / file_name(named)
        wrong = damage_of(path)
        if not wrong:
            newer = _finished_after(path, pointer)
            if newer is not None:
                return ResumePoint(str(newer), f'finished after {POINTER} was written, which names {named}')
            moved = osp.abspath(named) != osp.abspath(path)
            return ResumePoint(str(path), f'{POINTER} names {named}' if moved else '')
        reason = f'{POINTER} names {named}, which is no whole checkpoint in {folder}'
    else:
        path, reason = None, f'{POINTER} in {work_dir} is {"missing" if named is None else "empty"}'
    newest, damaged = _newest(folder)
    if path is not None and osp.isfile(path):
        damaged.setdefault(path, wrong)
    said = tuple(f'{each.name} {wrong}' for each, wrong in damaged.items())
    reason = '; '.join([reason, *said])
    if newest is None:
        return ResumePoint(None, f'{reason}, and no whole iter_N.pth or epoch_N.pth is there', said)
    return ResumePoint(str(newest), f'the newest there; {reason}')


def file_name(path):
    """Last part of a path of any system.

    >>> file_name('/old/work_dirs/a/iter_2.pth'), file_name(r'C:\\work_dirs\\a\\iter_2.pth')
    ('iter_2.pth', 'iter_2.pth')
    """
    return re.split(r'[\\/]', path)[-1]


def checkpoint_folder(work_dir, out_dir=None):
    """str: where ``CheckpointHook`` puts checkpoints; another ``out_dir`` gets a folder named as the work folder."""
    work_dir = str(work_dir)
    if out_dir is None or str(out_dir) == work_dir:
        return work_dir
    return osp.join(str(out_dir), osp.basename(work_dir.rstrip('/\\')))


def numbered_checkpoints(folder):
    """dict[str, list[Path]]: text before the number -> checkpoints, the newest first. The best ones (``best_...``)
    hold no state of the optimizer and do not count."""
    numbered = defaultdict(list)
    for path in Path(folder).glob('*.pth') if Path(folder).is_dir() else ():
        match = re.fullmatch(r'(.*?)(\d+)\.pth', path.name)
        if match and not path.name.startswith('best_'):
            numbered[match.group(1)].append((int(match.group(2)), path))
    return {prefix: [path for _, path in sorted(each, reverse=True)] for prefix, each in numbered.items()}


def damage_of(path):
    """What is wrong with a checkpoint's file, as its own check sums say: the one that this package writes at its end;
    else those of its parts, since torch writes a zip archive.

    Args:
        path (str or Path): of a file; the checkpoints that torch wrote before 1.6 hold no check sums and are believed.

    Returns:
        str: end of a sentence that begins with its name; empty for a good one.
    """
    try:
        if not osp.isfile(path):
            return 'is no file'
        if not osp.getsize(path):
            return 'is empty'
        with open(path, 'rb') as file:
            if file.read(1) == PICKLED:
                return ''
        seal = seal_of(path)
        if seal is not None:
            return '' if seal[0] == seal[1] else 'is damaged: it is not what was written'
        if not zipfile.is_zipfile(path):
            return 'broken off while it was written'
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if not any(name.endswith('data.pkl') for name in names):
                return 'is no checkpoint'
            wrong = archive.testzip()
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        return f'is damaged ({" ".join(str(error).split())})'
    return f'is damaged: its part {wrong} is not what was written' if wrong else ''


def _finished_after(path, pointer):
    """The newest good checkpoint beyond the one that a pointer names, if it is younger than the pointer: a process was
    killed between the two."""
    for each in numbered_checkpoints(path.parent).values():
        for newer in each[:each.index(path)] if path in each else ():
            if newer.stat().st_mtime_ns > pointer.stat().st_mtime_ns and not damage_of(newer):
                return newer
    return None


def _newest(folder):
    """The good checkpoint of the highest number, and those beyond it that are damaged, with what is wrong."""
    newest, damaged = [], {}
    for each in numbered_checkpoints(folder).values():
        for path in each:
            wrong = damage_of(path)
            if not wrong:
                newest.append(path)
                break
            damaged[path] = wrong
    # Iterations and epochs are not counted alike.
    return max(newest, key=lambda path: path.stat().st_mtime, default=None), dict(sorted(damaged.items()))
