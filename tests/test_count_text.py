"""One is not many, in what is printed."""
import numpy as np
import pytest

from mmdepthcls.count_text import counted


@pytest.mark.parametrize(('number', 'text'), [(0, '0 depth maps'), (1, '1 depth map'), (2, '2 depth maps'),
                                              (np.int64(1), '1 depth map')])
def test_one_is_singular(number, text):
    assert counted(number, 'depth map') == text
