"""The report's numbers against what they are made of, and its files."""
import json
import math
import re
import sys

import cv2
import numpy as np
import pytest
from error_reference import fast_errors

from mmdepthcls.bins import SIDBins, UDBins
from mmdepthcls.evaluation.distance_bands import distance_limits, usual_bands
from mmdepthcls.evaluation.errors import ALL_NAMES
from mmdepthcls.evaluation.protocol_scores import ImageScores, image_errors, score_image, scored_maps, summarize
from mmdepthcls.evaluation.protocols import Protocol
from mmdepthcls.evaluation.quantization import bin_confusion
from mmdepthcls.evaluation.report.depth_histogram import DepthHistogram
from mmdepthcls.evaluation.report.markdown import report_markdown
from mmdepthcls.evaluation.report.published import PUBLISHED
from mmdepthcls.evaluation.report.recorder import ReportRecorder
from mmdepthcls.evaluation.report.report import ReportData, report_contents, report_json, write_report
from mmdepthcls.evaluation.report.tally import ScoredImage
from mmdepthcls.evaluation.views import Views

SIZE = (30, 50)
BINS = SIDBins(1.0, 80.0, 12)
PROTOCOLS = [Protocol('near', region=(0.2, 1, 0, 1)), Protocol('open', clamp=None, max_depth=None, mean='pixel'),
             Protocol('scaled', median_scaling=True), Protocol('crop only', input_crop='kb')]


def maps_of(index, size=SIZE):
    """Prediction and ground truth of a generated image; every third has none."""
    rng = np.random.default_rng(index)
    gt = (rng.uniform(1.5, 110, size) * (rng.random(size) < 0.6)).astype(np.float32)
    pred = (np.where(gt > 0, gt, 9) * rng.lognormal(0, 0.1 + 0.05 * index, size)).astype(np.float32)
    return pred, gt * (index % 3 != 2)


def make_data(num_images=5, protocols=PROTOCOLS, bins=BINS, spoil=False, **settings):
    images, shown, confusion = [], [], 0
    for index in range(num_images):
        pred, gt = maps_of(index)
        if spoil:
            pred[15, :20] = np.nan
        histograms, name = {}, f'drive/{index}.png'

        def observe(protocol, pred, gt, histograms=histograms):
            nonlocal confusion
            histograms[protocol.name] = DepthHistogram.of(gt)
            if protocol is protocols[0] and bins is not None:
                confusion = confusion + bin_confusion(bins, pred, gt)

        record = score_image(Views(pred), {None: gt}, protocols, distance_limits(), name, bins, observe)
        images.append(ImageScores(name, record.scores, record.floor, histograms))
        errors = image_errors(record.scores[protocols[0].name])
        if errors:
            shown.append(ScoredImage(name, index, errors['abs_rel'],
                                     *scored_maps(Views(pred), {None: gt}, protocols[0])))
    return ReportData(protocols, images, title='some model', bins=bins,
                      confusion=confusion if np.any(confusion) else None, worst=shown[2:], best=shown[:2], **settings)


def entry_of(data, name):
    return next(entry for entry in report_contents(data)['protocols'] if entry['name'] == name)


def scored_pixels(index, low=1e-3, high=80.0, top=6):
    pred, gt = maps_of(index)
    pred, gt = pred[top:].astype(float), gt[top:].astype(float)
    inside = (gt > low) & (gt < high)
    return np.clip(pred, 1e-3, 80)[inside], gt[inside]


# ------------------------------------------------------------------------------------------------------------- numbers
def test_errors_are_those_of_the_records():
    data = make_data(spoil=True)
    contents = report_contents(data)
    assert (contents['format'], contents['version'], contents['num_images']) == ('mmdepthcls report', 1, 5)
    for protocol, entry in zip(PROTOCOLS[:3], contents['protocols'], strict=False):
        scores = [image.scores[protocol.name] for image in data.images]
        assert entry['model'] == summarize(scores, protocol.mean) and list(entry['model']) == list(ALL_NAMES)
        assert (entry['num_images'], entry['bad_predictions']) == (4, sum(score.num_bad for score in scores))
        assert entry['num_pixels'] == sum(score.sums[:, 0].sum() for score in scores if score.sums is not None)
        assert entry['not_scored'] == {'no ground truth in its range and crop': 1}
        for image, score in zip(contents['images'], scores, strict=True):
            mine = image['protocols'][protocol.name]
            if score.sums is None:
                assert mine == dict(reason='no ground truth in its range and crop')
            else:
                assert mine['errors'] == image_errors(score) and mine['bad_predictions'] == score.num_bad > 0
    assert [image['name'] for image in contents['images']] == [f'drive/{index}.png' for index in range(5)]


