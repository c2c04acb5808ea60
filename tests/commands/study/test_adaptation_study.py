"""The study of adaptations: what differs between rows, what trains, what the report says."""
import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from small_study import ADAPTATIONS as CONFIG
from small_study import SMALL_ADAPTATIONS

from mmdepthcls.adaptation.pseudo_label_files import write_label
from mmdepthcls.commands.minidrive.writer import make_minidrive
from mmdepthcls.commands.study.adaptation_report import adaptation_report, closed_shares, gap_sentence, rows_table
from mmdepthcls.commands.study.adaptation_study import (
    BEST_CONSTANT,
    CONSTANT,
    ROW,
    START,
    AdaptationRun,
    AdaptationStudy,
)
from mmdepthcls.commands.study.adaptation_training import label_errors, train_adaptation_run
from mmdepthcls.commands.study.kinds import ADAPTATIONS, kind_of


@pytest.fixture
def small(tmp_path):
    """The shipped study with a few iterations of a tiny network; its file, and folders of its worlds."""
    (tmp_path / 'study.py').write_text(SMALL_ADAPTATIONS)
    plan = AdaptationStudy(str(tmp_path / 'study.py'))
    for options in plan.worlds.values():
        options.update(workers=1, progress=False)
    plan.make_data(tmp_path / 'data')
    return AdaptationStudy(str(tmp_path / 'study.py')), str(tmp_path / 'data')


def configs_of(plan):
    return {name: plan.config(AdaptationRun(name, 1), 'd', '') for name in plan.rows}


def test_rows_differ_in_nothing_but_how_they_use_the_target():
    plan = AdaptationStudy(str(CONFIG))
    configs = configs_of(plan)
    for name, cfg in configs.items():
        assert cfg.train_cfg.max_iters == 240 and cfg.train_dataloader.batch_size == 8
        assert cfg.optim_wrapper == configs['CBST'].optim_wrapper
        assert cfg.test_dataloader == configs['CBST'].test_dataloader
        assert cfg.test_dataloader.dataset.data_root == 'd/target' and cfg.val_dataloader is None
        on = plan.rows[name]['on']
        dataset = cfg.train_dataloader.dataset
        assert dataset.type == ('TwoDomainDataset' if on == 'both' else 'MiniDriveDataset')
        if on == 'both':
            assert dataset == configs['CBST'].train_dataloader.dataset
            assert dataset.datasets[1].images_only and dataset.datasets[1].data_root == 'd/target'
        elif on == 'target':
            assert dataset.ground_truth == 'sparse'
        else:
            assert dataset.data_root == 'd/source'
    # Self-training sets rates of its own, the same.
    settings, steps = configs['CBST'].self_training, configs['CBST'].param_scheduler[0]
    assert settings.lr == configs['DAN'].optim_wrapper.optimizer.lr and settings.lr_decay == steps.gamma
    assert steps.milestones == [60, 120, 180]
    images, per_batch = plan.worlds['target']['num_train'], 4
    assert settings.rounds * settings.epochs * images / per_batch == 240
    assert settings.portion + (settings.rounds - 1) * settings.portion_step == settings.portion_max == 0.5
    assert settings.seed == 100
    without = dict(settings, num_groups=1)
    assert without == configs['ST'].self_training


def test_the_study_is_known_by_its_worlds():
    assert kind_of(str(CONFIG)) is ADAPTATIONS


def test_every_run_has_a_file_and_a_fingerprint_of_its_own():
    plan = AdaptationStudy(str(CONFIG))
    runs = plan.runs()
    assert len(runs) == 1 + 3 * (len(plan.starts) + len(plan.rows)) == len({run.name for run in runs})
    assert len({plan.fingerprint(run) for run in runs}) == len(runs)
    assert [run.row for run in runs[:5]] == [
        'best constant depth', 'plain', 'canonical camera', 'source only', 'source only + canonical camera']


def test_a_row_is_of_its_start(small):
    plan, _ = small
    before = {run.name: plan.fingerprint(run) for run in plan.runs()[:12]}
    plan.starts['canonical camera']['model.canonical_focal_px'] = 99.0
    changed = {run.name for run in plan.runs()[:12] if plan.fingerprint(run) != before[run.name]}
    assert changed == {run.name for run in plan.runs()[:12] if run.row not in (
        'best constant depth', 'plain', 'source only')}


