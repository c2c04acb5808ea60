"""Analysis of bins against plain sums over pixels, and quantile bins against their definition."""
import json
import os

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.commands.analyze_bins import bin_report
from mmdepthcls.commands.analyze_bins.bin_analysis import bins_of_text, candidates, quantile_edges, score_bins
from mmdepthcls.commands.analyze_bins.depth_tally import CELLS, frames_of_folder, propose_range, tally_depth


@pytest.fixture
def write_maps(tmp_path):
    """Writes maps (metres) as KITTI's PNG, and gives their frames."""
    def write(*maps):
        for i, depth in enumerate(maps):
            assert cv2.imwrite(str(tmp_path / f'{i}.png'), np.rint(np.asarray(depth) * 256).astype(np.uint16))
        return frames_of_folder(tmp_path)
    return write


def street(seed, shape=(40, 60), scale=12.0):
    """Depth as a street has it, with gaps and a few pixels beyond 80 m; multiples of 1 / 256 m."""
    rng = np.random.default_rng(seed)
    depth = np.rint(np.minimum(rng.lognormal(np.log(scale), 0.8, shape), 200) * 256) / 256
    return depth * (rng.random(shape) < 0.7)


def test_floors_and_counts_are_those_of_plain_sums_over_the_pixels(write_maps):
    maps = [street(0), street(1, (20, 30), 30.0), np.zeros((5, 5)), np.full((5, 5), 90.0)]  # the last two: nothing
    bins = [SIDBins(1, 80, 20), UDBins(0, 80, 20), LIDBins(2, 60, 31), DepthBins([5, 6, 7, 40], below='ignore')]
    for score, each in zip(score_bins(write_maps(*maps), bins, 80.0, workers=1, progress=False), bins, strict=True):
        rows, labels, outside = [], [], 0
        for depth in maps[:2]:
            g = depth[(depth > 0.001) & (depth < 80)]
            label = np.array([min(max(np.searchsorted(each.edges, value, 'right') - 1, 0), each.num_bins - 1)
                              for value in g])
            p = each.centers[label]
            rows.append((np.mean(np.abs(p - g) / g), np.sqrt(np.mean((p - g)**2)),
                         np.sqrt(np.mean(np.log(p / g)**2)), np.mean(np.maximum(p / g, g / p) < 1.25)))
            labels.append(label)
            outside += np.sum((g > each.max_depth) | ((g < each.min_depth) & (each.below == 'ignore')))
        labels = np.concatenate(labels)
        assert score.bins == each
        np.testing.assert_allclose(list(score.floor.values()), np.mean(rows, axis=0), rtol=1e-5)
        assert score.counts.tolist() == [np.sum(labels == i) for i in range(each.num_bins)]
        assert score.outside == pytest.approx(outside / len(labels))
        assert score.never_used.tolist() == sorted(set(range(each.num_bins)) - set(labels.tolist()))
        shares = np.unique(labels, return_counts=True)[1] / len(labels)
        assert score.effective == pytest.approx(np.prod(shares**-shares)) and score.num_used == len(shares)
        assert score.shares == pytest.approx((shares.min(), shares.max()))


@pytest.mark.parametrize('text, abs_rel, rmse, rmse_log, used', [
    ('SIDBins(1, 80, 71)', '0.0155', '0.405', '0.0179', 45),
    ('UDBins(0, 80, 71)', '0.0223', '0.325', '0.0291', 67),
    ('SIDBins(1, 80, 32)', '0.0342', '0.898', '0.0395', 20),
    ('SIDBins(0.001, 80, 71)', '0.0397', '1.031', '0.0459', 18),
])
def test_known_floors_of_a_real_frame(kitti_sample, text, abs_rel, rmse, rmse_log, used):
    frame, = [frame for frame in frames_of_folder(kitti_sample) if frame.name.endswith('image_02/data/0000000050.png')]
    score, = score_bins([frame], [bins_of_text(text)], 80.0, workers=1, progress=False)
    assert [f'{score.floor["abs_rel"]:.4f}', f'{score.floor["rmse"]:.3f}', f'{score.floor["rmse_log"]:.4f}'] == [
        abs_rel, rmse, rmse_log]
    assert score.num_used == used


def test_workers_change_nothing(write_maps):
    frames = write_maps(*(street(i) for i in range(5)))
    one, two = (score_bins(frames, [SIDBins(1, 80, 16)], 80.0, workers, progress=False)[0] for workers in (1, 2))
    assert one.floor == two.floor and one.counts.tolist() == two.counts.tolist()


@pytest.mark.long  # a slice: the test above, whose workers are the same
def test_workers_change_no_tally(write_maps):
    frames = write_maps(*(street(i) for i in range(5)))
    one, two = (tally_depth(frames, workers, progress=False) for workers in (1, 2))
    np.testing.assert_array_equal(one.counts, two.counts)


