"""Predicting with a canonical camera: one law for tests and predictions, and copies of real frames of other cameras."""
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner

from mmdepthcls.apis import (
    DepthInferencer,
    ModelDescription,
    ModelFileError,
    load_model,
    read_description,
    write_model_file,
)
from mmdepthcls.commands.export.comparison import Reference
from mmdepthcls.commands.export.deployed_network import DeployedNetwork
from mmdepthcls.commands.minidrive.renderer import render
from mmdepthcls.commands.minidrive.scene import sample_scene
from mmdepthcls.commands.minidrive.writer import make_minidrive
from mmdepthcls.commands.publish.publication import Publication
from mmdepthcls.commands.publish.published_config import published_config
from mmdepthcls.datasets import DepthFolderDataset
from mmdepthcls.hooks.resume_bins_hook import ResumeBinsHook
from mmdepthcls.models.bin_checkpoint import BinMismatchError

CONFIGS = Path(__file__).parents[2] / 'configs'
FRAME = 'raw/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png'
FOCAL = 721.5377  # of it, by its calibration
CANONICAL = FOCAL / 2
# Nothing but convolutions that see 59 pixels: what such a network says of a point follows from what is near it.
LOCAL = dict(
    backbone=dict(type='ResNet', depth=18, base_channels=8, num_stages=1, out_indices=(0, ), strides=(1, ),
                  dilations=(1, ), norm_cfg=dict(type='BN')),
    decode_head=dict(type='FCNHead', in_channels=8, in_index=0, channels=8, num_convs=1, concat_input=False,
                     norm_cfg=dict(type='BN')))
BY_IMAGE = (dict(type='CanonicalCamera', focal_px=CANONICAL, by='image'), )


@pytest.fixture
def local(build_model, small_model_cfg, tmp_path):
    """Writes the model file of a local network of random weights, whose images get the canonical focal length. Its
    norms know the statistics of a picture, as those of a trained one: what it says follows what is to be seen."""
    def write(picture):
        settings = dict(canonical_focal_px=CANONICAL, **LOCAL)
        model = build_model(**settings).eval()
        norms = [part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.train().momentum = 1.0
        with torch.no_grad():
            image = torch.from_numpy(resized(picture, 0.5).copy()).permute(2, 0, 1)[None] / 255
            logits = model.decode_head(model.extract_feat(image))
            for parameter in model.decode_head.conv_seg.parameters():
                parameter *= 6 / logits.std()
        path = tmp_path / 'local.safetensors'
        write_model_file(path, model.eval(), ModelDescription(published_config(small_model_cfg(**settings)), BY_IMAGE,
                                                              focal_px=CANONICAL))
        return path

    return write


@pytest.fixture(params=['drawn', 'real'])
def picture(request):
    """A street, (375, 1242, 3) RGB."""
    if request.param == 'real':
        return cv2.imread(f'{request.getfixturevalue("kitti_sample")}/{FRAME}')[..., ::-1].copy()
    return render(sample_scene(np.random.default_rng(3)), 375, 1242)[0]


def resized(image, ratio):
    size = round(image.shape[1] * ratio), round(image.shape[0] * ratio)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC)


def cut(image, top, left, height=256, width=896):
    return np.ascontiguousarray(image[top:top + height, left:left + width])


# A copy of the frame, how its camera's focal length became larger, and the same part of a map of the frame.
COPIES = {
    'smaller': (lambda image: resized(image, 0.75), 0.75, lambda depth: depth),
    'larger': (lambda image: resized(image, 1.5), 1.5, lambda depth: depth),
    'cropped': (lambda image: cut(image, 64, 128), 1.0, lambda depth: cut(depth, 64, 128)),
    'zoomed': (lambda image: resized(cut(image, 64, 128), 1.4), 1.4, lambda depth: cut(depth, 64, 128))}


@pytest.mark.parametrize('name', [pytest.param(name, marks=[] if name == 'zoomed' else pytest.mark.long)
                                  for name in COPIES])
