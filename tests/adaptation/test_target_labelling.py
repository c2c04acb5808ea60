"""Labels of a round: against a dense oracle, in several processes, stopped anywhere, without the target's depth."""
import builtins
import json
import shutil
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
import torch
from labelling_process import label, label_together
from mmseg.registry import DATASETS

from mmdepthcls.adaptation import pseudo_label_files, target_labelling
from mmdepthcls.adaptation.self_training import SelfTraining
from mmdepthcls.adaptation.target_labelling import TargetLabelling
from mmdepthcls.adaptation.target_reader import TargetReader, check_model
from mmdepthcls.compat.loading_failures import LoadingError
from mmdepthcls.models import BinLogits

SETTINGS = dict(portion=0.3, num_groups=3, ignore_top=0.2, max_depth=30.0, flip=True)
LEVELS = 4096


@pytest.fixture
def data(tmp_path, builders):
    """Folder of images; what would be their depth is no depth at all."""
    root = builders.pairs(tmp_path / 'data', 5)
    for path in (root / 'depth').iterdir():
        path.write_bytes(b'nobody may open this')
    return str(root)


def stored(folder, part, name):
    return cv2.imread(str(folder / 'labels' / part / name), cv2.IMREAD_UNCHANGED)


def dense(model, dataset, index, flip):
    """Probabilities (K, H, W) of an image, by MMSegmentation's own call."""
    data = dataset[index]
    data = dict(inputs=[data['inputs']], data_samples=[data['data_samples']])
    data = model.data_preprocessor(data, False)
    metas = [sample.metainfo for sample in data['data_samples']]
    with torch.no_grad():
        views = [model.encode_decode(data['inputs'], metas).softmax(dim=1)]
        if flip:
            views.append(model.encode_decode(data['inputs'].flip(-1), metas).flip(-1).softmax(dim=1))
    return torch.stack(views).mean(dim=0)[0].double().numpy()


def oracle(model, dataset, settings):
    """Readings, confidences, groups and candidates of all images, in NumPy; the reading as a file holds it."""
    logs, edges = np.log(model.bins.centers), np.log(model.bins.edges)
    groups = np.arange(model.bins.num_bins) * settings['num_groups'] // model.bins.num_bins
    for index in range(len(dataset)):
        probabilities = dense(model, dataset, index, settings['flip'])
        reading = np.exp(np.einsum('khw,k->hw', probabilities, logs))
        below = np.concatenate([np.zeros((1, *reading.shape)), probabilities.cumsum(axis=0)])
        confidence = np.empty(reading.shape)
        for place in np.ndindex(reading.shape):
            high, low = (np.interp(np.log(reading[place]) + shift, edges, below[(slice(None), *place)])
                         for shift in (np.log(1.25), -np.log(1.25)))
            confidence[place] = high - low
        reading = np.rint(reading * 256) / 256
        group = groups[np.clip(np.searchsorted(model.bins.edges, reading, side='right') - 1, 0, len(groups) - 1)]
        rows = np.arange(reading.shape[0])[:, None] >= np.ceil(settings['ignore_top'] * reading.shape[0])
        yield reading, confidence, group, (reading <= settings['max_depth']) & rows


def test_thresholds_selection_and_labels_are_those_of_a_dense_oracle(data, tmp_path, small_model_cfg, mmseg_scope):
    model, dataset = label(str(tmp_path / 'round'), data, small_model_cfg(12), SETTINGS)
    record = json.loads((tmp_path / 'round/record.json').read_text())
    images = list(oracle(model, dataset, SETTINGS))
    thresholds = []
    for number, row in enumerate(record['groups']):
        surest = np.sort(np.concatenate([confidence[candidate & (group == number)]
                                         for _, confidence, group, candidate in images]))[::-1]
        wanted = int(0.3 * len(surest))
        assert row['pixels'] == len(surest)
        thresholds.append(np.nan if row['threshold'] is None else row['threshold'])
        if wanted:
            assert -1e-6 <= surest[wanted - 1] - row['threshold'] <= 1 / LEVELS + 1e-6
    assert np.isfinite(thresholds).any() and len([row for row in record['groups'] if row['pixels']]) > 1
    compared = 0
    for name, (reading, confidence, group, candidate) in zip('01234', images, strict=True):
        threshold = np.array(thresholds)[group]
        kept = candidate & (confidence >= threshold)
        clear = ~(np.abs(confidence - threshold) < 1e-4)
        label_map = stored(tmp_path / 'round', 'depth', f'{name}.png')
        assert np.array_equal((label_map > 0)[clear], kept[clear])
        assert (np.abs(label_map / 256 - reading)[clear & kept] <= 1 / 256).all()
        eight_bit = stored(tmp_path / 'round', 'confidence', f'{name}.png')
        assert (np.abs(eight_bit / 256 - confidence)[candidate] < 1 / 250).all() and not eight_bit[~candidate].any()
        compared += clear.sum()
    assert compared > 0.99 * sum(reading.size for reading, *_ in images)
    labels = [stored(tmp_path / 'round', 'depth', f'{name}.png') for name in '01234']
    assert record['kept'] == sum(np.count_nonzero(each) for each in labels)
    assert not (tmp_path / 'round/readings').exists()


