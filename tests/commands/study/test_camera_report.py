import re
from types import SimpleNamespace

import pytest

from mmdepthcls.commands.study.camera_report import against_local, camera_report, camera_table, deviation, law

PLAN = SimpleNamespace(
    base_name='net', data=dict(num_train=5, num_test=2, height=8, width=9), options={'train_cfg.max_iters': 7},
    cameras={'wide': 0.5, 'usual': 1.0, 'long': 2.0}, trained='usual', seeds=(0, 1), scored_range=(1.0, 80.0),
    ways={'without': [], 'by depth': []}, mixture={}, mixture_way=None, runs=lambda: [None] * 6,
    focal_px=lambda name: 100 * PLAN.cameras[name],
    conclusion='Nobody knows.')


def scores(abs_rel, ratio):
    return dict(abs_rel=abs_rel, d1=1 - abs_rel, rmse=1.0, rmse_log=1.0, median_ratio=ratio)


def reference(seed, off=1.0):
    """Biased by 0.9 at home; follows the law without a canonical camera, but for a factor at the long one."""
    each = 0.01 * seed
    return dict(camera='usual', seed=seed, device='CPU', scores={
        'usual': {'without': scores(0.2 + each, 0.9), 'by depth': scores(0.2 + each, 0.9)},
        'long': {'without': scores(0.5 + each, 0.45 * off), 'by depth': scores(0.22 + each, 0.9 * off)},
        'wide': {'without': scores(0.9 + each, 1.8), 'by depth': scores(0.3 + each, 0.9)}})


def local(camera, seed, abs_rel):
    return dict(camera=camera, seed=seed, device='CPU', scores={camera: {'without': scores(abs_rel, 0.95)}})


RECORDS = [*(reference(seed) for seed in range(2)), *(local('long', seed, 0.21 + 0.02 * seed) for seed in range(2))]


def test_the_law_is_the_ratio_of_focal_lengths():
    assert law(PLAN, 'long', 'without') == 0.5 and law(PLAN, 'wide', 'without') == 2
    assert law(PLAN, 'usual', 'without') == law(PLAN, 'long', 'by depth') == 1
    assert deviation(RECORDS, PLAN, 'long', 'without') == pytest.approx(0, abs=1e-12)
    off = [reference(seed, 1.05) for seed in range(2)]
    assert deviation(off, PLAN, 'long', 'without') == pytest.approx(0.05)
    assert deviation(off, PLAN, 'long', 'by depth') == pytest.approx(0.05)


def test_against_models_that_were_trained_there():
    difference, spread = against_local(RECORDS, PLAN, 'long', 'by depth')
    assert difference == pytest.approx(0.225 / 0.22 - 1)
    assert spread == pytest.approx(((0.01**2 / 2 + 0.02**2 / 2) / 2)**0.5 / 0.22)
    assert against_local(RECORDS, PLAN, 'wide', 'by depth') is None  # nobody was trained there
    assert against_local([RECORDS[0], *RECORDS[2:]], PLAN, 'long', 'by depth') is None  # one seed has no spread


def test_the_table_and_what_is_said():
    table = camera_table(RECORDS, PLAN)
    row = next(line for line in table.splitlines() if 'long' in line and 'by depth' in line)
    assert '0.2250 ± 0.0071' in row and '0.900 ± 0.000' in row and '+2.3 % (± 5.1 %)' in row
    assert sum('trained at long' in line for line in table.splitlines()) == 1 and 'trained at wide' not in table
    text = camera_report(RECORDS, PLAN, 'study cameras', 'stem')
    assert '4 of 6 trainings (CPU)' in text and 'long (200.0 px)' in text and text.rstrip().endswith('Nobody knows.')
    assert re.search(r'long, no canonical camera: median p/g moves to 0.500 .* within 3 %: yes \(\+0.0 %\)', text)
    assert re.search(r'long, trained at usual, canonical camera by depth: .*within 10 % .*: yes \(\+2.3 %\).*'
                     r'differ: yes \(5.1 %\)', text)
    worse = [*(reference(seed, 1.05) for seed in range(2)), *(local('long', seed, 0.19 + 0.001 * seed)
                                                             for seed in range(2))]
    text = camera_report(worse, PLAN, 'study cameras', 'stem')
    assert re.search(r'within 3 %: no \(\+5.0 %\)', text) and re.search(r'within 10 % .*: no \(.*differ: no', text)


def test_a_report_before_the_first_training():
    text = camera_report([], PLAN, 'study cameras', 'stem')
    assert '0 of 6 trainings (-)' in text and '|' not in text
    assert 'trained at long' not in camera_report(RECORDS[2:], PLAN, 'study cameras', 'stem')


def test_a_mixture_is_compared_with_models_that_were_trained_there():
    plan = SimpleNamespace(**{**vars(PLAN), 'mixture': {'longer': 3.0}, 'mixture_way': 'by depth',
                              'focal_px': lambda name: {**PLAN.cameras, 'longer': 3.0}[name]})
    mixed = [dict(camera='mixture', seed=seed, device='CPU', scores={
        'usual': {'by depth': scores(0.18 + 0.01 * seed, 0.8)},
        'long': {'by depth': scores(0.2 + 0.02 * seed, 0.84)}}) for seed in range(2)]
    records = [*RECORDS, *mixed]
    assert deviation(records, plan, 'long', 'by depth', 'mixture') == pytest.approx(0.84 / 0.8 - 1)
    difference, spread = against_local(records, plan, 'long', 'by depth', 'mixture')
    assert difference == pytest.approx(0.21 / 0.22 - 1)
    assert spread == pytest.approx(((0.02**2 / 2 + 0.02**2 / 2) / 2)**0.5 / 0.22)
    # At the canonical focal length it is compared as well: the others there are not a mixture.
    assert against_local(records, plan, 'usual', 'by depth', 'mixture')[0] == pytest.approx(0.185 / 0.205 - 1)
    text = camera_report(records, plan, 'study cameras', 'stem')
    rows = [line for line in text.splitlines() if 'trained on the mixture' in line]
    assert '-4.5 % (± 6.4 %)' in rows[1] and '+5.0 %' in rows[1] and '-9.8 %' in rows[0]
    assert re.search(r'long, trained on the mixture, .* by depth: .*: yes \(-4.5 %\).*: yes \(6.4 %\)', text)
    assert 'So do longer (3.0 px), which are mixed with usual' in text
