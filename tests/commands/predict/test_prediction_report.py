"""What predict says of its model, and when it is done."""
import copy
from dataclasses import replace

import pytest

from mmdepthcls.commands.predict.prediction_report import describe, failed_lines, uncorrected_lines
from mmdepthcls.commands.predict.prediction_run import Summary


def calibrated(inferencer, **changes):
    """The same inferencer with a model that was calibrated."""
    other = copy.copy(inferencer)
    other.loaded = replace(inferencer.loaded, **changes)
    return other


def summary(known=0, unknown=0, factor=1.5):
    found = Summary()
    for focal, number in ((700.0, known), (None, unknown)):
        for _ in range(number):
            found.add(dict(beyond={}, unsupervised=0.0, focal_px=focal, camera='given' if focal else '',
                           correction=factor if focal else 1.0))
    return found


@pytest.mark.parametrize(('changes', 'seen', 'words'), [
    ({}, dict(known=2), []),
    ({}, dict(unknown=2), ['Not corrected, since their focal length is unknown: 2 pictures; --focal-px']),
    (dict(scale=1.5, scale_focal='corrected'), dict(known=2), []),
    (dict(scale=1.5, scale_focal='corrected'), dict(unknown=1), ['unknown: 1 picture; --focal-px']),
    (dict(scale=1.5), dict(known=2), ['corrected twice: --no-focal-correction']),
    (dict(scale=1.5), dict(known=1, unknown=1), ['unknown: 1 picture', 'corrected twice']),
    (dict(scale=1.5, scale_focal='uncorrected'), dict(known=1, factor=1.0), ['1 picture, whether it is known or not']),
    (dict(scale=1.5, scale_focal='uncorrected'), dict(unknown=3), ['the camera of that calibration alone'])])
def test_what_was_not_corrected(inferencer, changes, seen, words):
    model = calibrated(inferencer, **changes)
    lines = uncorrected_lines(summary(**seen), model)
    assert len(lines) == len(words) and all(each in line for each, line in zip(words, lines, strict=True))
    model.focal_correction = False
    assert uncorrected_lines(summary(**seen), model) == []


def test_the_model_in_a_line(inferencer):
    assert 'metres x 1.5 by calibration, on' in describe(calibrated(inferencer, scale=1.5, scale_focal='corrected'))
    assert 'metres x 1.5 by calibration of one camera' in describe(
        calibrated(inferencer, scale=1.5, scale_focal='uncorrected'))


def test_what_failed_for_the_same_reason_is_one_line():
    assert failed_lines([]) == []
    failed = [(f'{index}.png', 'the file takes 3 x 4 pixels') for index in range(6)]
    lines = failed_lines([*failed[:3], ('odd.png', 'it is empty'), *failed[3:]])
    assert lines == ['Failed: 0.png, 1.png, 2.png, 3.png and 2 more: the file takes 3 x 4 pixels',
                     'Failed: odd.png: it is empty']
    lines = failed_lines([(f'{index}.png', f'reason {index // 2}') for index in range(60)])
    assert len(lines) == 21 and lines[0] == 'Failed: 0.png, 1.png: reason 0' and lines[-1] == 'Failed: 20 more'
