"""What a calibration has found, for people. Pure."""
from __future__ import annotations

import math
from typing import Any

from ...evaluation.metrics_table import metrics_table
from ...markdown_table import markdown_table
from .before_after import COLUMNS
from .scale_fit import CLOSE, SURE

COLUMN_WORDS = ('p/g: median of predicted / measured, 1 is right. aligned: with each image brought to its own scale, '
                'which no calibration changes')
SHOWN = 10  # points that are far from the others
PROMISES = {
    'mean': 'on average over images of the same kind, {c:.3g} % of the measured pixels lie in their intervals',
    'each': 'in {c:.3g} % of the images of the same kind, {c:.3g} % of the measured pixels lie in their intervals',
}


def report(found: Any, data: Any, plan: Any, answers: Any, description: Any) -> str:
    """All that is printed.

    Args:
        found: the :class:`~.model_calibration.ModelCalibration`.
        data: it was found with.
        plan: what was wanted.
        answers: of the model.
        description: of the model before.
    """
    lines = ['', *_scale_lines(found, data, plan, description), *_temperature_lines(found, data, plan, answers), '']
    lines += [metrics_table(found.rows, COLUMNS), '', COLUMN_WORDS]
    if found.factor is not None:
        lines += ['', *_interval_lines(found, plan)]
    elif description.interval_widening:
        lines += ['', 'Intervals: the widening of before is of other metres and is left out; --coverage finds a new one'
                  if found.fit.scale != description.scale else 'Intervals: as before']
    return '\n'.join(lines)


def _scale_lines(found, data, plan, description):
    fit, measured = found.fit, 'pixels' if data.labelled else 'points'
    if not plan.scale:
        return [f'Scale {fit.scale:.4g}: it stays']
    before = f' (before: {description.scale:.4g})' if description.scale != 1 else ''
    lines = [f'Scale {fit.scale:.4g}{before}, 95 % {fit.low:.4g} to {fit.high:.4g} (bootstrap over {found.num_groups} '
             f'{plan.unit}s), fitted to {found.num_pixels} {measured} of {found.num_images} images',
             f'Spread of the ratios measured / predicted around it: {100 * math.expm1(fit.spread):.1f} %']
    lines += [found.cameras.text(), *_error_lines(found, data, plan)]
    if found.far:
        lines.append(f'Far from the others, perhaps wrong ({len(found.far)} of {found.num_pixels}); the scale does '
                     'without them:')
        lines += [f'  {where}: {ratio:.3g} times what the scale says' for where, ratio in found.far[:SHOWN]]
    if found.fit.low < 1 < found.fit.high and description.scale == 1:
        lines.append('1 lies between: the scale may as well be right as it is')
    return lines


def _error_lines(found, data, plan):
    """How exact the scale is, and what would make it exact."""
    fit = found.fit
    if not math.isfinite(fit.error):
        return []
    lines = [f'Standard error of the scale: {100 * fit.error:.1f} %; with a probability of {100 * fit.chance:.0f} % it '
             f'is within {100 * CLOSE:g} % of what very many such measurements would give']
    if SURE * fit.error > CLOSE:
        number, what = (found.num_groups, f'{plan.unit}s') if data.labelled else (found.num_pixels, 'points')
        lines.append(f'Warning: for 95 % it would take {fit.needed(number)} {what} of this kind, and these are '
                     f'{number}; fewer where the model is surer, each in another picture')
    return lines


def _temperature_lines(found, data, plan, answers):
    if not plan.temperature:
        return []
    temperature = answers.inferencer.loaded.classifier.temperature
    if found.gain is None:
        why = 'needs labelled images; points are too few' if not data.labelled else 'is not defined for this model'
        return [f'Temperature {temperature:.4g}: it stays, since a fit {why}']
    if found.gain.reason:
        return [f'Temperature {temperature:.4g}: it stays; {found.gain.reason}']
    return [f'Temperature {temperature:.4g}, NLL of images that were left out {found.gain.before:.4f} -> '
            f'{found.gain.after:.4f}']


def _interval_lines(found, plan):
    cells = [['coverage', 'mean over images', 'worst tenth', 'high / low']]
    cells += [[label, f'{each.mean:.3f}', f'{each.worst:.3f}', f'{each.width:.3f}']
              for label, each in found.coverages.items()]
    return [f'Intervals: {found.factor:.4g} times as wide on the scale of log depth, by {found.num_interval_groups} '
            f'{plan.unit}s that neither scale nor temperature has seen', '', markdown_table(cells), '',
            f'Promised: {PROMISES[plan.promise].format(c=100 * plan.coverage)}. It holds on average, not for each '
            'scene, and not for another camera or other places than these']
