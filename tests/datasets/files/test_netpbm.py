"""PFM and PGM: read back what was written by the formats' own rules, and nothing else."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from mmdepthcls.datasets.depth_file import DepthFileError, DepthFormat, probe_depth, read_depth, read_values

PLAIN = DepthFormat()
DEPTH = npst.arrays(np.float32, npst.array_shapes(min_dims=2, max_dims=2, max_side=6),
                    elements=st.floats(0, 1000, width=32))


def pfm(depth, order='<', head='Pf', gap=b'\n'):
    """As its description says: rows from the bottom, the sign of the scale is the order of the bytes."""
    rows = b''.join(row.astype(f'{order}f4').tobytes() for row in depth[::-1])
    factor = b'-1.0' if order == '<' else b'1'
    return gap.join([head.encode(), b'%d %d' % (depth.shape[1], depth.shape[0]), factor]) + b'\n' + rows


def pgm(values, greatest=65535, comment=b''):
    dtype = '>u2' if greatest > 255 else 'u1'
    return b'P5\n%s%d %d\n%d\n' % (comment, values.shape[1], values.shape[0], greatest) + values.astype(dtype).tobytes()


@given(DEPTH, st.sampled_from('<>'), st.sampled_from([b'\n', b' ', b'\n# by hand\n']))
def test_pfm(depth, order, gap):
    np.testing.assert_array_equal(read_depth(pfm(depth, order, gap=gap), 'a.PFM', PLAIN), depth)


def test_pfm_of_three_channels():
    red = np.arange(6, dtype=np.float32).reshape(2, 3) + 1
    data = pfm(np.stack([red, red * 7, red * 9], axis=-1), head='PF')
    np.testing.assert_array_equal(read_depth(data, 'a.pfm', DepthFormat(channels=3)), red)
    with pytest.raises(DepthFileError, match=r'a.pfm: expected 1 channel\(s\) of depth, got 3'):
        read_depth(data, 'a.pfm', PLAIN)


def test_infinite_disparity_is_no_measurement():
    """As in Middlebury's files."""
    disparity = np.array([[np.inf, 40.0], [10.0, 0.0]], np.float32)
    depth = read_depth(pfm(disparity), 'a.pfm', DepthFormat(focal_baseline=400.0))
    np.testing.assert_array_equal(depth, np.array([[0, 10], [40, 0]], np.float32))


def test_pgm():
    values = np.array([[0, 1, 256], [65535, 1000, 4660]])
    np.testing.assert_array_equal(read_values(pgm(values, comment=b'# ICL\n'), 'a.pgm', PLAIN), values)
    np.testing.assert_array_equal(read_depth(pgm(values), 'a.pgm', DepthFormat(scale=5000.0, invalid=65535)),
                                  np.where(values == 65535, 0, values / 5000).astype(np.float32))
    few = values % 200
    np.testing.assert_array_equal(read_depth(pgm(few, 255), 'a.pgm', DepthFormat(bits=8, scale=10.0)),
                                  (few / 10).astype(np.float32))


@pytest.mark.parametrize('name, data, message', [
    ('a.pgm', pgm(np.ones((2, 3)), 255), 'expected 16-bit depth, got 8 bits .*bits=8'),
    ('a.pgm', pgm(np.ones((2, 3)))[:-1], 'need 25 bytes, the file has 24: it is truncated'),
    ('a.pgm', pgm(np.ones((2, 3))) + b'P5', 'the file has 27: it is truncated or of another kind'),
    ('a.pgm', b'P2\n2 1\n255\n1 2\n', r"expected a binary PGM \(it begins with 'P5'\)"),
    ('a.pgm', b'P5\n2 1\n70000\n' + bytes(8), 'the greatest number is 70000, expected 1 to 65535'),
    ('a.pgm', b'\x89PNG\r\n\x1a\n' + bytes(30), 'but its content is a PNG. Convert it'),
    ('a.pfm', pfm(np.ones((2, 3)))[:-2], 'numbers of 32 bits need 36 bytes, the file has 34'),
    ('a.pfm', b'Pf\n2 1\n0.0\n' + bytes(8), 'its header has the scale 0.0'),
    ('a.pfm', b'Pf\n99999999 99999999\n-1\n', 'impossible header'),
    ('a.pfm', b'', 'its content is an empty file'),
    ('a.pfm', b'Pf\n2 1\nnan\n' + bytes(8), "expected a PFM")])
def test_what_is_none(name, data, message, tmp_path):
    with pytest.raises(DepthFileError, match=f'{name}: .*{message}'):
        read_depth(data, name, PLAIN)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DepthFileError, match=message):
        probe_depth(str(tmp_path / name), PLAIN)


def test_probe_tells_the_size(tmp_path):
    for name, data in (('a.pfm', pfm(np.ones((2, 3)))), ('b.pgm', pgm(np.ones((2, 3))) + b'\n')):
        (tmp_path / name).write_bytes(data)
        assert probe_depth(str(tmp_path / name), PLAIN) == (2, 3)
