"""The table, read back as Markdown."""
import math

import numpy as np

from mmdepthcls.evaluation.errors import ERROR_NAMES, depth_errors
from mmdepthcls.evaluation.metrics_table import metrics_table, protocols_table, summary_table
from mmdepthcls.evaluation.protocols import PRESETS


def read_markdown(text):
    lines = [[cell.strip() for cell in line.strip('|').split('|')] for line in text.splitlines()]
    assert set(''.join(lines[1])) == {'-', ':'}
    return lines[0], {line[0]: line[1:] for line in lines[2:]}


def test_read_back():
    gt = np.random.default_rng(0).uniform(1, 80, 50)
    rows = {'ours': depth_errors(gt * 1.1, gt), 'best constant': depth_errors(np.full(50, 20.0), gt)}
    text = metrics_table(rows)
    header, read = read_markdown(text)
    assert header == ['', *ERROR_NAMES] and list(read) == list(rows)
    for label, cells in read.items():
        expected = [rows[label][name] for name in ERROR_NAMES]
        np.testing.assert_allclose([float(cell) for cell in cells], expected, atol=5.1e-3, rtol=0)
        assert abs(float(cells[header.index('abs_rel') - 1]) - rows[label]['abs_rel']) <= 5.1e-5
    assert len({len(line) for line in text.splitlines()}) == 1  # columns are aligned
    assert not text.endswith('\n')


def test_published_row_keeps_its_digits():
    row = dict(d1=.932, d2=.984, d3=.994, abs_rel=.072, rmse=2.727, silog=8.123)
    header, read = read_markdown(metrics_table({'DORN-ResNet': row}))
    cells = dict(zip(header[1:], read['DORN-ResNet'], strict=True))
    assert cells == dict(d1='0.932', d2='0.984', d3='0.994', abs_rel='0.0720', sq_rel='-', rmse='2.727', rmse_log='-',
                         silog='8.12', log10='-')


def test_protocols_stand_beside_their_conditions():
    rows = {PRESETS['bts']: dict(abs_rel=0.0591, num_images=652),
            PRESETS['paper']: dict(abs_rel=math.nan, num_images=0)}
    header, read = read_markdown(protocols_table(rows, ['abs_rel']))
    assert header == ['', 'ground truth', 'N', 'input', 'crop', 'cap', 'flip', 'scaled', 'mean', 'abs_rel']
    assert read == {'bts': ['annotated', '652', 'kb', 'garg', '< 80 m', 'no', 'no', 'image', '0.0591'],
                    'paper': ['velodyne', '0', 'full', 'none', '<= 80 m', 'no', 'no', 'pixel', '-']}


def test_chosen_columns_and_no_rows():
    assert read_markdown(metrics_table({'a': {'mine': 1.0}}, ['mine', 'other'])) == (['', 'mine', 'other'],
                                                                                   {'a': ['1.0000', '-']})
    assert read_markdown(metrics_table({}))[1] == {}


def test_a_summary_of_sets_has_their_mean_and_each_protocol_once():
    nan = float('nan')
    metrics = {'abs_rel': 0.3, 'num_images': 4, 'kitti/abs_rel': 0.2, 'kitti/x/abs_rel': 0.2, 'kitti/y/abs_rel': 0.1,
               'own/abs_rel': 0.4, 'other/abs_rel': nan}
    rows = [line.split('|')[1].strip() for line in summary_table(metrics, 'mean', ['abs_rel']).splitlines()[2:]]
    assert rows == ['mean', 'kitti/x', 'kitti/y', 'own', 'other']
    one = {'abs_rel': 0.2, 'edge_f1': 0.5, 'x/abs_rel': 0.2, 'y/abs_rel': 0.1}
    assert [line.split('|')[1].strip() for line in summary_table(one, 'test', ['abs_rel']).splitlines()[2:]] == [
        'x', 'y']
