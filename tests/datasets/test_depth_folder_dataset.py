"""Anybody's own data: folders, names, kinds of files, units."""
import cv2
import numpy as np
import pytest

from mmdepthcls.datasets import DepthFolderDataset, depth_folder_dataset

PREFIX = dict(img_path='image', depth_map_path='depth')
LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]


def listed(dataset):
    """(image, depth) of every sample, relative to the data root."""
    samples = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [tuple(sample[key].removeprefix(f'{dataset.data_root}/') for key in ('img_path', 'depth_map_path'))
            for sample in samples]


BOTH = [('image/0.png', 'depth/0.png'), ('image/1.png', 'depth/1.png')]


def test_folders(pairs, builders):
    builders.write(pairs / 'image/sub/a.PNG', builders.image())
    builders.write(pairs / 'depth/sub/a.png', builders.units())
    builders.write(pairs / 'image/notes.txt', 'not an image')
    cv2.imwrite(str(pairs / 'image/b.jpg'), builders.image())
    builders.write(pairs / 'depth/b.png', builders.units())
    dataset = DepthFolderDataset(data_root=str(pairs), data_prefix=dict(img_path='image', depth_map_path='depth'))
    assert listed(dataset) == BOTH + [('image/2.png', 'depth/2.png'), ('image/b.jpg', 'depth/b.png'),
                                      ('image/sub/a.PNG', 'depth/sub/a.png')]


def test_empty_and_missing_folders(tmp_path):
    (tmp_path / 'image').mkdir()
    prefix = dict(img_path='image', depth_map_path='depth')
    with pytest.raises(FileNotFoundError, match=r"data_prefix\['depth_map_path'\] = .*depth' does not exist"):
        DepthFolderDataset(data_root=str(tmp_path), data_prefix=prefix)
    (tmp_path / 'depth').mkdir()
    with pytest.raises(ValueError, match='image holds no file that ends in .png'):
        DepthFolderDataset(data_root=str(tmp_path), data_prefix=prefix)
    with pytest.raises(FileNotFoundError, match=r"data_prefix\['img_path'\] = None does not exist"):
        DepthFolderDataset()


def write_depth(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == '.npy':
        np.save(path, values)
    elif path.suffix == '.npz':
        np.savez_compressed(path, depth=values)
    else:
        assert cv2.imwrite(str(path), values)
    return path


@pytest.mark.parametrize('suffix, dtype, depth_format', [
    ('.png', np.uint16, {}),
    ('.npy', np.float32, {}),
    ('.npy', np.float16, {}),
    ('.npy', np.uint16, dict(scale=1000)),
    ('.npz', np.float64, dict(key='depth')),
    ('.tiff', np.float32, {}),
    ('.tif', np.uint16, dict(scale=1000)),
], ids=str)
def test_every_kind_of_file(tmp_path, builders, mmseg_scope, suffix, dtype, depth_format):
    """Two folders are enough: the kind of file is found, whole numbers are metres * 256 and others metres."""
    scale = depth_format.get('scale', 256 if np.issubdtype(dtype, np.integer) else 1)
    metres = np.round(builders.units(0) / 256, 3) % 60  # 16 bits of millimetres end at 65.5 m
    builders.write(tmp_path / 'image/a.png', builders.image())
    write_depth(tmp_path / f'depth/a{suffix}', (metres * scale).round(3).astype(dtype))
    dataset = DepthFolderDataset(data_root=str(tmp_path), data_prefix=PREFIX, depth_format=depth_format, pipeline=LOAD)
    depth = dataset[0]['gt_depth_map']
    assert depth.dtype == np.float32 and ((depth > 0) == (metres > 0)).all()
    np.testing.assert_allclose(depth, metres, atol=0.004 if dtype == np.uint16 else 0.04, rtol=1e-7)


def test_two_kinds_beside_each_other_must_be_told_apart(pairs):
    np.save(pairs / 'depth/1.npy', np.ones((20, 64), np.float32))
    with pytest.raises(ValueError, match=r"depth/1 is there as .png and .npy. Say which is meant: depth_suffix='.png'"):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)
    assert listed(DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, depth_suffix='.png'))[:2] == BOTH


def test_two_images_of_one_depth(pairs, builders):
    cv2.imwrite(str(pairs / 'image/1.jpg'), builders.image())
    with pytest.raises(ValueError, match='1.jpg and .*1.png would both have the depth .*1.png. Narrow img_suffix'):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)
    assert len(DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, img_suffix='.png')) == 3