def test_the_floor_is_the_bins_applied_by_hand():
    pixels = [scored_pixels(index)[1] for index in (0, 1, 3, 4)]
    expected = [fast_errors(BINS.decode(BINS.encode(gt)), gt) for gt in pixels]
    floor = entry_of(make_data(), 'near')['bins_alone']
    assert floor['pixels_outside'] == 0
    for name in ALL_NAMES:
        assert floor['errors'][name] == pytest.approx(np.mean([errors[name] for errors in expected]), rel=1e-9)


def test_a_model_that_is_no_better_than_the_constant_is_told_so(monkeypatch, tmp_path):
    data, words = make_data(), 'no better than the constant**: one depth everywhere has abs_rel'
    contents = report_contents(data)
    assert words not in report_markdown(PROTOCOLS, dict(contents, pictures=[]))
    constant = contents['protocols'][0]['best_constant']
    for share, told in ((0.98, False), (0.995, True), (1.2, True), (math.nan, True)):
        contents['protocols'][0]['model']['abs_rel'] = share * constant['errors']['abs_rel']
        assert (words in report_markdown(PROTOCOLS, dict(contents, pictures=[]))) == told
    maps = maps_of
    monkeypatch.setattr(sys.modules[__name__], 'maps_of', lambda index: (
        np.full(SIZE, constant['depth'], np.float32), maps(index)[1]))
    assert words in report_markdown(PROTOCOLS, dict(report_contents(make_data()), pictures=[]))
    said = []
    write_report(tmp_path, make_data(), said.append)
    assert len(said) == 1 and said[0].startswith('The model is no better than the constant: one depth everywhere has')


def test_beyond_the_bins_the_floor_is_the_nearest_bin():
    bins = UDBins(0.0, 50.0, 10)
    floor = entry_of(make_data(bins=bins), 'near')['bins_alone']
    pixels = [scored_pixels(index)[1] for index in (0, 1, 3, 4)]
    expected = [fast_errors(np.where(gt > 50, 47.5, np.floor(gt / 5) * 5 + 2.5), gt) for gt in pixels]
    assert floor['errors']['rmse'] == pytest.approx(np.mean([errors['rmse'] for errors in expected]), rel=1e-9)
    assert floor['pixels_outside'] == sum((gt > 50).sum() for gt in pixels) > 0


def test_no_labels_do_better_than_the_floor():
    """A classifier that predicts any bins is not better than the true ones, by the errors that centers make least."""
    entry = entry_of(make_data(), 'near')
    rng = np.random.default_rng(0)
    for index in (0, 1):
        gt = scored_pixels(index)[1]
        wrong = np.clip(BINS.encode(gt).astype(int) + rng.integers(-1, 2, gt.shape), 0, 11)
        assert fast_errors(BINS.decode(wrong), gt)['rmse_log'] > entry['bins_alone']['errors']['rmse_log']


def test_distance_bands_by_hand():
    data = make_data()
    for name, protocol in (('near', PROTOCOLS[0]), ('open', PROTOCOLS[1])):
        entry, pooled = entry_of(data, name), protocol.mean == 'pixel'
        wanted = list(zip(usual_bands(), usual_bands()[1:], strict=False)) + ([(80.0, None)] if pooled else [])
        assert [(band['from'], band['to']) for band in entry['bands']] == wanted
        for band in (*entry['bands'], *entry['distances']):
            parts = []
            for index in (0, 1, 3, 4):
                pred, gt = scored_pixels(index) if not pooled else [x.ravel().astype(float) for x in maps_of(index)]
                inside = (gt > 1e-3) & (gt >= band['from']) & (gt < (band['to'] or np.inf))
                if inside.any():
                    parts.append((pred[inside], gt[inside]))
            assert (band['num_images'], band['num_pixels']) == (len(parts), sum(gt.size for _, gt in parts))
            parts = [np.concatenate(parts, axis=1)] if pooled else parts
            for metric in ('abs_rel', 'rmse', 'silog', 'd1'):
                expected = np.mean([fast_errors(*part)[metric] for part in parts])
                assert band['model'][metric] == pytest.approx(expected, rel=1e-5)
        assert sum(band['num_pixels'] for band in entry['distances']) == entry['num_pixels']
        assert entry['distances'][0]['to'] == 5.0 and entry['distances'][15]['to'] == 80.0


