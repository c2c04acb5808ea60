"""Many pictures become files: all of them, once, and none by halves, whatever stops the work."""
import json
import os
import random
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import cv2
import fork_server
import numpy as np
import pytest
from script_process import run_script

from mmdepthcls.apis.picture_source import PictureSources
from mmdepthcls.atomic_file import write_atomically
from mmdepthcls.commands.predict.file_kinds import KINDS, FileSettings
from mmdepthcls.commands.predict.prediction_folder import PredictionFolder
from mmdepthcls.commands.predict.prediction_manifest import results_in
from mmdepthcls.commands.predict.prediction_run import PredictionRun, WritingStopped
from mmdepthcls.datasets.files.depth_png import decode_depth_png
from mmdepthcls.evaluation.files.predicted_files import MANIFEST

TOOL = str(Path(__file__).parents[3] / 'tools/predict.py')


def predict(inferencer, inputs, out, kinds=('png', 'color'), settings=None, frames=None, **options):
    """What a run says."""
    sources = PictureSources(inputs, without=out, results=results_in, frames=frames)
    with PredictionFolder(out, {}, sources.paths()) as folder:
        return PredictionRun(inferencer, folder, kinds, settings or FileSettings(), progress=False,
                             **options).run(sources)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob('*') if path.is_file())


@pytest.mark.parametrize('options', [dict(workers=0), dict(workers=2, batch_size=4)])
def test_all_are_written_and_a_second_run_writes_nothing(inferencer, pictures, tmp_path, options):
    source, out = pictures(10), tmp_path / 'out'
    summary = predict(inferencer, str(source), out, **options)
    assert (summary.done, summary.before, summary.failed) == (10, 0, [])
    names = [name.removesuffix('.png') for name in files(source)]
    assert files(out) == sorted([MANIFEST, *(f'{name}{end}.png' for name in names for end in ('', '_color'))])
    result = inferencer(str(source / f'{names[0]}.png'))
    data = (out / f'{names[0]}.png').read_bytes()
    assert np.abs(decode_depth_png(data, 'x') - result.depth).max() <= 1 / 512
    times = {name: (out / name).stat().st_mtime_ns for name in files(out)}
    summary = predict(inferencer, str(source), out, **options)
    assert (summary.done, summary.before) == (0, 10)
    assert {name: (out / name).stat().st_mtime_ns for name in files(out)} == times
    facts = [json.loads(line) for line in (out / MANIFEST).read_text().splitlines()][1]
    assert facts['size'] == [12, 16] and facts['correction'] == pytest.approx(result.correction)
    assert summary.corrected == {} and 'field of view' in facts['camera']


def test_every_kind_of_file(inferencer, pictures, tmp_path):
    source, out = pictures(1), tmp_path / 'out'
    summary = predict(inferencer, str(source), out, [*KINDS])
    assert summary.done == 1 and not summary.failed
    stem, result = str(out / '0/0/0'), inferencer(str(source / '0/0/0.png'))
    depth = result.depth
    assert np.array_equal(np.load(f'{stem}.npy'), depth)
    arrays = np.load(f'{stem}.npz')
    assert np.array_equal(arrays['depth'], depth) and arrays['focal_px'] == pytest.approx(result.camera.focal_px)
    assert np.array_equal(cv2.imread(f'{stem}.tiff', cv2.IMREAD_UNCHANGED), depth)
    mm = cv2.imread(f'{stem}_mm.png', cv2.IMREAD_UNCHANGED)
    assert mm.dtype == np.uint16 and np.array_equal(mm, np.where(depth < 65.5355, np.rint(depth * 1000.0), 0))
    width = cv2.imread(f'{stem}_interval.png', cv2.IMREAD_UNCHANGED) / 256
    assert np.abs(width - (result.interval[1] - result.interval[0])).max() <= 1 / 512
    sure = cv2.imread(f'{stem}_confidence.png', cv2.IMREAD_UNCHANGED) / 65535
    assert np.abs(sure - result.confidence).max() < 1e-4
    assert (cv2.imread(f'{stem}_supervised.png', cv2.IMREAD_UNCHANGED) == 255).all()
    assert Path(f'{stem}.ply').read_bytes() == result.points().ply()
    assert np.array_equal(np.load(f'{stem}_points.npz')['xyz'], result.points().xyz)
    assert cv2.imread(f'{stem}_color.png').shape == (12, 16, 3) and cv2.imread(f'{stem}_side.png') is not None


def test_pixels_that_are_too_far_are_none_and_counted(inferencer, pictures, tmp_path):
    from dataclasses import replace

    from mmdepthcls.commands.predict.prediction_run import facts_of
    result = inferencer(str(pictures(1)))[0]
    result.depth[0, :3] = 65.5354, 65.536, 300
    for kind, count in (('mm', 2), ('png', 1)):
        assert facts_of(result, {kind: 'x'})['beyond'] == {kind: count + (result.depth[1:] > 65.5355).sum() * (
            kind == 'mm') + (result.depth[0, 3:] > 65.5355).sum() * (kind == 'mm')}
    image = cv2.imdecode(np.frombuffer(KINDS['png'].encode(replace(result), FileSettings()), np.uint8), -1)
    assert image[0, 2] == 0 and image[0, 1] == round(65.536 * 256)