def test_the_authors_rule_is_argmax_of_p_by_t(data, tmp_path, small_model_cfg, mmseg_scope):
    settings = dict(SETTINGS, rule='authors', max_depth=80.0)
    model, dataset = label(str(tmp_path / 'round'), data, small_model_cfg(12), settings)
    rows = json.loads((tmp_path / 'round/record.json').read_text())['groups']
    assert len(rows) == 12
    thresholds = np.array([1.0 if row['threshold'] is None else row['threshold'] for row in rows])
    for index in range(len(dataset)):
        ratios = dense(model, dataset, index, True) / thresholds[:, None, None]
        best = np.sort(ratios, axis=0)
        clear = (best[-1] - best[-2] > 1e-4) & (np.abs(best[-1] - 1) > 1e-4)
        clear[:int(np.ceil(0.2 * len(clear)))] = False
        expected = np.where(best[-1] >= 1, np.rint(model.bins.centers[ratios.argmax(axis=0)] * 256), 0)
        label_map = stored(tmp_path / 'round', 'depth', f'{index}.png')
        assert np.array_equal(label_map[clear], expected[clear]) and clear.mean() > 0.7
        assert not label_map[:4].any()


def test_one_group_keeps_the_surest_whatever_their_depth(data, tmp_path, small_model_cfg, mmseg_scope):
    model, dataset = label(str(tmp_path / 'round'), data, small_model_cfg(12), dict(SETTINGS, num_groups=1))
    row, = json.loads((tmp_path / 'round/record.json').read_text())['groups']
    assert row['kept_share'] == pytest.approx(0.3, abs=0.01)
    for name, (_, confidence, _, candidate) in zip(
            '01234', oracle(model, dataset, dict(SETTINGS, num_groups=1)), strict=True):
        kept = stored(tmp_path / 'round', 'depth', f'{name}.png') > 0
        assert confidence[kept].min() > row['threshold'] - 1e-4
        assert confidence[candidate & ~kept].max() < row['threshold'] + 1e-4


@pytest.mark.long  # slices: test_confidence_histogram, and the processes of test_depth_evaluator
@pytest.mark.parametrize(('rule', 'processes'), [('reading', 2), ('reading', 3), ('authors', 2), ('authors', 3)])
def test_processes_write_the_same_files_as_one(data, tmp_path, small_model_cfg, builders, rule, processes):
    arguments = data, small_model_cfg(12), dict(SETTINGS, rule=rule)
    label(str(tmp_path / 'one'), *arguments)
    label_together(processes, str(tmp_path / 'several'), *arguments)
    assert builders.contents(tmp_path / 'several') == builders.contents(tmp_path / 'one')


class Killed(Exception):
    pass


