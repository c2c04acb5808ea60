"""Trainings that are told to end, as terminals and batch systems tell them: in processes of their own."""
import signal
import time

import pytest
import torch
from mmengine.hooks import Hook
from stopped_training import Training, lives, train

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def saved(folder):
    path = (folder / 'last_checkpoint').read_text()
    return torch.load(path, weights_only=False)['meta']


@pytest.mark.parametrize(('number', 'by_epoch', 'workers'), [
    (signal.SIGTERM, False, 2), (signal.SIGINT, True, 2), (signal.SIGHUP, False, 0)])
def test_a_stopped_training_saves_what_it_has_learned(tmp_path, number, by_epoch, workers):
    folder = tmp_path / 'run'
    # An epoch has 50 steps: it ends within one.
    training = Training(folder, by_epoch=by_epoch, workers=workers, step=0.05, length=100)
    training.wait_for('iteration 3').send(number)
    assert training.status() == STATUS[number], training.text()
    done = max(int(line.split()[1]) for line in training.reached() if line.startswith('iteration'))
    meta = saved(folder)
    assert meta['iter'] == done and meta['epoch'] == 0 and (folder / f'iter_{done}.pth').exists()
    lines = [line for line in training.text().splitlines() if 'Stopped' in line]
    assert len(lines) == 1 and f'{signal.Signals(number).name} after iteration {done}.' in lines[0]
    assert 'Traceback' not in training.text() and len(training.workers()) == workers
    assert not any(map(lives, training.workers()))
    # It goes on from there.
    again = Training(folder, by_epoch=by_epoch, length=100, step=0.05, resume=True).wait_for(f'begin 0 {done}')
    again.wait_for(f'iteration {done + 1}').send(number)
    assert again.status() == STATUS[number]


def test_before_the_first_step_and_in_a_validation_it_ends_at_once(tmp_path):
    first = Training(tmp_path / 'a', load=300)
    first.wait_for('load').send(signal.SIGTERM)
    assert first.status() == 143 and 'Nothing was trained yet' in first.text()
    for name, interval in (('b', 3), ('c', 10)):  # also where it was not the turn to save
        training = Training(tmp_path / name, val=300, interval=interval)
        training.wait_for('val').send(signal.SIGINT)
        assert training.status() == 130 and saved(tmp_path / name)['iter'] == 3


def test_a_second_signal_ends_it_at_once(tmp_path):
    training = Training(tmp_path / 'run', step=20, load=0.01, workers=2)
    training.wait_for('load')
    time.sleep(1)  # in the first step
    training.send(signal.SIGTERM)
    time.sleep(0.3)
    assert training.process.is_alive()
    begin = time.monotonic()
    training.send(signal.SIGTERM)
    assert training.status() == 143 and time.monotonic() - begin < 5
    time.sleep(0.2)
    assert not any(map(lives, training.workers()))


def test_no_worker_outlives_a_training_that_is_killed(tmp_path):
    training = Training(tmp_path / 'run', step=0.05, workers=2)
    training.wait_for('iteration 2').send(signal.SIGKILL, group=False)
    training.status()
    end = time.monotonic() + 3
    while any(map(lives, training.workers())) and time.monotonic() < end:
        time.sleep(0.05)
    assert len(training.workers()) == 2 and not any(map(lives, training.workers()))


def test_a_signal_that_is_ignored_stays_so(tmp_path):
    training = Training(tmp_path / 'run', step=0.02, most=40, nohup=True)
    training.wait_for('iteration 1').send(signal.SIGHUP)
    assert training.status() == 0 and saved(tmp_path / 'run')['iter'] == 40


def test_an_epoch_that_was_cut_is_replaced_when_it_is_complete(tmp_path):
    folder = tmp_path / 'run'
    first = Training(folder, by_epoch=True, step=0.05, length=40)
    first.wait_for('iteration 3').send(signal.SIGTERM)
    assert first.status() == 143
    cut, = folder.glob('iter_*.pth')
    assert Training(folder, by_epoch=True, length=40, resume=True, most=1, interval=1).status() == 0
    assert not cut.exists() and [path.name for path in folder.glob('*.pth')] == ['epoch_1.pth']


def test_processes_that_train_together_stop_after_the_same_step(tmp_path):
    """One of them hears the signal, and not the one that saves."""
    folder = tmp_path / 'run'
    both = [Training(folder, rank, step=0.05) for rank in (0, 1)]
    both[0].wait_for('iteration 2')
    both[1].wait_for('iteration 2').send(signal.SIGTERM)
    assert [training.status() for training in both] == [143, 143], [training.text() for training in both]
    ends = {training.reached()[-1] for training in both}
    assert ends == {f'iteration {saved(folder)["iter"]}'}
    assert [training.text().count('Stopped by SIGTERM') for training in both] == [1, 0]


def test_a_training_that_fails_listens_no_more(tmp_path):
    class Broken(Hook):
        def after_train_iter(self, runner, **_):
            raise ZeroDivisionError

    before = [signal.getsignal(number) for number in STATUS]
    with pytest.raises(ZeroDivisionError):
        train(str(tmp_path / 'run'), hooks=[Broken()]).train()
    assert [signal.getsignal(number) for number in STATUS] == before and not (tmp_path / 'run/training.lock').exists()
    train(str(tmp_path / 'run'), most=1).train()
    assert [signal.getsignal(number) for number in STATUS] == before
