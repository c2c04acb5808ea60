"""Public data sets in their own trees: what is read is what the formats say is there, through pipeline and doctor."""
import os
from pathlib import Path

import numpy as np
import pytest
import small_sets
from mmengine.config import Config
from mmseg.registry import DATASETS

import mmdepthcls.datasets
from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.datasets import DepthTreeDataset, VirtualKITTIDepthDataset
from mmdepthcls.datasets.sample_listing import list_splits
from mmdepthcls.datasets.tree_presets import TREE_PRESETS

ROOT = Path(__file__).parents[2]
LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
BINS = dict(type='SIDBins', min_depth=0.5, max_depth=80.0, num_bins=16)
PRESET = dict(type='DepthTreeDataset')
# Builder, dataset, how many images, focal length, and how near to the oracle (0: the same single-precision number).
SETS = {
    'nyu': (small_sets.write_nyu, dict(type='NYUDepthDataset'), 4, 518.8579),
    'virtual_kitti': (small_sets.write_virtual_kitti, dict(
        type='VirtualKITTIDepthDataset', conditions=['clone', 'fog'], camera=(0, 1)), 16, 24.0),
    'cityscapes': (small_sets.write_cityscapes, dict(type='CityscapesDepthDataset'), 2, None),
    'diode': (small_sets.write_diode, dict(type='DIODEDepthDataset'), 2, (886.81 * 927.06)**0.5),
    'seven_scenes': (small_sets.write_seven_scenes, dict(type='SevenScenesDepthDataset', focal_px=28.0), 6, 28.0),
    'arkitscenes': (small_sets.write_arkitscenes, dict(type='ARKitScenesDepthDataset'), 4, 26.0),
    'carla': (small_sets.write_carla, dict(PRESET, preset='carla', focal_px=16.0), 2, 16.0),
    'synthia_sf': (small_sets.write_synthia_sf, dict(PRESET, preset='synthia_sf'), 2, None),
    'synthia_seqs': (small_sets.write_synthia_seqs, dict(PRESET, preset='synthia_seqs'), 2, 532.740352),
    'nuscenes': (small_sets.write_nuscenes, dict(type='NuScenesDepthDataset', split='train'), 2, (26.0 * 25.0)**0.5),
    'ddad': (small_sets.write_ddad, dict(type='DDADDepthDataset'), 2, (26.0 * 25.0)**0.5),
}
LARGE_FOCAL = {'nyu', 'diode', 'synthia_seqs'}  # published for images larger than these


@pytest.mark.parametrize('name', SETS)
def test_a_round_trip(name, tmp_path, mmseg_scope, monkeypatch):
    write, cfg, number, focal = SETS[name]
    if name in LARGE_FOCAL:
        monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)
    expected = write(tmp_path)
    dataset = DATASETS.build(dict(cfg, data_root=str(tmp_path), pipeline=LOAD))
    assert len(dataset) == number
    for index in range(number):
        sample = dataset[index]
        truth = expected[sample['img_path']].astype(np.float32)
        assert sample['gt_depth_map'].dtype == np.float32 and (truth == 0).any() and (truth > 0).any()
        # Points are projected in another order of products here.
        np.testing.assert_allclose(sample['gt_depth_map'], truth, rtol=1e-6 if name in ('nuscenes', 'ddad') else 0)
        if focal is not None:
            assert sample['focal_px'] == pytest.approx(focal, rel=1e-12)


@pytest.mark.parametrize('name', SETS)
def test_the_doctor_reads_them_alike(name, tmp_path):
    """Nothing is missing, damaged or of another size; what their random depth looks like is another matter."""
    write, cfg, number, _ = SETS[name]
    write(tmp_path)
    config = Config(dict(train_dataloader=dict(dataset=dict(cfg, data_root=str(tmp_path), pipeline=LOAD)),
                         model=dict(bins=BINS)))
    found = examine(config, workers=1, progress=False)
    assert len(found.splits[0].records) == number
    kinds = {finding.kind for finding in found.findings}
    assert not kinds & {'cannot be listed', 'missing file', 'damaged depth', 'size mismatch', 'cannot be read',
                        'no metric depth', 'channels differ', 'no samples'}, kinds
    assert all(record.depth is not None for record in found.splits[0].records)


def test_own_trees(tmp_path, mmseg_scope):
    expected = small_sets.write_synthia_sf(tmp_path)
    own = dict(images='*/RGBLeft/*.png', replace=[('RGBLeft', 'DepthLeft')], data_root=str(tmp_path), pipeline=LOAD,
               depth_format=dict(bits=24, scale=(2**24 - 1) / 5000, invalid=2**24 - 1))
    assert {sample['img_path'] for sample in DepthTreeDataset(**own)} == set(expected)
    chosen = DepthTreeDataset(**own, scenes=['SEQ5'])
    assert len(chosen) == 1 and '/SEQ5/' in chosen[0]['img_path']
    (tmp_path / 'mine.txt').write_text('SEQ1\n\n')
    assert '/SEQ1/' in DepthTreeDataset(**own, scenes='mine.txt')[0]['img_path']
    (tmp_path / 'val.txt').write_text('SEQ5/RGBLeft/0000000.png\n')
    (tmp_path / 'pairs.txt').write_text('SEQ5\\RGBLeft\\0000000.png SEQ5\\DepthLeft\\0000000.png\n')  # of Windows
    for ann_file in ('val.txt', 'pairs.txt'):
        sample, = DepthTreeDataset(**dict(own, images=own['images'], ann_file=ann_file))
        np.testing.assert_array_equal(sample['gt_depth_map'], expected[sample['img_path']].astype(np.float32))


