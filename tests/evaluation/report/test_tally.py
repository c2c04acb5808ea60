"""What processes keep for the report: nothing is lost, nothing counts twice, nothing grows."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.evaluation.report.tally import NUM_EXTREMES, ReportTally, ScoredImage, extremes


def make_image(position, abs_rel, name=None):
    empty = np.zeros((1, 1), np.float32)
    return ScoredImage(name or f'{position:04d}.png', position, abs_rel, empty, empty, empty > 0)


def tally_of(images, num_bins=2):
    """A tally that saw images as (position, abs_rel); each adds 1 at one place of the confusion."""
    tally = ReportTally(num_bins)
    for position, abs_rel in images:
        image = make_image(position, abs_rel)
        confusion = np.zeros((num_bins, num_bins), np.int64)
        confusion[0, position % num_bins] = 1
        tally.add(position, confusion, image if tally.wants(image.key) else None)
    return tally


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=15), st.integers(1, 4))
def test_processes_together_find_what_one_finds(errors, world_size):
    images = list(enumerate(errors))
    per_process = -(-len(images) // world_size)
    padded = (images * world_size)[:per_process * world_size]  # the first images again, as samplers do
    tallies = [tally_of([(rank + number * world_size, padded[rank + number * world_size][1])
                         for number in range(per_process)]) for rank in range(world_size)]
    found = [tally.finish(len(images)) for tally in tallies]
    assert all(len(images) <= 2 * NUM_EXTREMES for images in found)
    worst, best = extremes(key for images in found for key in images)
    keys = [make_image(*image).key for image in images]
    assert worst == sorted(keys, reverse=True)[:min(NUM_EXTREMES, (len(keys) + 1) // 2)]
    assert best == sorted(set(keys) - set(worst))[:NUM_EXTREMES]
    total = sum(tally.confusion for tally in tallies)
    assert total.tolist() == [[(len(images) + 1) // 2, len(images) // 2], [0, 0]]


def test_only_what_may_be_shown_is_wanted():
    tally = tally_of(enumerate(np.linspace(0.1, 1, 10)))
    tally.add(10)
    assert not tally.wants((0.5, 'x', 11))
    assert tally.wants((0.05, 'x', 11)) and tally.wants((2.0, 'x', 11))


def test_equal_errors_are_ordered_by_name():
    worst, best = extremes((0.5, name, 0) for name in 'fbdace')
    assert [key[1] for key in worst] == list('fed') and [key[1] for key in best] == list('abc')


@pytest.mark.parametrize('number, worst, best', [(0, 0, 0), (1, 1, 0), (2, 1, 1), (5, 3, 2), (6, 3, 3), (9, 3, 3)])
def test_no_image_is_both(number, worst, best):
    sides = extremes((float(position), '', position) for position in range(number))
    assert tuple(map(len, sides)) == (worst, best) and not set(sides[0]) & set(sides[1])


def test_images_beyond_the_data_set_are_never_shown():
    kept = tally_of([(0, 0.1), (4, 0.2), (8, 0.3), (12, 0.4)]).finish(5)
    assert sorted(key[2] for key in kept) == [0, 4]


def test_without_bins_there_is_no_confusion():
    tally = ReportTally()
    tally.add(0, None, make_image(0, 0.1))
    assert list(tally.finish(1)) == [(0.1, '0000.png', 0)] and tally.confusion is None
