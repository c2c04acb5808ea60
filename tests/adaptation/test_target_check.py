"""No image that is tested on is adapted to, unless that is said."""
import pytest

from mmdepthcls.adaptation.target_check import check_target
from mmdepthcls.datasets import eigen_split

PATH = 'kitti/raw/{0:.10}/{0}_sync/image_02/data/{1:010d}.png'


def test_drives_of_the_eigen_test_are_refused_however_they_come():
    train = [PATH.format(*frame) for frame in eigen_split('train')[::500]]
    check_target(train)
    for drive in sorted({drive for drive, _ in eigen_split('test')}):
        with pytest.raises(ValueError, match='1 of the .* images of the target are of the test drives.*transductive'):
            check_target([*train, PATH.format(drive, 3)])
        check_target([PATH.format(drive, 3)], transductive=True)


def test_images_of_the_test_set_are_refused_by_any_path(tmp_path):
    image = tmp_path / 'a.png'
    image.touch()
    (tmp_path / 'link.png').symlink_to(image)
    with pytest.raises(ValueError, match='1 of the 2 images of the target are in the test_dataloader too.*link.png'):
        check_target(['b.png', str(tmp_path / 'link.png')], [str(image)])
    check_target([str(tmp_path / 'b.png')], [str(image)])
