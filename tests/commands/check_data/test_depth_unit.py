"""Depth read in a wrong unit, as disparity, or stretched is found on every kind of data, and right depth is let be."""
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config
from rooms import room_depth

from mmdepthcls.commands.check_data.depth_map import describe
from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.commands.check_data.group_check import Group, check_group
from mmdepthcls.commands.check_data.sample_check import SampleRecord
from mmdepthcls.datasets.depth_file import DepthFormat

DOCS = Path(__file__).parents[3] / 'docs' / 'data.md'
KITTI = 'annotated/train/2011_09_26_drive_0001_sync/proj_depth'
SETS = ('KITTI annotated', 'KITTI scan', 'MiniDrive dense', 'MiniDrive sparse', 'rooms')
SCALE = 256.0
FACTORS = {'right': 1, '4 (1000/256)': 1000 / 256, '1/4': 256 / 1000, '2.56': 2.56, '1/2.56': 1 / 2.56, '10': 10,
           '1/10': 0.1, '100': 100, '1/100': 0.01, '256': 256, '1/256': 1 / 256, '1000': 1000, '1/1000': 0.001}


def stretched(depth):
    low = depth[depth > 0].min()
    return np.where(depth > 0, (depth - low) / (depth.max() - low) * 65535 / SCALE, 0)


STRETCHED = 'stretched to 0..65535'
OTHERS = {'inverse depth': lambda depth: np.where(depth > 0, 10 / np.maximum(depth, 0.1), 0),
          'disparity': lambda depth: np.where(depth > 0, 721.5 * 0.54 / np.maximum(depth, 0.1), 0),
          STRETCHED: stretched}


def metres(files):
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) / np.float32(256) for path in sorted(files)]


@pytest.fixture(scope='module')
def depths(scenes, request):
    """Function that gives the depth maps of a set and the bins that suit it."""
    def get(name):
        if name.startswith('KITTI'):
            folder = Path(request.getfixturevalue('kitti_sample')) / KITTI
            kind = 'groundtruth' if name.endswith('annotated') else 'velodyne_raw'
            return metres((folder / kind / 'image_02').glob('*.png')), (1.0, 80.0)
        if name == 'rooms':
            return [room_depth(seed) for seed in range(12)], (0.5, 10.0)
        folder = 'depth' if name.endswith('dense') else 'depth_sparse'
        return metres((scenes / folder / 'train').glob('*.png')), (1.0, 80.0)
    return get


def findings(depths, limits, reach=None):
    """What the doctor says of depth maps (m) stored as KITTI's PNGs are, without their images."""
    records = []
    for index, depth in enumerate(depths):
        # More than 16 bits hold: it is the unit that is looked at, not what a file cuts off.
        stored = np.rint(depth.astype(np.float64) * SCALE).astype(np.uint32)
        records.append(SampleRecord(f'{index}.png', f'{index}d.png', depth=describe(depth.astype(np.float32), stored)))
    group = Group('set', records, DepthFormat(scale=SCALE), None, limits, reach)
    kinds = ('unit', 'depth grows downwards', 'normalized depth')
    return [finding for finding in check_group(group) if finding.kind in kinds]


def outcome(found, factor=None):
    """A cell of the table in docs/data.md; a star where the right scale is the first that is named."""
    if not found:
        return '-'
    (finding, ) = found
    named = factor and f'Set depth_format=dict(scale={float(SCALE * factor)}) ' in finding.remedy
    return finding.level + (' *' if named else '')


def measured(name, depths):
    maps, limits = depths(name)
    cells = {mistake: outcome(findings([depth * np.float32(factor) for depth in maps], limits), factor)
             for mistake, factor in FACTORS.items()}
    return cells | {mistake: outcome(findings([change(depth) for depth in maps], limits))
                    for mistake, change in OTHERS.items()}


def documented(name):
    """Column of the table in docs/data.md."""
    lines = [[cell.strip() for cell in line.strip('|').split('|')] for line in DOCS.read_text('utf-8').splitlines()
             if line.startswith('|')]
    start = next(index for index, cells in enumerate(lines) if cells[1:] == list(SETS))
    column = lines[start].index(name)
    return {cells[0]: cells[column] for cells in lines[start + 2:start + 2 + len(FACTORS) + len(OTHERS)]}


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('name', SETS)
def test_what_is_found_is_what_the_docs_say(name, depths):
    cells = measured(name, depths)
    assert cells == documented(name)
    assert cells['right'] == '-'
    assert all(cells[mistake].startswith('error') for mistake in cells
               if mistake != 'right' and '2.56' not in mistake and (name, mistake) != ('KITTI scan', STRETCHED))


