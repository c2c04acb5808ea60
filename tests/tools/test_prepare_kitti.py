"""tools/prepare_kitti.py: what it prints, writes, and the status with which it ends."""
import functools
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from small_data import BUILDERS

from mmdepthcls.commands.prepare import kitti_files

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'prepare_kitti.py'
DRIVE = '2011_09_26_drive_0001'
SPLIT = dict(train=[(DRIVE, 5), (DRIVE, 6)], test=[(DRIVE, 11)], train_annotated=[(DRIVE, 5), (DRIVE, 6)],
             test_annotated=[])


@pytest.fixture
def run(run_here, monkeypatch):
    """Runs the tool in this process, with small lists of frames. Returns status, output and messages."""
    monkeypatch.setattr(kitti_files, 'eigen_split', SPLIT.__getitem__)
    return partial(run_here, TOOL)


@pytest.fixture
def kitti(tmp_path):
    """A complete tree where the tool looks for it."""
    return BUILDERS.kitti(tmp_path / 'data/kitti')


@pytest.fixture
def bucket(tmp_path):
    """Address of a server, and the folder that it serves: KITTI's archives, made from a small tree."""
    tree, folder = BUILDERS.kitti(tmp_path / 'original'), tmp_path / 'bucket'
    for path, top, pattern in ((f'raw_data/{DRIVE}/{DRIVE}_sync.zip', 'raw', f'*/{DRIVE}_sync/**/*'),
                               ('raw_data/2011_09_26_calib.zip', 'raw', '*/*.txt'),
                               ('data_depth_annotated.zip', 'annotated', '**/*')):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / path, 'w') as archive:
            for file in sorted((tree / top).glob(pattern)):
                archive.write(file, file.relative_to(tree / top))

    class Quiet(SimpleHTTPRequestHandler):

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs=dict(poll_interval=0.02), daemon=True).start()
    yield f'http://127.0.0.1:{server.server_address[1]}', folder
    server.shutdown()
    server.server_close()


def files_below(folder):
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_checking_a_complete_tree_writes_nothing_and_says_how_to_train(run, kitti):
    before = files_below(kitti)
    status, out, _ = run()
    assert status == 0 and files_below(kitti) == before
    assert out.endswith(f'Complete. Next:\n  KITTI_ROOT=data/kitti python {TOOL.with_name("train.py")} '
                        'deeplabv2_r101_kitti_sid71\n')


