"""Published rows, letter by letter."""
import pytest

from mmdepthcls.evaluation.errors import PRINTED_NAMES
from mmdepthcls.evaluation.report.published import PAPER, PUBLISHED, published_table

# d1 d2 d3 | AbsRel RMSE RMSElog, as the paper's Table 1 prints them
TABLE_1 = """
Make3D .601 .820 .926 .280 8.734 .361
Eigen et al. .692 .899 .967 .190 7.156 .270
Liu et al. .647 .882 .961 .217 6.986 .289
LRC (CS + K) .861 .949 .976 .114 4.935 .206
Kuznetsov et al. .862 .960 .986 .113 4.621 .189
DORN, VGG .915 .980 .993 .081 3.056 .132
DORN, ResNet .932 .984 .994 .072 2.727 .120
Oluwafemi et al., 2019 .796 .985 1.000 .075 2.499 .156
"""
TABLE_2 = 'Oluwafemi et al., 2019 .785 .937 .945 .108 9.270 .206'


@pytest.mark.parametrize('name, text, number', [('kitti_eigen', TABLE_1, 'Table 1'), ('synthia', TABLE_2, 'Table 2')])
def test_rows_are_those_of_the_paper(name, text, number):
    lines = [line.rsplit(maxsplit=6) for line in text.strip().splitlines()]
    table = published_table(name)
    assert list(table.rows) == [method for method, *_ in lines]
    for method, *values in lines:
        assert table.errors()[method] == dict(zip(PRINTED_NAMES, map(float, values), strict=True))
    assert PAPER in table.source and number in table.source


def test_an_unknown_table_lists_those_there_are():
    assert set(PUBLISHED) == {'kitti_eigen', 'synthia'}
    with pytest.raises(ValueError, match="no table 'kitti'; there are kitti_eigen, synthia"):
        published_table('kitti')