def test_quantiles_of_the_tally_are_those_of_the_pixels(write_maps):
    maps = [street(i) for i in range(3)]
    tally = tally_depth(write_maps(*maps), workers=1, progress=False)
    depth = np.concatenate([each[each > 0] for each in maps])
    assert (tally.num_pixels, tally.num_images, tally.fill) == (depth.size, 3, None)
    for share in (0.001, 0.05, 0.5, 0.95, 0.999):
        exact = np.quantile(depth, share, method='inverted_cdf')
        assert tally.quantile(share) == pytest.approx(exact, rel=5e-4)
    low, high = propose_range(tally)
    assert [float(f'{value:.2g}') for value in (low, high)] == [low, high]  # two digits
    assert low <= tally.quantile(0.001) <= low * 1.1 and high / 1.1 <= tally.quantile(0.999) <= high
    near, far = tally.outside(3.0, 50.0)
    assert near == pytest.approx((depth < 3).mean(), abs=2e-3) and far == pytest.approx((depth > 50).mean(), abs=2e-3)


def test_a_sky_at_the_largest_value_is_left_out_of_the_range(write_maps):
    depth = street(0)
    depth[:10] = 65535 / 256
    tally = tally_depth(write_maps(np.minimum(depth, 65535 / 256)), workers=1, progress=False)
    assert (tally.fill, tally.num_fill) == (65535 / 256, 600) and tally.num_pixels == (depth[10:] > 0).sum()
    assert propose_range(tally)[1] < 220


def test_a_map_of_one_value_is_no_sky(write_maps):
    tally = tally_depth(write_maps(np.full((4, 4), 7.0)), workers=1, progress=False)
    assert tally.fill is None and tally.quantile(0.5) == pytest.approx(7, rel=5e-4)


def test_no_depth_is_an_error(write_maps):
    frames = write_maps(np.zeros((4, 4)), np.full((3, 3), 90.0))
    with pytest.raises(ValueError, match='not one of the 1 depth maps has a pixel with depth'):
        tally_depth(frames[:1], workers=1, progress=False)
    with pytest.raises(ValueError, match='2 depth maps has a pixel between 0.001 and 80'):
        score_bins(frames, [SIDBins(1, 80, 16)], 80.0, workers=1, progress=False)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([1.0, 5.0, 5.0000001, 80.0]) | st.floats(0.5, 100), min_size=1, max_size=60),
       st.integers(2, 255), st.sampled_from([1.0, 0.1, 3.14159265]))
def test_quantile_edges_are_strictly_increasing_whatever_the_data(depth, num_bins, low):
    depth = np.array([*depth, 10.0])
    edges = quantile_edges(depth, num_bins, low, 80.0)
    assert len(edges) == num_bins + 1 and edges[0] == low and edges[-1] == 80.0 and (np.diff(edges) > 0).all()
    assert DepthBins(edges, 'geometric').num_bins == num_bins


def test_quantile_bins_hold_equally_many_pixels():
    depth = street(3, (100, 100))
    depth = depth[(depth >= 1) & (depth <= 80)] + np.random.default_rng(0).random(np.sum((depth >= 1) & (depth <= 80)))
    depth = depth.clip(1, 80)
    for num_bins in (2, 16, 71):
        counts = np.histogram(depth, quantile_edges(depth, num_bins, 1.0, 80.0))[0]
        assert abs(counts - len(depth) / num_bins).max() <= 2


def test_a_frequent_value_has_one_bin_and_the_others_share_the_rest():
    depth = np.concatenate([np.full(10000, 20.0), np.linspace(2, 19, 700), np.linspace(21, 70, 700)])
    counts = np.histogram(depth, quantile_edges(depth, 15, 1.0, 80.0))[0]
    assert sorted(counts)[-1] == pytest.approx(10000, abs=60)
    assert all(abs(count - 100) <= 55 for count in sorted(counts)[:-1])


def test_a_histogram_gives_the_edges_of_its_pixels(write_maps):
    depth = street(5, (200, 200))
    tally = tally_depth(write_maps(depth), workers=1, progress=False)
    exact = quantile_edges(depth[depth > 0], 32, 1.0, 80.0)
    np.testing.assert_allclose(quantile_edges(CELLS, 32, 1.0, 80.0, tally.counts), exact, rtol=2e-3)


def test_no_depth_in_the_range_gives_no_quantiles():
    with pytest.raises(ValueError, match='no depth lies between 1 and 80'):
        quantile_edges(np.array([0.5, 90.0]), 8, 1, 80)


def test_candidates_are_every_scheme_once_at_each_number(write_maps):
    tally = tally_depth(write_maps(street(0)), workers=1, progress=False)
    found = [bin_report.bins_name(bins) for bins in candidates(tally, 0.5, 80.0, [8])]
    start = propose_range(tally)[0]
    assert found == ['SID 8 [0.5, 80]', 'SID 8 [0.5, 80] + 0.5', 'UD 8 [0.5, 80]', 'LID 8 [0.5, 80]',
                     f'SID 8 [{start:g}, 80]', f'edges 8 [{start:g}, 80]']
    from_zero = candidates(tally, 0.0, 80.0, [8, 9])
    assert [bins.num_bins for bins in from_zero] == [8] * 5 + [9] * 5 and repr(from_zero[0]).endswith('shift=1.0)')
    assert not any('+' in bin_report.bins_name(bins) for bins in candidates(tally, 1.0, 80.0, [8]))