def test_millimetres_of_a_room_read_as_kitti_are_an_error_that_names_the_key(tmp_path, files):
    for index in range(4):
        depth = room_depth(index)
        image = np.random.default_rng(index).integers(0, 255, (*depth.shape, 3), np.uint8)
        files.save(tmp_path / f'image/{index}.png', cv2.GaussianBlur(image, (0, 0), 2) * 2)
        files.save(tmp_path / f'depth/{index}.png', np.rint(depth * 1000).astype(np.uint16))

    def look(**depth_format):
        data = dict(type='DepthFolderDataset', data_root=str(tmp_path), depth_format=depth_format,
                    data_prefix=dict(img_path='image', depth_map_path='depth'))
        bins = dict(type='SIDBins', min_depth=0.5, max_depth=10.0, num_bins=32)
        found = examine(Config(dict(model=dict(bins=bins), train_dataloader=dict(dataset=data))), workers=1,
                        progress=False).findings
        return [f for f in found if f.level == 'error']

    assert [(f.kind, f.split) for f in look()] == [('unit', 'train')]
    assert 'farther than the bins (10 m)' in look()[0].seen
    assert 'Set depth_format=dict(scale=1000.0) (millimetres' in look()[0].remedy
    assert not look(scale=1000.0)
    assert 'Set depth_format=dict(scale=1000.0) (' in look(scale=10000.0)[0].remedy


def test_floating_point_metres_have_a_scale_of_one():
    depths = [room_depth(seed) * np.float32(100) for seed in range(3)]
    records = [SampleRecord(f'{i}.png', f'{i}.npy', depth=describe(depth)) for i, depth in enumerate(depths)]
    found, = check_group(Group('set', records, DepthFormat(), None, (0.5, 10.0)))
    assert found.level == 'error' and 'Set depth_format=dict(scale=100.0) (centimetres' in found.remedy


def test_the_remedy_says_where_it_is_written():
    depths = [room_depth(seed) * np.float32(100) for seed in range(3)]
    found, = findings(depths, (0.5, 10.0))
    assert ('too large) of the data set: in a config of make-config on its line data = dict(...), or by make-config '
            '--depth-scale 25600.') in found.remedy


def test_a_room_in_millimetres_under_bins_of_streets_is_still_a_room():
    found, = findings([room_depth(seed) * np.float32(1000 / 256) for seed in range(12)], (1.0, 80.0))
    assert 'for 1 to 80 m' in found.remedy and 'with scale=1000.0 (millimetres) it is' in found.remedy
    assert 'choose bins' in found.remedy and 'are these depth files' not in found.remedy


def test_depth_read_as_disparity_is_told_to_leave_it_out(depths):
    maps, limits = depths('MiniDrive dense')
    records = [SampleRecord(f'{i}.png', f'{i}d.png', depth=describe(OTHERS['disparity'](depth).astype(np.float32)))
               for i, depth in enumerate(maps)]
    found, = check_group(Group('set', records, DepthFormat(focal_baseline=390.0), None, limits))
    assert found.kind == 'depth grows downwards' and 'leave that out' in found.remedy


def test_bins_for_other_depth_are_said(depths):
    maps, _ = depths('rooms')
    found, = findings(maps, (1.0, 80.0))
    assert found.level == 'warning' and 'bins reach to 80 m' in found.seen and 'choose other bins' in found.remedy


def test_a_camera_that_is_on_no_car_may_be_told(depths):
    maps, limits = depths('MiniDrive sparse')
    low = [depth / np.float32(4) for depth in maps]
    found, = findings(low, limits)
    assert found.level == 'error' and 'check_data = dict(reach=' in found.remedy
    assert not findings(low, limits, reach=(0.1, 0.5))


def test_a_saturated_sky_is_not_beyond_the_bins(depths):
    maps, limits = depths('MiniDrive dense')
    for depth in maps:
        depth[:len(depth) // 3] = 655.35
    assert not findings(maps, limits)


@given(st.integers(0, 2**32 - 1), st.floats(0.4, 0.8), st.floats(1.0, 2.0))
def test_smooth_depth_of_a_room_is_in_no_other_unit(seed, focal, contrast):
    rng = np.random.default_rng(seed)
    maps = [cv2.resize(rng.uniform(0.5, 10, (3, 4)).astype(np.float32), (64, 48)) for _ in range(3)]
    assert not [f for f in findings(maps, (0.5, 10.0)) if f.kind == 'unit']
