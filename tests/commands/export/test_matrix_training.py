"""Trainings for the table of exports: short ones, of what differs in more than its decoder."""
from pathlib import Path

import pytest
from mmengine.config import Config

from mmdepthcls.commands.export.export_matrix import DECODERS, LOSSES, NETWORKS, ON_ONE, ONE_SIZE, TRAINABLE
from mmdepthcls.commands.export.matrix_training import MatrixTraining, shortened

CONFIGS = Path(__file__).parents[3] / 'configs'


def config(name=ON_ONE):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    cfg.default_scope = 'mmseg'
    return cfg


@pytest.mark.parametrize('name', [name for name, _ in NETWORKS.values() if TRAINABLE in name])
def test_schedules_end_with_the_training(name, tmp_path):
    cfg = shortened(config(name), tmp_path / 'scenes', str(tmp_path / 'logs'), 30)
    assert cfg.train_cfg.max_iters == max(each.end for each in cfg.param_scheduler) == 30
    assert all(0 <= each.begin < each.end for each in cfg.param_scheduler)
    assert cfg.train_dataloader.dataset.data_root == str(tmp_path / 'scenes') and cfg.val_cfg is None


def test_decoders_of_a_softmax_share_a_training(tmp_path, monkeypatch):
    training, trained = MatrixTraining(3, tmp_path), []
    monkeypatch.setattr(training, '_trained', lambda cfg: trained.append(cfg) or len(trained))
    numbers = {}
    for name, decoder in DECODERS.items():
        cfg = config()
        cfg.model.decoder = decoder
        if decoder['type'] in LOSSES:
            cfg.model.decode_head.loss_decode = LOSSES[decoder['type']]
        numbers[name] = training.weights(cfg)
    assert len(trained) == 3 and len({numbers[name] for name in ('expectation', 'argmax', 'median')}) == 1
    assert set(ONE_SIZE) <= set(NETWORKS)


@pytest.mark.long
def test_two_trainings_in_a_row(tmp_path):
    training = MatrixTraining(2, tmp_path)
    for name in (ON_ONE, 'adabins_r18_minidrive'):
        weights = training.weights(config(name))
        assert all(value.isfinite().all() for value in weights.values() if value.is_floating_point())
        assert not any(key.startswith('auxiliary_head.') for key in weights)