def test_images_alone(pairs, mmseg_scope):
    prefix = dict(img_path='image', depth_map_path=None)
    dataset = DepthFolderDataset(data_root=str(pairs), data_prefix=prefix, test_mode=True, pipeline=LOAD)
    assert len(dataset) == 3 and 'gt_depth_map' not in dataset[0] and dataset[0]['img'].shape == (20, 64, 3)
    assert prefix == dict(img_path='image', depth_map_path=None)
    with pytest.raises(ValueError, match='holds no sample with ground truth'):
        DepthFolderDataset(data_root=str(pairs), data_prefix=prefix)


def test_a_missing_depth_file_is_an_error(pairs):
    (pairs / 'depth/1.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 of the 6 files of .*depth/1.png'):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)


# The examples of docs/data.md, on trees in the formats of the real ones.
def examples():
    import re
    from pathlib import Path
    text = (Path(__file__).parents[2] / 'docs/data.md').read_text('utf-8')
    blocks = re.findall(r'```python\n# example: (\w+)\n(.*?)```', text, re.DOTALL)
    assert {name for name, _ in blocks} == {'nyu', 'vkitti', 'cityscapes'}
    return dict(blocks)


def example(name, root):
    namespace = {}
    exec(examples()[name], namespace)
    return DepthFolderDataset(**{key: value for key, value in namespace['dataset'].items() if key != 'type'} | dict(
        data_root=str(root), pipeline=LOAD))


def test_nyu_of_the_docs(tmp_path, builders, mmseg_scope):
    millimetres = np.random.default_rng(0).integers(0, 9999, (48, 64), dtype=np.uint16)
    folder = tmp_path / 'kitchen_0028b'
    folder.mkdir()
    cv2.imwrite(str(folder / 'rgb_00045.jpg'), builders.image(shape=(48, 64)))
    builders.write(folder / 'sync_depth_00045.png', millimetres)
    dataset = example('nyu', tmp_path)
    np.testing.assert_allclose(dataset[0]['gt_depth_map'], millimetres / 1000, rtol=1e-6)


def test_virtual_kitti_of_the_docs(tmp_path, builders, mmseg_scope):
    centimetres = builders.units(0, valid=1)
    centimetres[:3] = 65535  # sky
    frames = tmp_path / 'Scene01/clone/frames'
    (frames / 'rgb/Camera_0').mkdir(parents=True)
    cv2.imwrite(str(frames / 'rgb/Camera_0/rgb_00007.jpg'), builders.image())
    builders.write(frames / 'depth/Camera_0/depth_00007.png', centimetres)
    depth = example('vkitti', tmp_path)[0]['gt_depth_map']
    assert (depth[:3] == 0).all()
    np.testing.assert_allclose(depth[3:], centimetres[3:] / 100, rtol=1e-6)


def test_cityscapes_disparity_of_the_docs(tmp_path, builders, mmseg_scope):
    """Disparity in pixels is (p - 1) / 256 for p > 0; baseline 0.209313 m, focal length 2262.52 pixels."""
    stored = np.random.default_rng(0).integers(0, 32257, builders.size, dtype=np.uint16)
    stored[0, :4] = 0, 1, 2, 257
    name = 'aachen/aachen_000000_000019'
    builders.write(tmp_path / f'leftImg8bit/train/{name}_leftImg8bit.png', builders.image())
    builders.write(tmp_path / f'disparity/train/{name}_disparity.png', stored)
    depth = example('cityscapes', tmp_path)[0]['gt_depth_map']
    disparity = (stored.astype(float) - 1) / 256
    assert depth[0, 0] == depth[0, 1] == 0  # not measured, and infinitely far
    assert depth[0, 3] == pytest.approx(0.209313 * 2262.52)  # one pixel of disparity
    np.testing.assert_allclose(depth[stored > 1], 0.209313 * 2262.52 / disparity[stored > 1], rtol=1e-6)


