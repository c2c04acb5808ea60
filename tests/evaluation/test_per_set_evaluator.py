"""Several sets in one evaluation: each as if it were alone, their mean, and what is missing."""
import json
import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample

from mmdepthcls.evaluation import DepthEvaluator, PerSetEvaluator
from mmdepthcls.evaluation.errors import ALL_NAMES

SIZE = (24, 40)
SETS = dict(kitti=dict(crop='garg', max_depth=80.0), rooms=dict(max_depth=10.0, bands=(0, 5, 10)))


def sample(name, index, with_truth=True, farthest=95):
    rng = np.random.default_rng((index, len(name or '')))
    gt = rng.uniform(0.5, farthest, SIZE).astype(np.float32)
    pred = (gt * rng.lognormal(0.1, 0.2, SIZE)).astype(np.float32)
    made = SegDataSample(metainfo=dict(img_path=f'{name}/drive/{index}.png', depth_range=(1.0, 60.0)))
    if name is not None:
        made.set_metainfo(dict(set_name=name))
    made.pred_depth_map = PixelData(data=torch.from_numpy(pred)[None])
    if with_truth:
        made.gt_depth_map = PixelData(data=torch.from_numpy(gt)[None])
    return made


def evaluate(evaluator, samples):
    wrapped = Evaluator(evaluator)
    wrapped.process(samples, dict())
    return wrapped.evaluate(len(samples))


def mixed():
    return [sample('kitti', 0), sample('rooms', 1, farthest=9), sample('kitti', 2), sample('kitti', 3)]


def test_each_set_as_if_it_were_alone(caplog):
    metrics = evaluate(METRICS.build(dict(type='PerSetEvaluator', sets=SETS)), mixed())
    for name, settings in SETS.items():
        alone = evaluate(DepthEvaluator(**settings), [each for each in mixed() if each.set_name == name])
        assert alone == {key.removeprefix(f'{name}/'): value for key, value in metrics.items()
                         if key.startswith(f'{name}/')}
    for key in ALL_NAMES:  # each set once, not each image
        assert metrics[key] == pytest.approx((metrics[f'kitti/{key}'] + metrics[f'rooms/{key}']) / 2, rel=1e-12)
    assert (metrics['num_images'], metrics['kitti/num_images'], metrics['rooms/0-5m/num_images']) == (4, 3, 1)


def test_one_table_with_a_row_a_set(monkeypatch):
    printed = []
    monkeypatch.setattr('mmdepthcls.evaluation.per_set_evaluator.print_log', lambda text, **_: printed.append(text))
    evaluate(PerSetEvaluator(dict(kitti=dict(protocols=[dict(name='x'), dict(name='y', max_depth=50)]), rooms=None)),
             mixed())
    lines = [line for line in printed[0].splitlines() if line.startswith('|')]
    rows = [[cell.strip() for cell in line.split('|')] for line in lines]
    assert [row[1] for row in rows] == ['', '-' * len(lines[0].split('|')[1]), 'kitti, x', 'kitti, y', 'rooms',
                                        'mean of the sets']
    cap = rows[0].index('cap')
    assert [row[cap] for row in rows[2:]] == ['< 80 m', '< 50 m', '< 60 m', '-']  # the last follows the bins
    assert len(printed) == 1


def test_without_settings_whatever_sets_come():
    metrics = evaluate(PerSetEvaluator(), mixed())
    alone = evaluate(DepthEvaluator(), [each for each in mixed() if each.set_name == 'rooms'])
    assert metrics['rooms/abs_rel'] == alone['abs_rel'] and metrics['kitti/num_images'] == 3


def test_a_set_without_ground_truth_and_one_that_does_not_come(monkeypatch):
    said = []
    for module in ('per_set_evaluator', 'depth_evaluator'):
        monkeypatch.setattr(f'mmdepthcls.evaluation.{module}.print_log', lambda text, **_: said.append(text))
    samples = [sample('kitti', 0), sample('rooms', 1, with_truth=False)]
    metrics = evaluate(PerSetEvaluator(dict(SETS, other={})), samples)
    assert math.isnan(metrics['rooms/abs_rel']) and math.isnan(metrics['other/abs_rel'])
    assert metrics['abs_rel'] == metrics['kitti/abs_rel'] > 0 and metrics['num_images'] == 1
    assert any(text == 'rooms, prediction: nothing is scored: no ground truth' for text in said)
    assert any(text.startswith('other: no image of this set has been evaluated') for text in said)
    none = evaluate(PerSetEvaluator(), [sample('rooms', 1, with_truth=False)])
    assert math.isnan(none['abs_rel']) and none['num_images'] == 0


