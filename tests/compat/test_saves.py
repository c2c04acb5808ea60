"""MMEngine's own hook and runner, mended."""
from pathlib import Path

import pytest
import torch
from mmengine.fileio import LocalBackend
from script_process import run_code
from stopped_training import train

import mmdepthcls  # noqa: F401  (mends)
from mmdepthcls.checkpoint_writer import FullDiskError, NonFiniteError
from mmdepthcls.compat import saves
from mmdepthcls.hooks.resume_point import damage_of, resume_point


def names(folder):
    return sorted(path.name for path in Path(folder).glob('*.pth'))


@pytest.fixture
def removals(monkeypatch):
    """Names of what the hook removes; whenever it does, something good must be there to go on from, and a best one."""
    stock, removed = LocalBackend.remove, []

    def remove(self, path):
        folder = Path(path).parent
        elsewhere = not (folder / 'last_checkpoint').exists()
        point = resume_point(folder.parents[1] / folder.name, folder.parent) if elsewhere else resume_point(folder)
        others = [each for each in folder.glob('*.pth') if each != Path(path)]
        best = Path(path).name.startswith('best_')
        assert any(each.name.startswith('best_') == best and not damage_of(each) for each in others)
        assert best or point.path not in (None, str(path))
        removed.append(Path(path).name)
        stock(self, path)

    monkeypatch.setattr(LocalBackend, 'remove', remove)
    return removed


@pytest.mark.parametrize(('options', 'left', 'last'), [
    (dict(), ['best_score_iter_7.pth', 'iter_7.pth'], 'iter_7.pth'),
    (dict(by_epoch=True, most=4, length=2), ['best_score_epoch_4.pth', 'epoch_4.pth'], 'epoch_4.pth'),
    (dict(filename_tmpl='step{}.pth', save_begin=2), ['best_score_step7.pth', 'step7.pth'], 'step7.pth'),
    (dict(max_keep_ckpts=2, save_last=False, interval=3), ['best_score_iter_7.pth', 'iter_6.pth', 'iter_7.pth'],
     'iter_7.pth'),
])
def test_nothing_is_removed_before_what_replaces_it_is_there(tmp_path, removals, options, left, last):
    options = dict(most=7, val=1e-9, interval=1, max_keep_ckpts=1, save_best='score', rule='greater') | options
    train(str(tmp_path / 'run'), **options).train()
    assert names(tmp_path / 'run') == left and removals
    assert (tmp_path / 'run/last_checkpoint').read_text() == str(tmp_path / 'run' / last)
    assert not list((tmp_path / 'run').glob('.*'))


def test_a_score_that_there_is_not(tmp_path):
    options = dict(most=2, val=1e-9, interval=1, rule='greater')
    with pytest.raises(ValueError, match="save_best='scor' is no score of the validation, which gives score"):
        train(str(tmp_path / 'run'), save_best='scor', **options).train()
    train(str(tmp_path / 'auto'), save_best='auto', **options).train()
    assert names(tmp_path / 'auto')[0].startswith('best_score')


def test_checkpoints_in_another_folder(tmp_path, removals):
    train(str(tmp_path / 'run'), most=3, interval=1, max_keep_ckpts=1, out_dir=str(tmp_path / 'disk')).train()
    assert names(tmp_path / 'disk/run') == ['iter_3.pth'] and names(tmp_path / 'run') == [] and len(removals) == 2


def test_what_a_kill_left_over_is_removed_later(tmp_path, monkeypatch):
    folder = tmp_path / 'run'
    with monkeypatch.context() as killed:
        killed.setattr(saves.LaterRemovals, 'carry_out', lambda self, kept: None)
        train(str(folder), most=2, interval=1, max_keep_ckpts=1).train()
    assert names(folder) == ['iter_1.pth', 'iter_2.pth']
    mine = [folder / name for name in ('.notes.tmp', 'iter_1.pth.tmp', 'iter_0_kept.pth')]
    for path in (folder / '.iter_2.pth.99999999.tmp', *mine):
        path.write_bytes(b'?')
    train(str(folder), most=2, interval=1, max_keep_ckpts=1, resume=True).train()
    assert names(folder) == ['iter_0_kept.pth', 'iter_2.pth'] and not (folder / '.iter_2.pth.99999999.tmp').exists()
    assert all(path.exists() for path in mine)


