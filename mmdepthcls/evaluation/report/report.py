"""The report of an evaluation: one Markdown file, the same as JSON, and pictures. Pure."""
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...atomic_file import write_atomically
from ...bins import DepthBins
from ...json_text import json_text, without_nan
from ...visualization.depth_color import DepthColors
from ..distance_bands import distance_grid, distance_limits, regroup, usual_bands
from ..errors import COUNT, errors_of_sums, merge_sums
from ..protocol_scores import image_errors, summarize
from ..protocols import USUAL_RANGE
from .depth_histogram import constant_scores
from .markdown import doubt_of_model, report_markdown
from .pictures import report_pictures
from .published import PublishedTable

FORMAT, VERSION = 'mmdepthcls report', 1
MARKDOWN, JSON = 'report.md', 'report.json'


@dataclass(frozen=True)
class ReportData:
    """What a report is made of.

    Args:
        protocols (list[Protocol]): the first is that of published rows, worst and best images, confusion and charts.
        images (list[ImageScores]): with sums in the bands of :func:`distance_limits`.
        bands (sequence of float): limits of the distance bands in the tables, m.
        title (str, optional): what was evaluated.
        bins (DepthBins, optional): the model's.
        confusion (ndarray, optional): (K, K) counts, see :func:`~.quantization.bin_confusion`.
        worst, best (sequence of ScoredImage): images to draw.
        published (PublishedTable, optional): rows to quote.
        depth_range (tuple[float, float], optional): first and last edge of the model's bins, m, for the colors of the
            pictures. Default: of ``bins``, if there are any.
        reach (float): m, how far the picture of errors against distance goes.
    """
    protocols: list
    images: list
    bands: tuple = usual_bands()
    title: str | None = None
    bins: DepthBins | None = None
    confusion: np.ndarray | None = None
    worst: tuple = ()
    best: tuple = ()
    published: PublishedTable | None = None
    depth_range: tuple | None = None
    reach: float = USUAL_RANGE[1]

    @property
    def colors(self):
        """DepthColors: over the range of the bins, or the usual one where none are known."""
        return DepthColors.of_bins(self.bins) if self.depth_range is None else DepthColors(*self.depth_range)


def write_report(folder, data, say=None):
    """Write report.md, report.json and the pictures that they name.

    Each file is replaced in one step. Pictures of an earlier report that this one has no more are removed; other files
    are left alone.

    Args:
        folder (str | Path): is made if need be.
        data (ReportData)
        say (callable, optional): is told what nobody should miss, a sentence.

    Returns:
        Path: of report.md.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = report_contents(data)
    pictures = report_pictures(data, contents)
    contents['pictures'] = sorted(pictures)
    files = {**pictures, JSON: report_json(contents).encode(),
             MARKDOWN: report_markdown(data.protocols, contents).encode()}
    outdated = pictures_of_report(folder / JSON) - set(pictures)
    for name, content in files.items():
        write_atomically(folder / name, content)
    for name in outdated:
        (folder / name).unlink(missing_ok=True)
    doubt = doubt_of_model(contents)
    if say and doubt:
        say(doubt)
    return folder / MARKDOWN


def report_contents(data):
    """All numbers of a report.

    Args:
        data (ReportData)

    Returns:
        dict: of what JSON knows; what has no value, NaN too, is None.
    """
    contents = {
        'format': FORMAT,
        'version': VERSION,
        'title': data.title,
        'num_images': len(data.images),
        'bins': None if data.bins is None else dict(
            name=repr(data.bins), edges=data.bins.edges.tolist(), centers=data.bins.centers.tolist()),
        'protocols': [_protocol_contents(protocol, data) for protocol in data.protocols],
        'published': data.published and dict(source=data.published.source, rows=data.published.errors()),
        'worst': _shown(data.worst, 'worst', data),
        'best': _shown(data.best, 'best', data),
        'images': [_image_contents(image) for image in data.images],
    }
    contents['confusion'] = _confusion_contents(data.confusion, contents['protocols'][0]['num_pixels'])
    return without_nan(contents)


def _protocol_contents(protocol, data):
    """One protocol: the model's errors, the floor, the best constant, errors by distance, and what was not scored."""
    name = protocol.name
    scores = [image.scores[name] for image in data.images]
    scored = [image for image in data.images if image.scores[name].sums is not None]
    floor = [image.floor[name] for image in scored if name in image.floor]
    made, limits = [image.scores[name] for image in scored], distance_limits(data.bands, data.reach)
    return {
        'name': name,
        'settings': asdict(protocol),
        'conditions': protocol.conditions(),
        'num_images': len(scored),
        'num_pixels': int(sum(score.sums[:, COUNT].sum() for score in made)),
        'bad_predictions': sum(score.num_bad for score in scores),
        'not_scored': dict(sorted(Counter(score.reason for score in scores if score.sums is None).items())),
        'model': summarize(scores, protocol.mean) or None,
        'bins_alone': dict(errors=summarize(floor, protocol.mean), pixels_outside=sum(score.num_bad for score in floor)
                           ) if floor else None,
        'best_constant': _constant_contents(protocol, [image.histograms[name] for image in scored
                                                       if name in image.histograms]),
        'bands': _by_distance(protocol, made, floor, limits, data.bands),
        'distances': _by_distance(protocol, made, floor, limits, distance_grid(data.reach)),
    }


