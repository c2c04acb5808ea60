"""The report of several data sets: one table of all, as Markdown and JSON, beside a folder with the report of each.
Pure."""
from dataclasses import asdict
from pathlib import Path

from ...atomic_file import write_atomically
from ...count_text import counted
from ...json_text import without_nan
from ..errors import ALL_NAMES
from ..sets_table import MEAN, sets_table
from .report import JSON, MARKDOWN, pictures_of_report, report_json

FORMAT, VERSION = 'mmdepthcls report of sets', 1


def write_overview(folder, title, rows, mean, num_images):
    """Write report.md and report.json of several sets, each of which has a report in a folder of its name.

    Each file is replaced in one step. Pictures of an earlier report of one set are removed; other files are left alone.

    Args:
        folder (str | Path): of all.
        title (str, optional): what was evaluated.
        rows (list[SetRow])
        mean (dict): errors of the mean of the sets.
        num_images (dict[str, int]): images of each set, scored or not.

    Returns:
        Path: of report.md.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    outdated = pictures_of_report(folder / JSON)
    write_atomically(folder / JSON, report_json(_contents(title, rows, mean, num_images)).encode())
    write_atomically(folder / MARKDOWN, _markdown(title, rows, mean, num_images).encode())
    for name in outdated:
        (folder / name).unlink(missing_ok=True)
    return folder / MARKDOWN


def _contents(title, rows, mean, num_images):
    return without_nan({
        'format': FORMAT,
        'version': VERSION,
        'title': title,
        'num_images': sum(num_images.values()),
        'sets': [dict(name=name, num_images=number, report=f'{name}/{JSON}') for name, number in num_images.items()],
        'protocols': [dict(
            name=row.label, set=row.name, settings=asdict(row.protocol), conditions=row.protocol.conditions(),
            num_images=row.errors['num_images'], bad_predictions=row.errors['bad_predictions'],
            model={name: row.errors[name] for name in ALL_NAMES} if row.errors['num_images'] else None)
            for row in rows],
        'mean': {name: mean[name] for name in ALL_NAMES} if mean['num_images'] else None})


def _markdown(title, rows, mean, num_images):
    scored = {row.name for row in rows if row.errors['num_images']}
    parts = [f'# Depth errors of {counted(len(num_images), "set")}{": " + title if title else ""}',
             sets_table(rows, mean),
             f'`N` images have ground truth and are scored. *{MEAN}*: of the first protocol of each set, in which each '
             'set counts once, however many images it has; a set of which nothing is scored is not in it.']
    parts += ['\n'.join(f'- {name}: {counted(number, "image")}{"" if name in scored else ", **none of them scored**"}: '
                        f'[its own report]({name}/{MARKDOWN})' for name, number in num_images.items())]
    parts += [f'All numbers are in [{JSON}]({JSON}), those of every image in each set\'s own.']
    return '\n\n'.join(parts) + '\n'