@pytest.mark.parametrize('sets', [SETS, None], ids=['named', 'as they come'])
def test_two_processes_count_as_one(sets):
    """As MMEngine brings their records together, where the first has not seen each set."""
    samples = [each.to_dict() for each in mixed()]
    alone, *ranks = (PerSetEvaluator(sets) for _ in range(3))
    alone.process({}, samples)
    for rank, evaluator in enumerate(ranks):
        for each in samples[rank::2]:
            evaluator.process({}, [each])
    assert {name for name, *_ in ranks[0].results} == {'kitti'}
    dealt = [record for pair in zip(*(pickle.loads(pickle.dumps(rank.results)) for rank in ranks), strict=True)
             for record in pair]
    assert ranks[0].compute_metrics(dealt) == alone.compute_metrics(alone.results)


def test_predictions_are_written_apart(tmp_path):
    samples = [sample('kitti', 0), sample('rooms', 0)]
    for each in samples:
        each.set_metainfo(dict(img_path='image/0.png'))  # of two folders: one name
    evaluate(PerSetEvaluator(output_dir=str(tmp_path), keep_results=True), samples)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*.png')) == [
        'kitti/image/0.png', 'rooms/image/0.png']


# ------------------------------------------------------------------------------------------------------------- report
BINS = dict(type='SIDBins', min_depth=1.0, max_depth=60.0, num_bins=12)


def report_of(folder):
    return json.loads((Path(folder) / 'report.json').read_text())


def test_a_report_of_each_set_and_one_of_all(tmp_path, mmseg_scope):
    """Each set's is the one that it would have alone, but for its title; the first has a table of all and the mean."""
    sets, samples = dict(SETS, kitti=dict(protocols=[dict(name='x')], aligned=True)), mixed()[:2]
    metrics = evaluate(PerSetEvaluator(sets, report_dir=str(tmp_path / 'all'), bins=BINS, report_title='a.pth',
                                       published=dict(kitti='kitti_eigen')), samples)
    assert metrics == pytest.approx(evaluate(PerSetEvaluator(sets), samples), rel=1e-6)
    for name, settings in sets.items():
        evaluate(DepthEvaluator(**settings, report_dir=str(tmp_path / 'alone' / name), bins=BINS,
                                report_title=f'{name}: a.pth', published='kitti_eigen' if name == 'kitti' else None),
                 [each for each in samples if each.set_name == name])
        files = [{path.name: path.read_bytes() for path in (tmp_path / part / name).iterdir()}
                 for part in ('all', 'alone')]
        assert files[0] == files[1] and {'report.md', 'confusion.png', 'worst_1.png'} <= files[0].keys()
    content = report_of(tmp_path / 'all')
    assert [row['name'] for row in content['protocols']][:2] == ['kitti, x', 'kitti, x, median-scaled']
    assert content['protocols'][-1]['model']['rmse'] == metrics['rooms/rmse']
    assert content['mean']['abs_rel'] == metrics['abs_rel'] and content['num_images'] == 2
    text = (tmp_path / 'all/report.md').read_text()
    assert text.startswith('# Depth errors of 2 sets: a.pth') and 'mean of the sets' in text
    for target in re.findall(r'\]\(([^)]+)\)', text):
        assert (tmp_path / 'all' / target).is_file()


def test_a_report_where_a_set_does_not_come_or_has_no_truth(tmp_path):
    samples = [sample('kitti', 0), sample('rooms', 1, with_truth=False)]
    evaluate(PerSetEvaluator(dict(SETS, other={}), report_dir=str(tmp_path)), samples)
    text = (tmp_path / 'report.md').read_text()
    assert '- rooms: 1 image, **none of them scored**' in text and '- other: 0 images, **none of them' in text
    assert '**Nothing was scored**, of 0 images' in (tmp_path / 'other/report.md').read_text()
    assert report_of(tmp_path)['mean'] == report_of(tmp_path)['protocols'][0]['model']


