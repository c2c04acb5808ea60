"""The files of an examination: report.md, report.json, a sheet of pictures per split and the chart of bins. Pure."""
from pathlib import Path

import cv2

from ...atomic_file import write_atomically
from ...visualization.depth_color import DepthColors
from . import report
from .bin_chart import draw_bins
from .finding import NOTE
from .leakage import LEAKAGE
from .sheet import draw_sheet


def write_output(examination, folder, title, pictures=True, strict=False):
    """Write all files.

    Args:
        examination (Examination): what was found.
        folder (str | Path): is made.
        title (str): name of the config.
        pictures (bool): also draw.
        strict (bool): for the verdict.

    Returns:
        list[Path]: what was written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {'report.md': report.markdown(examination, title, strict).encode(),
                'report.json': report.as_json(examination, title, strict).encode()}
    if pictures:
        contents |= _pictures(examination)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def _pictures(examination):
    faults = {}
    for finding in examination.findings:  # the gravest of a file comes first
        if finding.level != NOTE and not finding.kind.startswith(LEAKAGE):
            for path in finding.files:
                faults.setdefault(path, f'{finding.level}: {finding.kind}: {finding.seen}')
    colors = DepthColors.of_bins(examination.bins)
    contents = {}
    for result in examination.splits:
        sheet = draw_sheet(result, faults, colors)
        if sheet is not None:
            contents[f'sheet_{result.name}.png'] = cv2.imencode('.png', sheet[..., ::-1])[1].tobytes()
    chart = examination.bins and draw_bins(examination.splits, examination.bins)
    return contents | ({'bins.png': chart} if chart else {})