def test_copies_of_a_picture_give_the_same_metres(picture, local, name):
    """Within 2 %, with weights that nobody has trained: the network is given the same picture, up to interpolation.
    Where the camera is not told rightly, it is another picture, of which such a network says something else."""
    copy, ratio, same = COPIES[name]
    model = local(picture)
    expected = same(DepthInferencer(model, device='cpu', focal_px=FOCAL)(picture).depth)
    assert np.std(np.log(expected)) > 0.05  # it does not say one depth of everything
    changed = copy(picture)
    depth = DepthInferencer(model, device='cpu', focal_px=FOCAL * ratio)(changed).depth
    inner = (slice(64, -64), slice(64, -64))  # beyond what the border of a part is seen from
    error = np.log(resized(depth, 1 / ratio)[:expected.shape[0], :expected.shape[1]][inner] / expected[inner])
    assert abs(np.median(error)) < 0.01 and np.median(np.abs(error)) < 0.02
    wrong = DepthInferencer(model, device='cpu', focal_px=FOCAL * 1.3 * ratio)(changed).depth
    assert np.median(np.abs(np.log(wrong / depth))) > 1.7 * np.median(np.abs(error))


@pytest.fixture(scope='module')
def taught(tmp_path_factory):
    """The model file of a local network that was taught the metres of drawn streets, in crops, with the canonical
    camera by images."""
    folder = tmp_path_factory.mktemp('taught')
    make_minidrive(folder / 'streets', look='varied', num_train=120, num_val=0, num_test=0, height=192, width=624,
                   workers=1, progress=False)
    crop_size, iterations = (96, 192), 600
    cfg = Config.fromfile(CONFIGS / 'deeplabv2_r18_minidrive_sid71.py')
    cfg.model = ConfigDict(
        type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=81.0, num_bins=71),
        canonical_focal_px=CANONICAL, data_preprocessor=dict(cfg.model.data_preprocessor, size=crop_size),
        backbone=dict(LOCAL['backbone'], base_channels=32),
        decode_head=dict(LOCAL['decode_head'], in_channels=32, channels=64, kernel_size=1, num_classes=71,
                         loss_decode=dict(type='SparseCrossEntropyLoss')),
        decoder=dict(type='ExpectationDecoder'), train_cfg=dict(), test_cfg=dict(mode='whole'))
    cfg.train_dataloader.update(num_workers=0, persistent_workers=False, batch_size=8)
    cfg.train_dataloader.dataset.update(data_root=str(folder / 'streets'), pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'), *BY_IMAGE,
        dict(type='DepthCrop', crop_size=crop_size), dict(type='RandomFlip', prob=0.5),
        dict(type='PhotoMetricDistortion'), dict(type='PackDepthInputs')])
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = None
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=iterations)
    cfg.param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=iterations, by_epoch=False)]
    cfg.randomness, cfg.work_dir, cfg.log_level = dict(seed=0), str(folder / 'work'), 'ERROR'
    runner = Runner.from_cfg(cfg)
    runner.train()
    path = folder / 'taught.safetensors'
    write_model_file(path, runner.model.cpu().eval(), ModelDescription(published_config(cfg.model), BY_IMAGE,
                                                                       focal_px=CANONICAL))
    return path


@pytest.mark.long
@pytest.mark.parametrize('name', COPIES)
def test_a_trained_local_network_gives_copies_of_a_real_frame_the_same_metres(kitti_sample, taught, name):
    copy, ratio, same = COPIES[name]
    picture = cv2.imread(f'{kitti_sample}/{FRAME}')[..., ::-1].copy()
    expected = same(DepthInferencer(taught, device='cpu', focal_px=FOCAL)(picture).depth)
    assert np.std(np.log(expected)) > 0.2
    depth = DepthInferencer(taught, device='cpu', focal_px=FOCAL * ratio)(copy(picture)).depth
    size = round(depth.shape[1] / ratio), round(depth.shape[0] / ratio)
    inner = (slice(64, -64), slice(64, -64))
    error = np.log(cv2.resize(depth, size)[:expected.shape[0], :expected.shape[1]][inner] / expected[inner])
    print(f'{name}: {np.median(np.abs(error)):.2%}, bias {np.median(error):+.2%}')
    assert abs(np.median(error)) < 0.02 and np.median(np.abs(error)) < 0.02


@pytest.fixture(scope='module')
def street(tmp_path_factory):
    """The shipped model, as one that was trained with a canonical camera of its focal length, by images."""
    from dataclasses import replace

    from mmdepthcls.apis.loaded_model import shipped_model
    from mmdepthcls.models.canonical_metres import CanonicalMetres
    model, about = load_model(shipped_model())
    model._metres = CanonicalMetres(about.focal_px)
    path = tmp_path_factory.mktemp('street') / 'canonical.safetensors'
    write_model_file(path, model, replace(
        about, model=dict(about.model, canonical_focal_px=about.focal_px), precision='float32',
        pipeline=(dict(type='CanonicalCamera', focal_px=about.focal_px, by='image'), )))
    return path