@pytest.mark.parametrize(('line', 'message'), [
    ("oracle = 'nobody'", 'name nobody; expected one of source only'),
    ("rows = {'DAN': dict(start='nothing')}", 'begin with nothing; expected one of plain'),
    ("rows = {'DAN': dict(on='all')}", 'train on all; expected one of source, target, both'),
    ("worlds = dict(moon={})", 'worlds name moon'),
    ("rows = {'d a n': dict(start='plain', on='source'), 'd.a.n': dict(start='plain', on='source')}",
     'two rows would have the file row_d-a-n_0.json'),
])
def test_names_that_do_not_work_are_refused(tmp_path, line, message):
    (tmp_path / 'study.py').write_text(f'_base_ = {str(CONFIG)!r}\n{line}\n')
    with pytest.raises(ValueError, match=message):
        AdaptationStudy(str(tmp_path / 'study.py'))


def test_missing_keys_are_named(tmp_path):
    (tmp_path / 'study.py').write_text("base = 'x.py'\n")
    with pytest.raises(ValueError, match='study.py: a study of adaptations needs .*; worlds, seeds, .* is missing'):
        AdaptationStudy(str(tmp_path / 'study.py'))


def check_rows(small, folder, names):
    plan, data_root = small
    runs = [AdaptationRun(BEST_CONSTANT, 0, CONSTANT),
            *(AdaptationRun(name, 0, START) for name in dict.fromkeys(plan.rows[name]['start'] for name in names)),
            *(AdaptationRun(name, 0) for name in names)]
    records = [train_adaptation_run(plan.path, data_root, str(folder), 1, run) for run in runs]
    for run, record in zip(runs, records, strict=True):
        assert json.loads((folder / f'{run.name}.json').read_text()) == record
        assert 0 < record['scores']['metric']['abs_rel'] < 20
        assert record['scores']['median-scaled']['abs_rel'] != record['scores']['metric']['abs_rel']
        labels = run.part == ROW and 'self_training' in plan.rows[run.row]
        assert len(record.get('rounds', ())) == (2 if labels else 0)
        if labels:
            assert record['rounds'][-1] == record['scores'] != record['rounds'][0]
            assert len(record['labels']) == 2 and all(each['abs_rel'] > 0 for each in record['labels'])
        # What is there is kept.
        (folder / f'{run.name}.json').write_text(json.dumps(dict(record, seconds=-1)))
        assert train_adaptation_run(plan.path, data_root, str(folder), 1, run)['seconds'] == -1
    return records


@pytest.mark.long
def test_a_start_and_a_self_trained_row_are_trained_scored_and_kept(small, tmp_path):
    check_rows(small, tmp_path, ['CBST'])
    start = tmp_path / 'start_canonical-camera_0.pth'
    assert torch.load(start, weights_only=True)['state_dict']['canonical_focal_px'] == 120
    start.unlink()  # then what it says of itself is not enough
    run = AdaptationRun('canonical camera', 0, START)
    assert train_adaptation_run(small[0].path, small[1], str(tmp_path), 1, run)['seconds'] > 0 and start.is_file()


@pytest.mark.long  # a slice: the test above
def test_all_rows_are_trained(small, tmp_path):
    records = check_rows(small, tmp_path, list(small[0].rows))
    text = adaptation_report(records, small[0], 'it', 'name')
    assert all(f'| {name} ' in text for name in (BEST_CONSTANT, *small[0].rows))


PLAN = SimpleNamespace(
    worlds=dict(source=dict(num_train=5), target=dict(num_train=3, num_test=2)), base_name='net', seeds=(0, 1, 2),
    options={'train_cfg.max_iters': 7}, start_options={'train_cfg.max_iters': 9}, reference='before', oracle='oracle',
    rows=dict(before={}, ours={}, theirs={}, oracle={}), comparisons=[('We win', 'ours', 'theirs')], conclusion='So.')
OF_CONSTANT = {protocol: dict(abs_rel=0.5, rmse=9.0, d1=0.3) for protocol in ('metric', 'median-scaled')}


