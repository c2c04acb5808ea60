"""The examination as tables and text: Markdown for people, JSON for programs. Pure."""
import math
from collections import defaultdict

import numpy as np

from ...count_text import counted
from ...json_text import json_text
from ...markdown_table import markdown_table
from .camera_check import span
from .content import MISSING
from .finding import ERROR, NOTE, WARNING
from .leakage import LEAKAGE

COLUMNS = ('samples', 'expected', 'with truth', 'missing', 'faulty', 'size', 'valid', 'min m', 'median m', 'max m',
           'errors', 'warnings')
SHOWN = 10  # findings of one kind in the text; the JSON has all
PLURALS = {ERROR: 'errors', WARNING: 'warnings', NOTE: 'notes'}


def split_summary(result, examination):
    """Numbers of one split.

    Returns:
        dict: values of :data:`COLUMNS`; numbers, or None where there is nothing to measure.
    """
    depths = [record.depth for record in result.records if record.depth and record.depth.valid]
    sizes = {(record.image.height, record.image.width) for record in result.records if record.image}
    low, high = ([f(values) for values in zip(*sizes, strict=True)] if sizes else None for f in (min, max))
    size = low and (f'{low[0]} x {low[1]}' if low == high else f'{low[0]}-{high[0]} x {low[1]}-{high[1]}')
    faulty = {path for finding in examination.findings for path in finding.files
              if finding.level != NOTE and not finding.kind.startswith(LEAKAGE)}
    return dict(zip(COLUMNS, (
        result.listed, result.expected, result.with_truth,
        sum(any(f.kind == MISSING for f in record.findings) for record in result.records),
        sum(not faulty.isdisjoint((record.img_path, record.depth_path)) for record in result.records), size,
        float(np.median([depth.valid for depth in depths])) if depths else None,
        *((float(f([depth.quantiles[i] for depth in depths])) if depths else None)
          for f, i in ((np.min, 0), (np.median, 3), (np.max, 6))),
        examination.count(ERROR, result.name), examination.count(WARNING, result.name)), strict=True))


def summary_table(examination):
    """str: Markdown, a row per split."""
    rows = [[result.name, *(_cell(name, value) for name, value in split_summary(result, examination).items())]
            for result in examination.splits]
    return markdown_table([['split', *COLUMNS], *rows])


def findings_text(examination, shown=SHOWN):
    """str: Markdown, the findings by level and kind, at most ``shown`` of a kind."""
    kinds = defaultdict(list)
    for finding in examination.findings:
        kinds[finding.level, finding.kind].append(finding)
    parts, last = [], None
    for (level, kind), members in kinds.items():
        if level != last:
            parts.append(f'## {PLURALS[level].capitalize()}\n')
            last = level
        lines = [f'### {kind} ({sum(len(finding.files) for finding in members)})\n']
        remedy = None
        for finding in members[:shown]:
            lines.append(f'- {finding.path} [{finding.split}]: {finding.seen}')
            if finding.remedy and finding.remedy != remedy:
                lines.append(f'  Remedy: {finding.remedy}')
            remedy = finding.remedy
        if len(members) > shown:
            lines.append(f'- ... and {len(members) - shown} more, see report.json')
        parts.append('\n'.join(lines) + '\n')
    return '\n'.join(parts)


def verdict(examination, strict=False):
    """str: one line."""
    errors, warnings = (examination.count(level) for level in (ERROR, WARNING))
    looked = sum(len(result.records) for result in examination.splits)
    word = 'NOT FIT' if examination.failed(strict) else 'fit'
    return (f'Verdict: {word} for training: {counted(errors, "error")}, {counted(warnings, "warning")} in '
            f'{counted(looked, "sample")} looked at.')


def markdown(examination, title, strict=False):
    """str: the whole report."""
    return '\n\n'.join(part.rstrip() for part in (
        f'# Data of {title}', summary_table(examination), cameras_text(examination), bins_text(examination),
        findings_text(examination), verdict(examination, strict)) if part) + '\n'


def cameras_text(examination):
    """str: a line per data set of each split about the focal lengths of its cameras; '' where none is known."""
    lines = []
    for each in examination.cameras:
        if each.on_disk:
            inside = f', {span(each.in_input)} in the input of the network' if each.in_input else (
                f' (what {each.unclear} makes of it is not known, or random)' if each.unclear else '')
            height = '' if each.height is None else f'; {each.height:.2f} m over the ground'
            unknown = f'; of {counted(len(each.unknown), "image")} it is not known' if each.unknown else ''
            lines.append(f'- {each.split}, {each.name}: {span(each.on_disk)}{inside}{height}{unknown}')
        elif each.unknown:
            lines.append(f'- {each.split}, {each.name}: not known')
    known = any(each.on_disk for each in examination.cameras)
    return '\n'.join(['Focal lengths:', *lines]) if known else ''


def bin_counts(result):
    """Pixels per bin of a split, below the first edge and above the last.

    Returns:
        tuple[ndarray (K,), int, int] or None
    """
    depths = [record.depth for record in result.records if record.depth and record.depth.histogram is not None]
    if not depths:
        return None
    return (np.sum([depth.histogram for depth in depths], axis=0, dtype=np.int64),
            *(sum(depth.outside[side] for depth in depths) for side in (0, 1)))


def bins_text(examination):
    """str: a line per split about the use of the model's bins; '' without bins."""
    lines = []
    for result in examination.splits:
        counts = bin_counts(result)
        if counts is None or examination.bins is None:
            continue
        inside, below, above = counts
        total = max(int(inside.sum()) + below + above, 1)
        lines.append(f'- {result.name}: {np.count_nonzero(inside)} of {len(inside)} bins used; of the valid pixels '
                     f'{below / total:.2%} are nearer than {examination.bins.min_depth:g} m, {above / total:.2%} '
                     f'farther than {examination.bins.max_depth:g} m')
    canonical = examination.canonical_px
    of = '' if canonical is None else f' (in metres of a canonical camera of {canonical:g} px)'
    return '\n'.join([f'Bins{of}:', *lines]) if lines else ''


def as_json(examination, title, strict=False):
    """str: everything, with all findings."""
    splits = {}
    for result in examination.splits:
        counts = bin_counts(result)
        splits[result.name] = dict(split_summary(result, examination), looked_at=len(result.records))
        if counts:
            inside, below, above = counts
            splits[result.name]['bins'] = dict(pixels=inside.tolist(), below=int(below), above=int(above),
                                               unused=np.flatnonzero(inside == 0).tolist())
    content = dict(config=title, failed=examination.failed(strict), splits=splits,
                   cameras=[dict(set=each.name, split=each.split, on_disk=_ends(each.on_disk),
                                 in_input=_ends(each.in_input), unknown=len(each.unknown), height=each.height)
                            for each in examination.cameras],
                   canonical_focal_px=examination.canonical_px,
                   bin_edges=None if examination.bins is None else examination.bins.edges.tolist(),
                   findings=[vars(finding) for finding in examination.findings])
    return json_text(content)


def _ends(focals):
    return [min(focals), max(focals)] if focals else None


def _cell(name, value):
    if value is None or isinstance(value, float) and math.isnan(value):
        return '-'
    if name == 'valid':
        return f'{value:.1%}'
    return f'{value:.2f}' if isinstance(value, float) else str(value)
