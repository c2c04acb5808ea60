"""Thresholds from counts: against sorted confidences; the authors' rule against argmax p / t."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.adaptation.confidence_histogram import (
    LEVELS,
    ConfidenceHistogram,
    DepthGroups,
    levels_of,
    relabel,
    select,
)
from mmdepthcls.bins import SIDBins, UDBins

CASES = given(st.integers(0, 2**31), st.integers(1, 12), st.integers(0, 3000), st.floats(0, 1))


def drawn(seed, groups, pixels):
    rng = np.random.default_rng(seed)
    confidence = np.where(rng.random(pixels) < 0.1, 1.0, rng.random(pixels)**rng.uniform(0.2, 3))
    return rng.integers(0, groups, pixels), confidence.astype(np.float32)


def thresholds_of(group, confidence, groups, portion):
    histogram = ConfidenceHistogram(groups)
    histogram.add(group, levels_of(confidence))
    return histogram, histogram.thresholds(portion)


@CASES
def test_thresholds_are_sorted_quantiles_to_a_level(seed, groups, pixels, portion):
    group, confidence = drawn(seed, groups, pixels)
    histogram, thresholds = thresholds_of(group, confidence, groups, portion)
    for number in range(groups):
        surest = np.sort(confidence[group == number])[::-1]
        wanted = int(np.floor(portion * len(surest) + 1e-9))
        if wanted == 0:
            assert thresholds[number] == LEVELS
            continue
        quantile = min(surest[wanted - 1], 1 - 1 / LEVELS)
        assert 0 <= quantile - thresholds[number] / LEVELS < 1 / LEVELS + 1e-9
        kept = histogram.kept(thresholds)[number]
        # The portion, but for pixels of the threshold's own level.
        assert wanted <= kept < wanted + histogram.counts[number, thresholds[number]]


@CASES
def test_what_is_kept_is_what_is_counted_and_processes_add_up(seed, groups, pixels, portion):
    group, confidence = drawn(seed, groups, pixels)
    histogram, thresholds = thresholds_of(group, confidence, groups, portion)
    kept = select(group, levels_of(confidence), thresholds)
    assert np.array_equal(np.bincount(group[kept], minlength=groups), histogram.kept(thresholds))
    for processes in (2, 3):
        total = ConfidenceHistogram(groups)
        for rank in range(processes):
            part = ConfidenceHistogram(groups)
            part.add(group[rank::processes], levels_of(confidence[rank::processes]))
            total.counts += part.counts
        assert np.array_equal(total.thresholds(portion), thresholds)


def test_all_is_kept_at_one_and_nothing_at_zero():
    group, confidence = drawn(0, 4, 500)
    group[group == 2] = 1
    level = levels_of(confidence)
    _, thresholds = thresholds_of(group, confidence, 4, 1.0)
    assert select(group, level, thresholds).all() and thresholds[2] == LEVELS
    _, thresholds = thresholds_of(group, confidence, 4, 0.0)
    assert not select(group, level, thresholds).any()


def test_one_group_is_plain_self_training():
    _, confidence = drawn(1, 1, 1000)
    _, threshold = thresholds_of(np.zeros(1000, int), confidence, 1, 0.3)
    kept = select(np.zeros(1000, int), levels_of(confidence), threshold)
    assert set(np.flatnonzero(kept)) >= set(np.argsort(-confidence, kind='stable')[:300].tolist())
    assert confidence[kept].min() >= confidence[~kept].max()


@pytest.mark.parametrize('portion', [-0.1, 1.1, float('nan')])
def test_portions_are_shares(portion):
    with pytest.raises(ValueError, match='portion'):
        ConfidenceHistogram(2).thresholds(portion)


@given(st.integers(2, 255), st.data())
def test_groups_are_of_neighbors_and_even(num_bins, data):
    number = data.draw(st.integers(1, num_bins))
    bins = SIDBins(1, 80, num_bins)
    groups = DepthGroups(bins.edges, number)
    sizes = np.bincount(groups.of_bin)
    assert len(sizes) == number and sizes.max() - sizes.min() <= 1 and (np.diff(groups.of_bin) >= 0).all()
    assert len(groups.edges) == number + 1 and {groups.edges[0], groups.edges[-1]} == {1.0, 80.0}
    assert np.array_equal(groups.of_depth(bins.centers), groups.of_bin)
    assert groups.of_depth(np.array([0.1, 500.0])).tolist() == [0, number - 1]


@pytest.mark.parametrize('number', [0, 9, 2.0, True])
def test_impossible_numbers_of_groups_are_refused(number):
    with pytest.raises(ValueError, match='num_groups: expected a whole number from 1 to 8'):
        DepthGroups(UDBins(0, 80, 8).edges, number)


@given(st.integers(0, 2**31), st.integers(2, 20))
def test_the_authors_rule_is_argmax_of_p_by_t(seed, num_bins):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(num_bins, 0.3), 50).T
    thresholds = rng.uniform(0.01, 1, num_bins)
    label, kept = relabel(probabilities, thresholds)
    for pixel in range(50):
        ratios = [probabilities[k, pixel] / thresholds[k] for k in range(num_bins)]
        assert label[pixel] == np.argmax(ratios) and kept[pixel] == (max(ratios) >= 1)


def test_the_authors_rule_moves_labels_of_flat_distributions():
    """The fact that makes the other rule the default: a model that is less sure far away has its labels moved there."""
    bins = SIDBins(1, 80, 71)
    logs, step = np.log(bins.centers), np.log(80) / 71
    probabilities = np.exp(-(logs[:, None] - logs[20:50])**2 / 2 / 0.4**2)
    probabilities /= probabilities.sum(axis=0)
    thresholds = 0.5 * (0.1 / 0.5)**((logs - logs[0]) / (logs[-1] - logs[0]))
    label, _ = relabel(probabilities, thresholds)
    moved = (label - np.arange(20, 50)) * step
    assert 0.04 < moved.mean() < 0.08 and (moved >= 0).all()