def killing(monkeypatch, at):
    """Let the ``at``-th file that is to be written be the end, half of it written beside its place."""
    from mmdepthcls import atomic_file
    count = iter(range(10000))

    def write(path, content, durably=False):
        if next(count) == at:
            atomic_file.temporary_path(path).write_bytes(content[:len(content) // 2])
            raise Killed
        atomic_file.write_atomically(path, content, durably)

    for module in (pseudo_label_files, target_labelling):
        monkeypatch.setattr(module, 'write_atomically', write)


@pytest.mark.parametrize('rule', ['reading', pytest.param('authors', marks=pytest.mark.long)])
def test_stopped_at_any_file_it_goes_on_to_the_same_files(data, tmp_path, small_model_cfg, builders, monkeypatch,
                                                         rule):
    (tmp_path / 'data/split.txt').write_text('image/0.png\nimage/1.png\n')
    arguments = data, small_model_cfg(12), dict(SETTINGS, rule=rule)
    label(str(tmp_path / 'whole'), *arguments)
    expected = builders.contents(tmp_path / 'whole')
    assert len(expected) == 5
    for at in range(9):  # two of each reading and label, and the record
        with monkeypatch.context() as patch, pytest.raises(Killed):
            killing(patch, at)
            label(str(tmp_path / 'part'), *arguments)
        leftovers = list((tmp_path / 'part').rglob('.*.tmp'))
        for path in leftovers:  # as if by a process that is gone
            path.rename(path.with_name(path.name.replace(path.name.split('.')[-2], '999999999')))
        with monkeypatch.context() as patch:
            spy = Mock(wraps=pseudo_label_files.write_reading)
            patch.setattr(target_labelling, 'write_reading', spy)
            label(str(tmp_path / 'part'), *arguments)
        assert spy.call_count == max(0, 2 - at // 2)  # nothing is read twice
        assert builders.contents(tmp_path / 'part') == expected
        shutil.rmtree(tmp_path / 'part')


def test_no_depth_of_the_target_is_opened(data, tmp_path, small_model_cfg, monkeypatch):
    opened, real = [], builtins.open

    def patched(file, *arguments, **options):
        opened.append(str(file))
        return real(file, *arguments, **options)

    monkeypatch.setattr(builtins, 'open', patched)
    monkeypatch.setattr('io.open', patched)
    label(str(tmp_path / 'round'), data, small_model_cfg(12), SETTINGS)
    assert any('/data/image/' in name for name in opened) and not any('/data/depth' in name for name in opened)


def test_an_image_that_cannot_be_read_is_named(data, tmp_path, small_model_cfg):
    path = tmp_path / 'data/image/3.png'
    content = bytearray(path.read_bytes())
    content[60:-40] = bytes(len(content) - 100)
    path.write_bytes(bytes(content))
    with pytest.raises((LoadingError, AssertionError), match='image/3.png'):
        label(str(tmp_path / 'round'), data, small_model_cfg(12), SETTINGS)
    assert sorted(file.name for file in (tmp_path / 'round/readings/depth').iterdir()) == ['0.png', '1.png', '2.png']


def test_a_wrong_scale_is_kept_and_confidence_does_not_see_it(data, tmp_path, small_model_cfg):
    """The limit of the method: a model whose metres are all 1.3 times too long is as sure as the right one."""
    bins = [dict(type='SIDBins', min_depth=factor, max_depth=30.0 * factor, num_bins=12) for factor in (1.0, 1.3)]
    for name, each in zip('ab', bins, strict=True):
        label(str(tmp_path / name), data, dict(small_model_cfg(12), bins=each), dict(SETTINGS, max_depth=80.0))
    right, wrong = (json.loads((tmp_path / name / 'record.json').read_text()) for name in 'ab')
    assert right['kept'] == pytest.approx(wrong['kept'], rel=0.01)
    assert wrong['kept_mean_depth'] / right['kept_mean_depth'] == pytest.approx(1.3, rel=0.01)


def test_labels_of_a_canonical_camera_are_in_metres_of_the_target(data, tmp_path, small_model_cfg):
    settings = dict(SETTINGS, max_depth=200.0, num_groups=1, portion=1.0, portion_max=1.0)
    label(str(tmp_path / 'plain'), data, small_model_cfg(12), settings)
    label(str(tmp_path / 'canonical'), data, dict(small_model_cfg(12), canonical_focal_px=40.0), settings, focal_px=60)
    plain, canonical = (stored(tmp_path / name, 'depth', '0.png').astype(float) for name in ('plain', 'canonical'))
    assert plain[4:].all() and np.abs(canonical / 1.5 - plain).max() <= 1
    # As sure as without: a factor changes no share.
    plain, canonical = (stored(tmp_path / name, 'confidence', '0.png') for name in ('plain', 'canonical'))
    assert np.array_equal(plain, canonical)


@pytest.mark.parametrize(('changes', 'settings', 'message'), [
    (dict(canonical_focal_px=40.0), dict(rule='authors'), 'canonical_focal_px.*no metres of the target'),
    (dict(decoder=dict(type='RegressionDecoder'), decode_head=dict(loss_decode=dict(type='RegressionSILogLoss'))), {},
     'RegressionDecoder: a regression says no probabilities'),
    (dict(decoder=dict(type='OrdinalDecoder')), {}, r'OrdinalDecoder: self_training.flip=True needs'),
    (dict(decoder=dict(type='OrdinalDecoder')), dict(flip=False, rule='authors'), "OrdinalDecoder: .*rule='authors'"),
    (dict(decode_head=dict(type='AdaptiveBinsHead')), dict(rule='authors'),
     'AdaptiveBinsHead each image has its own')])
def test_models_that_it_cannot_read_are_refused_by_name(build_model, small_model_cfg, changes, settings, message):
    if changes.get('decode_head', {}).get('type') == 'AdaptiveBinsHead':
        changes = dict(decode_head=dict(type='AdaptiveBinsHead', head=small_model_cfg()['decode_head']))
    elif 'decode_head' in changes:
        changes = dict(changes, decode_head=dict(small_model_cfg()['decode_head'], **changes['decode_head']))
    with pytest.raises(ValueError, match=message):
        check_model(build_model(**changes), SelfTraining(**settings))


def test_ordinal_models_and_bins_of_images_are_read(build_model, make_batch):
    ordinal = build_model(decoder=dict(type='OrdinalDecoder')).eval()
    reading, _ = TargetReader(ordinal, SelfTraining(flip=False)).read(make_batch())
    assert set(np.unique(reading.depth)) <= {0, *ordinal.bins.centers.astype(np.float32)} and reading.level.max() > 0


def test_pipelines_that_crop_are_refused(build_model, make_batch):
    batch = make_batch()
    batch['data_samples'][0].set_metainfo(dict(crop_box=(0, 0, 32, 48)))
    with pytest.raises(ValueError, match='crops the image.*self_training.pipeline'):
        TargetReader(build_model().eval(), SelfTraining()).read(batch)


def test_labels_of_a_model_that_is_right_are_the_bins_of_the_truth(build_model, make_batch, monkeypatch):
    model, batch = build_model(40).eval(), make_batch(num=1, valid=1.0)
    truth = batch['data_samples'][0].gt_depth_map.data
    label = model.bins.encode(truth)
    logits = 40.0 * torch.nn.functional.one_hot(label[0].clamp_max(39), 40).permute(2, 0, 1)[None]
    mirrored = iter([logits, logits.flip(-1)])  # as it would answer to the mirror image
    monkeypatch.setattr(model, 'inference', lambda inputs, metas: BinLogits(next(mirrored)))
    reading, = TargetReader(model, SelfTraining()).read(batch)
    inside = (label != 255)[0].numpy()
    assert np.array_equal(model.bins.encode(reading.depth)[inside], label[0].numpy()[inside])
    assert (reading.level[inside & (truth[0].numpy() < 60)] == LEVELS - 1).all()


@pytest.mark.long
def test_errors_of_labels_rise_with_the_portion(tmp_path, mmseg_scope, small_model_cfg):
    """On generated streets that a model has not seen."""
    from mmengine.runner import Runner

    from mmdepthcls.commands.minidrive.writer import make_minidrive
    root = make_minidrive(tmp_path / 'mini', num_train=24, num_val=0, num_test=8, height=64, width=128, workers=2,
                          progress=False)
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
    dataset = dict(type='MiniDriveDataset', data_root=str(root), pipeline=pipeline)
    model_cfg = small_model_cfg(40)
    model_cfg['backbone'].update(base_channels=16, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 2))
    model_cfg['decode_head'].update(in_channels=128)
    runner = Runner(
        model=model_cfg, work_dir=str(tmp_path / 'work'), train_cfg=dict(type='IterBasedTrainLoop', max_iters=150),
        train_dataloader=dict(batch_size=4, num_workers=0, dataset=dataset, sampler=dict(type='InfiniteSampler')),
        optim_wrapper=dict(optimizer=dict(type='AdamW', lr=2e-3)), randomness=dict(seed=0), default_scope='mmseg',
        log_level='WARNING', experiment_name='rising')
    runner.train()
    target = DATASETS.build(dict(dataset, split='test', images_only=True))
    truths = [read['gt_depth_map'] for read in DATASETS.build(
        dict(dataset, split='test', test_mode=True, pipeline=pipeline[:2]))]
    errors = []
    for portion in (0.1, 0.5, 1.0):
        settings = SelfTraining(portion=portion, portion_max=1.0)
        folder = tmp_path / str(portion)
        TargetLabelling(TargetReader(runner.model.eval(), settings), target, folder, settings).run(1)
        parts = []
        for number, truth in enumerate(truths):
            found = stored(folder, 'depth', f'{number:06d}.png') / 256
            both = (found > 0) & (truth > 0)
            parts.append(np.abs(found - truth)[both] / truth[both])
        errors.append(np.concatenate(parts).mean())
    assert errors[0] < errors[1] < errors[2] and errors[0] < 0.8 * errors[2], errors