def test_what_was_never_supervised_is_marked_and_dropped_on_request(inferencer, pictures):
    from dataclasses import replace
    result = inferencer(str(pictures(1)))[0]
    plain = KINDS['color'].encode(result, FileSettings())
    marked = replace(result, supervised=np.arange(12)[:, None] + np.zeros(16) > 5)
    picture = [cv2.imdecode(np.frombuffer(each, np.uint8), 1)
               for each in (plain, KINDS['color'].encode(marked, FileSettings()))]
    changed = (picture[0] != picture[1]).any(-1)
    assert changed[:6].any() and not changed[:6].all() and not changed[6:].any()
    assert np.array_equal(marked.without_unsupervised().depth > 0, marked.supervised)


def test_broken_pictures_cost_themselves(inferencer, pictures, tmp_path):
    source, out = pictures(6), tmp_path / 'out'
    (source / '0/0/0.png').write_bytes(b'')
    (source / '1/1/1.png').write_bytes((source / '1/0/4.png').read_bytes()[:60])
    (source / '2/0/9.png').symlink_to('nowhere.png')
    summary = predict(inferencer, str(source), out, batch_size=3)
    assert summary.done == 4 and [Path(name).name for name, _ in summary.failed] == ['0.png', '1.png', '9.png']
    assert 'No such file' in summary.failed[2][1] and 'empty' in summary.failed[0][1]
    assert len(files(out)) == 9
    summary = predict(inferencer, str(source), out)
    assert (summary.done, summary.before, len(summary.failed)) == (0, 4, 3)


def test_results_do_not_become_inputs(inferencer, pictures):
    source = pictures(4)
    for out in ('results', 'more/results'):
        for before in (0, 4):
            summary = predict(inferencer, str(source), source / out)
            assert (summary.done, summary.before) == (4 - before, before)


def test_pictures_beside_their_results_are_predicted(inferencer, pictures, tmp_path):
    source = pictures(3)
    assert predict(inferencer, str(source / '0/0/0.png'), tmp_path / 'in/1', ('color', )).done == 1
    summary = predict(inferencer, str(source), tmp_path / 'out', ('png', ))
    assert summary.done == 3 and not (tmp_path / 'out/1/0_color.png').exists()
    assert predict(inferencer, str(source), tmp_path, ('npy', )).done == 3


def test_names_that_cannot_be_written_cost_their_pictures(inferencer, pictures, tmp_path):
    source, out = pictures(4), tmp_path / 'out'
    (source / '0/0/0.png').rename(source / '0' / ('n' * 250 + '.png'))
    (source / '1/1/1.png').rename(source / '1/a\\b.png')
    out.mkdir()
    (out / '2').write_bytes(b'a file where a folder should be')
    for done, before in ((2, 0), (0, 2)):
        summary = predict(inferencer, str(source), out)
        assert (summary.done, summary.before, len(summary.failed)) == (done, before, 2)
    assert {'0/1/3.png', '1/a_b.png'} < set(files(out))


def test_a_full_disk_stops_the_rest(inferencer, pictures, tmp_path, monkeypatch):
    source, out, left = pictures(12), tmp_path / 'out', [7]

    def write(path, content):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, 'No space left on device', str(path))
        write_atomically(path, content)

    monkeypatch.setattr('mmdepthcls.commands.predict.prediction_folder.write_atomically', write)
    with pytest.raises(WritingStopped, match=r'No space left on device\. \d pictures are written') as error:
        predict(inferencer, str(source), out)
    assert 'goes on where it stopped' in str(error.value) and len(files(out)) == 8
    monkeypatch.undo()
    summary = predict(inferencer, str(source), out)
    assert summary.done + summary.before == 12 and len(files(out)) == 25


