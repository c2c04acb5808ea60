"""MMSegmentation's own inferencer with a depth model."""
import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS, VISUALIZERS

from mmdepthcls.visualization import DepthVisualizer

SHAPE = (32, 48)


@pytest.fixture(scope='module')
def files(tmp_path_factory, small_model_cfg):
    """A config, weights and a folder of two images."""
    folder = tmp_path_factory.mktemp('inferencer')
    (folder / 'images').mkdir()
    for index in range(2):
        image = np.random.default_rng(index).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f'images/{index}.png'), image)
    cfg = Config(dict(
        custom_imports=dict(imports=['mmdepthcls'], allow_failed_imports=False), model=small_model_cfg(),
        visualizer=dict(type='DepthVisualizer', vis_backends=[], name='inferencer'),
        test_dataloader=dict(dataset=dict(type='DepthFolderDataset', pipeline=[
            dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]))))
    cfg.dump(folder / 'config.py')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict(), meta=dict(dataset_meta=dict(
            classes=('depth', ), palette=None))), folder / 'weights.pth')
    return folder


@pytest.fixture
def inferencer(files, mmseg_scope):
    """Built anew: it counts the pictures that it writes."""
    from mmseg.apis import MMSegInferencer  # what mmdepthcls mends first, importing it needs
    return MMSegInferencer(model=str(files / 'config.py'), weights=str(files / 'weights.pth'), device='cpu')


def test_a_folder_is_drawn_and_saved(files, inferencer, tmp_path):
    results = inferencer(str(files / 'images'), out_dir=str(tmp_path / 'out'), batch_size=2, opacity=0.5)
    assert sorted(path.name for path in (tmp_path / 'out/vis').iterdir()) == ['0.png', '1.png']
    saved = [np.load(path) for path in sorted((tmp_path / 'out/pred').iterdir())]
    assert len(saved) == 2 and all(np.array_equal(a, b) for a, b in zip(saved, results['predictions'], strict=True))
    assert all(depth.shape == SHAPE and (depth >= 1).all() and (depth <= 80).all() for depth in saved)
    picture = cv2.imread(str(tmp_path / 'out/vis/0.png'))
    assert picture.size > 2 * 3 * np.prod(SHAPE) and picture.std() > 0  # image and depth


@pytest.mark.parametrize('kind', ['file', 'files', 'array', 'arrays'])
def test_every_kind_of_input(files, inferencer, tmp_path, kind):
    paths = [str(files / f'images/{index}.png') for index in range(2)]
    inputs = dict(file=paths[0], files=paths, array=cv2.imread(paths[0]), arrays=[cv2.imread(path) for path in paths])
    number = 2 if kind.endswith('s') else 1
    results = inferencer(inputs[kind], out_dir=str(tmp_path), show=False, return_vis=True)
    predictions, pictures = (
        results[key] if number == 2 else [results[key]] for key in ('predictions', 'visualization'))
    assert [depth.shape for depth in predictions] == [SHAPE] * number
    assert all(picture.shape[-1] == 3 and picture.dtype == np.uint8 for picture in pictures)
    assert len(list((tmp_path / 'vis').iterdir())) == len(list((tmp_path / 'pred').iterdir())) == number


def test_nothing_is_written_without_a_folder(files, inferencer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sample = inferencer(str(files / 'images/0.png'), return_datasamples=True)
    assert sample.pred_depth_map.data.shape == (1, *SHAPE)
    assert inferencer(str(files / 'images/0.png'))['predictions'].shape == SHAPE
    assert not list(tmp_path.iterdir())


def test_the_visualizer_is_one_of_mmsegmentation():
    visualizer = DepthVisualizer(name='one of mmsegmentation', vis_backends=[])
    assert isinstance(visualizer, VISUALIZERS.get('SegLocalVisualizer'))
    visualizer.set_dataset_meta(None, None, None)
    visualizer.set_dataset_meta(classes=('road', ), palette=[[1, 2, 3]], dataset_name='cityscapes')
