"""The command-line tools, run as users run them: this project's, and MMSegmentation's own with our configs."""
import json
import re
from functools import partial
from pathlib import Path

import cv2
import mmseg
import numpy as np
import pytest
from script_process import run_code, run_script

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'
MMSEG_TOOLS = Path(mmseg.__file__).parent / '.mim' / 'tools'
QUICK = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'train_dataloader.batch_size=2',
         *(f'{name}_dataloader.{key}' for name in ('train', 'val', 'test')
           for key in ('num_workers=0', 'persistent_workers=False'))]


def run_tool(tool, *arguments, cwd, options=(), **environment):
    result = run_script(tool, *arguments, '--cfg-options', *QUICK, *options, cwd=cwd, **environment)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


@pytest.fixture(scope='module')
def trained(minidrive, tmp_path_factory):
    """Work dir of a short training with this project's tool."""
    folder = tmp_path_factory.mktemp('train')
    out = run_tool(ROOT / 'tools' / 'train.py', CONFIG, cwd=folder, fresh=True, MINIDRIVE_ROOT=minidrive)
    assert '| last validation |' in out and 'Could not import' not in out and 'INFO' not in out
    return folder / 'work_dirs' / CONFIG.stem


def test_training_leaves_the_best_checkpoint_and_tensorboard_events(trained):
    assert (trained / 'best_abs_rel_iter_2.pth').stat().st_size > 1e6
    assert list(trained.rglob('events.out.tfevents*'))
    assert (trained / 'last_checkpoint').read_text().endswith('iter_2.pth')


def test_resume_goes_on_where_training_stopped(trained, minidrive, tmp_path):
    import shutil
    copied = tmp_path / 'work'
    shutil.copytree(trained, copied)
    (copied / 'last_checkpoint').write_text(str(copied / 'iter_2.pth'))
    out = run_tool(ROOT / 'tools' / 'train.py', CONFIG, '--resume', '--work-dir', copied, cwd=tmp_path,
                   options=['train_cfg.max_iters=4'], MINIDRIVE_ROOT=minidrive)
    assert 'from iteration 2 on' in out and (copied / 'iter_4.pth').exists()


def test_test_ends_with_the_table_and_writes_predictions_and_pictures(trained, minidrive, tmp_path):
    out = run_tool(ROOT / 'tools' / 'test.py', CONFIG, trained / 'iter_2.pth', '--out', tmp_path / 'out', '--show-dir',
                   tmp_path / 'show', '--work-dir', tmp_path / 'work', cwd=tmp_path, fresh=True,
                   MINIDRIVE_ROOT=minidrive)
    last = out.strip().splitlines()[-3:]
    assert last[0].split('|')[2].strip() == 'd1' and last[2].startswith('| test |')
    predictions = sorted((tmp_path / 'out').rglob('*.png'))
    assert len(predictions) == 3
    depth = cv2.imread(str(predictions[0]), cv2.IMREAD_UNCHANGED)
    assert depth.shape == (64, 128) and depth.dtype == np.uint16 and (depth > 0).all()
    assert len(list((tmp_path / 'show').rglob('*.png'))) == 3


def test_report(trained, minidrive, tmp_path):
    run_tool(ROOT / 'tools' / 'test.py', CONFIG, trained / 'iter_2.pth', '--report', tmp_path / 'report', '--work-dir',
             tmp_path / 'work', cwd=tmp_path, MINIDRIVE_ROOT=minidrive)
    report = (tmp_path / 'report' / 'report.md').read_text('utf-8')
    assert f'{CONFIG.name}, iter_2.pth' in report and 'bins alone' in report and 'best constant' in report
    pictures = re.findall(r'\]\((\S+\.png)\)', report)
    assert len(pictures) >= 4 and all(cv2.imread(str(tmp_path / 'report' / name)) is not None for name in pictures)
    contents = json.loads((tmp_path / 'report' / 'report.json').read_text('utf-8'))
    assert len(contents['images']) == 3


def test_mmsegmentations_inference_api(trained, minidrive):
    """Trap 11: it strips annotation loaders by name; ours must do nothing where there is no depth to load."""
    code = f'''
import numpy as np
import mmdepthcls
from mmseg.apis import inference_model, init_model
model = init_model({str(CONFIG)!r}, {str(trained / 'iter_2.pth')!r}, device='cpu')
for image in ({minidrive!r} + '/image/test/000000.png', np.zeros((50, 70, 3), np.uint8)):
    print(tuple(inference_model(model, image).pred_depth_map.data.shape))
'''
    result = run_code(code)
    assert result.stdout.strip().splitlines()[-2:] == ['(1, 64, 128)', '(1, 50, 70)'], result.stderr[-2000:]


def test_test_time_augmentation(trained, minidrive, tmp_path):
    out = run_tool(ROOT / 'tools' / 'test.py', CONFIG, trained / 'iter_2.pth', '--tta', '--work-dir', tmp_path / 'work',
                   cwd=tmp_path, MINIDRIVE_ROOT=minidrive)
    assert 'Depth errors, 3 images' in out