def test_errors_of_labels_are_those_of_what_is_kept(tmp_path):
    make_minidrive(tmp_path / 'target', num_train=2, num_val=0, num_test=0, height=32, width=64, workers=1,
                   progress=False)
    for index in range(2):
        name = f'{index:06d}.png'
        truth = cv2.imread(str(tmp_path / 'target/depth/train' / name), cv2.IMREAD_UNCHANGED) / 256
        label = np.where((truth > 10) & (truth < 60), truth, 0)
        label[16:] *= (0.5, 0.75)[index]
        label[:16] *= 0.75
        write_label(tmp_path / 'work/round_1/labels', name, label, np.zeros(label.shape, int), 4096)
        write_label(tmp_path / 'work/round_2/labels', name, truth, np.zeros(label.shape, int), 4096)
    first, second = label_errors(tmp_path / 'work', str(tmp_path), 2)
    assert second == dict(abs_rel=0, d1=1, median_ratio=1)
    assert 0.25 < first['abs_rel'] < 0.5 and first['d1'] == 0 and first['median_ratio'] == pytest.approx(0.75, abs=1e-3)


def record(name, seed, abs_rel, rounds=()):
    def scores(value):
        return dict(metric=dict(abs_rel=value, rmse=10 * value, d1=1 - value),
                    **{'median-scaled': dict(abs_rel=value / 2, rmse=value, d1=1 - value / 2)})
    return dict(row=name, seed=seed, part='row', device='CPU', scores=scores(abs_rel),
                **(dict(rounds=[scores(value) for value in rounds]) if rounds else {}))


RECORDS = [*(record('before', seed, 0.4) for seed in range(3)), *(record('oracle', seed, 0.2) for seed in range(3)),
           *(record('ours', seed, 0.26 + 0.01 * seed, (0.3, 0.28)) for seed in range(3)),
           *(record('theirs', seed, 0.30 + 0.01 * seed) for seed in range(3)), dict(record('x', 0, 1), part='start'),
           dict(row='constant', seed=0, part='constant', device='CPU', scores=OF_CONSTANT)]


def cells(table, name):
    line = next(line for line in table.splitlines() if line.startswith(f'| {name} '))
    return [cell.strip() for cell in line.strip('|').split('|')][1:]


def test_the_table_has_means_spreads_and_the_gap_that_is_closed():
    table = rows_table(RECORDS, OF_CONSTANT, PLAN)
    assert cells(table, 'ours')[0] == '0.2700 ± 0.0100'
    assert cells(table, 'ours')[-2:] == ['65 ± 5 %', '3']
    assert cells(table, 'before')[-2] == cells(table, 'oracle')[-2] == '-'
    assert cells(table, 'best constant depth')[:3] == ['0.5000', '9.00', '0.300']
    assert closed_shares(RECORDS, PLAN, 'theirs') == pytest.approx([0.5, 0.45, 0.4])
    assert closed_shares(RECORDS[1:], PLAN, 'theirs') == pytest.approx([0.45, 0.4])


def test_the_report_says_what_follows():
    text = adaptation_report(RECORDS, PLAN, 'the command', 'stem')
    assert '12 of 12 trainings (CPU)' in text and 'the command' in text and '[stem.json](stem.json)' in text
    assert cells(text, 'We win: ours against theirs') == ['+0.0400', 'holds', '+0.0200', 'holds']
    assert '| ours | 0.3000 (0.1500) | 0.2800 (0.1400) |' in text and text.endswith('## In words\n\nSo.\n')
    assert 'The pseudo-labels' not in text
    errors = [dict(abs_rel=0.2, median_ratio=0.9)]
    told = [dict(each, labels=errors if each['row'] == 'ours' else []) for each in RECORDS]
    assert '| ours | 0.2000 (0.9000) |' in adaptation_report(told, PLAN, 'it', 'stem')
    assert 'is 2.00 times that of `oracle`.' in text
    assert 'too alike' in gap_sentence([record('before', 0, 0.29), record('oracle', 0, 0.2)], PLAN)
    nothing = adaptation_report([], PLAN, 'it', 'stem')
    assert '0 of 12' in nothing and 'not trained yet' in nothing and 'After each round' not in nothing
