"""Each kind of figure, on small models of each kind and on pictures of all shapes."""
import cv2
import numpy as np
import pytest

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.commands.figures.kinds import DRAWN, ladder_schemes
from mmdepthcls.commands.figures.studio import check_possible
from mmdepthcls.commands.running.program import UsageError
from mmdepthcls.evaluation.errors import depth_errors
from mmdepthcls.visualization.error_color import color_error
from mmdepthcls.visualization.panel_sheet import SheetLayout
from mmdepthcls.visualization.panels import depth_panel, image_panel


def picture_of(content):
    assert content[:4] == b'\x89PNG' and b'mmdepthcls' in content[:100]
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def holds(sheet, panel):
    distance = cv2.matchTemplate(np.ascontiguousarray(sheet), np.ascontiguousarray(panel), cv2.TM_SQDIFF)
    top, left = np.unravel_index(distance.argmin(), distance.shape)
    return np.array_equal(sheet[top:top + panel.shape[0], left:left + panel.shape[1]], panel)


def rows_of(caption):
    """Rows of the table of a caption: by their first cell."""
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in caption.splitlines() if line[:1] == '|']
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


@pytest.mark.parametrize('shape', [(24, 32), (48, 32), (16, 64)])
def test_a_result_sheet_shows_each_map_of_each_sample(predictors, measured, subject_of, shape):
    predictor, pictures = predictors('softmax'), measured(3, shape)
    subject = subject_of(dict(model=predictor), pictures)
    files = DRAWN['sheet'](subject)
    assert list(files) == ['sheet.png', 'sheet.md']
    sheet, caption = picture_of(files['sheet.png']), files['sheet.md'].decode()
    assert sheet.shape[1] == 400
    size = SheetLayout.of(shape, 3, 5, 400).panel_size(shape)
    for sample in subject.samples():
        assert holds(sheet, image_panel(sample.image, size))
        assert holds(sheet, depth_panel(sample.depth, size, subject.colors))
        assert holds(sheet, depth_panel(sample.truth, size, subject.colors))
        confidence = np.repeat(np.round(255 * predictor.confidence(sample, size)).astype(np.uint8)[..., None], 3, 2)
        assert holds(sheet, confidence)
    rows = rows_of(caption)
    for place, sample in enumerate(subject.samples(), 1):
        errors = depth_errors(sample.depth, sample.truth)
        row = rows[str(place)]
        assert row['AbsRel'] == f'{errors["abs_rel"]:.4f}' and row['d1'] == f'{errors["d1"]:.4f}'
        assert sample.name in row['file']


def test_errors_state_their_scale_and_what_lies_beyond(predictors, measured, subject_of):
    subject = subject_of(dict(model=predictors('softmax')), measured(2, share=0.7, far=14.0))
    files = DRAWN['errors'](subject)
    row, sample = rows_of(files['errors.md'].decode())['1'], subject.samples()[0]
    beyond = (sample.truth > 10).sum() / (sample.truth > 0).sum()
    assert row['beyond the bins'] == f'{beyond:.1%}' and beyond > 0.2
    scored = (sample.truth > 0) & (sample.truth <= 10)
    error = (sample.depth - sample.truth)[scored] / sample.truth[scored]
    assert row['too near'] == f'{(error < -0.25).mean():.1%}' and row['too far'] == f'{(error > 0.25).mean():.1%}'
    assert '25%' in files['errors.md'].decode() and 'farther than 10 m' in ' '.join(files['errors.md'].decode().split())
    sheet = picture_of(files['errors.png'])
    assert holds(sheet, color_error(np.full((2, 2), error.max()))) or error.max() < 0.25


def test_reliability_is_that_of_the_sums_of_all_pictures(predictors, measured, subject_of):
    models = dict(first=predictors('softmax'), second=predictors('softmax', 1))
    pictures = [*measured(2), *measured(0)]
    subject = subject_of(models, pictures, pixels=100)
    files = DRAWN['reliability'](subject)
    rows = rows_of(files['reliability.md'].decode())
    for name, predictor in models.items():
        samples = [predictor.predict(picture, ('interval', )) for picture in pictures]
        sums = predictor.reliability(samples[0], 100) + predictor.reliability(samples[1], 100)
        assert sums.num == 200 and rows[name]['pixels'] == '200'
        assert rows[name]['ECE'] == f'{sums.error:.4f}' and rows[name]['interval holds'] == f'{sums.inside_share:.4f}'
        assert rows[name]['is to hold'] == '0.9'
    assert picture_of(files['reliability.png']).shape[1] > 900


def test_two_models_beside_each_other(predictors, measured, subject_of):
    subject = subject_of(dict(source=predictors('softmax'), adapted=predictors('softmax', 1)), measured(2))
    files = DRAWN['comparison'](subject)
    row = rows_of(files['comparison.md'].decode())['2']
    for name in ('source', 'adapted'):
        sample = subject.samples(name)[1]
        assert row[f'{name}, AbsRel'] == f'{depth_errors(sample.depth, sample.truth)["abs_rel"]:.4f}'
    assert row['source, AbsRel'] != row['adapted, AbsRel'] and picture_of(files['comparison.png']).shape[1] == 400