def test_a_checkpoint_of_other_bins_is_refused(trained, minidrive, tmp_path):
    with pytest.raises(AssertionError, match='trained for other bins'):
        run_tool(ROOT / 'tools' / 'test.py', CONFIG, trained / 'iter_2.pth', '--work-dir', tmp_path / 'work',
                 cwd=tmp_path, options=['model.bins.max_depth=70.0'], MINIDRIVE_ROOT=minidrive)


def test_resuming_with_other_bins_is_refused(trained, minidrive, tmp_path):
    with pytest.raises(AssertionError, match='Cannot resume'):
        run_tool(ROOT / 'tools' / 'train.py', CONFIG, '--resume', '--work-dir', tmp_path / 'work', cwd=tmp_path,
                 options=['model.bins.max_depth=70.0', f'load_from={trained / "iter_2.pth"}'],
                 MINIDRIVE_ROOT=minidrive)


def test_a_nan_loss_stops_the_run(minidrive, tmp_path):
    """Trap 6."""
    with pytest.raises(AssertionError, match='The loss is not finite at iteration|weights or buffers are not finite'):
        run_tool(ROOT / 'tools' / 'train.py', CONFIG, cwd=tmp_path, MINIDRIVE_ROOT=minidrive, options=[
            'train_cfg.max_iters=4', 'optim_wrapper.optimizer.lr=1e30', 'param_scheduler=[]'])
    assert not list(tmp_path.rglob('*.pth'))


def test_mmsegmentations_own_tools_run_our_config(minidrive, tmp_path):
    run_tool(MMSEG_TOOLS / 'train.py', CONFIG, '--work-dir', tmp_path / 'work', cwd=tmp_path, fresh=True,
             MINIDRIVE_ROOT=minidrive)
    out = run_tool(MMSEG_TOOLS / 'test.py', CONFIG, tmp_path / 'work' / 'iter_2.pth', '--out', tmp_path / 'out',
                   '--show-dir', tmp_path / 'show', '--work-dir', tmp_path / 'work', cwd=tmp_path, fresh=True,
                   MINIDRIVE_ROOT=minidrive)
    assert 'Depth errors, 3 images' in out
    assert len(list((tmp_path / 'out').rglob('*.png'))) == 3 and list((tmp_path / 'show').rglob('*.png'))


@pytest.fixture
def demo(minidrive, tmp_path):
    """Run the demo on a small MiniDrive, which must be told since the folder holds it already."""
    options = ['--data', minidrive, '--scenes', 4, 2, 3, '--size', 64, 128, '--work-dir', 'demo']
    return partial(run_script, ROOT / 'tools' / 'demo.py', *options, cwd=tmp_path)


def kept_state(folder):
    state = folder / 'demo' / 'demo.json'
    return state, json.loads(state.read_text())


def test_the_demo_makes_trains_scores_and_draws_and_goes_on_where_it_stopped(demo, minidrive, tmp_path):
    result = demo('--iterations', 2, fresh=True)
    assert result.returncode == 0, result.stderr[-3000:]
    lines = [*result.stdout.splitlines(), *result.stderr.splitlines()]  # 80 columns, but for the long path of the data
    assert len(lines) < 60 and max(len(line) for line in lines if minidrive not in line) <= 80
    table = result.stdout[result.stdout.rindex('MiniDrive test split, 3 images'):result.stdout.rindex('Done in')]
    for row in ('best constant, ', 'mean depth per pixel', 'bins alone', 'model'):
        assert f'| {row}' in table
    assert 'Black: no depth is known there' in table and re.search(r'^  3  image/test/', table, re.M)
    assert cv2.imread(str(tmp_path / 'demo' / 'demo.png')) is not None

    again = demo('--iterations', 2)
    assert again.stdout.startswith('This demo is finished') and table.strip() in again.stdout
    assert '1/2' not in again.stdout

    # Stopped within the training: it goes on from the last checkpoint.
    state, kept = kept_state(tmp_path)
    state.write_text(json.dumps(dict(settings={**kept['settings'], 'iterations': 3}, seconds=1.0)))
    again = demo('--iterations', 3)
    assert again.returncode == 0, again.stderr[-2000:]
    assert 'from iteration 2 on' in again.stdout and '3/3' in again.stdout and '1/3' not in again.stdout