def _constant_contents(protocol, histograms):
    if not histograms:
        return None
    constant, scores = constant_scores(histograms, protocol)
    return dict(depth=constant, errors=summarize(scores, protocol.mean))


def _by_distance(protocol, scores, floor, limits, wanted):
    """Errors in each of the wanted bands and, where there is anything, beyond the last."""
    model, floor = ([regroup(score, limits, wanted) for score in part] for part in (scores, floor))
    rows = []
    for band, low in enumerate(wanted):
        counts = [score.sums[band, COUNT] for score in model]
        high = wanted[band + 1] if band + 1 < len(wanted) else None
        if high is not None or sum(counts):
            rows.append({
                'from': float(low), 'to': high and float(high), 'num_images': int(np.count_nonzero(counts)),
                'num_pixels': int(sum(counts)), 'model': summarize(model, protocol.mean, band) or None,
                'bins_alone': summarize(floor, protocol.mean, band) or None})
    return rows


def _image_contents(image):
    protocols = {}
    for name, score in image.scores.items():
        if score.sums is None:
            protocols[name] = dict(reason=score.reason)
            continue
        sums = merge_sums(score.sums)
        protocols[name] = dict(num_pixels=int(sums[COUNT]), bad_predictions=score.num_bad, errors=errors_of_sums(sums))
        if name in image.floor:
            protocols[name]['bins_alone'] = errors_of_sums(merge_sums(image.floor[name].sums))
    return dict(name=image.name, protocols=protocols)


def _shown(images, side, data):
    """Names, errors and pictures of images; records are in the order of the data set."""
    first = data.protocols[0].name
    return [dict(name=image.name, errors=image_errors(data.images[image.position].scores[first]),
                 picture=f'{side}_{rank}.png') for rank, image in enumerate(images, 1)]


def _confusion_contents(confusion, num_pixels):
    """Counts, and the share of pixels whose bin is at most so many bins away from the true one."""
    if confusion is None or not confusion.sum():
        return None
    rows, columns = np.indices(confusion.shape)
    away = np.bincount(np.abs(columns - rows).ravel(), confusion.ravel())
    shares = np.cumsum(away) / away.sum()
    return dict(counts=confusion.tolist(), num_pixels=int(confusion.sum()), num_scored_pixels=num_pixels,
                share_within=[float(share) for share in shares])


def report_json(contents):
    """str: JSON with a line for each entry of the lists."""
    entries = []
    for key, value in contents.items():
        text = _one_line(value)
        if isinstance(value, list) and value:
            text = '[\n' + ',\n'.join(map(_one_line, value)) + '\n]'
        entries.append(f'{_one_line(key)}: {text}')
    return '{\n' + ',\n'.join(entries) + '\n}\n'


def _one_line(value):
    return json_text(value, None).rstrip()


def pictures_of_report(path):
    """set[str]: pictures of the report that is there, of which ``path`` is the JSON; nothing else may be removed."""
    try:
        earlier = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return set()
    if not isinstance(earlier, dict) or earlier.get('format') != FORMAT:
        return set()
    return {name for name in map(str, earlier.get('pictures', ())) if name == Path(name).name and name.endswith('.png')}