@pytest.mark.parametrize('bins', [
    SIDBins(1, 80, 71), SIDBins(0, 80, 71, shift=1), SIDBins(1, 80, 9, below='ignore', shift=0.25), UDBins(0, 80, 80),
    LIDBins(0.5, 60, 64), DepthBins([1, 2.5, 8, 80]), DepthBins([1, 2.5, 8.25, 80], 'geometric', 'ignore')], ids=repr)
def test_text_makes_the_bins_and_a_config_line_makes_them_again(bins):
    assert bins_of_text(repr(bins)) == bins
    config = eval(bin_report.config_line(bins))
    assert {cls.__name__: cls for cls in (SIDBins, UDBins, LIDBins, DepthBins)}[config.pop('type')](**config) == bins


@pytest.mark.parametrize('text', ['', 'SIDBins', 'SIDBins(1, 80', 'Bins(1, 80, 71)', 'SIDBins(1, 80, x)', 'SIDBins(1)',
                                  'SIDBins(1, 80, 71, size=3)', 'SIDBins(1, 80, 999)', "__import__('os').getcwd()"])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match='.'):
        bins_of_text(text)


def test_the_proposal_is_the_fewest_bins_that_reach_the_floor(write_maps):
    frames = write_maps(street(0))
    scores = score_bins(frames, [scheme(1, 80, count) for count in (64, 8, 16, 32) for scheme in (UDBins, SIDBins)],
                        80.0, workers=1, progress=False)
    best = bin_report.best_of(scores)
    assert list(best) == [8, 16, 32, 64] and all(type(score.bins) is SIDBins for score in best.values())
    assert bin_report.proposal(scores, 0.05).bins == SIDBins(1, 80, 32)
    assert bin_report.proposal(scores, 1e-6).bins == SIDBins(1, 80, 64)


def test_runs():
    assert bin_report.runs(np.array([0, 1, 2, 5, 7, 8])) == [(0, 2), (5, 5), (7, 8)]
    assert bin_report.runs(np.array([], int)) == []


def test_the_report_says_everything_and_the_json_holds_it(write_maps):
    frames = write_maps(street(0), street(1))
    tally = tally_depth(frames, workers=1, progress=False)
    bins = [SIDBins(0.01, 80, 30), DepthBins([1, 5, 80]), DepthBins([1, 6, 80])]
    scores = score_bins(frames, bins, 80.0, workers=1, progress=False)
    text = bin_report.markdown(tally, scores, 80.0, 0.02, 'a folder')
    for part in ('# Bins for a folder', '2 depth maps', '| SID 30 [0.01, 80]', '| edges 2 [1, 80]',
                 '| edges 2 [1, 80] no. 2', 'Bins never used:\n- SID 30 [0.01, 80]', ': 0..', 'none reaches 0.02',
                 "    bins = dict(type='SIDBins', min_depth=0.01, max_depth=80.0, num_bins=30)"):
        assert part in text
    numbers = json.loads(json.dumps(bin_report.contents(tally, scores, 80.0, 0.02)))
    assert [row['name'] for row in numbers['bins']] == bin_report.names_of(scores)
    assert sum(numbers['bins'][0]['pixels']) == sum(numbers['bins'][1]['pixels']) and numbers['images'] == 2
    assert numbers['bins'][0]['used'] + len(numbers['bins'][0]['never_used']) == 30


@pytest.mark.parametrize('settings', [
    dict(ground_truth='annotated'), dict(ground_truth='velodyne'),
    dict(ground_truth='velodyne', convention='monodepth')], ids=['annotated', 'velodyne', 'monodepth'])
def test_frames_of_a_dataset_are_read_as_its_pipeline_reads_them(kitti_sample, settings, mmseg_scope):
    from mmengine.config import Config
    from mmseg.registry import DATASETS

    from mmdepthcls.commands.analyze_bins.depth_tally import frames_of_samples
    from mmdepthcls.datasets.sample_listing import list_splits
    settings = dict(settings)
    load = dict(type='LoadVelodyneDepth', convention=settings.pop('convention', 'kitti'))
    dataset = dict(type='KITTIDepthDataset', data_root=kitti_sample, test_mode=True, **settings,
                   pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadDepth'), load])
    source, = list_splits(Config(dict(test_dataloader=dict(dataset=dataset))))[0][0].sources
    frames = {frame.name: frame for frame in frames_of_samples(source.samples, source.reading)}
    samples = [sample for sample in DATASETS.build(dataset) if 'gt_depth_map' in sample]
    assert len(samples) == len(frames) > 0
    for sample in samples:
        depth, = frames[sample['img_path']].load().values()
        np.testing.assert_array_equal(depth, sample['gt_depth_map'])
        assert os.path.exists(sample['img_path'])
