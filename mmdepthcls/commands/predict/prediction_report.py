"""What is said of predictions: with which model, what was done, what failed. Pure."""
import sys

from ...count_text import counted, some_of
from ..running.terminal import fitted
from .file_kinds import KINDS

SHOWN = 20  # reasons of failures that are listed


def describe(inferencer):
    """str: the model in a line."""
    loaded = inferencer.loaded
    identity, (low, high) = loaded.identity, loaded.depth_range
    name = identity.get('model') or f'{identity["config"]}, {identity["checkpoint"]}'
    focal = inferencer.trained_focal_px
    known = f', trained at a focal length of {focal:.0f} px' if focal else ''
    remark = f' ({loaded.remark})' if loaded.remark else ''
    scale, widening = loaded.calibration
    if scale != 1:
        known += f', metres x {scale:.4g} by calibration{" of one camera" if loaded.of_one_camera else ""}'
    if widening:
        known += f', intervals of {100 * widening["coverage"]:g} % by calibration'
    return f'Model {name}{remark}: {low:g} to {high:g} m{known}, on {inferencer.device}'


def say(summary, out, inferencer):
    """Print what was done; failures on stderr."""
    before = f', {summary.before} were there' if summary.before else ''
    failed = f', {len(summary.failed)} failed' if summary.failed else ''
    films = f', {counted(summary.films, "film")}' if summary.films else ''
    print(f'Written: {out} ({counted(summary.done, "picture")}{films}{before}{failed})')
    for source, (low, high, count) in summary.corrected.items():
        factor = f'{low:.3g}' if f'{low:.3g}' == f'{high:.3g}' else f'{low:.3g} to {high:.3g}'
        print(fitted(f'Corrected by the focal length ({source}): {counted(count, "picture")}, metres x {factor}'))
    if inferencer.smoother is not None:
        print(fitted(flicker_text(inferencer.smoother)))
    for line in uncorrected_lines(summary, inferencer):
        print(fitted(line))
    for kind, count in summary.beyond.items():
        if count:
            print(fitted(f'{count} pixels are too far for {KINDS[kind].text.partition(",")[0]} ({kind}) and are 0 '
                         'there; npy, npz and tiff hold all'))
    if summary.unsupervised:
        print(f'{summary.unsupervised / summary.done:.0%} of the pixels are where the model was never told the truth')
    for line in failed_lines(summary.failed):
        print(fitted(line, sys.stderr), file=sys.stderr)


def failed_lines(failed):
    """list[str]: what failed; what failed for the same reason in one line.

    Args:
        failed (list[tuple[str, str]]): picture and why.
    """
    reasons = {}
    for source, reason in failed:
        reasons.setdefault(reason, []).append(source)
    shown = list(reasons.items())
    lines = [f'Failed: {some_of(sources)}: {reason}' for reason, sources in shown[:SHOWN]]
    more = sum(len(sources) for _, sources in shown[SHOWN:])
    return [*lines, f'Failed: {more} more'] if more else lines


def uncorrected_lines(summary, inferencer):
    """list[str]: pictures that were not corrected by the focal length, and corrections that may be one too many."""
    loaded, lines = inferencer.loaded, []
    if not inferencer.focal_correction:
        return lines
    if loaded.of_one_camera:
        if summary.done:
            lines.append(f'Not corrected by the focal length: {counted(summary.done, "picture")}, whether it is known '
                         "or not. The model's scale was calibrated without focal lengths and holds for the camera of "
                         'that calibration alone; a model that is calibrated with --focal-px holds for others too')
        return lines
    if summary.uncorrected and inferencer.trained_focal_px:
        lines.append('Not corrected, since their focal length is unknown: '
                     f'{counted(summary.uncorrected, "picture")}; --focal-px, --fov or --cameras tells it')
    if summary.corrected and loaded.calibration[0] != 1 and loaded.scale_focal is None:
        lines.append('Note: this model file does not say whether its scale was calibrated with focal lengths, as older '
                     'ones do not. If it was without, these metres are corrected twice: --no-focal-correction leaves '
                     'that out')
    return lines


def flicker_text(smoother):
    """str: what smoothing has changed."""
    before, after = smoother.before, smoother.after
    if not before.count:
        return ('Flicker: not known, since in no film two frames of a shot have pixels that stay the same; pictures in '
                'files are not smoothed')
    return (f'Flicker, mean |ln d_t - ln d_t-1| where the picture stays the same ({before.count / before.seen:.0%} of '
            f'the pixels): {before.mean:.4f} -> {after.mean:.4f}; {smoother.cuts} cuts')
