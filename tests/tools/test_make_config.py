"""tools/make_config.py, and the shipped config that it writes."""
from pathlib import Path

import pytest

import mmdepthcls  # noqa: F401  (imported only to register)

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'make_config.py'
SEGFORMER = 'segformer_mit-b0_8xb2-160k_ade20k-512x512.py'


@pytest.fixture
def make(run_here, monkeypatch):
    """Runs the tool: status, output."""
    import runpy
    import sys

    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, arguments)])
        try:
            runpy.run_path(str(TOOL), run_name='__main__')
        except SystemExit as end:
            return end.code
        return 0

    return run


def test_writes_the_shipped_segformer_config(make, tmp_path, capsys):
    path = tmp_path / 'segformer_mit-b0_kitti_sid71.py'
    assert make(SEGFORMER, '--dataset', 'kitti', '--bins', 'sid71', '--crop', 352, 704) == 0
    assert path.read_text('utf-8') == (ROOT / 'configs' / path.name).read_text('utf-8')
    out = capsys.readouterr().out
    for change in ('model.type: EncoderDecoder -> DepthClassifier', 'num_classes: 150 -> 71 in decode_head',
                   'crop: 352 x 704 (as asked for)', 'IoUMetric -> DepthEvaluator', "save_best='abs_rel'",
                   'kept: AdamW', 'Tried: 3.7 million parameters'):
        assert change in out


def test_overwrites_nothing_without_force(make, tmp_path, capsys):
    path = tmp_path / 'mine.py'
    path.write_text('precious')
    assert make(SEGFORMER, '--no-trial', '--out', path) == 1 and '--force' in capsys.readouterr().err
    assert path.read_text() == 'precious'
    assert make(SEGFORMER, '--no-trial', '--out', path, '--force') == 0
    assert 'DepthClassifier' in path.read_text()


@pytest.mark.parametrize('arguments, message', [
    (['knet-s3_r50-d8_fcn_8xb2-adamw-80k_ade20k-512x512'], 'K-Net'),
    (['no_such_recipe'], 'neither a file nor a recipe'),
    ([SEGFORMER, '--bins', 'foo'], 'sid71'),
    ([SEGFORMER, '--bins', 'sid71', '--min-depth', 0], 'min_depth'),
])
def test_a_refusal_is_a_message_and_leaves_no_file(make, tmp_path, capsys, arguments, message):
    assert make(*arguments) == 2
    refusal = capsys.readouterr().err
    assert refusal.startswith('make_config: ') and message in refusal
    assert not list(tmp_path.iterdir())
