"""What stands below each kind of figure, with the numbers that it shows. Pure."""
import numpy as np

from ...markdown_table import markdown_table
from ...visualization.bin_ladder import implied_error, nearest_drawn, worst_error
from ...visualization.error_color import ERROR_LIMIT
from ...visualization.figures import WIDE
from ...visualization.panel_sheet import PER_PAGE
from .captions import EQUAL
from .sheets import points_enlarged


def page_names(kind, number):
    """list[str]: names of the pages of a kind of figure."""
    return [f'{kind}.png' if not page else f'{kind}_{page + 1}.png' for page in range(number)]


def of_sheet(subject, samples, lacking):
    """Captions of a result sheet.

    Args:
        subject (Subject)
        samples (list[Sample])
        lacking (str): why there is no confidence; '' where there is.

    Returns:
        str: Markdown.
    """
    confidence = (f'There is no confidence: {lacking}.' if lacking else
                  'Confidence: the probability, by the model, that the true depth lies within a factor of 1.25 of the '
                  'predicted one.')
    measured = any(sample.numbers for sample in samples)
    maps = ['Image', *['ground truth'] * measured, 'prediction', *['signed relative error'] * measured,
            *([] if lacking else ['confidence'])]
    errors = f'{_error_text()} ' if measured else 'Nothing of it was measured. '
    return _sheet_text('Results', subject, samples, 'sheet',
                       f'{", ".join(maps)}. {_colors_text(subject)} {errors}{confidence}')


def of_errors(subject, samples):
    """As :func:`of_sheet`, of the sheet of errors."""
    return _sheet_text('Errors', subject, samples, 'errors', f'Image and signed relative error. {_error_text()}')


