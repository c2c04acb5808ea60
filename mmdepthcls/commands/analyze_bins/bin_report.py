"""An analysis of bins as text and as numbers: floors, unused bins, class balance, what to write into a config. Pure."""
from itertools import groupby

import numpy as np

from ...bins import DepthBins
from ...count_text import counted
from ...evaluation.metrics_table import metrics_table
from .bin_analysis import FLOOR_NAMES, LEAST
from .depth_tally import propose_range

SHARES = (0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999)
MOST_RUNS = 4  # runs of unused bins that a table names


def bins_name(bins):
    """Short name of bins, such as 'SID 71 [1, 80]'."""
    scheme = 'edges' if type(bins) is DepthBins else type(bins).__name__.removesuffix('Bins')
    shift = f' + {bins.shift:g}' if getattr(bins, 'shift', 0) > 0 else ''
    shift = f' - {-bins.shift:g}' if getattr(bins, 'shift', 0) < 0 else shift
    below = '' if bins.below == 'first' else f' {bins.below} below'
    return f'{scheme} {bins.num_bins} [{bins.min_depth:g}, {bins.max_depth:g}]{shift}{below}'


def names_of(scores):
    """Names of the bins of several scores, each another.

    Args:
        scores (list[BinScore])

    Returns:
        list[str]
    """
    names = []
    for score in scores:
        name = bins_name(score.bins)
        same = sum(known.partition(' no. ')[0] == name for known in names)
        names.append(f'{name} no. {same + 1}' if same else name)
    return names


def config_line(bins):
    """The line of a config that makes bins.

    >>> from mmdepthcls.bins import DepthBins, SIDBins
    >>> config_line(SIDBins(1, 80, 71))
    "dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)"
    >>> config_line(DepthBins([1, 2.5, 80], center='geometric'))
    "dict(type='DepthBins', edges=[1.0, 2.5, 80.0], center='geometric')"
    """
    scheme, _, arguments = repr(bins).partition('(')
    return f'dict(type={scheme!r}, {arguments}'


def best_of(scores):
    """The score of the least abs_rel at each number of bins.

    Args:
        scores (list[BinScore])

    Returns:
        dict[int, BinScore]: K -> score, fewest bins first.
    """
    by_number = sorted(scores, key=lambda score: score.bins.num_bins)
    return {count: min(group, key=lambda score: score.floor['abs_rel'])
            for count, group in groupby(by_number, key=lambda score: score.bins.num_bins)}


def proposal(scores, target):
    """The fewest bins that cost no more than ``target``, else those that cost the least.

    Args:
        scores (list[BinScore])
        target (float): abs_rel.

    Returns:
        BinScore
    """
    best = list(best_of(scores).values())
    return next((score for score in best if score.floor['abs_rel'] <= target),
                min(best, key=lambda score: score.floor['abs_rel']))


