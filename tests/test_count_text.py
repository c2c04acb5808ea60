"""One is not many, and many are not all named, in what is printed."""
import numpy as np
import pytest

from mmdepthcls.count_text import counted, some_of


@pytest.mark.parametrize(('number', 'text'), [(0, '0 depth maps'), (1, '1 depth map'), (2, '2 depth maps'),
                                              (np.int64(1), '1 depth map')])
def test_one_is_singular(number, text):
    assert counted(number, 'depth map') == text


@pytest.mark.parametrize(('names', 'text'), [([], ''), (['a'], 'a'), (('a', 'b'), 'a, b'),
                                             (dict(a=1, b=2, c=3), 'a, b and 1 more'),
                                             ((f'{index}.png' for index in range(9)), '0.png, 1.png and 7 more')])
def test_what_is_left_out_is_counted(names, text):
    assert some_of(names, 2) == text