@pytest.mark.parametrize(('ratio', 'bound'), [
    (1.3, 0.02), pytest.param(1.6, 0.02, marks=pytest.mark.long), pytest.param(0.7, 0.05, marks=pytest.mark.long)])
def test_a_trained_model_on_resized_copies(kitti_sample, street, ratio, bound):
    """Of a smaller copy details are lost that this network looks at. With the
    frame's own focal length a copy would be given to the network so much larger or smaller."""
    image = cv2.imread(f'{kitti_sample}/{FRAME}')[..., ::-1].copy()
    expected = DepthInferencer(street, device='cpu', focal_px=FOCAL)(image).depth
    changed = resized(image, ratio)
    ratio = np.sqrt(changed.shape[0] / image.shape[0] * changed.shape[1] / image.shape[1])
    depth = DepthInferencer(street, device='cpu', focal_px=FOCAL * ratio)(changed).depth
    error = np.log(cv2.resize(depth, expected.shape[::-1]) / expected)
    assert np.median(np.abs(error)) < bound and abs(np.median(error)) < 0.02
    wrong = DepthInferencer(street, device='cpu', focal_px=FOCAL)(changed).depth
    assert np.median(np.abs(np.log(wrong / depth))) > 2 * bound


@pytest.mark.parametrize('steps', [
    BY_IMAGE, (dict(type='CanonicalCamera', focal_px=CANONICAL), ),
    (dict(type='Resize', scale=(96, 64), keep_ratio=False), dict(type='CanonicalCamera', focal_px=CANONICAL))])
def test_tests_and_predictions_have_one_law(tmp_path, pairs, small_model_cfg, steps, mmseg_scope):
    """The same metres by MMEngine's way through dataset, pipeline and model, and by DepthInferencer."""
    from mmseg.registry import MODELS
    pipeline = [dict(type='LoadImageFromFile'), *steps, dict(type='LoadDepth'), dict(type='PackDepthInputs')]
    cfg = Config(dict(default_scope='mmseg', model=small_model_cfg(canonical_focal_px=CANONICAL),
                      test_dataloader=dict(dataset=dict(type='DepthFolderDataset', pipeline=pipeline))))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
        torch.nn.init.normal_(weight, std=0.3)
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'weights.pth')
    cfg.dump(tmp_path / 'model.py')
    cameras = {f'{index}.png': dict(focal_px=300.0 + 150 * index) for index in range(3)}
    dataset = DepthFolderDataset('split.txt', data_root=str(pairs), cameras=cameras, pipeline=pipeline, test_mode=True)
    inferencer = DepthInferencer(config=str(tmp_path / 'model.py'), checkpoint=str(tmp_path / 'weights.pth'),
                                 device='cpu', cameras=cameras)
    for index in range(3):
        with torch.no_grad():
            expected, = model.test_step(pseudo_collate([dataset[index]]))
        result = inferencer(str(pairs / f'image/{index}.png'), outputs=('interval', 'std'))
        for field, name in (('pred_depth_map', 'depth'), ('pred_interval', 'interval'), ('pred_std', 'std')):
            if field in expected:
                np.testing.assert_allclose(getattr(result, name), expected.get(field).data.squeeze(0), rtol=1e-5)
        assert (result.depth.shape == expected.gt_depth_map.data.shape[1:])
        depth = expected.pred_depth_map.data[0].numpy()
        np.testing.assert_allclose(result.depth, depth, rtol=1e-5)


def test_a_picture_of_an_unknown_camera_is_refused(make_file, pairs):
    for pipeline in ((), BY_IMAGE):
        path = make_file(pipeline=pipeline, facts=dict(focal_px=CANONICAL), canonical_focal_px=CANONICAL)[1]
        with pytest.raises(ValueError, match=r'0.png: the focal length of its camera is not known.*--focal-px'):
            DepthInferencer(path, device='cpu')(str(pairs / 'image/0.png'))
        with pytest.raises(ValueError, match='--no-focal-correction'):
            DepthInferencer(path, device='cpu')(np.zeros((40, 60, 3), np.uint8))
        assert DepthInferencer(path, device='cpu', focal_correction=False)(str(pairs / 'image/0.png')).correction == 1
    path = make_file(facts=dict(focal_px=CANONICAL), canonical_focal_px=CANONICAL)[1]
    uncorrected = DepthInferencer(path, device='cpu', focal_correction=False)(str(pairs / 'image/0.png')).depth
    corrected = DepthInferencer(path, device='cpu', focal_px=3 * CANONICAL)(str(pairs / 'image/0.png')).depth
    np.testing.assert_allclose(corrected, 3 * uncorrected, rtol=1e-6)


