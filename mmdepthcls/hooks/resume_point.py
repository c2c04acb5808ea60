"""Where a training goes on: the checkpoint of a work folder, wherever the folder is now. Pure."""
import os.path as osp
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

POINTER = 'last_checkpoint'
PICKLED = b'\x80'  # first byte of the checkpoints that torch wrote before 1.6


@dataclass(frozen=True)
class ResumePoint:
    """What a work folder offers to go on from.

    Args:
        path (str, optional): a checkpoint in the folder; None where there is nothing to resume.
        remark (str): why this one, where it is not plainly the one that ``last_checkpoint`` names.
    """

    path: str | None
    remark: str = ''

    def __str__(self):
        remark = f' ({self.remark})' if self.remark else ''
        if self.path is None:
            return f'NOTHING TO RESUME{remark}: the training begins anew'
        return f'Resuming from {self.path}{remark}'


def resume_point(work_dir, out_dir=None):
    """The checkpoint that a resumed training goes on from.

    ``last_checkpoint`` holds the absolute path that the checkpoint had when it was written. Only the file's name counts
    here, so a folder may have been moved, renamed or copied, also from Windows; what lies elsewhere, or is a URL, is
    never followed. Without a usable pointer the newest whole checkpoint is taken.

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
        if _is_whole(path):
            moved = osp.abspath(named) != osp.abspath(path)
            return ResumePoint(str(path), f'{POINTER} names {named}' if moved else '')
        reason = f'{POINTER} names {named}, which is no whole checkpoint in {folder}'
    else:
        reason = f'{POINTER} in {work_dir} is {"missing" if named is None else "empty"}'
    newest, broken = _newest(folder)
    if broken:
        reason += f'; {", ".join(broken)} broken off while it was written'
    if newest is None:
        return ResumePoint(None, f'{reason}, and no whole iter_N.pth or epoch_N.pth is there')
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


def _newest(folder):
    """The whole checkpoint of the highest number, and names of those beyond it that are broken. The best ones
    (``best_...``) hold no state of the optimizer and do not count."""
    numbered = defaultdict(list)
    for path in folder.glob('*.pth') if folder.is_dir() else ():
        match = re.fullmatch(r'(.*?)(\d+)\.pth', path.name)
        if match and not path.name.startswith('best_'):
            numbered[match.group(1)].append((int(match.group(2)), path))
    newest, broken = [], []
    for each in numbered.values():
        ordered = [path for _, path in sorted(each, reverse=True)]
        whole = next((index for index, path in enumerate(ordered) if _is_whole(path)), len(ordered))
        broken += [path.name for path in ordered[:whole]]
        newest += ordered[whole:whole + 1]
    # Iterations and epochs are not counted alike.
    return max(newest, key=lambda path: path.stat().st_mtime, default=None), sorted(broken)


def _is_whole(path):
    """Whether a file can be a checkpoint: torch writes a zip file, whose directory comes last."""
    try:
        with open(path, 'rb') as file:
            return file.read(1) == PICKLED or zipfile.is_zipfile(path)
    except (OSError, ValueError):  # no file, or no name that a file can have
        return False
