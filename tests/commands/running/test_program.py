import argparse
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from mmdepthcls.bins import SIDBins
from mmdepthcls.commands.running import program
from mmdepthcls.parallel import map_parallel


def run(main, arguments=(), **options):
    def parse_args():
        parser = argparse.ArgumentParser()
        program.add_arguments(parser)
        return parser.parse_args(list(arguments))

    return program.run(parse_args, main, **options)


def raising(error):
    def main(args):
        raise error
    return main


def test_statuses(capsys):
    assert run(lambda args: None) == 0
    assert run(lambda args: 1) == 1
    assert run(raising(program.UsageError('no such thing'))) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(': no such thing')
    assert run(raising(KeyboardInterrupt()), interrupted='Stopped.') == 130
    assert capsys.readouterr().err == '\nStopped.\n'


def test_a_deliberate_error_is_an_answer_and_a_bug_is_not(capsys):
    assert run(lambda args: SIDBins(90.0, 80.0, 4)) == 1
    captured = capsys.readouterr().err
    assert 'min_depth' in captured and 'Traceback' not in captured
    assert run(lambda args: SIDBins(90.0, 80.0, 4), failed=2) == 2
    # Raised inside the package, by Python and not by a statement of the package.
    with pytest.raises(TypeError):
        run(lambda args: SIDBins('near', 80.0, 4))
    with pytest.raises(ValueError, match='raised outside'):
        run(raising(ValueError('raised outside of the package')))
    with pytest.raises(ZeroDivisionError):
        run(lambda args: 1 / 0)


@pytest.mark.parametrize('settings, words', [
    (dict(type='AdamW', lr=[1, 0.005]), 'AdamW: '), (dict(type='SGD', lr=-1.0), 'SGD: Invalid learning rate: -1')])
def test_what_a_class_of_a_config_refuses_is_an_answer(settings, words, capsys):
    from mmengine.optim import OPTIMIZERS
    weights = [torch.nn.Parameter(torch.ones(1))]
    assert run(lambda args: OPTIMIZERS.build(dict(settings, params=weights))) == 1
    assert f'the config is wrong: {words}' in capsys.readouterr().err
    with pytest.raises((TypeError, ValueError)):  # no config says so
        run(lambda args: getattr(torch.optim, settings['type'])(weights, lr=settings['lr']))


def test_a_backbone_of_timm_without_timm(monkeypatch):
    from mmseg.models.backbones import TIMMBackbone, timm_backbone
    monkeypatch.setattr(timm_backbone, 'timm', None)
    with pytest.raises(RuntimeError) as error:
        TIMMBackbone(model_name='efficientnet_lite0')
    assert program.answer_of(error.value).endswith('pip install timm')


def test_what_the_system_says_of_a_file_is_an_answer(capsys, tmp_path):
    assert run(lambda args: (tmp_path / 'nothing').read_text()) == 1
    assert capsys.readouterr().err.strip().endswith(f'{tmp_path / "nothing"}: No such file or directory')


def test_debug_shows_the_traceback(capsys, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['tool.py', '--debug'])
    assert run(lambda args: SIDBins(90.0, 80.0, 4), ['--debug']) == 1
    captured = capsys.readouterr().err
    assert 'Traceback' in captured and captured.splitlines()[-1].startswith('tool: ')


def test_refusing_makes_answers_refusals():
    with pytest.raises(program.UsageError, match='min_depth'), program.refusing():
        SIDBins(90.0, 80.0, 4)
    with pytest.raises(ZeroDivisionError), program.refusing():
        _ = 1 / 0


def refuse(value):
    return SIDBins(90.0, 80.0, value)


def test_answers_of_other_processes(tmp_path):
    for function, answer in ((refuse, 'min_depth'), (open, 'No such file'), (int, None)):
        with pytest.raises((OSError, ValueError)) as caught:
            list(map_parallel(function, [str(tmp_path / 'a'), 'b'] if function is not refuse else [4, 5], title='',
                              workers=2, progress=False))
        found = program.answer_of(caught.value)
        assert found is None if answer is None else answer in found


def test_an_answer_of_a_process_that_loads_data():
    from torch._utils import ExceptionWrapper
    for function, expected in ((lambda: SIDBins(90.0, 80.0, 4), 'min_depth'), (lambda: 1 / 0, None)):
        try:
            function()
        except Exception:
            wrapper = ExceptionWrapper(where='in DataLoader worker process 0')
        with pytest.raises((ValueError, ZeroDivisionError)) as caught:
            wrapper.reraise()
        found = program.answer_of(caught.value)
        assert found is None if expected is None else expected in found


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    script = tmp_path / 'talker.py'
    script.write_text("import argparse, sys\nfrom mmdepthcls.commands.running import program\n"
                      "def parse():\n    parser = argparse.ArgumentParser()\n    program.add_arguments(parser)\n"
                      "    return parser.parse_args()\n"
                      "def main(args):\n    for _ in range(100000):\n        print('x' * 80)\n"
                      "sys.exit(program.run(parse, main))\n")
    result = subprocess.run(f'{sys.executable} {script} | head -1', shell=True, capture_output=True, text=True)
    assert result.stdout == 'x' * 80 + '\n' and result.stderr == ''


@pytest.mark.parametrize(('number', 'status'), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_commands_that_are_told_to_end_clear_away_what_is_half_done(number, status, capsys, tmp_path):
    def main(args):
        try:
            (tmp_path / 'half').write_text('x')
            os.kill(os.getpid(), number)
            time.sleep(10)
        finally:
            (tmp_path / 'half').unlink()

    before = signal.signal(number, signal.SIG_DFL)  # nohup may have said that it is ignored
    try:
        with pytest.raises(SystemExit) as end:
            program.run(lambda: argparse.Namespace(verbose=True), main)
        assert end.value.code == status and f'Stopped by {signal.Signals(number).name}.' in capsys.readouterr().err
        assert not (tmp_path / 'half').exists() and signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_what_the_system_ignores_stays_ignored(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert program.run(lambda: argparse.Namespace(verbose=True), lambda args: os.kill(os.getpid(), 1)) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


class Interrupted:
    """Is told to end while Python clears it away, where exceptions are passed over."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)


def test_ctrl_c_is_not_lost_where_something_is_cleared_away(capfd):
    def main(args):
        gone = Interrupted()
        del gone
        time.sleep(30)

    before, hook = signal.signal(signal.SIGINT, signal.default_int_handler), sys.unraisablehook
    try:
        start = time.monotonic()
        assert program.run(lambda: argparse.Namespace(verbose=True), main) == 130
        assert time.monotonic() - start < 20 and 'Exception ignored' not in capfd.readouterr().err
        assert sys.unraisablehook is hook
    finally:
        signal.signal(signal.SIGINT, before)