def test_own_bands():
    bands = (0.0, 7.0, 33.0)
    limits = distance_limits(bands)
    assert set(limits) == {*range(0, 85, 5), 7, 33}
    pred, gt = maps_of(0)
    image = score_image(Views(pred), {None: gt}, PROTOCOLS[:1], limits, 'x')
    entry = report_contents(ReportData(PROTOCOLS[:1], [image], bands))['protocols'][0]
    gt = scored_pixels(0)[1]
    assert [band['num_pixels'] for band in entry['bands']] == [
        (gt < 7).sum(), ((gt >= 7) & (gt < 33)).sum(), (gt >= 33).sum()]
    assert entry['bins_alone'] is entry['best_constant'] is None


def test_the_best_constant():
    entries = {entry['name']: entry for entry in report_contents(make_data())['protocols']}
    for name in ('near', 'open'):
        constant = entries[name]['best_constant']
        assert 5 < constant['depth'] < 80 and constant['errors']['abs_rel'] > entries[name]['model']['abs_rel']
    assert entries['scaled']['best_constant']['depth'] is None
    assert entries['crop only']['best_constant'] is entries['crop only']['bins_alone'] is None
    gt = [scored_pixels(index)[1] for index in (0, 1, 3, 4)]
    exact = np.mean([fast_errors(np.full(g.shape, entries['near']['best_constant']['depth']), g)['rmse'] for g in gt])
    assert entries['near']['best_constant']['errors']['rmse'] == pytest.approx(exact, rel=2e-3)


def test_shares_of_pixels_around_the_true_bin():
    confusion = report_contents(make_data())['confusion']
    away = np.concatenate([np.abs(BINS.encode(pred).astype(int) - BINS.encode(gt))
                           for pred, gt in map(scored_pixels, (0, 1, 3, 4))])
    assert confusion['share_within'][:3] == pytest.approx([np.mean(away <= most) for most in (0, 1, 2)], rel=1e-12)
    assert confusion['share_within'][-1] == 1 and confusion['num_pixels'] == confusion['num_scored_pixels'] == away.size


# --------------------------------------------------------------------------------------------------------------- files
def test_json_says_null_for_what_has_no_value(tmp_path):
    write_report(tmp_path, make_data(num_images=3))

    def refuse(constant):
        raise AssertionError(constant)

    contents = json.loads((tmp_path / 'report.json').read_text(), parse_constant=refuse)
    entry = contents['protocols'][3]
    assert entry['model'] is None and "crop 'kb' needs at least 352 x 1216 pixels" in next(iter(entry['not_scored']))
    expected = report_contents(make_data(num_images=3))
    assert contents == {**json.loads(report_json(expected)), 'pictures': contents['pictures']}
    assert report_contents(ReportData([Protocol('p')], [], title=math.nan))['title'] is None


def test_markdown_has_all_that_was_asked_for(tmp_path):
    path = write_report(tmp_path, make_data(published=PUBLISHED['kitti_eigen'], spoil=True))
    text, contents = path.read_text(), json.loads((tmp_path / 'report.json').read_text())
    assert path == tmp_path / 'report.md' and text.startswith('# Depth errors: some model\n')
    near = contents['protocols'][0]
    ladder = text[text.index('### near\n'):text.index('### open\n')]
    assert re.search(rf'\| model .*\| +{near["model"]["abs_rel"]:.4f} \|', ladder)
    assert re.search(rf'\| bins alone .*\| +{near["bins_alone"]["errors"]["abs_rel"]:.4f} \|', ladder)
    assert re.search(rf'\| best constant \({near["best_constant"]["depth"]:.1f} m\) .*\|', ladder)
    dorn = next(line for line in ladder.splitlines() if 'DORN, ResNet (published)' in line)
    assert [cell.strip() for cell in dorn.split('|')[2:8]] == ['0.932', '0.984', '0.994', '0.072', '-', '2.727']
    assert 'not recomputed' in ladder and '(published)' not in text.replace(ladder, '')
    assert 'histograms' in text and "any constant (scaled to each image's median)" in text
    assert '| 40-80 m ' in text and '| 80 m and more ' in text and 'silog_paper' in text
    assert '- near: 1 of 5 images not scored: no ground truth in its range and crop' in text
    assert "- crop only: 5 of 5 images not scored: crop 'kb' needs at least" in text
    assert re.search(rf'\| near .*\| +{near["bad_predictions"]} \|\n', text) and near['bad_predictions'] > 0
    for row in re.findall(r'^\|.*\|$', text, re.M):
        assert len(row) < 400