def of_comparison(subject, pairs):
    """As :func:`of_sheet`, of two models; ``pairs`` (list[tuple[Sample, Sample]])."""
    first, second = subject.models
    rows = [['image', 'file', *(f'{name}, {number}' for number in ('AbsRel', 'd1') for name in (first, second))]]
    for place, pair in enumerate(pairs, 1):
        cells = [[_number(sample.numbers, key) for sample in pair] for key in ('abs_rel', 'd1')]
        rows.append([str(place), _code(pair[0].name), *cells[0], *cells[1]])
    pages = -(-len(pairs) // _per_page(pairs[0][0]))
    return f"""# {first} and {second}: {subject.title}

{_shown('comparison', pages)}

Image, ground truth, depth by "{first}" and by "{second}", and their signed relative errors. {_colors_text(subject)}
{_error_text()}{_enlarged_text([sample for sample, _ in pairs])}

{markdown_table(rows)}
"""


def of_reliability(subject, found, wanted):
    """Captions of a reliability diagram.

    Args:
        subject (Subject)
        found (dict[str, ReliabilitySums]): of each model.
        wanted (dict[str, float]): share that its own interval is to hold.
    """
    rows = [['', 'pixels', 'ECE', 'mean confidence', 'd1', 'interval holds', 'is to hold']]
    for name, sums in found.items():
        rows.append([name, str(sums.num), f'{sums.error:.4f}', f'{sums.confidence:.4f}', f'{sums.d1:.4f}',
                     f'{sums.inside_share:.4f}', f'{wanted[name]:g}'])
    images = sum(picture.depth is not None for picture in subject.pictures)
    return f"""# Reliability: {subject.title}

![Stated probabilities and measured shares](reliability.png)

Left: pixels by the probability, stated by the model, that the true depth lies within a factor of 1.25 of its answer
(ten bins of equal width; below, how many pixels each has), against the share of which that is so. ECE, the expected
calibration error, is the mean distance of the two, weighted by pixels. Right: the share of pixels whose depth lies in
the central interval that is to hold a share of the distribution; the open marker is the interval that the model
gives by itself. The gray line is a model that says what is so; below it a model is too sure, above it not sure
enough.

Measured on {images} images, up to {subject.pixels} pixels of each, whose depth lies in the range of the bins. Pixels
of an image are wrong together: the numbers of few images say little of others.

{markdown_table(rows)}
"""


def of_points(subject, samples, counts):
    """Captions of views of points; ``counts`` how many points each has."""
    rows = [['picture', 'file', 'points', 'focal length (px)', 'known from']]
    for place, (sample, count) in enumerate(zip(samples, counts, strict=True), 1):
        camera = sample.point_camera
        known = camera.source or 'the picture'
        rows.append([str(place), _code(sample.name), str(count), f'{camera.focal_px:.1f}',
                     'the model' if known == 'assumed' else known])
    options = {name: value for name, value in subject.points.items() if value}
    left = ', '.join(f'--{name.replace("_", "-")}' + ('' if value is True else f' {value:g}')
                     for name, value in options.items())
    left = f' Left out: what {left} says.' if left else ''
    return f"""# Points: {subject.title}

{_shown('points', len(samples))}

The picture, and the points that `predict --save ply` writes of it, seen from behind and above the camera, in the
colors of the picture. Lines lie across the ground so many metres ahead of the camera.{left}

{markdown_table(rows)}
"""


def of_ladder(schemes):
    """Captions of a ladder of bins; ``schemes`` name -> bins."""
    near = nearest_drawn(schemes.values())
    rows = [['bins', 'number', 'range (m)', 'width (m)', 'mean error', 'worst error', 'worst at (m)']]
    for name, bins in schemes.items():
        widths, worst = np.diff(bins.edges), worst_error(bins, near)
        mean = np.average(implied_error(bins, near), weights=np.diff(np.log(np.maximum(bins.edges, near))))
        rows.append([name, str(bins.num_bins), f'{bins.min_depth:g} to {bins.max_depth:g}',
                     f'{widths.min():.3g} to {widths.max():.3g}', f'{mean:.2%}', f'{worst.max():.2%}',
                     f'{max(bins.edges[worst.argmax()], near):.3g}'])
    return f"""# The ladder of bins

![Edges, widths and errors of schemes of bins](ladder.png)

Top: where each scheme cuts, dark and pale by turns. Middle: how wide the bin is at each depth. Bottom: the mean
relative error of a classifier that is never wrong, if depth is spread evenly over the bin; it is all that the bins
cost, before a decoder reads between them. The mean error of the table is over the logarithm of the depth.

{markdown_table(rows)}
"""


def _sheet_text(what, subject, samples, kind, text):
    rows = [['image', 'file', 'AbsRel', 'd1', 'too near', 'too far', 'beyond the bins']]
    for place, sample in enumerate(samples, 1):
        rows.append([str(place), _code(sample.name), *(_number(sample.numbers, key) for key in (
            'abs_rel', 'd1')), *(_number(sample.numbers, key, '.1%') for key in ('near', 'far', 'beyond'))])
    pages = -(-len(samples) // _per_page(samples[0]))
    return f"""# {what}: {subject.title}

{_shown(kind, pages)}

{text}{_enlarged_text(samples)}

{markdown_table(rows)}

"Too near" and "too far" are the shares of scored pixels that are wrong by more than {ERROR_LIMIT:.0%}, "beyond the
bins" of measured pixels that are farther than {samples[0].farthest:.4g} m and are not scored.
"""


def _per_page(sample):
    height, width = sample.image.shape[:2]
    return PER_PAGE[width > WIDE * height]


def _shown(kind, pages):
    return '\n\n'.join(f'![{kind}]({name})' for name in page_names(kind, pages))


def _colors_text(subject):
    colors = subject.colors
    return (f"One scale of depth for all, {colors.min_depth:.4g} to {colors.max_depth:.4g} m, from the model's bins: "
            f'{colors.colormap}, in which equal {EQUAL[colors.scale]} are equally far apart.')


def _error_text():
    return (f'Errors are of measured pixels, (prediction - truth) / truth: blue is too near, red too far; beyond '
            f'{ERROR_LIMIT:.0%} the color stays. In gray the darker, the more wrong.')


def _enlarged_text(samples):
    return ' Measured points are drawn larger than a pixel.' if points_enlarged(samples) else ''


def _number(numbers, key, form='.4f'):
    return format(numbers[key], form) if numbers else '-'


def _code(name):
    return f'`{name}`'.replace('|', '\\|')