# ------------------------------------------------------------------------------------------- how people lay out folders
def test_scene_folders_may_be_links(tmp_path, builders, monkeypatch):
    said = []
    monkeypatch.setattr(depth_folder_dataset, 'print_log', lambda text, **_: said.append(text))
    for folder, make in (('image', builders.image), ('depth', builders.units)):
        builders.write(tmp_path / f'data/{folder}/c/0.png', make())
        for scene in 'ab':
            builders.write(tmp_path / f'disk/{scene}/{folder}/0.png', make())
            (tmp_path / f'data/{folder}/{scene}').symlink_to(tmp_path / f'disk/{scene}/{folder}')
        (tmp_path / f'data/{folder}/c/loop').symlink_to('..')
    (tmp_path / 'data/image/latest').symlink_to('c')
    dataset = DepthFolderDataset(data_root=str(tmp_path / 'data'), data_prefix=PREFIX)
    assert listed(dataset) == [(f'image/{scene}/0.png', f'depth/{scene}/0.png') for scene in 'abc']
    assert len(said) == 2 and 'image/latest is a link to c and is passed over' in said[1]


def test_a_scene_folder_that_is_a_broken_link_is_an_error(pairs):
    (pairs / 'image/scene').symlink_to('/disk/that/is/not/mounted')
    with pytest.raises(FileNotFoundError, match='image/scene is a link to /disk/that/is/not/mounted, which does not'):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)
    (pairs / 'image/scene').unlink()
    (pairs / 'image/scene.png').symlink_to('gone.png')
    with pytest.raises(FileNotFoundError, match='image/scene.png, which is a link to gone.png'):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, verify=False)


@pytest.mark.parametrize('name', ['.DS_Store', '._0.png', 'Thumbs.db', '.ipynb_checkpoints/0.png', '__MACOSX/0.png',
                                  '@eaDir/0.png'])
def test_hidden_and_system_files_are_no_samples(pairs, builders, name):
    for folder in ('image', 'depth'):
        builders.write(pairs / folder / name, b'not an image')
    assert len(DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)) == 3


@pytest.mark.parametrize('image, depth, suffix', [
    ('1.PNG', '1.PNG', None), ('1.JPG', '1.TIF', None), ('1.jpeg', '1.Npy', None), ('1.png', '1.PNG', '.png'),
    ('1.png', '1.png', '.PNG')])
def test_endings_in_any_case(pairs, builders, mmseg_scope, image, depth, suffix):
    for folder in ('image', 'depth'):
        for path in (pairs / folder).iterdir():
            path.unlink()
    cv2.imwrite(str(pairs / 'image' / image), builders.image())
    if depth.lower().endswith('.npy'):
        with open(pairs / 'depth' / depth, 'wb') as file:
            np.save(file, builders.units())
    else:
        cv2.imwrite(str(pairs / 'depth' / depth), builders.units())
    dataset = DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, depth_suffix=suffix, pipeline=LOAD)
    assert listed(dataset) == [(f'image/{image}', f'depth/{depth}')] and dataset[0]['gt_depth_map'].max() > 0


def test_two_endings_that_differ_in_case_are_never_chosen_between(pairs, builders):
    builders.write(pairs / 'depth/1.PNG', builders.units(9))
    with pytest.raises(ValueError, match=r"depth/1 is there as .(png|PNG) and .(png|PNG). Say which is meant"):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)
    for suffix in ('.png', '.PNG'):
        dataset = DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, depth_suffix=suffix, img_suffix='1.png',
                                     replace=[('', '1')])
        assert listed(dataset) == [('image/1.png', f'depth/1{suffix}')]
    builders.write(pairs / 'image/1.PNG', builders.image(9))
    with pytest.raises(ValueError, match=r'image/1.PNG and .*image/1.png would both have the depth'):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, depth_suffix='.png')


def test_equal_names_in_different_folders_stay_apart(tmp_path, builders):
    for scene in ('a', 'b/a', 'c d'):
        for folder, make in (('image', builders.image), ('depth', builders.units)):
            builders.write(tmp_path / folder / scene / '0.png', make())
    dataset = DepthFolderDataset(data_root=str(tmp_path), data_prefix=PREFIX)
    assert listed(dataset) == [(f'image/{scene}/0.png', f'depth/{scene}/0.png') for scene in ('a', 'b/a', 'c d')]


def test_accents_of_image_and_depth_may_be_spelled_differently(tmp_path, builders):
    from unicodedata import normalize
    builders.write(tmp_path / 'image' / normalize('NFC', 'café/é.png'), builders.image())
    builders.write(tmp_path / 'depth' / normalize('NFD', 'café/é.png'), builders.units())
    dataset = DepthFolderDataset(data_root=str(tmp_path), data_prefix=PREFIX)
    assert listed(dataset) == [(normalize('NFC', 'image/café/é.png'), normalize('NFD', 'depth/café/é.png'))]


