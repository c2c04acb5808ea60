"""Image and depth in each other's place are told apart from depth that is merely a picture."""
import cv2
import numpy as np
import pytest

from mmdepthcls.commands.check_data.sample_check import inspect_sample
from mmdepthcls.datasets import DepthFolderDataset
from mmdepthcls.datasets.depth_file import DepthFileError, DepthFormat
from mmdepthcls.datasets.exchanged_pair import REMEDY, find_exchanged
from mmdepthcls.datasets.reading import Reading
from mmdepthcls.datasets.transforms import LoadDepth


@pytest.fixture
def swapped(builders, tmp_path):
    """Makes three samples whose pictures have an ending; depth is PNG."""
    def make(ending):
        data = builders.pairs(tmp_path / 'mine')
        (data / 'image').rename(data / 'fotos')  # names that say nothing
        (data / 'depth').rename(data / 'tiefe')
        for image in sorted((data / 'fotos').iterdir()):
            if ending != '.png':
                cv2.imwrite(str(image.with_suffix(ending)), cv2.imread(str(image)))
                image.unlink()
        names = [f'tiefe/{index}.png fotos/{index}{ending}\n' for index in range(3)]
        (data / 'swapped.txt').write_text(''.join(names))
        return data
    return make


@pytest.mark.parametrize('ending', ['.png', '.jpg'])
@pytest.mark.parametrize('listed', [True, False])
def test_a_dataset_names_both_files_and_the_remedy(ending, listed, swapped):
    data = swapped(ending)
    where = dict(ann_file='swapped.txt') if listed else dict(
        data_prefix=dict(img_path='tiefe', depth_map_path='fotos'))
    with pytest.raises(DepthFileError) as caught:
        DepthFolderDataset(data_root=str(data), pipeline=[], **where)
    message = str(caught.value)
    assert 'exchanged' in message and REMEDY in message and 'bits=8' not in message
    assert str(data / f'fotos/0{ending}') in message and str(data / 'tiefe/0.png') in message


@pytest.mark.parametrize('ending', ['.png', '.jpg'])
def test_a_pipeline_and_check_data_say_the_same(ending, swapped):
    data = swapped(ending)
    sample = dict(img_path=str(data / 'tiefe/0.png'), depth_map_path=str(data / f'fotos/0{ending}'))
    with pytest.raises(DepthFileError, match='images and depth are exchanged'):
        LoadDepth()(dict(sample))
    findings = inspect_sample((sample, Reading())).findings
    assert [(finding.kind, finding.path, finding.remedy) for finding in findings] == [
        ('image and depth exchanged', sample['depth_map_path'], f'{REMEDY}.')]
    assert sample['img_path'] in findings[0].seen


@pytest.mark.parametrize('depth', [np.ones((4, 6), np.uint16), np.ones((4, 6), np.float32)])
def test_depth_of_other_kinds_in_place_of_an_image(depth, builders, tmp_path):
    picture = builders.write(tmp_path / 'a.png', builders.image())
    np.save(tmp_path / 'a.npy', depth)
    cv2.imwrite(str(tmp_path / 'a.tiff'), depth)
    for name in ('a.npy', 'a.tiff'):
        assert find_exchanged(str(tmp_path / name), str(picture), DepthFormat()).depth == str(picture)


def test_what_is_not_exchanged(builders, tmp_path):
    image, other, depth, gray = (str(builders.write(tmp_path / f'{name}.png', content)) for name, content in (
        ('image', builders.image()), ('other', builders.image(1)), ('depth', builders.units()),
        ('gray', builders.image()[..., 0])))
    plain = DepthFormat()
    assert find_exchanged(depth, image, plain) and find_exchanged(depth, gray, plain)
    for pair in ((image, depth), (image, gray), (image, other), (depth, depth), (image, str(tmp_path / 'nothing.png')),
                 (None, image)):
        assert find_exchanged(*pair, plain) is None, pair
    assert find_exchanged(image, depth, DepthFormat(bits=24, scale=1000.0)) is None


def test_a_color_picture_as_depth_is_called_so_even_without_an_image(builders, tmp_path):
    for name, message in (('a.png', 'as a color picture has.*exchange images and depth.*bits=24'),
                          ('a.jpg', 'JPEG holds no depth.*exchange images and depth')):
        path = str(tmp_path / name)
        cv2.imwrite(path, builders.image())
        with pytest.raises(DepthFileError, match=message):
            LoadDepth()(dict(depth_map_path=path))
