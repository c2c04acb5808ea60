"""Folders of ground truth, with what lies beside it."""
import cv2
import numpy as np
import pytest

from mmdepthcls.datasets.depth_format import DepthFormat
from mmdepthcls.evaluation.files.ground_truth_files import folder_frames, folder_pictures

DEPTH = np.arange(1, 21, dtype=np.float32).reshape(4, 5)


@pytest.fixture
def write(tmp_path):
    """Writes files: depth as an array or a PNG of 16 bits, or a PNG of 8 bits, gray or in colors."""
    def write_files(**kinds):
        for kind, names in kinds.items():
            for name in names:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.suffix == '.npy':
                    np.save(path, DEPTH)
                else:
                    picture = DEPTH.astype(np.uint8)
                    cv2.imwrite(str(path), dict(depth=(DEPTH * 256).astype(np.uint16), gray=picture,
                                                color=np.dstack([picture] * 3))[kind])
        return tmp_path

    return write_files


@pytest.mark.parametrize('depth, pictures', [
    (['0.npy', '1.npy'], dict(gray=['0.png'], color=['1.PNG'])),
    (['a/depth/0.png', 'b/depth/0.png'], dict(color=['a/rgb/0.png', 'b/rgb/0.png'])),
    (['sync_depth_0.png'], dict(color=['rgb_0.png', 'rgb_1.png'])),
])
def test_pictures_beside_depth_are_no_ground_truth(write, depth, pictures):
    folder = write(depth=depth, **pictures)
    frames = folder_frames(folder)
    assert [frame.name for frame in frames] == depth
    assert folder_pictures(folder) == {name for names in pictures.values() for name in names}
    for frame in frames:
        np.testing.assert_allclose(frame.load()[None], DEPTH)


def test_what_may_be_ground_truth_that_has_lost_its_bits_is_not_passed_over(write):
    folder = write(depth=['0.png'], gray=['1.png'])
    frames = folder_frames(folder)
    assert [frame.name for frame in frames] == ['0.png', '1.png'] and not folder_pictures(folder)
    with pytest.raises(ValueError, match='1.png: expected 16-bit depth, got 8 bits'):
        frames[1].load()


def test_pictures_alone_are_left_to_the_reader(write):
    folder = write(color=['0.png'], gray=['1.png'])
    assert [frame.name for frame in folder_frames(folder)] == ['0.png', '1.png']


def test_eight_bits_that_are_depth(write):
    folder = write(gray=['0.png'], depth=['1.png'])
    formats = [DepthFormat(scale=25.0, bits=bits) for bits in (8, 24)]
    assert [len(folder_frames(folder, each)) for each in formats] == [2, 2]
