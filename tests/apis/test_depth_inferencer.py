"""From pictures to metres, compared with MMEngine's own way through pipeline and model."""
import threading
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

from mmdepthcls.apis import DepthInferencer, ModelDescription, PictureCamera, write_model_file
from mmdepthcls.apis.depth_result import OUTPUTS, supervised_mask
from mmdepthcls.apis.interval_widening import widened
from mmdepthcls.models.bin_checkpoint import BinMismatchError

LOAD = [dict(type='LoadImageFromFile')]
KB = dict(type='KBCrop')
RESIZE = dict(type='Resize', scale=(48, 32), keep_ratio=False)
PACK = [dict(type='LoadDepth'), dict(type='PackDepthInputs')]


@pytest.fixture(scope='session')
def write_model(tmp_path_factory, small_model_cfg):
    """Writes a config and a checkpoint of :func:`small_model_cfg` with a test pipeline; their paths and the config."""

    def write(steps=(RESIZE, ), loader=LOAD, tta=None, **changes):
        folder = tmp_path_factory.mktemp('model')
        pipeline = [*loader, *steps, *PACK]
        cfg = Config(dict(
            default_scope='mmseg', model=small_model_cfg(**changes), test_pipeline=pipeline,
            tta_model=dict(type='DepthTTAModel'), tta_pipeline=tta or [
                *loader, *steps, dict(type='TestTimeAug', transforms=[
                    [dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)],
                    [dict(type='LoadAnnotations')], [dict(type='PackSegInputs')]])],
            test_dataloader=dict(dataset=dict(type='DepthFolderDataset', pipeline=pipeline))))
        cfg.dump(folder / 'model.py')
        torch.manual_seed(0)
        with DefaultScope.overwrite_default_scope('mmseg'):
            model = MODELS.build(cfg.model)
        # As it begins, a head says one depth of everything.
        for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
            torch.nn.init.normal_(weight, std=0.3)
        torch.save(dict(state_dict=model.state_dict(), meta={}), folder / 'weights.pth')
        return SimpleNamespace(config=str(folder / 'model.py'), checkpoint=str(folder / 'weights.pth'), cfg=cfg)

    return write


@pytest.fixture(scope='session')
def small_model(write_model):
    """One of them."""
    return write_model()


@pytest.fixture
def picture():
    """Makes a random picture."""
    return lambda seed=0, height=40, width=60: np.random.default_rng(seed).integers(
        0, 256, (height, width, 3), dtype=np.uint8)


def of(model, **options):
    return DepthInferencer(config=model.config, checkpoint=model.checkpoint, device='cpu', **options)