def test_films(inferencer, tmp_path):
    path, out = tmp_path / 'a.mp4', tmp_path / 'out'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 10, (32, 16))
    for index in range(5):
        writer.write(np.full((16, 32, 3), 50 * index, np.uint8))
    writer.release()
    assert predict(inferencer, str(path), out).done == 5
    assert predict(inferencer, str(path), out, ('png', 'color', 'video')).done == 0
    assert 'a_color.mp4' in files(out)
    film = cv2.VideoCapture(str(out / 'a_color.mp4'))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 5 and film.get(cv2.CAP_PROP_FPS) == 10
    colored = cv2.imread(str(out / 'a.mp4/000000_color.png')).astype(int)
    assert np.abs(film.read()[1].astype(int) - colored).mean() < 12
    time_before = (out / 'a_color.mp4').stat().st_mtime_ns
    assert predict(inferencer, str(path), out, ('png', 'video')).before == 5
    assert (out / 'a_color.mp4').stat().st_mtime_ns == time_before
    assert not [name for name in files(out) if '.tmp' in name]
    for _ in range(2):
        summary = predict(inferencer, str(path), tmp_path / 'short', ('video', ), frames=3)
    assert (summary.films, summary.before) == (0, 3)
    assert predict(inferencer, str(path), tmp_path / 'short', ('video', ), frames=4).films == 1
    assert cv2.VideoCapture(str(tmp_path / 'short/a_color.mp4')).get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_a_film_on_a_full_disk(tmp_path):
    """OpenCV writes on and says nothing."""
    pytest.importorskip('resource')
    code = f'''
import resource, signal
from pathlib import Path
import numpy as np
from mmdepthcls.commands.predict.film_file import FilmFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
film = FilmFile(Path({str(tmp_path / 'a.mp4')!r}), 10)
for _ in range(9):
    film.add(np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8))
try:
    film.finish()
finally:
    film.discard()
'''
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert 'is the disk full' in result.stderr and not list(tmp_path.iterdir())


def test_a_smoothed_film_goes_on_as_if_it_had_never_stopped(tiny_model, tmp_path):
    """What is there already is predicted again, since what follows is a mean with it."""
    from mmdepthcls.apis import DepthInferencer
    scene = np.kron(np.random.default_rng(0).integers(0, 256, (3, 4, 3)), np.ones((8, 8, 1)))
    writer = cv2.VideoWriter(str(tmp_path / 'a.avi'), cv2.VideoWriter.fourcc(*'MJPG'), 10, (32, 24))
    for seed in range(6):
        noise = np.random.default_rng(seed).normal(0, 12, scene.shape)
        writer.write((scene + noise).clip(0, 255).astype(np.uint8))
    writer.release()

    def run(out):
        inferencer = DepthInferencer(config=tiny_model.config, checkpoint=tiny_model.checkpoint, device='cpu',
                                     smooth_frames=4.0)
        return predict(inferencer, str(tmp_path / 'a.avi'), out, ['npy'], batch_size=2)

    out = tmp_path / 'out'
    assert run(out).done == 6
    whole = {name: (out / name).read_bytes() for name in files(out) if name.endswith('.npy')}
    for index in (2, 5):
        (out / f'a.avi/{index:06d}.npy').unlink()
    times = (out / 'a.avi/000000.npy').stat().st_mtime_ns
    assert run(out).done == 2 and (out / 'a.avi/000000.npy').stat().st_mtime_ns == times
    assert {name: (out / name).read_bytes() for name in whole} == whole
    plain = DepthInferencer(config=tiny_model.config, checkpoint=tiny_model.checkpoint, device='cpu')
    alone = [result.depth for result in plain.stream(str(tmp_path / 'a.avi'))]
    assert np.allclose(np.load(out / 'a.avi/000000.npy'), alone[0], rtol=1e-4)
    assert not np.array_equal(np.load(out / 'a.avi/000005.npy'), alone[5])


def _kill_and_finish(tiny_model, source, out, number, kills, seed):
    """Kill a run at random moments, run it to its end; how many pictures the last run found done."""
    command = [TOOL, str(source), '--out', str(out), '--config', tiny_model.config, '--checkpoint',
               tiny_model.checkpoint, '--device', 'cpu']
    rng, manifest = random.Random(seed), out / MANIFEST
    for _ in range(kills):
        process = get_context('forkserver').Process(target=fork_server.become, kwargs=dict(
            command=command, cwd=str(source), environment=dict(os.environ), files=[os.devnull] * 2, limit=250))
        process.start()
        lines = manifest.read_bytes().count(b'\n') if manifest.exists() else 1
        lines += rng.randrange(1, number // (kills + 1))
        while process.is_alive() and not (manifest.exists() and manifest.read_bytes().count(b'\n') >= lines):
            time.sleep(0.001)
        process.kill()
        process.join()
    result = run_script(*command, cwd=source)
    assert result.returncode == 0, result.stderr
    names = [name.removesuffix('.png') for name in files(source)]
    assert files(out) == sorted([MANIFEST, 'color_bar.png', *(
        f'{name}{end}.png' for name in names for end in ('', '_color'))])
    for name in files(out):
        if name.endswith('.png'):
            assert cv2.imread(str(out / name), cv2.IMREAD_UNCHANGED) is not None, name
    return result.stdout


def test_killed_and_run_again(tiny_model, pictures, tmp_path):
    assert 'were there' in _kill_and_finish(tiny_model, pictures(60), tmp_path / 'out', 60, 1, 0)


@pytest.mark.long
@pytest.mark.parametrize('seed', range(2))
def test_a_thousand_killed_twice(tiny_model, pictures, tmp_path, seed):
    assert 'were there' in _kill_and_finish(tiny_model, pictures(1000), tmp_path / 'out', 1000, 2, seed)
