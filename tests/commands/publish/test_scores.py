"""Scores as this package's programs write them, on their way into a model file."""
import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import DATASETS

from mmdepthcls.apis import ModelDescription
from mmdepthcls.apis.image_sketch import image_hash
from mmdepthcls.commands.publish.published_config import published_config
from mmdepthcls.commands.publish.scores import cost_of, read_scores, score_model
from mmdepthcls.evaluation import depth_errors

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackSegInputs')]


@pytest.fixture
def config(minidrive):
    return Config(dict(
        test_dataloader=dict(dataset=dict(type='MiniDriveDataset', data_root=minidrive, split='test', test_mode=True,
                                          pipeline=PIPELINE)),
        test_evaluator=dict(type='DepthEvaluator')))


def test_a_model_is_scored_as_its_depth_is(build_model, config, small_model_cfg, minidrive):
    model = build_model().eval()
    score, = score_model(model, config)
    dataset = DATASETS.build(config.test_dataloader.dataset)
    errors = []
    for index in range(len(dataset)):
        sample = dataset[index]
        with torch.no_grad():
            depth = model.test_step({key: [value] for key, value in sample.items()})[0]
        truth = depth.gt_depth_map.data.numpy()
        valid = (truth > 1e-3) & (truth < 80)
        errors.append(depth_errors(depth.pred_depth_map.data.numpy()[valid], truth[valid]))
    for name in ('abs_rel', 'rmse', 'd1'):
        assert score['errors'][name] == pytest.approx(np.mean([each[name] for each in errors]), rel=1e-5)
    assert score['num_images'] == 3 and score['data'] == 'MiniDriveDataset test'
    images = [image_hash(f'{minidrive}/image/test/{index:06d}.png') for index in range(3)]
    assert score['images'] == ' '.join(sorted(images))
    ModelDescription(published_config(small_model_cfg()), scores=(score, ))
    assert score_model(model, config, most=2)[0]['num_images'] == 2


def test_protocols_have_names(build_model, config):
    config.test_evaluator.protocols = ['monodepth2', 'bts']
    config.test_dataloader.dataset.pipeline.insert(2, dict(type='Resize', scale=(128, 64)))
    names = [score['protocol'] for score in score_model(build_model().eval(), config)]
    assert names == ['monodepth2', 'bts']


def test_the_cost_of_decoding_early(build_model, config):
    model = build_model(test_cfg=dict(mode='whole', decode_at='logits')).eval()
    text = cost_of(model, 'output', config)
    assert text.startswith("decode_at='logits' in place of 'output': AbsRel ") and '3 test images' in text
    assert model.test_cfg['decode_at'] == 'logits'
    config.test_dataloader.dataset.data_root = 'nowhere'
    assert 'is not known, since the test images are not here' in cost_of(model, 'output', config)
    assert 'is not known' in cost_of(model, 'output', Config({}))


def test_files_of_scores(tmp_path):
    errors = dict(abs_rel=0.1, rmse=4.0, d1=0.9, silog=None)
    row = dict(name='bts', conditions=dict(cap='< 80 m', flip='no'), model=errors, num_images=652)
    files = {
        'report': dict(format='mmdepthcls report', title='a test', protocols=[row, dict(row, name='none', model=None)]),
        'evaluation': dict(protocols=dict(bts=dict(conditions=row['conditions'], num_images=652, **errors))),
        'metrics': dict(errors, num_images=652.0, data_time=0.1)}
    for name, content in files.items():
        (tmp_path / f'{name}.json').write_text(json.dumps(content))
        score, = read_scores(tmp_path / f'{name}.json')
        assert score['errors'] == dict(d1=0.9, abs_rel=0.1, rmse=4.0) and score['num_images'] == 652
        assert score['protocol'] == ("that of the config's test_evaluator" if name == 'metrics' else 'bts')
        assert score['conditions'] == ({} if name == 'metrics' else row['conditions'])


def test_scores_of_several_sets(build_model, minidrive):
    """A row for each protocol of each set, with the metrics of that set."""
    data = dict(type='MiniDriveDataset', data_root=minidrive, split='test', test_mode=True, pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')])
    config = Config(dict(
        test_dataloader=dict(dataset=dict(type='ConcatDataset', datasets=[
            dict(data, set_name='dense'), dict(data, set_name='sparse', ground_truth='sparse')])),
        test_evaluator=dict(type='PerSetEvaluator', sets=dict(dense=dict(protocols=[
            dict(name='x'), dict(name='y', max_depth=20.0)]), sparse={}))))
    rows = score_model(build_model().eval(), config)
    assert [row['protocol'] for row in rows] == ['dense, x', 'dense, y', 'sparse, prediction']
    assert [row['num_images'] for row in rows] == [3, 3, 3] and len({row['errors']['abs_rel'] for row in rows}) == 3
    config.test_evaluator = dict(type='DepthEvaluator')
    config.test_dataloader.dataset = config.test_dataloader.dataset.datasets[1]
    assert score_model(build_model().eval(), config)[0]['errors'] == rows[2]['errors']


@pytest.mark.parametrize('content', ['', '{', '[]', '3', 'null', '{}', '{"protocols": []}', '{"protocols": [1]}',
                                     '{"protocols": {"a": 1}}', '{"protocols": {"a": {}}}', '{"abs_rel": "0.1"}',
                                     '[' * 100000, '\xff'])
def test_files_of_none(content, tmp_path):
    path = tmp_path / 'a.json'
    path.write_bytes(content.encode('latin-1'))
    with pytest.raises(ValueError, match=r'--scores .*a\.json'):
        read_scores(path)