def by_host(model, path, outputs=()):
    """The fields of a test with MMEngine, without anything of ours around it."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        classifier = MODELS.build(model.cfg.model)
        classifier.load_state_dict(torch.load(model.checkpoint, weights_only=True)['state_dict'])
        classifier.test_cfg['outputs'] = outputs
        data = Compose(model.cfg.test_pipeline)(dict(img_path=str(path)))
        with torch.no_grad():
            return classifier.eval().test_step(pseudo_collate([data]))[0]


@pytest.fixture
def file(tmp_path, picture):
    cv2.imwrite(str(tmp_path / 'a.png'), picture()[..., ::-1])
    return tmp_path / 'a.png'


def test_the_same_as_a_test(small_model, file, picture):
    result = of(small_model)(str(file), outputs=OUTPUTS)
    expected = by_host(small_model, file, OUTPUTS)
    assert result.depth.shape == (40, 60) and result.depth.dtype == np.float32 and result.depth.std() > 0
    assert np.array_equal(result.depth, expected.pred_depth_map.data[0].numpy())
    assert np.array_equal(result.interval, expected.pred_interval.data.numpy())
    for name in ('confidence', 'std', 'entropy'):
        assert np.array_equal(getattr(result, name), expected.get(f'pred_{name}').data[0].numpy())
    assert np.array_equal(of(small_model)(picture()).depth, result.depth)  # an array is RGB
    assert result.figure().dtype == np.uint8 and result.figure().shape[1] > 2 * 60


def test_outputs_that_are_asked_for_later(small_model, picture):
    inferencer = of(small_model)
    at_once = inferencer(picture(), outputs=['confidence', 'interval'])
    later = inferencer(picture())
    assert not later.maps
    assert np.array_equal(later.confidence, at_once.confidence) and np.array_equal(later.interval, at_once.interval)
    assert set(later.maps) == {'confidence', 'interval'}
    assert inferencer.model.test_cfg['outputs'] == ()
    with pytest.raises(ValueError, match='outputs may hold'):
        inferencer(picture(), outputs=['depth'])


def test_many(small_model, tmp_path, picture):
    """In order, in batches or not, with threads or without; kinds of inputs decide what comes back."""
    for index in range(5):
        cv2.imwrite(str(tmp_path / f'{index}.png'), picture(index, 40 + 8 * (index > 2))[..., ::-1])
    inferencer = of(small_model)
    one_by_one = [inferencer(str(tmp_path / f'{index}.png')).depth for index in range(5)]
    for options in (dict(batch_size=3), dict(workers=0), dict(batch_size=2, workers=3)):
        results = list(inferencer.stream(str(tmp_path), **options))
        assert [result.source.name for result in results] == [f'{index}.png' for index in range(5)]
        assert all(np.allclose(result.depth, depth, atol=1e-4)
                   for result, depth in zip(results, one_by_one, strict=True))
    arrays = (picture(index, 40) for index in range(2))  # as of a robot: one after the other
    assert [np.allclose(result.depth, one_by_one[index], atol=1e-4)
            for index, result in enumerate(inferencer.stream(arrays))] == [True, True]
    assert isinstance(inferencer(str(tmp_path)), list) and len(inferencer([str(tmp_path / '0.png')])) == 1
    assert len(inferencer([picture(), str(tmp_path / '*.png')])) == 6


def test_few_pictures_are_in_memory(small_model, picture, monkeypatch):
    """However many there are: as many as threads prepare, and one."""
    from mmdepthcls.apis.picture_source import PictureSource
    alive, most = set(), [0]

    class Counted(PictureSource):
        def read(self):
            alive.add(self.name)
            most[0] = max(most[0], len(alive))
            return picture()

    for result in of(small_model).stream(iter([Counted(str(index)) for index in range(30)]), workers=2):
        alive.discard(result.source.name)
    assert most[0] <= 6


def test_a_broken_picture_costs_that_picture(small_model, tmp_path, picture):
    for name in 'abd':
        cv2.imwrite(str(tmp_path / f'{name}.png'), picture()[..., ::-1])
    (tmp_path / 'c.png').write_bytes((tmp_path / 'a.png').read_bytes()[:300])
    broken, inferencer = [], of(small_model)
    results = list(inferencer.stream(str(tmp_path), batch_size=4, broken=lambda *told: broken.append(told)))
    assert [result.source.name for result in results] == ['a.png', 'b.png', 'd.png']
    (source, error), = broken
    assert source.name == 'c.png' and 'truncated' in str(error)
    with pytest.raises(ValueError, match=r'c\.png'):
        inferencer(str(tmp_path))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith('read')]


@pytest.mark.parametrize('changes', [
    dict(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16))),
    dict(test_cfg=dict(mode='whole', decode_at='logits', outputs=('views', 'logits'), flip=True)),
    dict(decoder=dict(type='OrdinalDecoder'), decode_head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), loss_decode=dict(type='OrdinalLoss'))),
    dict(decode_head=dict(type='AdaptiveBinsHead', network=dict(embed_dims=16), head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2)))),
    dict(crf=dict(type='DenseCRF', iterations=1)),
], ids=['slide', 'logits', 'ordinal', 'adaptive', 'crf'])
def test_every_kind_of_model(write_model, file, changes):
    model = write_model(**changes)
    inferencer = of(model)
    result = inferencer(str(file))
    expected = by_host(model, file)
    assert np.allclose(result.depth, expected.pred_depth_map.data[0].numpy(), rtol=1e-5)
    assert (result.depth >= 1).all() and (result.depth <= 80).all()
    if 'decoder' in changes:
        with pytest.raises(ValueError, match='OrdinalDecoder'):
            result.confidence  # noqa: B018
    else:
        assert result.confidence.shape == (40, 60) and (result.interval[0] <= result.interval[1]).all()


def test_tta(small_model, picture):
    """The mean of the probabilities of both views; with ``LoadAnnotations`` in its pipeline, which finds none here."""
    plain, tta = of(small_model), of(small_model, tta=True)
    mirrored = plain(picture()[:, ::-1].copy()).depth[:, ::-1]
    result = tta(picture(), outputs=['confidence'])
    assert result.depth.shape == (40, 60) and result.confidence.max() <= 1
    # Between the two, but for bilinear interpolation.
    low, high = np.minimum(plain(picture()).depth, mirrored), np.maximum(plain(picture()).depth, mirrored)
    assert ((result.depth >= low * 0.9) & (result.depth <= high * 1.1)).mean() > 0.95
    assert np.allclose(tta(picture()[:, ::-1].copy()).depth[:, ::-1], result.depth, rtol=1e-3)
    assert set(tta(picture()).maps) == set() and len(tta([picture(1), picture(2)], batch_size=2)) == 2


def test_outside_of_the_benchmarks_crop_there_is_no_depth(write_model, picture):
    result = of(write_model([KB]))(picture(0, 375, 1242))
    assert result.depth.shape == (375, 1242)
    assert not result.depth[:23].any() and (result.depth[23:, 13:1229] > 0).all()
    assert not result.depth[:, :13].any() and len(result.points(camera=PictureCamera(700.0))) == 352 * 1216


def test_a_crop_of_the_test_pipeline_is_put_back(write_model, picture):
    """Also one that is larger than the picture."""
    model = write_model([dict(type='DepthCrop', crop_size=(32, 64), position='center')])
    result = of(model)(picture(0, 40, 60))
    assert (result.depth[4:36] > 0).all() and not result.depth[:4].any() and not result.depth[36:].any()


@pytest.mark.parametrize('size', [(1, 1), (1, 300), (300, 1), (5, 7)])
def test_tiny_and_long_pictures(small_model, write_model, picture, size):
    for model in (small_model, write_model([])):
        assert of(model)(picture(0, *size)).depth.shape == size


def test_large_pictures_are_reduced_for_the_network_alone(write_model, picture):
    inferencer = of(write_model([]), max_pixels=1000, trained_focal_px=50.0, focal_px=100.0)
    result = inferencer(picture(0, 80, 120))
    assert result.depth.shape == (80, 120) and (result.depth > 0).all()
    expected = np.sqrt((25 * 38) / (80 * 120))  # the sides are whole numbers
    assert result.correction == pytest.approx(100 * expected / 50, rel=1e-6)


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('steps', [
    [dict(type='Resize', scale=(48, 32), keep_ratio=False)], [], [KB],
    [KB, dict(type='Resize', scale=(76, 22), keep_ratio=False)],
    [dict(type='Resize', scale_factor=0.5, keep_ratio=True)]])
def test_a_known_focal_length_corrects_metres(write_model, picture, steps):
    """Both focal lengths are in pixels of the network's input: after the resize, whatever was cropped before."""
    model = write_model([dict(step) for step in steps])
    image = picture(0, 360, 1240) if KB in steps else picture(0, 36, 124)
    scale = (1, 1)
    for step in steps:
        if step['type'] == 'Resize':
            before = (1216, 352) if KB in steps else (124, 36)
            scale = ((0.5, 0.5) if 'scale_factor' in step
                     else tuple(new / old for new, old in zip(step['scale'], before, strict=True)))
    plain = of(model)(image, outputs=OUTPUTS)
    result = of(model, focal_px=700.0, trained_focal_px=350.0)(image, outputs=OUTPUTS)
    factor = 700 * np.sqrt(scale[0] * scale[1]) / 350
    assert plain.correction == 1 and result.correction == pytest.approx(factor, rel=1e-6)
    for name in ('depth', 'interval', 'std'):
        assert np.allclose(getattr(result, name), getattr(plain, name) * factor, rtol=1e-5)
    for name in ('confidence', 'entropy'):
        assert np.array_equal(getattr(result, name), getattr(plain, name))
    later = of(model, focal_px=700.0, trained_focal_px=350.0)(image)
    assert np.array_equal(later.std, result.std) and np.array_equal(later.interval, result.interval)
    left = of(model, focal_px=700.0, trained_focal_px=350.0, focal_correction=False)(image)
    assert left.correction == 1 and np.array_equal(left.depth, plain.depth)