@pytest.mark.parametrize('root', ['', 'SEQ1', 'above'])
def test_a_wrong_level_is_named_with_the_right_one(root, tmp_path):
    small_sets.write_synthia_sf(tmp_path / 'above' / 'SYNTHIA-SF')
    right = tmp_path / 'above' / 'SYNTHIA-SF'
    wrong = {'': tmp_path, 'SEQ1': right / 'SEQ1', 'above': tmp_path / 'above'}[root]
    with pytest.raises(FileNotFoundError) as caught:
        DepthTreeDataset(preset='synthia_sf', data_root=str(wrong))
    message = str(caught.value)
    assert f'{wrong} holds no image SEQ*/RGBLeft/*.png' in message
    assert f'There are such in {right}: set data_root={str(right)!r}' in message


def test_mistakes(tmp_path):
    small_sets.write_synthia_sf(tmp_path)
    tree = dict(preset='synthia_sf', data_root=str(tmp_path))
    with pytest.raises(ValueError, match='no preset .synthia-sf.; there are carla, synthia_sf, synthia_seqs'):
        DepthTreeDataset(preset='synthia-sf')
    with pytest.raises(ValueError, match='say where the images lie'):
        DepthTreeDataset(data_root=str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"fits 'SEQ9' of the pattern \{SEQ1,SEQ9\}/RGBLeft.*SEQ1, SEQ5"):
        DepthTreeDataset(**tree, scenes=['SEQ1', 'SEQ9'])
    with pytest.raises(ValueError, match='scenes names none'):
        DepthTreeDataset(**tree, scenes=[])
    with pytest.raises(FileNotFoundError, match='the list of scenes .*none.txt does not exist'):
        DepthTreeDataset(**tree, scenes='none.txt')
    with pytest.raises(ValueError, match='would be its own depth'):
        DepthTreeDataset(images='*/RGBLeft/*.png', data_root=str(tmp_path))
    with pytest.raises(ValueError, match='expected names between slashes, below the folder'):
        DepthTreeDataset(images='../*.png', replace=[('a', 'b')], data_root=str(tmp_path))
    with pytest.raises(FileNotFoundError, match='There is no folder .*nowhere'):
        DepthTreeDataset(preset='synthia_sf', data_root=str(tmp_path / 'nowhere'))
    (tmp_path / 'SEQ5/DepthLeft/0000000.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of the 4 files of .*SEQ\*/RGBLeft.* do not exist, the first is .*'
                                                'SEQ5/DepthLeft/0000000.png'):
        DepthTreeDataset(**tree)


def test_a_wrong_scale_is_noticed_by_the_doctor(tmp_path):
    """Centimetres read as metres * 256 look 2.56 times too near, and metres as centimetres like nothing at all."""
    small_sets.write_virtual_kitti(tmp_path)
    cfg = dict(type='VirtualKITTIDepthDataset', data_root=str(tmp_path), depth_format=dict(scale=1.0), pipeline=LOAD)
    found = examine(Config(dict(train_dataloader=dict(dataset=cfg), model=dict(bins=BINS))), workers=1, progress=False)
    assert any('scale' in finding.remedy and finding.level == 'error' for finding in found.findings), found.findings


@pytest.mark.parametrize('name', ['NYU', 'VirtualKITTI', 'Cityscapes', 'DIODE', 'ScanNet', 'SevenScenes',
                                  'ARKitScenes', *TREE_PRESETS])
def test_the_document_draws_the_trees_of_the_code(name):
    if name in TREE_PRESETS:
        tree = TREE_PRESETS[name].tree
        lines = [line.strip() for line in tree.splitlines() if line.startswith('    ')]
    else:
        text = getattr(mmdepthcls.datasets, f'{name}DepthDataset').__doc__.partition('::\n\n')[2].partition('\n\n')[0]
        lines = [line.strip() for line in text.splitlines()]
    drawn = '\n'.join(line.strip() for line in (ROOT / 'docs/datasets.md').read_text('utf-8').splitlines())
    assert len(lines) >= 4 and '\n'.join(lines) in drawn


def test_presets_say_their_tree():
    for preset in TREE_PRESETS.values():
        assert preset.images.split('/')[-2] in preset.tree
        assert all(new.strip('/') in preset.tree for _, new in preset.replace)


def test_what_the_doctor_lists_has_the_expected_number(tmp_path):
    small_sets.write_cityscapes(tmp_path)
    splits, _ = list_splits(Config(dict(train_dataloader=dict(dataset=dict(
        type='CityscapesDepthDataset', data_root=str(tmp_path))))))
    assert splits[0].sources[0].expected == 2975


def test_registered_names_are_not_those_of_mmseg():
    import mmseg.datasets
    assert not hasattr(mmseg.datasets, 'NYUDepthDataset') and hasattr(mmseg.datasets, 'NYUDataset')
    assert VirtualKITTIDepthDataset.__module__.startswith('mmdepthcls')


@pytest.mark.parametrize('name', SETS)
def test_images_alone_need_no_depth(name, tmp_path, monkeypatch, mmseg_scope):
    """A city of which there are pictures can be adapted to: no depth file is asked for, cameras stay known."""
    monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)  # images are small
    write, cfg, _, _ = SETS[name]
    write(tmp_path)
    whole = DATASETS.build(dict(cfg, data_root=str(tmp_path), pipeline=[]))
    whole = [whole.get_data_info(index) for index in range(len(whole))]
    for sample in whole:
        os.remove(sample['depth_map_path'])
    images = DATASETS.build(dict(cfg, data_root=str(tmp_path), pipeline=[], images_only=True))
    for sample, before in zip([images.get_data_info(index) for index in range(len(images))], whole, strict=True):
        assert sample['img_path'] == before['img_path'] and sample.get('focal_px') == before.get('focal_px')
        assert not {'depth_map_path', 'depth_format'} & sample.keys()
