"""A dataset that cannot be listed is a fault of its split; wrappers and pipelines are looked through."""
import pytest
from mmengine.config import Config

from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.datasets.sample_listing import list_splits


def loader(**dataset):
    return dict(dataset=dataset)


def test_wrapped_datasets_are_found(healthy):
    mini = dict(type='MiniDriveDataset', data_root=str(healthy['minidrive']))
    cfg = Config(dict(train_dataloader=loader(type='RepeatDataset', times=3, dataset=dict(
        type='ConcatDataset', datasets=[dict(mini, split='train'), dict(mini, split='val')]))))
    (split, ), bins = list_splits(cfg)
    assert [len(source.samples) for source in split.sources] == [7, 3] and bins is None


def test_the_loading_transforms_are_found_inside_test_time_augmentation(healthy):
    pipeline = [dict(type='TestTimeAug', transforms=[[dict(type='LoadDepth', scale=100.0)],
                                                     [dict(type='LoadVelodyneDepth', convention='monodepth')]])]
    cfg = Config(dict(test_dataloader=loader(type='KITTIDepthDataset', data_root=str(healthy['kitti']),
                                             pipeline=pipeline)))
    reading = list_splits(cfg)[0][0].sources[0].reading
    assert reading.depth_format.scale == 100.0 and reading.convention == 'monodepth' and reading.annotated


LAZY = """
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmcv.transforms import TestTimeAug
from mmdepthcls.bins import SIDBins
from mmdepthcls.datasets import DepthFolderDataset, KITTIDepthDataset
from mmdepthcls.datasets.transforms import LoadDepth, LoadVelodyneDepth
from mmdepthcls.evaluation import DepthEvaluator
from mmdepthcls.models import DepthClassifier

model = dict(type=DepthClassifier, bins=dict(type=SIDBins, min_depth=1.0, max_depth=80.0, num_bins=16))
folders = dict(type=DepthFolderDataset, data_root='{root}',
               data_prefix=dict(img_path='image/val', depth_map_path='depth/val'))
pipeline = [dict(type=TestTimeAug, transforms=[
    [dict(type=LoadDepth)], [dict(type=LoadVelodyneDepth, convention='monodepth')]])]
frames = dict(type=KITTIDepthDataset, data_root='{kitti}', ground_truth='velodyne', pipeline=pipeline)
val_dataloader = dict(dataset=dict(type=RepeatDataset, times=2, dataset=dict(
    type=ConcatDataset, datasets=[folders, frames])))
val_evaluator = [dict(type=DepthEvaluator), dict(type=DepthEvaluator, max_depth=50.0)]
"""


def test_a_config_of_classes_without_training_is_looked_at_as_one_of_names(healthy, tmp_path):
    path = tmp_path / 'lazy.py'
    path.write_text(LAZY.format(root=healthy['minidrive'], kitti=healthy['kitti']))
    cfg = Config.fromfile(path)
    (split, ), bins = list_splits(cfg)
    assert split.name == 'val' and not split.faults and bins.num_bins == 16
    assert [len(source.samples) for source in split.sources] == [3, 5]
    assert split.sources[1].reading.convention == 'monodepth'
    result, = examine(cfg, workers=1, progress=False).splits
    # Of the folders it is not known how many there should be.
    assert len(result.records) == 8 and all(record.depth for record in result.records) and result.expected is None


@pytest.mark.parametrize('dataset', [
    dict(type='MiniDriveDataset', split='train', data_root='nowhere'),
    dict(type='DepthDataset', ann_file='nowhere.txt'),
    dict(type='CityscapesDataset'),
    dict(type='NoSuchDataset'),
    dict(type='KITTIDepthDataset', data_root='nowhere', split='tain'),
], ids=lambda dataset: dataset['type'])
def test_what_cannot_be_listed_is_one_error_and_the_others_go_on(dataset, healthy):
    good = loader(type='MiniDriveDataset', split='val', data_root=str(healthy['minidrive']))
    (train, val), _ = list_splits(Config(dict(train_dataloader=loader(**dataset), val_dataloader=good)))
    assert [fault.kind for fault in train.faults] == ['cannot be listed'] and not train.sources
    assert len(val.sources[0].samples) == 3


def test_a_bad_line_is_named(copied, doctor):
    root = copied('minidrive')
    with open(root / 'val.txt', 'a') as file:
        file.write('image/val/000000.png\n')
    found = [f for f in doctor('minidrive', root).findings if f.level == 'error']
    assert [(f.kind, f.split) for f in found] == [('cannot be listed', 'val')] and 'line 4' in found[0].seen


def test_a_config_without_data_loaders_is_refused():
    with pytest.raises(ValueError, match='no train_dataloader'):
        list_splits(Config(dict()))