@pytest.mark.parametrize('line', ['{root}/image/0.png {root}/depth/0.png', 'image/0.png depth/0.png', '0.png 0.png',
                                  '0 0', '0.png', '0', 'depth/0.png image/0.png'])
def test_lines_name_files_in_many_ways(pairs, line):
    """With the folders of data_prefix or of data_root once more, without endings, the image alone."""
    (pairs / 'list.txt').write_text(line.format(root=pairs.name))
    for prefix in (PREFIX, {}):
        if prefix or '/' in line:
            assert listed(DepthFolderDataset(data_root=str(pairs), data_prefix=prefix, ann_file='list.txt')) == BOTH[:1]


def test_an_image_alone_is_for_testing(pairs):
    (pairs / 'list.txt').write_text('image/0.png\n')
    dataset = DepthFolderDataset(data_root=str(pairs), ann_file='list.txt', test_mode=True)
    assert 'depth_map_path' not in dataset.get_data_info(0)
    with pytest.raises(ValueError, match="list.txt, line 1: expected 'IMAGE DEPTH'"):
        DepthFolderDataset(data_root=str(pairs), ann_file='list.txt')


def test_a_name_without_ending_of_two_files(pairs, builders):
    builders.write(pairs / 'image/0.jpg', builders.image())
    (pairs / 'list.txt').write_text('0 0\n')
    with pytest.raises(ValueError, match=r"list.txt, line 1: '0' may be .*0.png or .*0.jpg"):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, ann_file='list.txt')


def test_images_and_depth_in_one_folder(tmp_path, builders):
    """What is another's depth is no image; what nothing tells of is an error."""
    for scene in 'ab':
        builders.write(tmp_path / scene / 'rgb/0.png', builders.image())
        builders.write(tmp_path / scene / 'depth/0.png', builders.units())
    for replace in ([('rgb', 'depth')], ('rgb', 'depth'), dict(rgb='depth')):
        assert listed(DepthFolderDataset(data_root=str(tmp_path), replace=replace)) == [
            (f'{scene}/rgb/0.png', f'{scene}/depth/0.png') for scene in 'ab']
    with pytest.raises(ValueError, match='would be its own depth.*replace'):
        DepthFolderDataset(data_root=str(tmp_path))
    (tmp_path / 'b/rgb/0.png').unlink()
    with pytest.raises(ValueError, match='b/depth/0.png would be its own depth'):
        DepthFolderDataset(data_root=str(tmp_path), replace=[('rgb', 'depth')])


def test_other_endings_are_said(pairs, builders, caplog):
    cv2.imwrite(str(pairs / 'image/9.bmp'), builders.image())
    for path in (pairs / 'image').glob('*.png'):
        path.rename(path.with_suffix('.webp'))
    with pytest.raises(ValueError, match=r"3 .webp \(0.webp\).*img_suffix='.bmp'"):
        DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX)


@pytest.mark.parametrize('suffixes', [('png', 'png'), ('*.png', ['.png']), (['.png', '.jpg'], ('.npy', '.png'))])
def test_spellings_of_endings(pairs, suffixes):
    assert listed(DepthFolderDataset(data_root=str(pairs), data_prefix=PREFIX, img_suffix=suffixes[0],
                                     depth_suffix=suffixes[1]))[:2] == BOTH


def test_paths_of_a_config(pairs, monkeypatch):
    monkeypatch.setenv('HOME', str(pairs.parent))
    monkeypatch.setenv('MY_DATA', str(pairs.parent))
    prefix = {key: type(pairs)(folder) for key, folder in PREFIX.items()}
    for root in (pairs, f'{pairs}/', f'~/{pairs.name}', f'$MY_DATA/{pairs.name}'):
        assert len(DepthFolderDataset(data_root=root, data_prefix=prefix)) == 3
    for arguments, error, message in (
        (dict(ann_file=['a.txt']), TypeError, 'ann_file must be one path.*ConcatDataset'),
        (dict(data_prefix=dict(img_path='image', seg_map_path='depth')), ValueError, 'img_path and depth_map_path'),
        (dict(data_prefix=dict(PREFIX, img_path='rgb')), FileNotFoundError, 'holds .*image'),
        (dict(data_prefix=PREFIX, replace=('0', '0_depth')), FileNotFoundError, 'depth holds 0.png.*depth_suffix'),
    ):
        with pytest.raises(error, match=message):
            DepthFolderDataset(data_root=str(pairs), **arguments)