def test_points(small_model, picture):
    inferencer = of(small_model, focal_px=60.0)
    result = inferencer(picture())
    assert len(result.points()) == 40 * 60 and np.allclose(result.points().xyz[:, 2], result.depth.ravel())
    level = np.median(result.confidence)
    assert len(result.points(min_confidence=level)) == (result.confidence >= level).sum() < 2400
    ratio = np.median(result.interval_ratio)
    assert len(result.points(max_interval_ratio=ratio)) == (result.interval_ratio <= ratio).sum() < 2400
    far = np.median(result.depth)
    assert len(result.points(max_depth=far)) == (result.depth <= far).sum()
    with pytest.raises(ValueError, match='focal length'):
        of(small_model)(picture()).points()
    # The model's own camera, where the picture's is unknown: 30 px of its input are 36.7 of the picture.
    assumed = of(small_model, trained_focal_px=30.0)(picture())
    assert assumed.assumed_camera.focal_px == pytest.approx(30 / np.sqrt(48 / 60 * 32 / 40))
    assert len(assumed.points()) == 2400 and assumed.correction == 1


def test_a_model_file(small_model, tmp_path, picture):
    """It says how pictures are prepared, the focal length, and what was supervised."""
    inferencer = of(small_model, focal_px=60.0, trained_focal_px=30.0)
    config = dict(Config.fromfile(small_model.config).model.to_dict(),
                  decoder=dict(type='ExpectationDecoder', space='log'))
    path = tmp_path / 'small.safetensors'
    write_model_file(path, inferencer.model, ModelDescription(
        model=config, pipeline=(dict(type='Resize', scale=(48, 32), keep_ratio=False), ), focal_px=30.0,
        supervised_rows=0.5, max_depth_supervised=20.0))
    result = DepthInferencer(path, device='cpu', focal_px=60.0)(picture())
    expected = inferencer(picture())
    assert np.array_equal(result.depth, expected.depth) and result.correction == expected.correction
    assert np.array_equal(result.supervised, (np.arange(40)[:, None] >= 20) & (
        expected.depth / np.float32(expected.correction) <= 20.0))
    tta = DepthInferencer(path, device='cpu', focal_px=60.0, tta=True)(picture())
    assert np.allclose(tta.depth, of(small_model, focal_px=60.0, trained_focal_px=30.0, tta=True)(picture()).depth)
    dropped = result.without_unsupervised()
    assert np.array_equal(dropped.depth > 0, result.supervised)
    assert len(result.points(drop_unsupervised=True)) == result.supervised.sum()
    assert np.array_equal(result.points().supervised, result.supervised.ravel())


