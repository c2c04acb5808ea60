import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmdepthcls.commands.study.chart import draw_study
from mmdepthcls.commands.study.record import best_decoder
from mmdepthcls.commands.study.study_report import study_report, variants_table, verdict

PLAN = SimpleNamespace(scored_range=(1e-3, 80.0),
    base_name='net', data=dict(num_train=5, num_test=2, height=8, width=9), options={'train_cfg.max_iters': 7},
    seeds=(0, 1, 2), ground_truths=('dense', 'sparse'), variants=dict(ours={}, theirs={}, alone={}), default='ours',
    decoders=dict(mean={}, median={}), comparisons=[('we win', 'ours', 'theirs'), ('loners win', 'alone', 'ours')],
    runs=lambda: [None] * 18, conclusion='Nobody knows.')


def record(variant, seed, abs_rel, ground_truth='dense', median=None):
    def metrics(value):
        return dict(abs_rel=value, rmse=10 * value, rmse_log=value, d1=1 - value)
    scores = dict(own=metrics(abs_rel))
    if median is not None:
        scores.update(mean=metrics(abs_rel), median=metrics(median))
    return dict(variant=variant, seed=seed, ground_truth=ground_truth, device='CPU',
                scores=dict(val=scores, test=scores))


RECORDS = [*(record('ours', seed, 0.2 + 0.01 * seed, median=0.1 + 0.01 * seed) for seed in range(3)),
           *(record('theirs', seed, 0.3 + 0.02 * seed) for seed in range(3)), record('alone', 0, 0.05)]


@pytest.mark.parametrize('better, worse, expected', [
    ([0.1, 0.2], [0.5, 0.6], 'holds'),
    ([0.5, 0.6], [0.1, 0.2], 'fails'),
    ([0.1, 0.3], [0.15, 0.35], 'not seen'),
    ([0.1], [0.5, 0.6], '-'),
])
def test_a_claim_holds_if_the_difference_exceeds_the_spread(better, worse, expected):
    assert verdict(better, worse) == expected


def test_the_limit_is_the_pooled_standard_deviation():
    spread = math.sqrt((np.var([1, 2, 3], ddof=1) + np.var([1, 3, 5], ddof=1)) / 2)
    others = np.array([1, 3, 5]) - 3 + 2
    assert verdict([1, 2, 3], list(others + spread * 1.001)) == 'holds'
    assert verdict([1, 2, 3], list(others + spread * 0.999)) == 'not seen'


def test_rows_are_means_over_seeds():
    row = variants_table(RECORDS, PLAN).splitlines()[2]
    assert [cell.strip() for cell in row.strip('|').split('|')] == [
        'ours', '0.2100 ± 0.0100', '2.10 ± 0.10', '0.210 ± 0.010', '0.790 ± 0.010', 'median', '0.1100 ± 0.0100', '3']


def test_the_best_decoder_is_chosen_on_the_validation_split():
    records = [record('ours', 0, 0.2, median=0.1)]
    records[0]['scores']['val'] = dict(own=dict(abs_rel=0.3), mean=dict(abs_rel=0.25), median=dict(abs_rel=0.4))
    assert best_decoder(records) == 'mean'


def test_says_what_follows():
    text = study_report(RECORDS, PLAN, 'python it', 'name')
    assert '7 of 18 trainings (CPU)' in text and 'name.png' in text and 'name.json' in text
    claims = {line.split('|')[1].strip(): [cell.strip() for cell in line.strip('|').split('|')[1:]]
              for line in text.splitlines() if ' against ' in line and line.startswith('|')}
    assert claims['we win: ours against theirs'] == ['+0.2100', 'holds', '-', '-']  # by the median
    assert claims['loners win: alone against ours'] == ['+0.0600', '-', '-', '-']
    assert text.endswith('## In words\n\nNobody knows.\n')
    assert '- dense, median: abs_rel 0.1100 ± 0.0100, better: none; rmse 1.10 ± 0.10, better: none; ' in text
    assert 'sparse depth' not in text


def test_says_who_beats_the_default():
    records = [*RECORDS, *(record('alone', seed, 0.05) for seed in (1, 2))]
    text = study_report(records, PLAN, 'it', 'name')
    assert 'abs_rel 0.1100 ± 0.0100, better: alone (0.0500 ± 0.0000); ' in text
    assert text.count('better: alone (0.950 ± 0.000).') == 1  # d1: more is better
    worse = [dict(each, scores=dict(each['scores'], test=dict(own=dict(each['scores']['test']['own'], d1=0.1))))
             if each['variant'] == 'alone' else each for each in records]
    assert 'd1 0.890 ± 0.010, better: none.' in study_report(worse, PLAN, 'it', 'name')


def test_the_chart_has_a_dot_for_each_training():
    empty, full = (cv2.imdecode(np.frombuffer(draw_study(records, PLAN), np.uint8), cv2.IMREAD_COLOR)
                   for records in ([], RECORDS))
    assert full.shape[1] == 1100 and empty.shape == full.shape
    reddish = (full[..., 2].astype(int) - full[..., 0] > 60).sum()
    bluish = (full[..., 0].astype(int) - full[..., 2] > 60).sum()
    assert bluish > reddish > 100 and (empty[..., 2].astype(int) - empty[..., 0] > 60).sum() == 0