@pytest.fixture
def full(monkeypatch):
    """Names of the checkpoints for which there is no room."""
    stock, names = saves.write_checkpoint, set()

    def write(checkpoint, path):
        if Path(path).name in names:
            raise FullDiskError(f'{path} could not be saved, the disk is full')
        stock(checkpoint, path)

    monkeypatch.setattr(saves, 'write_checkpoint', write)
    return names


def test_a_full_disk_costs_one_checkpoint(tmp_path, full, capfd):
    full |= {'iter_2.pth', 'iter_3.pth', 'best_score_iter_3.pth'}
    runner = train(str(tmp_path), most=3, val=1e-9, interval=1, max_keep_ckpts=1, save_best='score', rule='greater')
    with pytest.raises(FullDiskError, match='training is complete, and its last weights are not saved: .*iter_3.pth'):
        runner.train()
    assert names(tmp_path) == ['iter_1.pth'] and (tmp_path / 'last_checkpoint').read_text().endswith('iter_1.pth')
    assert 'best_score' not in runner.message_hub.runtime_info
    said = ''.join(capfd.readouterr())
    assert 'iter_2.pth could not be saved' in said and 'The training goes on' in said
    full.clear()
    again = train(str(tmp_path), most=5, val=1e-9, interval=1, max_keep_ckpts=1, resume=True)
    again.train()
    assert again.iter == 5 and names(tmp_path) == ['iter_5.pth']


def test_a_full_disk_stops_where_that_is_wanted(tmp_path, full):
    full.add('iter_2.pth')
    runner = train(str(tmp_path), most=4, interval=1, max_keep_ckpts=1, on_full_disk='stop')
    with pytest.raises(FullDiskError, match='iter_2.pth could not be saved'):
        runner.train()
    assert runner.iter == 1 and names(tmp_path) == ['iter_1.pth']
    with pytest.raises(ValueError, match=r"on_full_disk: expected one of \('go_on', 'stop'\), got 'ignore'"):
        train(str(tmp_path), on_full_disk='ignore')


def test_weights_that_are_no_numbers_replace_nothing(tmp_path):
    runner = train(str(tmp_path), most=3, interval=1, max_keep_ckpts=1)
    # Without the hook that looks before a checkpoint is made: what is written is looked at too.
    runner._hooks = [hook for hook in runner.hooks if type(hook).__name__ != 'FiniteLossHook']
    before = runner.model.forward

    def forward(inputs, mode='tensor'):
        if runner.iter == 1:
            runner.model.norm.running_var.fill_(float('nan'))
        return before(inputs, mode)

    runner.model.forward = forward
    with pytest.raises(NonFiniteError, match=r'iter_2.pth is not written: .*norm.running_var'):
        runner.train()
    assert names(tmp_path) == ['iter_1.pth'] and resume_point(tmp_path).path == str(tmp_path / 'iter_1.pth')


def test_buffers_that_are_infinite_by_design(tmp_path):
    runner = train(str(tmp_path), most=1)
    runner.model.register_buffer('least', torch.tensor(float('inf')))
    runner.train()
    assert torch.load(tmp_path / 'iter_1.pth', weights_only=False)['state_dict']['least'] == float('inf')


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize(('switch', 'order'), [('0', 'mmdepthcls, mmengine.runner'), (
    '1', 'mmdepthcls, mmengine.runner'), ('1', 'mmengine.runner, mmdepthcls')])
def test_one_variable_turns_it_off(switch, order):
    """Whatever is imported first."""
    result = run_code(f'import {order}' + '''
before = mmengine.runner.save_checkpoint
mmdepthcls.compat.prepare_host()
assert mmengine.runner.save_checkpoint is before
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner, runner
for each in (CheckpointHook.before_train, before, runner.save_checkpoint, Runner.register_hooks):
    print(hasattr(each, '__wrapped__'), hasattr(getattr(each, '__wrapped__', None), '__wrapped__'))
''', MMDEPTHCLS_HOST_PATCHES=switch)
    assert result.stdout.splitlines()[-4:] == [f'{switch == "1"} False'] * 4, result.stderr