def test_a_calibrated_model_file(small_model, tmp_path, picture):
    """Depth, interval, deviation and points follow the scale; what was supervised does not."""
    inferencer = of(small_model, focal_px=60.0, trained_focal_px=30.0)
    config = Config.fromfile(small_model.config).model.to_dict()
    plain = ModelDescription(
        model=dict(config, decoder=dict(type='ExpectationDecoder', space='log')),
        pipeline=(dict(type='Resize', scale=(48, 32), keep_ratio=False), ), focal_px=30.0, max_depth_supervised=20.0)
    widening = dict(coverage=0.9, factor=1.7, promise='mean', unit='image', num_units=40, domain='streets')
    results = []
    for name, changes in (('a', {}), ('b', dict(scale=1.5, interval_widening=widening))):
        path = tmp_path / f'{name}.safetensors'
        write_model_file(path, inferencer.model, replace(plain, **changes))
        results.append(DepthInferencer(path, device='cpu', focal_px=60.0)(picture(), outputs=['interval']))
    before, after = results
    assert after.depth == pytest.approx(1.5 * before.depth, rel=1e-6)
    assert after.std == pytest.approx(1.5 * before.std, rel=1e-6)
    assert after.interval == pytest.approx(1.5 * np.stack(widened(*before.interval, 1.7)), rel=1e-5)
    assert after.points().xyz == pytest.approx(1.5 * before.points().xyz, rel=1e-5)
    assert np.array_equal(after.supervised, before.supervised) and np.array_equal(after.confidence, before.confidence)
    assert after.correction == before.correction and (before.scale, after.scale) == (1, 1.5)
    assert after.depth_range == pytest.approx(1.5 * np.array(before.depth_range))
    low, high = after.depth.min(), after.depth.max()
    assert repr(after) == (f'DepthResult(array_000000: 40 x 60, {low:.3g} to {high:.3g} m, focal length 60 px (given), '
                           'correction 1.6, scale 1.5, with confidence, interval, std)')
    assert 'focal length unknown)' in repr(replace(before, camera=None, correction=1.0, maps={}))
    assert 'no depth' in repr(replace(before, depth=0 * before.depth))
    later = DepthInferencer(path, device='cpu', focal_px=60.0)(picture())
    assert np.array_equal(later.interval, after.interval)