@pytest.mark.long
def test_a_demo_that_was_stopped_after_training_or_has_other_settings(demo, tmp_path):
    first = demo('--iterations', 2)
    table = first.stdout[first.stdout.rindex('MiniDrive test split, 3 images'):first.stdout.rindex('Done in')]

    # Stopped after the training: it is not trained again.
    state, kept = kept_state(tmp_path)
    state.write_text(json.dumps({key: value for key, value in kept.items() if key != 'text'}))
    again = demo('--iterations', 2)
    assert 'Trained before: demo' in again.stdout and '1/2' not in again.stdout and table.strip() in again.stdout

    # Of other settings: anew.
    again = demo('--iterations', 1)
    assert 'Resuming' not in again.stdout and 'on from' not in again.stdout and '1/1' in again.stdout

    # In a folder of another training: not at all.
    state.unlink()
    again = demo('--iterations', 1)
    assert again.returncode == 2 and '--work-dir demo holds iter_1.pth of another training' in again.stderr
    assert (tmp_path / 'demo/iter_1.pth').is_file()


def test_the_log_file_has_what_the_console_has_not(trained):
    log = next(trained.rglob('*.log')).read_text('utf-8')
    for text in ('System environment', 'Config:', 'Hooks will be executed', 'Depth errors, 2 images'):
        assert text in log


@pytest.mark.long  # a slice: the test above
def test_verbose_brings_back_what_mmengine_says(trained, minidrive, tmp_path):
    arguments = [CONFIG, trained / 'iter_2.pth', '--work-dir', tmp_path / 'work']
    quiet = run_tool(ROOT / 'tools' / 'test.py', *arguments, cwd=tmp_path, MINIDRIVE_ROOT=minidrive)
    assert 'INFO' not in quiet and 'Data    3 samples (MiniDriveDataset' in quiet and 'Depth errors, 3 images' in quiet
    out = run_tool(ROOT / 'tools' / 'test.py', *arguments, '--verbose', cwd=tmp_path, MINIDRIVE_ROOT=minidrive)
    assert 'mmengine - INFO' in out and 'Hooks will be executed' in out and 'Data    3' not in out


@pytest.mark.parametrize(('names', 'scored', 'seen'), [
    (['eigen_annotated', 'eigen_raw', 'monodepth2', 'paper', 'kitti_devkit', 'bts'], [3, 1, 1, 1, 3, 0], 'full'),
    (['bts', 'adabins'], [3, 3], 'kb')])
@pytest.mark.long  # a slice: test_pairs_of_options
def test_protocols_on_real_frames(names, scored, seen, kitti_sample, tmp_path):
    """The KB crop is another input: each row is scored or says why not."""
    config = ROOT / 'configs' / 'deeplabv2_r18_kitti_frames_sid71.py'
    run_tool(ROOT / 'tools' / 'train.py', config, '--work-dir', tmp_path, cwd=tmp_path, KITTI_ROOT=kitti_sample)
    out = run_tool(ROOT / 'tools' / 'test.py', config, tmp_path / 'iter_2.pth', '--work-dir', tmp_path,
                   '--protocols', *names, cwd=tmp_path, KITTI_ROOT=kitti_sample)
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in out.splitlines() if line.startswith('| ')]
    conditions = {row[0]: row[1:] for row in rows if len(row) > 12}
    assert [conditions[name][1] for name in names] == [str(count) for count in scored]
    assert conditions[names[0]][2] == seen
    last = {row[0]: row[1:] for row in rows[-len(names):]}
    assert all((last[name][3] == '-') == (count == 0) for name, count in zip(names, scored, strict=True))
    assert ('bts: nothing is scored' in out) == (0 in scored)


def test_make_minidrive(tmp_path):
    result = run_script(
        ROOT / 'tools' / 'make_minidrive.py', 'mini', '--train', 1, '--val', 1, '--test', 1, '--height', 32, '--width',
        64, '--workers', 1, cwd=tmp_path, fresh=True)
    assert result.returncode == 0, result.stderr[-2000:]
    assert len(list((tmp_path / 'mini').rglob('*.png'))) == 9


def test_make_minidrive_of_a_world_and_another_camera(tmp_path):
    def make(*arguments):
        return run_script(ROOT / 'tools' / 'make_minidrive.py', 'mini', '--train', 1, '--val', 0, '--test', 0,
                          '--height', 32, '--width', 64, '--workers', 1, *arguments, cwd=tmp_path)

    for arguments, message in (
        (('--focal', 0), "a camera's focal (image widths) must be from 0.1 to 10, got 0.0"),
        (('--world', 'target', '--look', 'varied'), "the world 'target' has streets of its own: leave out the look"),
    ):
        result = make(*arguments)
        assert result.returncode == 2 and message in result.stderr and not (tmp_path / 'mini').exists()
    result = make('--world', 'source', '--camera-height', 2.5)
    assert result.returncode == 0, result.stderr[-2000:]
    manifest = json.loads((tmp_path / 'mini' / 'minidrive.json').read_text())
    assert manifest['world'] == 'source' and manifest['focal_px'] == pytest.approx(0.416 * 64)
    assert manifest['camera'] == {'focal': 0.416, 'height': 2.5, 'pitch': 0.0, 'aspect': 1.0}
    result = make('--world', 'source')
    assert result.returncode == 1 and 'holds another MiniDrive (camera: found' in result.stderr