def test_views_of_several_scales(make_file, pairs, tmp_path, mmseg_scope, small_model_cfg):
    """Mirrored views have the focal length of the picture."""
    path = make_file(facts=dict(focal_px=CANONICAL), canonical_focal_px=CANONICAL)[1]
    plain = make_file('plain.safetensors', facts=dict(focal_px=CANONICAL))[1]
    one, other = (DepthInferencer(each, device='cpu', focal_px=500.0, tta=True)(str(pairs / 'image/0.png'))
                  for each in (path, plain))
    np.testing.assert_allclose(one.depth, other.depth, rtol=1e-5)
    assert one.correction == pytest.approx(500 / CANONICAL)


def test_a_file_says_its_canonical_camera_once(make_file, edited, tmp_path):
    model, path = make_file(facts=dict(focal_px=CANONICAL), canonical_focal_px=CANONICAL)
    assert read_description(path).focal_px == CANONICAL and load_model(path)[0].canonical_focal_px == CANONICAL
    file = edited(path)
    file.description['focal_px'] = 721.0
    with pytest.raises(ModelFileError, match='focal_px: expected model.canonical_focal_px'):
        load_model(file.write(tmp_path / 'other.safetensors'))
    file.description['model']['canonical_focal_px'] = 721.0  # and what its tensors say is another
    with pytest.raises(ModelFileError, match='trained with canonical_focal_px'):
        load_model(file.write(tmp_path / 'other.safetensors'))
    with pytest.raises(ValueError, match='trained_focal_px .* canonical camera of'):
        DepthInferencer(path, device='cpu', trained_focal_px=721.0)


@pytest.mark.parametrize('focal', [0.0, 500.0])
def test_exported_files_have_the_same_law(make_file, focal):
    """The module that is put into files: times the focal length that it is given, or the canonical camera's metres."""
    model, path = make_file(facts=dict(focal_px=CANONICAL), canonical_focal_px=CANONICAL)
    network = DeployedNetwork(model, trained_focal_px=read_description(path).focal_px).eval()
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    with torch.no_grad():
        depth, _, interval = network(torch.from_numpy(image[None]), torch.tensor([focal]))
    options = dict(focal_px=focal) if focal else dict(focal_correction=False)
    expected = DepthInferencer(path, device='cpu', **options)(image, outputs=('interval', ))
    np.testing.assert_allclose(depth[0], expected.depth, rtol=1e-4)
    np.testing.assert_allclose(interval[0], expected.interval, rtol=1e-3)
    reference = Reference(model, network)(image, focal)
    np.testing.assert_allclose(reference['depth'][0][0], expected.depth, rtol=1e-4)


def test_publishing_and_resuming(make_file, small_model_cfg, tmp_path, mmseg_scope):
    """Whose focal length is another is refused."""
    cfg = Config(dict(model=small_model_cfg(canonical_focal_px=CANONICAL)))
    weights = make_file(facts=dict(focal_px=CANONICAL), canonical_focal_px=CANONICAL)[0].state_dict()
    torch.save(dict(state_dict=weights, meta={}), tmp_path / 'weights.pth')
    publication = Publication.of(cfg, str(tmp_path / 'weights.pth'))
    assert publication.describe().focal_px == CANONICAL
    with pytest.raises(ValueError, match='focal_px .--focal-px. is 300, but the model was trained with a canonical'):
        publication.describe(given=dict(focal_px=300.0))
    for other in (None, 300.0):
        model = SimpleNamespace(bins=publication.model.bins, canonical_focal_px=other)
        with pytest.raises(BinMismatchError, match='Cannot resume: the training began with canonical_focal_px'):
            ResumeBinsHook().after_load_checkpoint(SimpleNamespace(model=model, _resume=True), dict(state_dict=weights))
    ResumeBinsHook().after_load_checkpoint(SimpleNamespace(model=publication.model, _resume=True),
                                           dict(state_dict=weights))
