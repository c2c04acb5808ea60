"""Every pair of the options of tools/test.py, with the real evaluators: it works, or is refused before anything is
built. Those that work are tried in the largest sets that hold no refused pair, and, in the long tests, each alone. All
runs have --work-dir, --cfg-options and --launcher none beside."""
import argparse
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

from mmdepthcls.commands.test.option_pairs import CONTRADICTIONS, check_options

TOOL = Path(__file__).parents[2] / 'tools' / 'test.py'
LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
FLIPS = [dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)]
# A display that nobody looks at: the windows are drawn, and closed after --wait-time.
DISPLAY = """
from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas
"""
OPTIONS = {
    'out': ['--out', 'out'], 'show': ['--show', '--wait-time', '0.01'], 'show_dir': ['--show-dir', 'pictures'],
    'protocols': ['--protocols', 'kitti_devkit'], 'aligned': ['--aligned'],
    'report': ['--report', 'report'],
    'submission': ['--submission', 'submission', '--submission-images', 'benchmark'], 'tta': ['--tta']}
REFUSED = {frozenset(names) for *names, _ in CONTRADICTIONS}


@pytest.fixture(scope='module')
def folder(tmp_path_factory, minidrive, small_model_cfg):
    """With a config, weights, two of the benchmark's images and a display."""
    from mmengine.registry import DefaultScope
    from small_data import random_image, write
    folder = tmp_path_factory.mktemp('options')
    bins = small_model_cfg()['bins']
    dataset = dict(type='MiniDriveDataset', data_root=minidrive, split='test', test_mode=True,
                   pipeline=[*LOAD, dict(type='PackDepthInputs')])
    cfg = Config(dict(
        custom_imports=dict(imports=['mmdepthcls'], allow_failed_imports=False),
        model=small_model_cfg(test_cfg=dict(mode='whole', outputs=('logits', ))),
        test_dataloader=dict(batch_size=1, num_workers=2, persistent_workers=True, dataset=dict(
            type='ConcatDataset', datasets=[dataset]), sampler=dict(type='DefaultSampler', shuffle=False)),
        test_cfg=dict(type='TestLoop'), default_hooks=dict(visualization=dict(type='SegVisualizationHook')),
        test_evaluator=[dict(type='EdgeEvaluator'), dict(type='UncertaintyEvaluator', bins=bins),
                        dict(type='DepthEvaluator', max_depth=50.0)],
        tta_model=dict(type='DepthTTAModel'), tta_pipeline=[LOAD[0], dict(type='TestTimeAug', transforms=[
            FLIPS, LOAD[1:], [dict(type='PackDepthInputs')]])]))
    cfg.dump(folder / 'config.py')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict()), folder / 'weights.pth')
    for number in range(2):
        write(folder / f'benchmark/{number:010d}.png', random_image(number, (352, 1216)))
    (folder / 'display.py').write_text(DISPLAY)
    (folder / 'test.py').write_text(f'''import runpy, matplotlib
matplotlib.use('module://display')
runpy.run_path({str(TOOL)!r}, run_name='__main__')
''')
    return folder


def run(folder, cwd, options, tool=TOOL, **environment):
    return run_script(
        tool, folder / 'config.py', folder / 'weights.pth', '--work-dir', 'work', '--launcher', 'none', '--cfg-options',
        'test_dataloader.num_workers=0', *options, cwd=cwd, **environment)


def go_together(names):
    return all(frozenset(pair) not in REFUSED for pair in itertools.combinations(names, 2))


PAIRS = [pair for pair in itertools.combinations(OPTIONS, 2) if go_together(pair)]
SETS = [names for count in range(2, len(OPTIONS)) for names in itertools.combinations(OPTIONS, count)
        if go_together(names) and not any(go_together((*names, other)) for other in OPTIONS if other not in names)]


def test_the_sets_hold_all_pairs():
    assert len(SETS) < 8 and {pair for names in SETS for pair in itertools.combinations(names, 2)} == set(PAIRS)


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize(
    'names', [*SETS, *(pytest.param(pair, marks=pytest.mark.long) for pair in PAIRS)], ids='-'.join)
