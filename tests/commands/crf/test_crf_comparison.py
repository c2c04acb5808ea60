import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import MODELS

from mmdepthcls.commands.crf.crf_comparison import METRIC_NAMES, compare_crfs
from mmdepthcls.commands.crf.crf_tuning import CRFTuning

CONFIG = Path(__file__).parents[3] / 'configs' / 'deeplabv2_r18_minidrive_sid71_crf.py'


@pytest.fixture
def config(minidrive, tmp_path, mmseg_scope):
    """Function that gives a fresh config on three small test images."""
    def make(name):
        cfg = Config.fromfile(CONFIG)
        cfg.work_dir, cfg.experiment_name = str(tmp_path / 'work'), name
        cfg.model.bins.num_bins = 16  # a CRF takes as long as there are bins
        for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
            loader.update(num_workers=0, persistent_workers=False)
            loader.dataset.data_root = minidrive
        return cfg
    return make


def test_each_is_scored_as_by_a_test_run(config, tmp_path):
    torch.manual_seed(0)
    model = MODELS.build(config('weights').model)
    for parameter in model.decode_head.parameters():
        parameter.data *= 30
    checkpoint = str(tmp_path / 'weights.pth')
    torch.save(dict(state_dict=model.state_dict(), meta={}), checkpoint)
    crfs = dict(without=None, potts=dict(type='DenseCRF', iterations=1))
    metrics, pictures = compare_crfs(config('comparison'), checkpoint, crfs, num_pictures=2)
    for name, crf in crfs.items():
        cfg = config(name)
        cfg.model.crf, cfg.load_from = crf, checkpoint
        expected = Runner.from_cfg(cfg).test()
        for key in METRIC_NAMES:
            assert metrics[name][key] == pytest.approx(expected[key], rel=1e-6, nan_ok=True)
    assert metrics['without'] != metrics['potts']
    assert [list(panels) for panels in pictures] == [['image', 'truth', 'without', 'potts']] * 2
    assert pictures[0]['truth'].shape == pictures[0]['potts'].shape == pictures[0]['image'].shape[:2] == (64, 128)
    assert (pictures[0]['without'] != pictures[0]['potts']).any()


def test_another_evaluator_is_refused(config):
    cfg = config('refused')
    cfg.test_evaluator = dict(type='IoUMetric')
    with pytest.raises(ValueError, match='a DepthEvaluator, got DepthClassifier and IoUMetric'):
        compare_crfs(cfg, 'none.pth', {})


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('missing', [[1], [0, 1, 2]], ids=['one frame', 'all frames'])
def test_frames_without_ground_truth_do_not_count(config, tmp_path, missing):
    """Of a list of images some of which have no depth map."""
    cfg = config('without')
    checkpoint = str(tmp_path / 'weights.pth')
    torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict(), meta={}), checkpoint)
    root = Path(cfg.test_dataloader.dataset.data_root)
    lines = [f'{line.split()[0]} None' if index in missing else line
             for index, line in enumerate((root / 'test.txt').read_text().splitlines())]
    (tmp_path / 'split.txt').write_text('\n'.join(lines))
    for loader in (cfg.test_dataloader, cfg.val_dataloader):
        loader.dataset = dict(type='DepthFolderDataset', data_root=str(root), ann_file=str(tmp_path / 'split.txt'),
                              test_mode=True, pipeline=loader.dataset.pipeline)
    metrics, pictures = compare_crfs(cfg, checkpoint, dict(without=None), num_pictures=3)
    assert metrics['without']['num_images'] == 3 - len(missing)
    assert math.isnan(metrics['without']['edge_abs_rel']) == math.isnan(metrics['without']['abs_rel']) == (
        len(missing) == 3)
    assert [bool(panels['truth'].any()) for panels in pictures] == [index not in missing for index in range(3)]
    search = CRFTuning(cfg, checkpoint, tmp_path / 'scores.json', dict(iterations=1), ['appearance_weight'], finest=1.9)
    if len(missing) == 3:
        with pytest.raises(ValueError, match='none of the 3 images has ground truth'):
            search.run()
    else:
        assert all(math.isfinite(error) for error in search.run()[1:])
