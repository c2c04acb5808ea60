"""What the page says, as HTML: whatever comes from outside is escaped. Pure."""
from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from ...apis.depth_result import DepthResult
from ...visualization.depth_color import DepthColors, depth_ticks
from ..predict.file_kinds import KINDS

TITLE = 'Depth from one picture'
LEAD = 'Drop a picture of a street, and see how many metres away everything in it is.'
EMPTY = '''<div class="empty"><h3>Nothing here yet</h3><ol>
<li><b>Drop a picture</b> into the box, or let the page draw a street.</li>
<li>Its <b>depth</b>, how <b>sure</b> it is, and its <b>points in space</b>, which you can turn, appear here.</li>
<li><b>Click</b> anywhere in the picture to read the metres there.</li></ol></div>'''
POINT_HINT = 'Click in the picture or in its depth, or type a pixel, to read the metres there.'
PROVISIONAL = ('It comes with the package and is <b>provisional</b>: it was trained on drawn streets and never saw a '
               'photograph with depth. Of a real street it sees the shape better than the scale; rooms, portraits and '
               'pictures from the air it does not know. For metres that matter, scale by a distance that you know, or '
               'train a model of your own.')
PROVISIONAL_SHORT = ('<b>Provisional model</b>: of a real street it sees the shape better than the scale, and it knows '
                     'nothing but streets.')
ONE_CAMERA = ("the model's scale was calibrated without focal lengths, and its metres are those of the camera of that "
              'calibration alone.')
SAME = 0.0005  # as a correction, which then says nothing
LABELS = {'png': 'Depth', 'color': 'Depth in colors', 'npy': 'Depth', 'ply': 'Points', 'confidence': 'Confidence'}


def about_model(name: str, remark: str, depth_range: tuple[float, float], provisional: str = '') -> str:
    """A model in a few lines."""
    low, high = depth_range
    text = f'<p><b>{escape(name)}</b> answers between {low:g} and {high:g} m.'
    if remark:
        text += f' Trained on: {escape(remark)}.'
    return f'<div class="about">{text}</p>{f"<p>{provisional}</p>" if provisional else ""}</div>'


def result_text(name: str, result: DepthResult, trained_focal_px: float | None, seconds: float,
                provisional: bool = False, how: str = '') -> str:
    """What was predicted, and whose metres it is in."""
    height, width = result.depth.shape
    text = f'<b>{escape(name)}</b>, {width} x {height} pixels, {seconds:.1f} s{f"; {escape(how)}" if how else ""}'
    parts = [f'<p class="file">{text}</p>', f'<p>{whose_metres(result, trained_focal_px)}</p>']
    if provisional:
        parts.append(f'<p>{PROVISIONAL_SHORT}</p>')
    if result.has_supervision:
        share = 1 - result.supervised.mean()
        parts.append(f'<p>Hatched, {share:.0%} of the picture: the model was never told the truth there, and '
                     'guesses.</p>')
    return f'<div class="result-text">{"".join(parts)}</div>'


def how_read(model: str, decoder: str, sharpened: bool) -> str:
    """Which choices a result follows: by them it is known from the one that was asked for next."""
    return ', '.join([*([model] if model else []), decoder, *(['sharpened by a dense CRF'] if sharpened else [])])


def whose_metres(result: DepthResult, trained_focal_px: float | None) -> str:
    """How far the metres are to be believed, as far as the camera goes."""
    width = result.depth.shape[1]
    if result.camera is not None:
        known = f'<b>Focal length {_pixels(result.camera, width)}</b>, by {escape(_source(result.camera.source))}.'
        if result.of_one_camera:
            return f'{known} Nothing was corrected for it: {ONE_CAMERA}'
        if trained_focal_px is None:
            return f'{known} That of the training is not known, so the metres are as the model says them.'
        if abs(result.correction - 1) < SAME:
            return f'{known} It is that of the training, and the metres are as the model says them.'
        return f"{known} The model's metres were multiplied by {result.correction:.3g} for it."
    if result.of_one_camera:
        return f'<b>The focal length is not known</b>: {ONE_CAMERA}'
    if result.assumed_camera is not None:
        return (f'<b>The focal length is assumed</b>: {_pixels(result.assumed_camera, width)}, as in the training. A '
                'picture through another lens is wrong by as much as that differs: say yours under "Camera".')
    return ('<b>The focal length is not known</b>, neither of this picture nor of the training: metres are as the '
            'model says them, and there are no points in space. Say yours under "Camera".')


