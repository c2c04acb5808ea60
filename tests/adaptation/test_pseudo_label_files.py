"""Names and contents of the files of pseudo-labels."""
import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.adaptation.pseudo_label_files import (
    has_reading,
    label_names,
    read_reading,
    write_label,
    write_reading,
)

PART = st.text(st.sampled_from('abAB.1'), min_size=1, max_size=3).filter(lambda text: text.strip('.'))


@given(st.lists(st.tuples(PART, PART, st.sampled_from(['png', 'jpg'])), min_size=1, max_size=8, unique=True))
def test_each_image_has_a_name_of_its_own_that_does_not_depend_on_the_place(parts):
    names = label_names([f'/data/{folder}/{stem}.{end}' for folder, stem, end in parts])
    assert len({name for name in names}) == len(parts)
    assert names == label_names([f'/elsewhere/x/{folder}/{stem}.{end}' for folder, stem, end in parts])
    assert all(name.endswith('.png') and not name.startswith('/') and '..' not in name.split('/') for name in names)


def test_readings_and_labels_are_read_as_they_were_written(tmp_path):
    rng = np.random.default_rng(0)
    depth = (rng.uniform(1, 80, (6, 9)) * (rng.random((6, 9)) < 0.7)).astype(np.float32)
    level = rng.integers(0, 4096, (6, 9)).astype(np.uint16)
    assert not has_reading(tmp_path, 'a/b.png')
    write_reading(tmp_path, 'a/b.png', depth, level)
    found, levels = read_reading(tmp_path, 'a/b.png')
    assert has_reading(tmp_path, 'a/b.png') and np.array_equal(levels, level)
    assert np.array_equal(found > 0, depth > 0) and np.abs(found - depth).max() <= 1 / 512
    write_label(tmp_path / 'labels', 'a/b.png', depth, level, 4096)
    confidence = cv2.imread(str(tmp_path / 'labels/confidence/a/b.png'), cv2.IMREAD_UNCHANGED)
    assert confidence.dtype == np.uint8 and np.abs(confidence / 256 - level / 4096).max() < 1 / 256
    stored = cv2.imread(str(tmp_path / 'labels/depth/a/b.png'), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16 and np.array_equal(stored, np.rint(depth * 256))