@pytest.mark.parametrize('scale_focal', [None, 'corrected', 'uncorrected'])
def test_a_scale_that_was_found_without_focal_lengths_is_not_corrected_once_more(
        small_model, tmp_path, picture, scale_focal):
    inferencer = of(small_model, focal_px=60.0, trained_focal_px=30.0)
    config = Config.fromfile(small_model.config).model.to_dict()
    path = tmp_path / 'm.safetensors'
    write_model_file(path, inferencer.model, ModelDescription(
        model=dict(config, decoder=dict(type='ExpectationDecoder', space='log')),
        pipeline=(dict(type='Resize', scale=(48, 32), keep_ratio=False), ), focal_px=30.0, scale=1.5,
        scale_focal=scale_focal))
    unknown = DepthInferencer(path, device='cpu')(picture())
    of_one = scale_focal == 'uncorrected'
    with pytest.warns(UserWarning, match='holds for the camera of that calibration alone') if of_one else nullcontext():
        known = DepthInferencer(path, device='cpu', focal_px=60.0)(picture())
    assert known.correction == pytest.approx(1 if of_one else 60 * 0.8 / 30)  # the pipeline makes 48 of 60 columns
    assert known.depth == pytest.approx(known.correction * unknown.depth, rel=1e-6)
    assert known.of_one_camera == unknown.of_one_camera == of_one


def test_supervised_rows_are_those_of_the_networks_input():
    depth = np.full((10, 4), 5.0)
    told = supervised_mask((10, 4), (4, 0, 6, 4), depth, 0.5, None)
    assert np.array_equal(np.flatnonzero(told[:, 0]), [7, 8, 9])
    assert supervised_mask((10, 4), (0, 0, 10, 4), depth, None, None).all()
    assert not supervised_mask((10, 4), (0, 0, 10, 4), depth, None, 4.0).any()


def test_mistakes(small_model, write_model, tmp_path, picture):
    with pytest.raises(ValueError, match='go together'):
        DepthInferencer(config=small_model.config)
    with pytest.raises(ValueError, match='go together'):
        DepthInferencer(checkpoint=small_model.checkpoint)
    with pytest.raises(ValueError, match='either'):
        DepthInferencer('a.safetensors', config=small_model.config, checkpoint=small_model.checkpoint)
    with pytest.raises(FileNotFoundError, match='does not exist'):
        DepthInferencer(tmp_path / 'a.safetensors')
    with pytest.raises(FileNotFoundError, match='does not exist'):
        DepthInferencer(config=small_model.config, checkpoint=tmp_path / 'a.pth')
    other = write_model(num_bins=5)
    with pytest.raises(BinMismatchError):
        DepthInferencer(config=small_model.config, checkpoint=other.checkpoint)
    with pytest.raises(ValueError, match='DepthClassifier'):
        DepthInferencer(config=Config(dict(model=dict(type='EncoderDecoder'))), checkpoint=small_model.checkpoint)
    with pytest.raises(ValueError, match='how a picture becomes'):
        DepthInferencer(config=Config(dict(model=small_model.cfg.model)), checkpoint=small_model.checkpoint)
    with pytest.raises(TypeError, match='RGB'):
        of(small_model)(picture().astype(np.float32))
    with pytest.raises(ValueError, match='max_pixels'):
        of(small_model, max_pixels=0)
    with pytest.raises(ValueError, match='is no model file, but a checkpoint'):
        DepthInferencer(small_model.checkpoint)
    for device in ('gpu', 'meta', 'cuda:99'):
        with pytest.raises(ValueError, match=f"device '{device}' .*cannot be used here"):
            DepthInferencer(config=small_model.config, checkpoint=small_model.checkpoint, device=device)


def test_what_a_model_cannot_do_costs_the_picture(small_model, picture, monkeypatch):
    """Weights of a training that diverged, and an error of any kind."""
    inferencer, broken = of(small_model), []
    with torch.no_grad():
        next(inferencer.model.decode_head.parameters()).fill_(float('nan'))
    pictures = [picture(), picture()]
    assert not list(inferencer.stream(pictures, batch_size=2, broken=lambda *told: broken.append(told)))
    assert len(broken) == 2 and all('its training diverged' in str(error) for _, error in broken)

    def fail(*_):
        raise TypeError('of a stranger')

    monkeypatch.setattr(inferencer.model, 'test_step', fail)
    assert not list(inferencer.stream(pictures, batch_size=2, broken=lambda *told: broken.append(told)))
    assert len(broken) == 4
    with pytest.raises(TypeError, match='of a stranger'):
        inferencer(pictures[0])


def test_thread_counts_are_left_alone(small_model, picture):
    before = torch.get_num_threads(), cv2.getNumThreads()
    of(small_model)(picture())
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before