@pytest.mark.long  # a slice: the test above
def test_a_report_takes_the_place_of_one_of_a_single_set(tmp_path):
    kitti = mixed()[:1]
    evaluate(DepthEvaluator(report_dir=str(tmp_path)), kitti)
    (tmp_path / 'mine.png').write_bytes(b'mine')
    evaluator = PerSetEvaluator(report_dir=str(tmp_path))
    evaluate(evaluator, mixed()[:2])
    assert [path.name for path in sorted(tmp_path.glob('*.*'))] == ['mine.png', 'report.json', 'report.md']
    evaluate(evaluator, kitti)  # the next epoch, of fewer
    assert report_of(tmp_path)['num_images'] == 1 and len(report_of(tmp_path / 'kitti')['images']) == 1


def _evaluate_as_rank(rank, folder, sets):
    """One of two ranks of MMEngine's sampler, which has image 0 twice: five images, of which rank 1 sees one set."""
    from mmengine.dataset import DefaultSampler
    torch.set_num_threads(1)
    torch.distributed.init_process_group('gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    samples = five()
    evaluator = Evaluator(PerSetEvaluator(sets, report_dir=f'{folder}/report', output_dir=f'{folder}/out', bins=BINS))
    for index in DefaultSampler(range(5), shuffle=False):
        evaluator.process([samples[index]], dict())
    torch.save((evaluator.evaluate(5), sorted({name for name, *_ in evaluator.metrics[0].results})),
               f'{folder}/rank{rank}.pt')
    torch.distributed.destroy_process_group()


def five():
    return [sample(name, index) for index, name in enumerate(('kitti', 'rooms', 'kitti', 'rooms', 'rooms'))]


@pytest.mark.long  # a slice: the processes of test_depth_evaluator
@pytest.mark.timeout(120)
@pytest.mark.parametrize('sets', [None, dict(rooms={}, kitti={})], ids=['as they come', 'named'])
def test_reports_of_two_processes_are_those_of_one(sets, tmp_path, monkeypatch, mmseg_scope):
    monkeypatch.chdir(tmp_path)  # MMEngine collects through files below the working directory
    torch.multiprocessing.start_processes(
        _evaluate_as_rank, (str(tmp_path), sets), nprocs=2, start_method='forkserver')
    ranks = [torch.load(tmp_path / f'rank{rank}.pt') for rank in range(2)]
    expected = evaluate(PerSetEvaluator(sets, report_dir=str(tmp_path / 'alone'), bins=BINS), five())
    assert all(metrics == expected for metrics, _ in ranks)
    files = {str(path.relative_to(tmp_path / 'alone')): path.read_bytes()
             for path in (tmp_path / 'alone').rglob('*.*')}
    assert {str(path.relative_to(tmp_path / 'report')): path.read_bytes()
            for path in (tmp_path / 'report').rglob('*.*')} == files
    assert files.keys() >= {'report.md', 'kitti/worst_1.png', 'rooms/confusion.png'}
    assert len(list((tmp_path / 'out').rglob('*.png'))) == 5


def test_mistakes():
    with pytest.raises(ValueError, match=r"None/drive/0.png does not say which set it is of. .*PackDepthInputs"):
        evaluate(PerSetEvaluator(), [sample(None, 0)])
    with pytest.raises(ValueError, match=r"is of the set 'mine', and sets are given for 'kitti', 'rooms' only"):
        evaluate(PerSetEvaluator(SETS), [sample('mine', 0)])
    with pytest.raises(ValueError, match=r'sets.kitti takes settings of DepthEvaluator, protocols, .* got'):
        PerSetEvaluator(dict(kitti=dict(report_dir='x')))
    with pytest.raises(ValueError, match=r'sets.kitti: DepthEvaluator: expected 0 <= min_depth < max_depth'):
        PerSetEvaluator(dict(kitti=dict(max_depth=-1)))
    with pytest.raises(ValueError, match='sets names no set'):
        PerSetEvaluator({})
    with pytest.raises(ValueError, match=r"PerSetEvaluator: set_name is a short name .* got '../kitti'"):
        PerSetEvaluator({'../kitti': {}})