def test_points_are_those_that_predict_writes(predictors, measured, subject_of):
    predictor, pictures = predictors('softmax'), measured(2)
    ratio = float(np.median(predictor.predict(pictures[0]).result.interval_ratio))
    subject = subject_of(dict(model=predictor), pictures, points=dict(max_interval_ratio=ratio))
    files = DRAWN['points'](subject)
    assert list(files) == ['points.png', 'points_2.png', 'points.md']
    for place, sample in enumerate(subject.samples(), 1):
        row = rows_of(files['points.md'].decode())[str(place)]
        assert 0 < int(row['points']) < 24 * 32
        assert row['points'] == str(len(sample.result.points(max_interval_ratio=ratio)))
        assert row['focal length (px)'] == f'{16 / np.tan(np.radians(30)):.1f}'  # of 60 degrees
    assert f'--max-interval-ratio {ratio:g}' in files['points.md'].decode()
    with pytest.raises(ValueError, match='no pixel is left to be a point'):
        DRAWN['points'](subject_of(subject.models, subject.pictures, points=dict(max_interval_ratio=1e-9)))


@pytest.mark.parametrize('kind', ['ordinal', 'regression'])
def test_models_without_probabilities_are_drawn_without_confidence(predictors, measured, subject_of, kind):
    subject = subject_of(dict(model=predictors(kind)), measured(2))
    caption = DRAWN['sheet'](subject)['sheet.md'].decode()
    assert 'There is no confidence: the model is read by' in caption and 'Decoder' in caption
    assert 'AbsRel' in DRAWN['errors'](subject)['errors.md'].decode()
    with pytest.raises(UsageError, match='--kind reliability, model: .*Decoder: its logits are no probabilities'):
        check_possible('reliability', subject)


def test_bins_of_each_image_are_given_to_those_of_the_model(predictors, measured, subject_of):
    subject = subject_of(dict(model=predictors('adaptive')), measured(2))
    assert 'Confidence: the probability' in DRAWN['sheet'](subject)['sheet.md'].decode()
    row = rows_of(DRAWN['reliability'](subject)['reliability.md'].decode())['model']
    assert 0 <= float(row['ECE']) <= 1 and int(row['pixels']) > 500


def test_without_ground_truth(predictors, measured, subject_of):
    subject = subject_of(dict(model=predictors('softmax')), measured(2, share=0))
    files = DRAWN['sheet'](subject)
    assert '-' in rows_of(files['sheet.md'].decode())['1']['AbsRel']
    assert 'Image, prediction, confidence.' in files['sheet.md'].decode()
    measured_too = DRAWN['sheet'](subject_of(subject.models, [*subject.pictures, *measured(1)]))
    empty, some = ((picture_of(each['sheet.png']) == 230).all(axis=2).sum() for each in (files, measured_too))
    assert empty < 500 < 5000 < some  # gray panels that say so
    for kind in ('errors', 'reliability'):
        with pytest.raises(ValueError, match=f'--kind {kind}: no.* ground truth in the range of the bins'):
            DRAWN[kind](subject)
        with pytest.raises(UsageError, match=f'--kind {kind}: none of these pictures has ground truth'):
            check_possible(kind, subject)


def test_many_samples_and_one(predictors, measured, subject_of):
    models = dict(model=predictors('softmax'))
    files = DRAWN['sheet'](subject_of(models, measured(9, (6, 8)), 240))
    assert list(files) == ['sheet.png', 'sheet_2.png', 'sheet.md'] and len(rows_of(files['sheet.md'].decode())) == 9
    for shape in ((6, 8), (6, 40), (40, 6)):
        one, = [picture_of(content) for name, content in DRAWN['sheet'](
            subject_of(models, measured(1, shape), 300)).items() if name == 'sheet.png']
        assert one.shape[1] == 300


@pytest.mark.parametrize('bins, names', [
    (SIDBins(1, 80, 71), ['UD', 'LID', 'SID']), (UDBins(0, 10, 8), ['UD', 'LID', 'SID']),
    (LIDBins(1, 9, 8), ['UD', 'LID', 'SID']), (DepthBins([1, 2, 9.0]), ['UD', 'LID', 'SID', 'model'])])
def test_the_ladder_is_of_the_range_and_number_of_the_model(subject_of, bins, names):
    schemes = ladder_schemes(bins)
    assert list(schemes) == names and {each.num_bins for each in schemes.values()} == {bins.num_bins}
    subject = subject_of({}, [])
    subject.bins = bins
    files = DRAWN['ladder'](subject)
    rows = rows_of(files['ladder.md'].decode())
    assert list(rows) == names and rows['UD']['range (m)'] == f'{bins.min_depth:g} to {bins.max_depth:g}'
    assert picture_of(files['ladder.png']).shape[1] > 900


def test_the_worst_error_of_sid_is_half_a_bin(subject_of):
    subject = subject_of({}, [])
    subject.bins = SIDBins(1, 80, 71)
    rows = rows_of(DRAWN['ladder'](subject)['ladder.md'].decode())
    assert rows['SID']['worst error'] == f'{80**(1 / 142) - 1:.2%}' and rows['UD']['worst at (m)'] == '1'
