"""The table of errors over rounds."""
import pytest
from mmengine.config import Config

from mmdepthcls.commands.adapt.curve import check_curve, curve_table
from mmdepthcls.commands.running.program import UsageError


def test_table_has_metres_beside_median_scaled_and_marks_the_round_that_was_fixed():
    rows = [dict(round=number, metrics={
        'abs_rel': 0.5 / (1 + number), 'rmse': 3.0, 'd1': 0.9, 'eigen/abs_rel': 0.5 / (1 + number),
        'eigen, median-scaled/abs_rel': 0.25 / (1 + number), 'eigen, median-scaled/rmse': 2.0004,
        'eigen, scale-aligned/abs_rel': 9.0}) for number in range(3)]
    header, _, *lines = curve_table(rows, 1).splitlines()
    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in (header, *lines)]
    assert [line[0] for line in cells] == ['', 'source only', 'round 1 (reported)', 'round 2']
    column = {name: position for position, name in enumerate(cells[0])}
    assert [float(line[column['abs_rel']]) for line in cells[1:]] == pytest.approx([0.5, 0.25, 0.1667])
    assert [float(line[column['abs_rel, median-scaled']]) for line in cells[1:]] == pytest.approx([.25, .125, .0833])
    assert cells[1][column['d1, median-scaled']] == '-'
    assert {cells[1][column['rmse' + scaled]] for scaled in ('', ', median-scaled')} == {'3.000', '2.000'}


def test_a_config_that_cannot_be_tested_is_refused_first():
    with pytest.raises(UsageError, match='no test_dataloader'):
        check_curve(Config(dict(test_evaluator=dict(type='DepthEvaluator'))))
    with pytest.raises(ValueError, match="--curve: the config's test_evaluator is no DepthEvaluator"):
        check_curve(Config(dict(test_dataloader=dict(batch_size=1), test_evaluator=dict(type='IoUMetric'))))