def test_what_is_missing_or_damaged_is_named(run, kitti):
    (kitti / f'raw/2011_09_26/{DRIVE}_sync/image_02/data/0000000006.png').unlink()
    (kitti / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000011.bin').write_bytes(b'x')
    status, out, _ = run('--split', 'train', 'test')
    assert status == 1 and f'{DRIVE} image_02: frames 6: 1 of 3' in out and 'add --download --dry-run' in out
    assert 'Damaged:\n' in out and '0000000011.bin: a LiDAR scan' in out and 'delete damaged files' in out
    assert run('--split', 'test', '--quick', '--ground-truth', 'velodyne')[0] == 0


def test_download_then_project_then_train(run, bucket, tmp_path, mmseg_scope):
    url, _ = bucket
    arguments = '--download', '--base-url', url, '--project', '--workers', 1, '--delete-archives'
    status, out, _ = run(*arguments, '--dry-run')
    assert status == 0 and 'To fetch: 3 archives' in out and not (tmp_path / 'data').exists()
    status, out, err = run(*arguments)
    assert status == 0 and '3 written, 0 kept' in out and 'Fetching and unpacking: ' in err
    assert out.count('archive deleted') == 3 and list((tmp_path / 'data/kitti/downloads').iterdir()) == []
    status, out, _ = run(*arguments)
    assert status == 0 and '0 written, 3 kept' in out
    assert sample_of(out.splitlines()[-1])['depth_map_path'] == (
        f'data/kitti/projected/train/{DRIVE}_sync/proj_depth/velodyne_raw/image_02/0000000005.png')


def sample_of(command):
    """The first training sample of the dataset of a command line, without its split (the lists are the real ones)."""
    from mmengine.config import Config, DictAction
    from mmseg.registry import DATASETS

    from mmdepthcls.shipped_files import shipped_config
    assert command.startswith('  KITTI_ROOT=')  # before any quotation mark: the shell takes it for a variable
    variable, *words = shlex.split(command)
    cfg = Config.fromfile(shipped_config(words[2]))
    options = dict(word.split('=', 1) for word in words[4:])
    cfg.merge_from_dict({key: DictAction._parse_int_float_bool(value) for key, value in options.items()})
    dataset = cfg.train_dataloader.dataset
    dataset.update(split=None, data_root=variable.removeprefix('KITTI_ROOT='), pipeline=[], lazy_init=False)
    return next(sample for sample in DATASETS.build(dataset).load_data_list() if '0000000005' in sample['img_path'])


def test_the_command_for_other_folders(run, kitti, tmp_path, mmseg_scope):
    (kitti / 'raw').rename(tmp_path / 'my raw')
    kitti.rename(tmp_path / 'my kitti')
    status, out, _ = run('my kitti', '--raw', 'my raw', '--project', 'monodepth', '--out', 'out', '--workers', 1)
    assert status == 0
    sample = sample_of(out.splitlines()[-1])
    assert sample['img_path'].startswith(str(tmp_path / 'my raw'))
    assert sample['depth_map_path'].startswith(str(tmp_path / 'out/train'))


def test_annotated_alone(run, kitti, mmseg_scope):
    shutil.rmtree(kitti / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points')
    status, out, _ = run('--ground-truth', 'annotated')
    assert status == 0 and '/groundtruth/' in sample_of(out.splitlines()[-1])['depth_map_path']


def test_archives_that_cannot_be_had(run, bucket, tmp_path):
    url, folder = bucket
    (folder / 'data_depth_annotated.zip').unlink()
    (folder / 'raw_data/2011_09_26_calib.zip').write_bytes(b'no zip')
    status, out, _ = run('--download', '--base-url', url)
    assert status == 1 and f'Cannot be had: {url}/data_depth_annotated.zip: the server answers 404' in out
    assert 'Fault: data/kitti/downloads/2011_09_26_calib.zip: the archive is damaged' in out
    assert f'{DRIVE}_sync.zip: ' in out and 'Not complete.' in out
    status, out, _ = run('--download', '--base-url', 'ftp://127.0.0.1')
    assert status == 1 and 'expected an address that begins with http' in out


def test_a_projection_is_measured_first(run, kitti):
    before = files_below(kitti)
    status, out, _ = run('--project', '--dry-run', '--workers', 1)
    assert status == 0 and '3 frames to do, 0 done\n  about 0.00 GB and 0 s' in out and files_below(kitti) == before


def test_frames_with_faults_are_named_and_the_status_says_so(run, kitti):
    for frame in (5, 6):
        (kitti / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/{frame:010d}.bin').write_bytes(bytes(160))
    status, out, _ = run('--project', '--workers', 1, '--lines', 1)
    assert status == 1 and '1 written, 0 kept' in out
    assert 'Fault: ' in out and '0000000005.bin: only 0 of' in out and 'and 1 more faults' in out


@pytest.mark.parametrize('arguments, message', [
    (['--jobs', '0'], '--jobs must be at least 1'),
    (['--dry-run'], '--dry-run goes with'),
    (['--out', 'x'], '--out goes with --project'),
    (['--delete-archives'], '--delete-archives goes with --download'),
    (['--split', 'all'], 'invalid choice'),
    (['--project', '--out', 'data/kitti/raw'], 'was not made by this tool'),
    (['--raw', __file__], 'is a file. Give the folder'),
])
def test_wrong_usage(run, kitti, arguments, message):
    status, _, err = run(*arguments)
    assert status == 2 and message in err


def test_alone_on_nothing(tmp_path):
    result = subprocess.run([sys.executable, str(TOOL), '--lines', '3'], capture_output=True, text=True, cwd=tmp_path,
                            timeout=100)
    assert result.returncode == 1 and 'Traceback' not in result.stderr and list(tmp_path.iterdir()) == []
    assert '0/24185!' in result.stdout and '2011_09_26_drive_0001: all its files' in result.stdout


def test_interrupted_it_ends_at_once_and_leaves_whole_files(kitti):
    data = kitti / f'raw/2011_09_26/{DRIVE}_sync'
    for folder, suffix in (('image_02', 'png'), ('velodyne_points', 'bin')):
        for frame in range(12, 1000):
            os.link(data / folder / f'data/0000000005.{suffix}', data / folder / f'data/{frame:010d}.{suffix}')
    code = ('import runpy, sys\nfrom mmdepthcls.commands.prepare import kitti_files\n'
            f'kitti_files.eigen_split = lambda name: [({DRIVE!r}, frame) for frame in range(12, 1000)]\n'
            f'sys.argv = ["x", {str(kitti)!r}, "--project", "--workers", "1", "--split", "train"]\n'
            f'runpy.run_path({str(TOOL)!r}, run_name="__main__")')
    process = subprocess.Popen(
        [sys.executable, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # where the tests themselves ignore it
    while not len(list(kitti.glob('projected/**/*.png'))) > 5:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=20)[0]
    assert process.returncode == 130 and 'run it again to finish' in out and 'Traceback' not in out
    assert not list(kitti.rglob('*.tmp')) and len(list(kitti.glob('projected/**/*.png'))) < 988


def test_what_the_tool_makes_itself_is_not_fetched(run, kitti):
    (kitti / 'projected').mkdir()
    status, out, _ = run('--ground-truth', 'velodyne_png', '--download', '--base-url', 'http://127.0.0.1:9')
    assert status == 1 and 'Make it with --project' in out
    assert run('--ground-truth', 'velodyne_png', '--project', '--workers', 1)[0] == 0
