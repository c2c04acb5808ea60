"""tools/study.py, run as users run it."""
import json
from pathlib import Path

import pytest
from script_process import run_script
from small_study import SMALL_ADAPTATIONS

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / 'configs'
PLAN = f"""
_base_ = {str(CONFIGS / 'study' / 'minidrive.py')!r}
base = {str(CONFIGS / 'deeplabv2_r18_minidrive_sid71.py')!r}
data = dict(num_train=2, num_val=1, num_test=1, height=64, width=96)
ground_truths, seeds = ('dense', ), (0, 1)
default = 'SID 71, CE'
options = {{'train_cfg.max_iters': 1, 'train_dataloader': dict(batch_size=1)}}
comparisons = [('SID beats regression', 'SID 71, CE', 'SILog regression')]
variants = dict(_delete_=True, **{{
    'SID 71, CE': dict(),
    'SILog regression': dict(decode_head=dict(loss_decode=dict(type='RegressionSILogLoss', _delete_=True)),
                             decoder=dict(type='RegressionDecoder')),
}})
"""


def run(folder, *arguments, fresh=False):
    return run_script(ROOT / 'tools' / 'study.py', 'plan.py', '--out', 'new/report.md', *arguments, cwd=folder,
                      fresh=fresh)


@pytest.mark.long  # a slice: tests/commands/study
@pytest.mark.parametrize('workers', ['1', '2'])
def test_trains_all_variants_and_reports(workers, tmp_path):
    (tmp_path / 'plan.py').write_text(PLAN)
    result = run(tmp_path, '--report-only')
    assert result.returncode == 0, result.stderr[-2000:]
    assert '0 of 4 trainings' in (tmp_path / 'new' / 'report.md').read_text()
    result = run(tmp_path, '--workers', workers, fresh=True)
    assert result.returncode == 0, result.stderr[-2000:]
    report = (tmp_path / 'new' / 'report.md').read_text()
    assert '4 of 4 trainings (CPU)' in report and 'SID beats regression' in report
    records = json.loads((tmp_path / 'new' / 'report.json').read_text())
    assert [(each['variant'], each['seed']) for each in records] == [
        ('SID 71, CE', 0), ('SILog regression', 0), ('SID 71, CE', 1), ('SILog regression', 1)]
    assert (tmp_path / 'new' / 'report.png').read_bytes().startswith(b'\x89PNG')
    results = sorted((tmp_path / 'work_dirs' / 'study_plan').glob('*.json'))
    assert len(results) == 4
    # A result of another config is neither reported nor trained anew.
    results[0].write_text(json.dumps(dict(json.loads(results[0].read_text()), fingerprint='of another')))
    before = [path.read_bytes() for path in results]
    result = run(tmp_path, '--report-only')
    assert result.returncode == 0 and f'{results[0].stem}: left out, it is of another config' in result.stderr
    assert '3 of 4 trainings' in (tmp_path / 'new' / 'report.md').read_text()
    assert [path.read_bytes() for path in results] == before


@pytest.mark.long  # a slice: tests/commands/study
def test_rows_of_adaptations_begin_with_their_starts(tmp_path):
    (tmp_path / 'plan.py').write_text(f"""{SMALL_ADAPTATIONS}
seeds, reference, comparisons = (0, ), 'DAN', [('ST is better', 'ST', 'DAN')]
_both = dict(start='canonical camera', on='both')
rows = dict(_delete_=True, DAN=dict(_both, options={{'model.adaptation': dict(type='DAN')}}),
            ST=dict(_both, self_training=dict(rounds=2, epochs=1, num_groups=1)), oracle=dict(_both, on='target'))
""")
    result = run(tmp_path, '--workers', '2', fresh=True)
    assert result.returncode == 0, result.stderr[-2000:]
    report = (tmp_path / 'new' / 'report.md').read_text()
    assert '3 of 3 trainings (CPU)' in report and 'ST is better' in report and '| best constant depth |' in report
    records = json.loads((tmp_path / 'new' / 'report.json').read_text())
    assert [each['row'] for each in records] == [
        'best constant depth', 'plain', 'canonical camera', 'DAN', 'ST', 'oracle']
    assert run(tmp_path, '--report-only').returncode == 0
    assert (tmp_path / 'new' / 'report.md').read_text() == report


def test_a_plan_that_does_not_work_ends_with_a_message(tmp_path):
    (tmp_path / 'plan.py').write_text("base = 'x.py'\n")
    result = run(tmp_path)
    assert result.returncode == 2 and 'study: plan.py: a study needs' in result.stderr
    assert 'Traceback' not in result.stderr


def test_a_report_that_cannot_be_written_is_known_before_the_trainings(tmp_path):
    (tmp_path / 'plan.py').write_text(PLAN)
    (tmp_path / 'new' / 'report.md').mkdir(parents=True)
    result = run(tmp_path)
    assert result.returncode == 2 and 'study: new/report.md is a folder' in result.stderr
    assert not (tmp_path / 'work_dirs').exists()
    result = run(tmp_path, '--work-dir', 'plan.py/work', '--out', 'report.md')
    assert result.returncode == 2 and 'study: ' in result.stderr and 'Traceback' not in result.stderr
