"""tools/make_config.py, and the shipped config that it writes."""
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

import mmdepthcls  # noqa: F401  (imported only to register)

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'make_config.py'
SEGFORMER = 'segformer_mit-b0_8xb2-160k_ade20k-512x512.py'


@pytest.fixture
def make(run_here, monkeypatch, capsys):
    """Runs the tool: 0, or what it says when it is refused."""
    import runpy

    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, arguments)])
        try:
            runpy.run_path(str(TOOL), run_name='__main__')
        except SystemExit as end:
            return end.code and capsys.readouterr().err
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


def test_overwrites_nothing_without_force(make, tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text('precious')
    assert '--force' in make(SEGFORMER, '--no-trial', '--out', path)
    assert path.read_text() == 'precious'
    assert make(SEGFORMER, '--no-trial', '--out', path, '--force') == 0
    assert 'DepthClassifier' in path.read_text()


def test_a_folder_as_out_gets_the_usual_name_and_is_made(make, tmp_path):
    name = 'segformer_mit-b0_kitti_sid71.py'
    (tmp_path / 'there').mkdir()
    for out in (tmp_path / 'there', f'{tmp_path}/new/', tmp_path / 'deep' / 'er'):
        assert make(SEGFORMER, '--no-trial', '--out', out) == 0
        assert [path.name for path in Path(out).iterdir()] == [name]
        assert f'{Path(out) / name} exists; give --force' in make(SEGFORMER, '--no-trial', '--out', out)
        assert make(SEGFORMER, '--no-trial', '--out', out, '--force') == 0


def test_where_nothing_can_be_written_is_said_before_the_trial(make, tmp_path, monkeypatch):
    (tmp_path / 'file').write_text('precious')
    (tmp_path / 'folder.py').mkdir()
    (tmp_path / 'folder.py' / 'segformer_mit-b0_kitti_sid71.py').mkdir()
    assert 'ends in .py' in make(SEGFORMER, '--out', 'mine.json')
    assert 'is no folder' in make(SEGFORMER, '--out', 'file/mine.py')
    assert 'is a folder' in make(SEGFORMER, '--out', 'folder.py', '--force')
    monkeypatch.setattr('os.access', lambda path, mode: False)  # root may write everywhere
    assert 'may not be written to' in make(SEGFORMER, '--out', 'new/mine.py')
    assert {path.name for path in tmp_path.iterdir()} == {'file', 'folder.py'}


def test_a_refused_recipe_leaves_no_new_folder(make, tmp_path):
    (tmp_path / 'mine.py').write_text(f"_base_ = 'mmseg::segformer/{SEGFORMER}'\n"
                                      'model = dict(decode_head=dict(in_channels=[1, 2, 3, 4]))')
    assert 'channels' in make('mine.py', '--out', 'new/folder/depth.py')
    assert [path.name for path in tmp_path.iterdir()] == ['mine.py']


@pytest.mark.parametrize('dataset, told', [
    ('kitti', ['KITTI_ROOT', 'data/kitti', 'prepare_kitti.py']), ('minidrive', ['MINIDRIVE_ROOT', 'make_minidrive.py']),
    ('synthia', ['SYNTHIA_ROOT', 'prepare_synthia.py']),
    ('folder', ['DEPTH_ROOT', 'data/depth', 'train.txt', 'val.txt', 'test.txt', 'IMAGE DEPTH', '--make-split',
                'depth_format'])])
def test_it_ends_with_what_is_still_needed(dataset, told, make, capsys):
    assert make(SEGFORMER, '--dataset', dataset, '--no-trial', '--out', 'mine.py') == 0
    end = capsys.readouterr().out.partition('Data: ')[2]
    assert all(word in end for word in (*told, 'does not exist yet', 'tools/check_data.py mine.py',
                                        'tools/train.py mine.py')), end


def test_two_folders_become_a_config_whose_datasets_load(make, builders, tmp_path, capsys):
    data = builders.pairs(tmp_path / 'mine', 12)
    arguments = [SEGFORMER, '--dataset', 'folder', '--data-root', data, '--bins', 'ud8', '--depth-scale', 1000]
    assert '--make-split' in make(*arguments, '--out', 'a.py') and not (tmp_path / 'a.py').exists()
    assert make(*arguments, '--make-split', '--max-depth', 20, '--out', 'a.py') == 0
    assert 'Samples: 10 for train, 1 for val, 1 for test' in capsys.readouterr().out
    cfg = Config.fromfile(tmp_path / 'a.py')
    assert cfg.train_dataloader.dataset.depth_format.scale == 1000.0 and cfg.crop_size == (32, 64)
    (data / 'depth/3.png').unlink()
    assert make(*arguments, '--no-trial', '--out', 'b.py') == 0
    assert 'The data cannot be used yet: DepthFolderDataset: 1 of the' in capsys.readouterr().out


def test_centimetres_are_refused_before_the_trial(make, builders, tmp_path):
    data = builders.pairs(tmp_path / 'mine', 4)
    for path in sorted((data / 'depth').iterdir()):
        path.unlink()
        np.save(path.with_suffix('.npy'), np.linspace(120, 700, 20 * 64, dtype=np.float32).reshape(20, 64))
    arguments = [SEGFORMER, '--dataset', 'folder', '--data-root', data, '--make-split', '--max-depth', 10]
    told = make(*arguments)
    assert told.startswith('make_config: 100% of the valid pixels') and '--depth-scale 100 (centimetres' in told
    assert not [*tmp_path.rglob('train.txt'), *tmp_path.rglob('*.py')]
    assert make(*arguments, '--depth-scale', 100, '--no-trial') == 0


@pytest.mark.parametrize('arguments, message', [
    (['--bins', '71'], "got '71'"), (['--out', 'there.py'], 'there.py exists; give --force'),
    (['--data-root', 'nowhere'], '--data-root nowhere is no folder'), (['--min-depth', '90'], 'min_depth'),
    (['--dataset', 'folder', '--data-root', 'mine', '--make-split', '--images', 'rgb'],
     '--images image --depth depth')])
def test_what_needs_no_model_is_refused_before_any_is_imported(arguments, message, builders, tmp_path):
    builders.pairs(tmp_path / 'mine', 4)
    (tmp_path / 'there.py').write_text('precious')
    code = ("import runpy, sys\ntry:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
            "finally:\n    print(sorted({'torch', 'mmengine', 'mmcv', 'mmseg'} & set(sys.modules)))")
    result = subprocess.run([sys.executable, '-c', f'import sys; sys.argv = sys.argv[1:]\n{code}', TOOL, SEGFORMER,
                             *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, '[]\n') and message in result.stderr, result.stderr


def test_bins_in_upper_case_are_taken(make, tmp_path):
    assert make(SEGFORMER, '--bins', 'SID71', '--no-trial') == 0
    assert [path.name for path in tmp_path.iterdir()] == ['segformer_mit-b0_kitti_sid71.py']


def test_an_exchanged_crop_is_remarked(make, capsys):
    arguments = ['fcn_r50-d8_4xb2-40k_cityscapes-512x1024', '--dataset', 'minidrive', '--no-trial', '--force']
    assert make(*arguments, '--crop', 320, 96) == 0
    assert 'Note: crops of 320 x 96 are higher than' in capsys.readouterr().out
    assert make(*arguments, '--crop', 96, 320) == 0
    assert 'Note: crops' not in capsys.readouterr().out


@pytest.mark.parametrize('arguments, message', [
    (['--make-split'], '--dataset folder'), (['--images', 'rgb', '--dataset', 'folder'], '--data-root DIR'),
    (['--dataset', 'folder', '--data-root', '.', '--depth-scale', '-1'], 'must be > 0'),
])
def test_options_of_own_data_go_together(arguments, message, make):
    assert message in make(SEGFORMER, *arguments)


def test_a_folder_of_data_that_is_not_there_is_refused(make, tmp_path):
    for dataset in ('kitti', 'folder'):
        assert '--data-root nowhere is no folder' in make(SEGFORMER, '--dataset', dataset, '--data-root', 'nowhere')


@pytest.mark.parametrize('arguments, message', [
    (['knet-s3_r50-d8_fcn_8xb2-adamw-80k_ade20k-512x512'], 'K-Net'),
    (['no_such_recipe'], 'neither a file nor a recipe'),
    ([SEGFORMER, '--bins', 'foo'], 'sid71'),
    ([SEGFORMER, '--bins', 'sid71', '--min-depth', 0], 'min_depth'),
])
def test_a_refusal_is_a_message_and_leaves_no_file(make, tmp_path, arguments, message):
    refusal = make(*arguments)
    assert refusal.startswith('make_config: ') and message in refusal
    assert not list(tmp_path.iterdir())


def test_exchanged_folders_end_with_status_2_and_leave_nothing(make, builders, tmp_path):
    data = builders.pairs(tmp_path / 'mine', 4)
    (data / 'image').rename(data / 'fotos')
    (data / 'depth').rename(data / 'entfernung')
    before = sorted(tmp_path.rglob('*'))
    arguments = [SEGFORMER, '--dataset', 'folder', '--data-root', data, '--make-split', '--no-trial', '--out', 'a.py']
    told = make(*arguments, '--images', 'entfernung', '--depth', 'fotos')
    assert 'images and depth are exchanged' in told and 'Exchange --images and --depth' in told
    assert told.startswith('make_config: ') and 'bits' not in told
    assert '--images fotos --depth entfernung' in make(*arguments)
    assert sorted(tmp_path.rglob('*')) == before
    assert make(*arguments, '--images', 'fotos', '--depth', 'entfernung') == 0


def test_what_is_left_out_and_other_sizes_are_said(make, builders, tmp_path, capsys):
    data = builders.pairs(tmp_path / 'mine', 5)
    (data / 'depth/1.png').unlink()
    for folder, content in (('image', builders.image), ('depth', builders.units)):
        builders.write(data / folder / '2.png', content(shape=(16, 32)))
    assert make(SEGFORMER, '--dataset', 'folder', '--data-root', 'mine', '--make-split', '--no-trial', '--out',
                'a.py') == 0
    out = capsys.readouterr().out
    assert 'Note: 1 of 5 images have no depth of their name and are left out, the first is mine/image/1.png.' in out
    assert 'Note: 3 of 4 images have 20 x 64, the others 16 x 32;' in out


def test_a_config_of_a_relative_folder_works_from_anywhere(make, builders, tmp_path, monkeypatch):
    builders.pairs(tmp_path / 'mine', 4)
    assert make(SEGFORMER, '--dataset', 'folder', '--data-root', 'mine', '--make-split', '--no-trial', '--out',
                'a.py') == 0
    (tmp_path / 'elsewhere').mkdir()
    monkeypatch.chdir(tmp_path / 'elsewhere')
    from mmdepthcls.commands.make_config.verification import count_samples
    assert count_samples(tmp_path / 'a.py') == dict(train=2, val=1, test=1)


def test_the_size_of_minidrive_is_read_or_called_assumed(make, tmp_path, capsys):
    (tmp_path / 'mini').mkdir()
    arguments = ['fcn_r50-d8_4xb2-40k_cityscapes-512x1024', '--dataset', 'minidrive', '--data-root', 'mini',
                 '--no-trial', '--force', '--out', 'a.py']
    assert make(*arguments) == 0
    assert 'crop: 128 x 416 (images are assumed to have 128 x 416, the recipe' in capsys.readouterr().out
    (tmp_path / 'mini/minidrive.json').write_text('{"height": 96, "width": 320}')
    assert make(*arguments) == 0
    assert 'crop: 96 x 320 (images have 96 x 320, the recipe' in capsys.readouterr().out


@pytest.mark.parametrize('recipe, weights', [
    ('fast_scnn_8xb4-160k_cityscapes-512x1024', ''), (SEGFORMER, ', pretrained weights: https://'),
    ('fcn_r50-d8_4xb2-40k_cityscapes-512x1024', ', pretrained weights: open-mmlab://resnet50_v1c')])
def test_pretrained_weights_are_named_where_there_are_some(recipe, weights, make, capsys):
    assert make(recipe, '--no-trial', '--out', 'a.py') == 0
    kept = next(line for line in capsys.readouterr().out.splitlines() if line.startswith('- kept: '))
    assert kept.partition(' images a GPU')[2].startswith(weights) and ('pretrained' in kept) == bool(weights)
