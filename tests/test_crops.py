"""Regions against the numbers that are published or follow from them by hand."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.crops import crop_region


@pytest.mark.parametrize('name, height, width, rows, cols', [
    ('garg', 375, 1242, (153, 371), (44, 1197)),
    ('eigen', 375, 1242, (124, 342), (44, 1197)),
    ('eigen', 370, 1226, (122, 337), (44, 1181)),
    ('garg', 352, 1216, (143, 349), (43, 1172)),
    ('nyu_eigen', 480, 640, (45, 471), (41, 601)),
    ('kb', 375, 1242, (23, 375), (13, 1229)),
    ('kb', 370, 1224, (18, 370), (4, 1220)),
    ('kb', 374, 1238, (22, 374), (11, 1227)),
    ('kb', 376, 1241, (24, 376), (12, 1228)),
    ('kb', 352, 1216, (0, 352), (0, 1216)),
    (None, 375, 1242, (0, 375), (0, 1242)),
])
def test_regions(name, height, width, rows, cols):
    assert crop_region(name, height, width) == (slice(*rows), slice(*cols))


def test_kb_then_garg_is_another_region():
    kb, garg = crop_region('kb', 375, 1242), crop_region('garg', 352, 1216)
    rows, cols = ((kb[axis].start + garg[axis].start, kb[axis].start + garg[axis].stop) for axis in (0, 1))
    assert (rows, cols) == ((166, 372), (56, 1185))
    assert crop_region('kb_garg', 375, 1242) == (slice(*rows), slice(*cols))
    assert (rows[1] - rows[0]) * (cols[1] - cols[0]) == 232574
    full = crop_region('garg', 375, 1242)
    assert (full[0].stop - full[0].start) * (full[1].stop - full[1].start) == 251354


@settings(deadline=None)
@given(st.sampled_from([None, 'garg', 'eigen', (0.3, 0.9, 0.1, 1.0)]), st.integers(1, 2000), st.integers(1, 2000))
def test_regions_lie_inside(name, height, width):
    for region, size in zip(crop_region(name, height, width), (height, width), strict=True):
        assert 0 <= region.start <= region.stop <= size and region.step is None


@pytest.mark.parametrize('height, width', [(351, 1242), (375, 1215)])
def test_kb_needs_its_size(height, width):
    with pytest.raises(ValueError, match=f'352 x 1216 pixels, got {height} x {width}'):
        crop_region('kb', height, width)


def test_unknown_name():
    with pytest.raises(ValueError, match="crop must be one of .*'garg'.*got 'Garg'"):
        crop_region('Garg', 375, 1242)