def test_options_that_go_together(names, folder, tmp_path):
    (tmp_path / 'benchmark').symlink_to(folder / 'benchmark')
    options = [text for name in names for text in OPTIONS[name]]
    result = run(folder, tmp_path, options, folder / 'test.py' if 'show' in names else TOOL)
    output = result.stdout + result.stderr
    if 'submission' in names:  # of two images
        assert result.returncode == 1 and 'a submission is 500 images, got 2' in result.stderr, result.stderr[-2000:]
        assert len(list((tmp_path / 'submission').glob('*.png'))) == 2
    else:
        assert result.returncode == 0, result.stderr[-2000:]
        assert 'Depth errors, 3 images' in output and 'Depth edges, 3 of 3 images' in output
    for name, file in (('out', 'out/**/*.png'), ('show_dir', 'pictures/**/*.png')):
        number = 2 if 'submission' in names else 3
        assert len(list(tmp_path.glob(file))) == (number if name in names else 0)
    assert (tmp_path / 'report/report.md').is_file() == ('report' in names)
    assert ('kitti_devkit' in output) == ('protocols' in names)
    if 'submission' not in names:
        assert ('median-scaled' in output and 'scale-and-shift-aligned' in output) == ('aligned' in names)
    assert ("DepthEvaluator(max_depth=50.0) does not apply" in output) == ('protocols' in names)


@pytest.mark.parametrize('pair', sorted(map(sorted, REFUSED)), ids='-'.join)
def test_pairs_that_contradict_each_other(pair, folder, tmp_path, capsys):
    args = argparse.Namespace(**{name: name in pair for name in OPTIONS})
    with pytest.raises(ValueError, match='^give --.* or --.*, not both: '):
        check_options(args)


def test_refusals_are_one_line(folder, tmp_path):
    for options, words in (
            (['--protocols', 'bts', '--tta'], 'test.py: error: give --protocols or --tta, not both'),
            (['--show'], 'test: --show: there is no display'),
            (['load_form=a'], "test: --cfg-options load_form: the config has no 'load_form'. Is load_from meant?"),
            (['--launcher', 'pytorch', '--out', 'out'], 'test: --launcher pytorch: this process was not started by '),
            (['--submission', 'out'], 'test: --submission-images: there is no folder ')):
        result = run(folder, tmp_path, options, RANK='')
        last = [line for line in result.stderr.splitlines() if line.strip()][-1]
        assert result.returncode and last.startswith(words) and 'Traceback' not in result.stderr, result.stderr[-2000:]
        assert not list(tmp_path.iterdir())  # nothing was begun


def test_augmentation_changes_the_prediction(folder, tmp_path):
    """And not only the pipeline: what is written differs from what one view gives."""
    import cv2
    maps = []
    for name, options in (('plain', []), ('tta', ['--tta'])):
        assert run(folder, tmp_path, [*options, '--out', name]).returncode == 0
        maps.append(np.stack([cv2.imread(str(path), -1) for path in sorted((tmp_path / name).rglob('*.png'))]))
    assert maps[0].shape == maps[1].shape and not np.array_equal(*maps)


@pytest.fixture
def mixed(folder, minidrive, tmp_path):
    """The same of two sets that are scored apart: their images have the same names."""
    cfg = Config.fromfile(folder / 'config.py')
    dataset = cfg.test_dataloader.dataset.datasets[0]
    cfg.test_dataloader.dataset.datasets = [
        dict(dataset, set_name='dense'), dict(dataset, set_name='sparse', ground_truth='sparse')]
    cfg.test_evaluator = [dict(type='EdgeEvaluator'), dict(type='PerSetEvaluator', sets=dict(
        dense=dict(max_depth=50.0), sparse={}))]
    cfg.dump(tmp_path / 'mixed.py')
    return tmp_path / 'mixed.py'


@pytest.mark.long  # its slices: tests/evaluation/test_per_set_evaluator.py, tests/commands/test/test_testing_options.py
@pytest.mark.parametrize('names', [('out', 'show_dir', 'protocols', 'aligned', 'report'),
                                   ('out', 'show_dir', 'aligned', 'report', 'tta')], ids='-'.join)
def test_options_of_several_sets(names, mixed, folder, tmp_path):
    options = [text for name in names for text in OPTIONS[name]]
    if 'protocols' in names:
        options[options.index('kitti_devkit')] = 'dense:kitti_devkit'
    result = run_script(TOOL, mixed, folder / 'weights.pth', '--work-dir', 'work', '--cfg-options',
                        'test_dataloader.num_workers=0', *options, cwd=tmp_path)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output[-3000:]
    assert 'Depth errors of 2 sets, 6 images' in output and 'mean of the sets' in output
    for name in ('dense', 'sparse'):
        assert len(list((tmp_path / 'out' / name).rglob('*.png'))) == 3
        assert 'median-scaled' in (tmp_path / 'report' / name / 'report.md').read_text()
    assert ('kitti_devkit' in (tmp_path / 'report/report.md').read_text()) == ('protocols' in names)
    assert len(list((tmp_path / 'pictures').rglob('*.png'))) == 6
    again = run_script(TOOL, mixed, folder / 'weights.pth', '--work-dir', 'work', *options, cwd=tmp_path)
    assert again.returncode == 0, again.stderr[-2000:]  # over its own output
