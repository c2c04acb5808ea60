"""Configs of the data sets that have a tree of their own: what make-config writes, and on small trees."""
from pathlib import Path

import pytest
import small_sets
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmseg.registry import DATASETS, METRICS

from mmdepthcls.commands.make_config.depth_config import as_code
from mmdepthcls.commands.make_config.depth_data import DATA

ROOT = Path(__file__).parents[2]
SEQUENCES = [f'SYNTHIA-SEQS-0{number}-DAWN' for number in (1, 2, 4, 5, 6)]


def both(write, *splits):
    return lambda root: [write(root, split) for split in splits]


def listed(names, write):
    def make(root):
        for name, scene in names.items():
            root.mkdir(exist_ok=True)
            (root / name).write_text(f'{scene}\n')
        write(root, tuple(dict.fromkeys(names.values())))
        for name, scene in names.items():
            (root / name).write_text(f'{scene}\n')
    return make


# What is written, and how many images the three splits have.
TREES = {
    'nyu': (both(small_sets.write_nyu, 'train', 'test'), (4, 4, 4)),
    'virtual_kitti': (lambda root: small_sets.write_virtual_kitti(
        root, [f'Scene{number}' for number in ('01', '02', '06', '18', '20')], ['clone']), (8, 2, 2)),
    'cityscapes': (both(small_sets.write_cityscapes, 'train', 'val', 'test'), (2, 2, 2)),
    'diode': (both(small_sets.write_diode, 'train', 'val'), (2, 2, 2)),
    'scannet': (listed({'scannetv2_train.txt': 'scene0000_00', 'scannetv2_val.txt': 'scene0001_00'},
                       small_sets.write_scannet), (2, 2, 2)),
    'seven_scenes': (small_sets.write_seven_scenes, (4, 2, 2)),
    'arkitscenes': (both(small_sets.write_arkitscenes, 'Training', 'Validation'), (4, 4, 4)),
    'carla': (listed({'train.txt': 'town01', 'val.txt': 'town02', 'test.txt': 'town03'}, small_sets.write_carla),
              (1, 1, 1)),
    'synthia_sf': (lambda root: small_sets.write_synthia_sf(root, [f'SEQ{number}' for number in range(1, 7)]),
                   (4, 1, 1)),
    'synthia_seqs': (lambda root: small_sets.write_synthia_seqs(root, SEQUENCES), (3, 1, 1)),
    'nuscenes': (small_sets.write_nuscenes, (2, 2, 2)),
    'ddad': (small_sets.write_ddad, (2, 2, 2)),
}


def test_all_are_there():
    assert set(TREES) | {'kitti', 'synthia', 'minidrive', 'folder'} == set(DATA)


@pytest.mark.parametrize('name', TREES)
def test_on_a_small_tree(name, tmp_path, monkeypatch, mmseg_scope):
    """Each split has its samples, which come out of the test pipeline with their ground truth."""
    make, counts = TREES[name]
    make(tmp_path)
    monkeypatch.setenv(DATA[name].variable, str(tmp_path))
    monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)  # images are small
    cfg = Config.fromfile(ROOT / f'configs/_base_/datasets/{name}.py')
    splits = []
    for part in ('train', 'val', 'test'):
        dataset = cfg[f'{part}_dataloader'].dataset
        if part == 'train':
            dataset = dict(dataset, pipeline=cfg.test_pipeline)
        splits.append(DATASETS.build(dataset))
    assert tuple(map(len, splits)) == counts
    for dataset in splits:
        sample = pseudo_collate([dataset[0]])['data_samples'][0]
        assert sample.gt_depth_map.data.shape[1:] == tuple(sample.ori_shape) and (sample.gt_depth_map.data > 0).any()
    METRICS.build(cfg.val_evaluator)


@pytest.mark.parametrize('name', TREES)
def test_is_what_make_config_writes(name, monkeypatch):
    monkeypatch.delenv(DATA[name].variable, raising=False)
    cfg, data = Config.fromfile(ROOT / f'configs/_base_/datasets/{name}.py'), DATA[name]
    for part, split in zip(('train', 'val', 'test'), data.splits, strict=True):
        written = eval(f"dict({data.dataset.replace('{root}', repr(data.root))}, {split})")
        dataset = {key: value for key, value in cfg[f'{part}_dataloader'].dataset.items()
                   if key not in ('test_mode', 'pipeline')}
        assert as_code(dataset) == as_code(written)
    evaluator = eval(f'dict({data.evaluator})')
    assert cfg.val_evaluator == dict(type='DepthEvaluator', **evaluator)
