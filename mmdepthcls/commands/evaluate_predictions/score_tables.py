"""What scoring files gives: a row a protocol, and what is missing, bad or left over; as text, JSON and CSV. Pure."""
import csv
import io
import math
from dataclasses import dataclass, field

from ...count_text import counted
from ...evaluation.errors import ALL_NAMES, COUNT
from ...evaluation.files.ground_truth_files import TruthFrame
from ...evaluation.files.prediction_units import doubt_of_unit
from ...evaluation.metrics_table import protocols_table
from ...evaluation.protocol_scores import image_errors, summarize
from ...json_text import json_text

BAD_KINDS = ('NaN', 'infinite', 'zero or negative')
LISTED = 10


@dataclass(frozen=True)
class FrameScores:
    """What is left of one frame.

    Args:
        frame (TruthFrame)
        file (str, optional): its prediction; None: it is missing.
        scores (dict[str, ProtocolScore]): by the protocol's name; for a missing prediction those of an empty one.
        unmade (dict[str, str]): by the protocol's name, why the prediction is not what it needs.
        bad_values (tuple[int, int, int]): pixels of the file of each of :data:`BAD_KINDS`.
        likeness (tuple[float, float], optional): see :func:`.prediction_units.likeness`.
    """
    frame: TruthFrame
    file: str | None
    scores: dict
    unmade: dict
    bad_values: tuple = (0, 0, 0)
    likeness: tuple | None = None


@dataclass(frozen=True)
class FileScores:
    """Scores of all frames.

    Args:
        protocols (list[Protocol]): as they are labeled.
        frames (list[FrameScores])
        extra (list[str]): prediction files that belong to no frame.
        allow_missing (bool): whether missing predictions are left out.
        notes (list[str]): how the files were found, a line each.
    """
    protocols: list
    frames: list
    extra: list
    allow_missing: bool
    notes: list = field(default_factory=list)

    @property
    def missing(self):
        """list[str]: frames that have ground truth and no prediction."""
        return [each.frame.name for each in self.frames if each.frame.files and each.file is None]

    @property
    def complete(self):
        """bool: every protocol is scored, and no prediction is missing unless it may be."""
        return (self.allow_missing or not self.missing) and all(row['num_images'] for row in self.rows().values())

    @property
    def doubts(self):
        """list[str]: why the numbers may not be what they are taken for, at most one line."""
        doubt = doubt_of_unit([each.likeness for each in self.frames if each.likeness])
        return [doubt] if doubt else []

    def rows(self):
        """Metrics of each protocol.

        Returns:
            dict[Protocol, dict]: keys :data:`~.errors.ALL_NAMES` (NaN where nothing is scored), ``num_images`` scored,
            ``num_expected``, ``num_missing`` (of those expected), ``num_pixels``, ``bad_predictions`` and ``reason``
            (None where the row is scored).
        """
        return {protocol: self._row(protocol) for protocol in self.protocols}

    def _row(self, protocol):
        name = protocol.name
        reasons = [each.unmade[name] for each in self.frames if name in each.unmade]
        measured = [each for each in self.frames if name in each.scores and each.scores[name].sums is not None]
        chosen = [each for each in measured if each.file or not self.allow_missing]
        scores = [] if reasons else [each.scores[name] for each in chosen]
        if reasons:
            reason = f'{reasons[0]} ({counted(len(reasons), "frame")})'
        else:
            reason = None if scores else next((each.scores[name].reason for each in self.frames if name in each.scores
                                               and each.scores[name].reason), 'no ground truth has a prediction')
        return {
            **(summarize(scores, protocol.mean) or dict.fromkeys(ALL_NAMES, math.nan)),
            'num_images': len(scores),
            'num_expected': len(measured) + len(reasons),
            'num_missing': sum(each.file is None for each in measured),
            'num_pixels': int(sum(score.sums[:, COUNT].sum() for score in scores)),
            'bad_predictions': sum(score.num_bad for score in scores),
            'reason': reason,
        }

    def text(self):
        """str: the table, and what is missing, bad, not scored or left over."""
        rows = self.rows()
        shown = {protocol: {**row, 'num_images': f'{row["num_images"]} of {row["num_expected"]}'}
                 if row['num_images'] < row['num_expected'] else row for protocol, row in rows.items()}
        lines = [protocols_table(shown), '', *self.notes, *self.doubts]
        if self.missing:
            one = len(self.missing) == 1
            what = (f'{"is" if one else "are"} left out' if self.allow_missing else
                    f'{"counts" if one else "count"} as if no pixel was predicted')
            lines += [f'Missing: {counted(len(self.missing), "prediction")}, which {what}:', *_some(self.missing)]
        if self.extra:
            what = 'that belongs' if len(self.extra) == 1 else 'that belong'
            lines += [f'Left over: {counted(len(self.extra), "file")} {what} to no frame:', *_some(self.extra)]
        files = [each.bad_values for each in self.frames if each.file]
        counts = zip(map(sum, zip(*files, strict=True)), BAD_KINDS, strict=True)
        lines.append(f'Bad pixels in files: {", ".join(f"{count} {kind}" for count, kind in counts)}; in '
                     f'{sum(map(any, files))} of {len(files)} files')
        for protocol, row in rows.items():
            lines.append(f'{protocol.name}: not scored: {row["reason"]}' if row['reason'] else
                         f'{protocol.name}: {row["bad_predictions"]} of {row["num_pixels"]} scored pixels were not '
                         'predicted, NaN, infinite, zero or negative')
        return '\n'.join(lines)

    def images(self):
        """list[dict]: for each frame with ground truth and each protocol its errors; None where it has none."""
        result, rows = [], self.rows()
        for each in self.frames:
            for protocol in self.protocols if each.frame.files else ():
                score = each.scores.get(protocol.name) if rows[protocol]['num_images'] else None
                errors = image_errors(score) if score else None
                reason = score.reason if score else each.unmade.get(protocol.name) or rows[protocol]['reason']
                result.append({
                    'image': each.frame.name, 'prediction': each.file, 'protocol': protocol.name, 'reason': reason,
                    'num_pixels': int(score.sums[:, COUNT].sum()) if errors else 0,
                    'bad_predictions': score.num_bad if score else 0,
                    **(errors or dict.fromkeys(ALL_NAMES))})
        return result

    def to_json(self, images=False):
        """str: everything as JSON; what is no number is null.

        Args:
            images (bool): also the errors of each image.
        """
        content = {
            'protocols': {protocol.name: {'conditions': protocol.conditions(), **row}
                          for protocol, row in self.rows().items()},
            'allow_missing': self.allow_missing, 'complete': self.complete, 'missing': self.missing,
            'extra': self.extra, 'notes': self.notes, 'doubts': self.doubts,
            'bad_values': {kind: sum(each.bad_values[index] for each in self.frames)
                           for index, kind in enumerate(BAD_KINDS)},
        }
        if images:
            content['images'] = self.images()
        return json_text(content, indent=2)

    def to_csv(self):
        """str: one line an image and protocol."""
        rows, text = self.images(), io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


def _some(names):
    return [f'  {name}' for name in names[:LISTED]] + [f'  ... and {len(names) - LISTED} more'] * (len(names) > LISTED)
