from pathlib import Path

import pytest

from mmdepthcls.commands.study.plan import Plan

CONFIGS = Path(__file__).parents[3] / 'configs' / 'study'
PLANS = ('minidrive.py', 'minidrive_r101.py')


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('name', PLANS)
def test_runs_differ_in_nothing_but_the_variant(name):
    plan = Plan(str(CONFIGS / name))
    runs = plan.runs()
    assert len(runs) == len({run.name for run in runs}) == len(plan.variants) * 2 * 3
    assert len({plan.fingerprint(run) for run in runs}) == len(runs)
    cfgs = [plan.config(run, 'data', 'work').to_dict() for run in runs if (run.seed, run.ground_truth) == (1, 'sparse')]
    for cfg in cfgs:
        for key in ('bins', 'decoder'):
            cfg['model'].pop(key)
        cfg['model']['decode_head'].pop('loss_decode')
        cfg.pop('experiment_name')
    assert all(cfg == cfgs[0] for cfg in cfgs)
    assert cfgs[0]['train_dataloader']['dataset']['ground_truth'] == 'sparse'
    assert cfgs[0]['test_dataloader']['dataset'].get('ground_truth', 'dense') == 'dense'


def test_the_larger_one_is_the_papers_network():
    plan = Plan(str(CONFIGS / 'minidrive_r101.py'))
    model = plan.config(plan.runs()[0], 'data', 'work').model
    assert model.backbone.depth == 101 and (plan.data['height'], plan.data['width']) == (420, 800)


def test_a_loss_replaces_that_of_the_base():
    plan = Plan(str(CONFIGS / 'minidrive.py'))
    run = next(run for run in plan.runs() if run.variant == 'SILog regression')
    assert plan.config(run, '', '').model.decode_head.loss_decode == dict(type='RegressionSILogLoss')


@pytest.mark.parametrize('line, message', [
    ("default = 'SID'", 'name .*SID.*, which is not among the variants: SID 71, CE'),
    ("comparisons = [('a', 'b', 'SID 71, CE')]", "name .*'b'"),
    ("variants = {'SID 71 CE': dict()}", 'the variants SID 71, CE, SID 71 CE differ in nothing that a file name holds'),
])
def test_names_that_do_not_work_are_refused(tmp_path, line, message):
    path = tmp_path / 'study.py'
    path.write_text(f"_base_ = {str(CONFIGS / 'minidrive.py')!r}\n{line}\n")
    with pytest.raises(ValueError, match=message):
        Plan(str(path))


def test_missing_keys_are_named(tmp_path):
    path = tmp_path / 'study.py'
    path.write_text("base = 'x.py'\n")
    with pytest.raises(ValueError, match='study.py: a study needs .*; data, ground_truths, .* is missing'):
        Plan(str(path))
