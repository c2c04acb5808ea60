import json
from pathlib import Path

import pytest

from mmdepthcls.commands.study import training
from mmdepthcls.commands.study.plan import Plan, Run

CONFIG = Path(__file__).parents[3] / 'configs' / 'study' / 'minidrive.py'


@pytest.fixture
def plan(tmp_path):
    """The shipped study, with two iterations a run."""
    path = tmp_path / 'study.py'
    path.write_text(f"_base_ = {str(CONFIG)!r}\nbase = {str(CONFIG.parent / '../deeplabv2_r18_minidrive_sid71.py')!r}\n"
                    "options = {'train_cfg.max_iters': 2, 'train_dataloader': dict(batch_size=2)}\n")
    return str(path)


def test_trains_scores_and_keeps_what_it_has(plan, minidrive, tmp_path):
    run = Run('SID 16, CE', 'sparse', 1)
    record = training.train_run(plan, minidrive, str(tmp_path), 1, run)
    assert json.loads((tmp_path / f'{run.name}.json').read_text()) == record
    assert set(record['scores']) == {'val', 'test'}
    test = record['scores']['test']
    assert set(test) == {'own', *Plan(plan).decoders} and test['own'] == test['expectation']
    assert len({scores['abs_rel'] for scores in test.values()}) == len(test) - 1
    assert all(0 < scores['abs_rel'] < 20 for scores in test.values())
    assert record['scores']['val']['own'] != test['own']

    kept = json.dumps(dict(record, seconds=-1))
    (tmp_path / f'{run.name}.json').write_text(kept)
    assert training.train_run(plan, minidrive, str(tmp_path), 1, run)['seconds'] == -1
    (tmp_path / f'{run.name}.json').write_text(json.dumps(dict(record, seconds=-1, fingerprint='of another config')))
    again = training.train_run(plan, minidrive, str(tmp_path), 1, run)
    assert again['seconds'] > 0 and again['scores'] == record['scores']


@pytest.mark.parametrize('variant', ['SILog regression', 'SID 71, ordinal'])
def test_what_is_no_softmax_is_read_by_its_own_decoder_only(plan, minidrive, tmp_path, variant):
    record = training.train_run(plan, minidrive, str(tmp_path), 1, Run(variant, 'dense', 0))
    assert set(record['scores']['test']) == {'own'}