def _pixels(camera, width):
    degrees = math.degrees(2 * math.atan(width / 2 / camera.focal_px))
    return f'{camera.focal_px:.0f} px ({degrees:.0f}° from left to right)'


def _source(source):
    return 'what you have typed' if source == 'given' else source


def legend(colors: DepthColors, hatched: bool) -> str:
    """The bar that says which color is how many metres."""
    stops = ', '.join('rgb({}, {}, {})'.format(*color) for color in colors.paint(
        colors.depths_along(33)[None])[0].tolist())
    ticks = depth_ticks(colors.min_depth, colors.max_depth, colors.scale).tolist()
    marks = []
    for tick, position in zip(ticks, colors.position(np.array(ticks)).tolist(), strict=True):
        last = tick == ticks[-1]
        crowded = ' class="crowded"' if position > .82 and not last else ''  # on a phone it would touch the last one
        marks.append(f'<span{crowded} style="left: {100 * position:.2f}%">{tick:.4g}{" m" if last else ""}</span>')
    note = '<i class="hatch"></i> hatched: a guess, never measured in the training' if hatched else ''
    return (f'<div class="legend"><div class="bar" style="background: linear-gradient(to right, {stops})"></div>'
            f'<div class="ticks">{"".join(marks)}</div><div class="note">{note}</div></div>')


def point_text(x: int, y: int, depth: float, interval: tuple[float, float] | None, confidence: float | None,
               supervised: bool, coverage: float) -> str:
    """Metres at a pixel."""
    if depth <= 0:
        return f'<div class="point"><p>Nothing was predicted at ({x}, {y}): the model does not look there.</p></div>'
    text = f'<span class="metres">{_metres(depth)} m</span><span class="where">at x = {x}, y = {y}</span>'
    lines = []
    if interval is not None:
        lines.append(f'{coverage * 100:g} % of its probability lies <b>between {_metres(interval[0])} and '
                     f'{_metres(interval[1])} m</b>')
    if confidence is not None:
        lines.append(f'the most probable bin has {confidence:.0%}')
    if not supervised:
        lines.append('a guess: the model was never told the truth there')
    return f'<div class="point" role="status"><p>{text}</p><p>{"; ".join(lines)}</p></div>'


def points_note(has_points: bool, result: DepthResult) -> str:
    """What is not seen of the points in space."""
    if not has_points:
        return hint('No points in space: they need a focal length. Say it under "Camera".')
    if 'interval' not in result.maps:
        return ''
    return hint('The view leaves out points that are less sure than they are far (their interval is wider than their '
                'depth). The file of points has all.')


def _metres(value):
    return f'{value:.2f}' if value < 100 else f'{value:.1f}'


def files_text(token: str, kinds: Sequence[str]) -> str:
    """Links to the files of a result."""
    links = ''.join(f'<a class="file-link" href="download/{escape(token)}/{kind}" download><b>{LABELS[kind]}</b> '
                    f'<code>{KINDS[kind].suffix}</code><small>{escape(KINDS[kind].text)}</small></a>'
                    for kind in kinds)
    return f'<div class="files">{links}</div>'


def error_text(message: str) -> str:
    """What went wrong."""
    return f'<div class="error" role="alert"><b>That did not work.</b><p>{escape(message)}</p></div>'


def hint(text: str) -> str:
    """A line in a quiet color."""
    return f'<div class="hint">{escape(text)}</div>'