def test_links_and_pictures_are_there_and_readable(tmp_path):
    text = write_report(tmp_path, make_data()).read_text()
    links = set(re.findall(r'\]\(([^)]+)\)', text))
    pictures = {path.name for path in tmp_path.glob('*.png')}
    assert links == pictures | {'report.json'} and links == {path.name for path in tmp_path.iterdir()} - {'report.md'}
    assert pictures == {'error_by_distance.png', 'confusion.png', 'worst_1.png', 'worst_2.png', 'best_1.png',
                        'best_2.png'}
    assert all(cv2.imread(str(tmp_path / name)).std() > 10 for name in pictures)


@pytest.mark.parametrize('num_images', [0, 1])
def test_an_empty_evaluation_says_so(tmp_path, num_images):
    image = score_image(Views(np.ones(SIZE, np.float32)), {}, PROTOCOLS[:2], distance_limits(), 'a', BINS)
    text = write_report(tmp_path, ReportData(PROTOCOLS[:2], [image] * num_images, bins=BINS, confusion=np.zeros(
        (12, 12), int), published=PUBLISHED['synthia'])).read_text()
    assert f'**Nothing was scored**, of {"1 image" if num_images else "0 images"}.' in text
    assert ('- near: 1 of 1 images not scored: no ground truth' in text) == bool(num_images)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['report.json', 'report.md']


def test_only_the_first_protocol_not_scored(tmp_path):
    text = write_report(tmp_path, make_data(protocols=[PROTOCOLS[3], PROTOCOLS[0]])).read_text()
    assert 'The first protocol, crop only, scored nothing' in text and '### near' in text
    assert not list(tmp_path.glob('*.png'))


def test_an_earlier_report_is_replaced_and_other_files_are_left_alone(tmp_path):
    folder = tmp_path / 'report'
    write_report(folder, make_data())
    (folder / 'worst_9.png').write_text('mine')
    (tmp_path / 'outside.png').write_text('mine')
    earlier = json.loads((folder / 'report.json').read_text())
    earlier['pictures'] += ['../outside.png', 'notes.txt', str(tmp_path / 'outside.png')]
    (folder / 'report.json').write_text(json.dumps(earlier))
    (folder / 'notes.txt').write_text('mine')
    write_report(folder, make_data(num_images=1, bins=None))
    assert {path.name for path in folder.iterdir()} == {
        'report.md', 'report.json', 'error_by_distance.png', 'best_1.png', 'worst_9.png', 'notes.txt'}
    assert (tmp_path / 'outside.png').exists()


@pytest.mark.sliced(every=5)
@pytest.mark.parametrize('text', ['', '[]', '{"pictures": ["mine.png"]}', '\x00', '{"format": "mmdepthcls report"}'])
def test_what_is_no_report_is_no_reason_to_remove_anything(tmp_path, text):
    (tmp_path / 'report.json').write_text(text)
    (tmp_path / 'mine.png').write_text('mine')
    write_report(tmp_path, make_data(num_images=1))
    assert (tmp_path / 'mine.png').exists()
    assert json.loads((tmp_path / 'report.json').read_text())['version'] == 1


@pytest.mark.long
def test_the_same_data_give_the_same_bytes(tmp_path):
    for name in 'ab':
        write_report(tmp_path / name, make_data())
    for path in (tmp_path / 'a').iterdir():
        assert path.read_bytes() == (tmp_path / 'b' / path.name).read_bytes()


def test_bins_are_those_of_an_images_camera(tmp_path):
    """All metres doubled, and the bins with them: nothing but metres changes."""
    protocol, (pred, gt) = Protocol('open', clamp=None, max_depth=None), maps_of(0)
    found = []
    for scale in (1, 2):
        recorder = ReportRecorder(tmp_path, bins=BINS)
        recorder.begin()
        record = recorder.score(Views(pred * scale), {None: gt * scale}, [protocol], distance_limits(), 'a', 0,
                                bins_scale=scale)
        recorder.gather(1)
        found.append((recorder._confusion, image_errors(record.floor['open'])['abs_rel']))
    assert (found[0][0] == found[1][0]).all() and found[0][0].sum() > 0 and found[0][1] == pytest.approx(found[1][1])