def runs(labels):
    """Runs of labels: [0, 1, 2, 5] -> [(0, 2), (5, 5)]."""
    parts = np.split(labels, np.flatnonzero(np.diff(labels) > 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts if len(part)]


def markdown(tally, scores, cap, target, title, remarks=()):
    """The analysis as text that reads well in a terminal and is Markdown.

    Args:
        tally (DepthTally)
        scores (list[BinScore])
        cap (float): of the scored pixels, m.
        target (float): see :func:`proposal`.
        title (str): what was analyzed.
        remarks (sequence of str): of the proposed range, a line each.

    Returns:
        str
    """
    return '\n\n'.join([f'# Bins for {title}', _data_text(tally), _table(scores, cap), _unused_text(scores),
                        _choice_text(tally, scores, target, remarks)])


def _data_text(tally):
    fill = '' if tally.fill is None else (
        f'\n{tally.num_fill / (tally.num_pixels + tally.num_fill):.1%} of all pixels are exactly {tally.fill:.6g} m, '
        'the largest value: taken for "no measurement" (the sky) and left out of this.')
    quantiles = ', '.join(f'{100 * share:g} %: {tally.quantile(share):.3g}' for share in SHARES)
    return (f'{counted(tally.num_images, "depth map")}, {counted(tally.num_pixels, "pixel")} with depth. '
            f'Quantiles (m): {quantiles}.{fill}')


def _table(scores, cap):
    rows = {}
    for name, score in zip(names_of(scores), scores, strict=True):
        rarest, commonest = score.shares
        rows[name] = dict(
            score.floor, used=f'{score.num_used}/{score.bins.num_bins}', effective=f'{score.effective:.1f}',
            entropy=f'{score.entropy / np.log(score.bins.num_bins):.3f}', rarest=f'{rarest:.1e}',
            commonest=f'{commonest:.3f}', outside=f'{score.outside:.2%}')
    return (f'Floors of pixels in ({LEAST:g}, {cap:g}) m, without crop, mean over the images. Class balance: effective '
            'number of classes exp(H), entropy H / log K, share of the rarest bin that is used and of the most '
            "frequent. 'edges' are explicit: quantiles of the data, or what has been given.\n\n"
            + metrics_table(rows, [*FLOOR_NAMES, 'used', 'effective', 'entropy', 'rarest', 'commonest', 'outside']))


def _unused_text(scores):
    lines = []
    for name, score in zip(names_of(scores), scores, strict=True):
        found = runs(score.never_used)
        edges = score.bins.edges
        if found:
            named = [f'{_run(first, last)} ({edges[first]:.3g}-{edges[last + 1]:.3g} m)'
                     for first, last in found[:MOST_RUNS]]
            more = f' and {len(found) - MOST_RUNS} more runs' if len(found) > MOST_RUNS else ''
            lines.append(f'- {name}: {len(score.never_used)}: {", ".join(named)}{more}')
    return '\n'.join(['Bins never used:', *lines]) if lines else 'Every bin of each is used.'


def _run(first, last):
    return str(first) if first == last else f'{first}..{last}'


def _choice_text(tally, scores, target, remarks):
    low, high = propose_range(tally)
    near, far = tally.outside(low, high)
    lines = ['Least abs_rel at equal K:']
    lines += [f'- {count}: {bins_name(score.bins)}, {score.floor["abs_rel"]:.4f}: `{config_line(score.bins)}`'
              for count, score in best_of(scores).items()]
    chosen = proposal(scores, target)
    floor = chosen.floor['abs_rel']
    reason = (f'the fewest bins whose floor is no more than {target:g}' if floor <= target else
              f'none reaches {target:g}, this comes nearest')
    return '\n'.join([
        *lines, '', f'Proposed range: [{low:g}, {high:g}] m; {near:.2%} of the pixels are nearer, {far:.2%} farther.',
        *remarks, f'Proposed bins (abs_rel {floor:.4f}: {reason}):', '', f'    bins = {config_line(chosen.bins)}'])


def contents(tally, scores, cap, target):
    """All numbers, for JSON.

    Args as :func:`markdown`.

    Returns:
        dict
    """
    low, high = propose_range(tally)
    near, far = tally.outside(low, high)
    return dict(
        images=tally.num_images, pixels=tally.num_pixels, fill=tally.fill, fill_pixels=tally.num_fill,
        quantiles={str(share): tally.quantile(share) for share in SHARES}, scored=[LEAST, cap],
        proposed=dict(min_depth=low, max_depth=high, share_nearer=near, share_farther=far,
                      bins=config_line(proposal(scores, target).bins)),
        bins=[dict(name=name, config=config_line(score.bins), num_bins=score.bins.num_bins,
                   floor=score.floor, used=score.num_used, never_used=score.never_used.tolist(),
                   pixels=score.counts.tolist(), entropy=score.entropy, effective=score.effective,
                   rarest=score.shares[0], commonest=score.shares[1], outside=score.outside)
              for name, score in zip(names_of(scores), scores, strict=True)])
