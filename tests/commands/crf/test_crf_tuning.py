import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import METRICS, MODELS

from mmdepthcls.commands.crf.crf_tuning import CRFTuning

CONFIG = Path(__file__).parents[3] / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'
POTTS = dict(compatibility='potts', truncation=None)
SEARCH = dict(searched=['appearance_weight'], num_images=0, ratio=2.0, finest=1.5)


@pytest.fixture
def config(minidrive, tmp_path, mmseg_scope):
    """Function that gives a fresh config on two small validation images."""
    def make(**model):
        cfg = Config.fromfile(CONFIG)
        cfg.merge_from_dict(dict(model=dict(dict(crf=dict(type='DenseCRF', iterations=1)), **model)))
        cfg.model.bins.num_bins = 16  # a CRF takes as long as there are bins
        cfg.work_dir, cfg.log_level = str(tmp_path / 'work'), 'WARNING'
        for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
            loader.update(num_workers=0, persistent_workers=False)
            loader.dataset.data_root = minidrive
        return cfg
    return make


@pytest.fixture
def checkpoint(config, tmp_path):
    """Weights that have made up their mind."""
    torch.manual_seed(0)
    model = MODELS.build(config().model)
    for parameter in model.decode_head.parameters():
        parameter.data *= 30
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'weights.pth')
    return str(tmp_path / 'weights.pth')


def scored(cfg, checkpoint, crf):
    """abs_rel of the validation split, by MMEngine's loop."""
    from mmengine.runner import Runner
    cfg.model.crf, cfg.load_from = crf, checkpoint
    cfg.test_dataloader, cfg.test_evaluator = cfg.val_dataloader, cfg.val_evaluator
    cfg.experiment_name = f'score_{hash(str(crf))}'
    return Runner.from_cfg(cfg).test()['abs_rel']


@pytest.mark.long
def test_scores_are_those_of_a_test_run_and_the_best_is_kept(config, checkpoint, tmp_path):
    file = tmp_path / 'scores.json'
    crf, error, without = CRFTuning(config(), checkpoint, file, POTTS, **SEARCH).run()
    assert without == pytest.approx(scored(config(), checkpoint, None), rel=1e-6)
    assert error == pytest.approx(scored(config(), checkpoint, crf), rel=1e-6)
    tried = json.loads(file.read_text())['scores']
    assert set(tried) > {'without', 'appearance_weight=4', 'appearance_weight=8', 'appearance_weight=2'}
    assert all(set(table) == {'0', '1'} for table in tried.values())
    means = {key: sum(table.values()) / 2 for key, table in tried.items() if key != 'without'}
    assert error == min(means.values()) and means[f'appearance_weight={crf["appearance_weight"]:g}'] == error
    assert crf['iterations'] == 1 and crf['compatibility'] == 'potts' and crf['type'] == 'DenseCRF'


@pytest.mark.long
def test_goes_on_where_it_was_interrupted(config, checkpoint, tmp_path, monkeypatch):
    few = dict(SEARCH, ratio=8.0, finest=7.0)  # settings are tried
    whole = CRFTuning(config(), checkpoint, tmp_path / 'whole.json', POTTS, **few).run()
    file, score, calls = tmp_path / 'part.json', CRFTuning._score, []

    def interrupted(self, data, points, index):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(index)
        score(self, data, points, index)

    monkeypatch.setattr(CRFTuning, '_score', interrupted)
    with pytest.raises(KeyboardInterrupt):
        CRFTuning(config(), checkpoint, file, POTTS, **few).run()
    monkeypatch.setattr(CRFTuning, '_score', lambda self, data, points, index: (
        calls.append((index, *points)), score(self, data, points, index)))
    assert CRFTuning(config(), checkpoint, file, POTTS, **few).run() == whole
    assert calls[3][:2] == ('1', 'appearance_weight=4') and ('0', 'without') not in calls
    assert json.loads(file.read_text())['scores'] == json.loads((tmp_path / 'whole.json').read_text())['scores']


def test_images_are_spread_over_the_split(config, checkpoint, tmp_path):
    tuning = CRFTuning(config(), checkpoint, tmp_path / 'scores.json', POTTS, **dict(SEARCH, num_images=1))
    assert len(tuning.loader.dataset) == 1


def test_scores_of_another_search_are_refused(config, checkpoint, tmp_path):
    file = tmp_path / 'scores.json'
    file.write_text(json.dumps(dict(about=dict(metric='rmse'), scores={})))
    with pytest.raises(ValueError, match='holds the scores of another search .*metric'):
        CRFTuning(config(), checkpoint, file, POTTS, **SEARCH)


@pytest.mark.parametrize('change, name', [
    (lambda cfg, path: torch.save(dict(torch.load(path), message='trained again'), path), 'checkpoint'),
    (lambda cfg, path: cfg.val_dataloader.dataset.update(ann_file='train.txt'), 'data'),
    (lambda cfg, path: cfg.val_evaluator.update(max_depth=40.0), 'evaluator'),
])
def test_scores_of_other_weights_data_and_evaluators_are_refused(config, checkpoint, tmp_path, change, name):
    CRFTuning(config(), checkpoint, tmp_path / 'scores.json', POTTS, **SEARCH)._errors([None])
    cfg = config()
    change(cfg, checkpoint)
    with pytest.raises(ValueError, match=rf'another search \({name} differ'):
        CRFTuning(cfg, checkpoint, tmp_path / 'scores.json', POTTS, **SEARCH)


def test_begins_at_the_crf_of_the_config(config, checkpoint, tmp_path):
    cfg = config(crf=dict(type='DenseCRF', iterations=1, compatibility='log', truncation=0.7))
    tuning = CRFTuning(cfg, checkpoint, tmp_path / 'scores.json', {}, **SEARCH)
    assert (tuning.fixed['compatibility'], tuning.fixed['truncation']) == ('log', 0.7)
    with pytest.raises(ValueError, match='model.crf.truncation is to be searched and has no value'):
        CRFTuning(config(), checkpoint, tmp_path / 'other.json', POTTS, **dict(SEARCH, searched=['truncation']))


def test_a_config_without_what_it_needs_is_refused(config, checkpoint, tmp_path):
    cfg = config()
    cfg.val_evaluator = dict(type='IoUMetric')
    assert METRICS.get('IoUMetric') is not None
    with pytest.raises(ValueError, match='a DepthEvaluator, got .*IoUMetric'):
        CRFTuning(cfg, checkpoint, tmp_path / 'scores.json', POTTS, **SEARCH)
    with pytest.raises(ValueError, match='no such folder to write scores.json into'):
        CRFTuning(config(), checkpoint, tmp_path / 'nowhere' / 'scores.json', POTTS, **SEARCH)
