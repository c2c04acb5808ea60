import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.commands.crf.pattern_search import PatternSearch


def run(search, error, limit=500):
    asked = []
    while points := search.ask():
        for point in points:
            asked.append(point)
            search.tell(point, error(point))
        assert len(asked) < limit
    return asked


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 50), st.floats(0.5, 500))
def test_finds_the_minimum_of_a_bowl_to_a_fine_step(first, second):
    search = PatternSearch(dict(a=1.0, b=10.0), ratio=4.0, finest=1.1)
    run(search, lambda point: math.log(point['a'] / first)**2 + 3 * math.log(point['b'] / second)**2)
    assert abs(math.log(search.best['a'] / first)) < 0.1 and abs(math.log(search.best['b'] / second)) < 0.1


def test_goes_on_where_it_was_interrupted():
    def bowl(point):
        return abs(point['a'] - 3) + abs(point['b'] - 40)
    whole = PatternSearch(dict(a=1.0, b=10.0))
    asked = run(whole, bowl)
    again = PatternSearch(dict(a=1.0, b=10.0))
    answers = {tuple(point.values()): bowl(point) for point in asked[:7]}
    new = []
    while points := again.ask():
        for point in points:
            key = tuple(point.values())
            if key not in answers:
                new.append(point)
            again.tell(point, answers.get(key, bowl(point)))
    assert new == asked[7:] and again.best == whole.best


def test_never_asks_the_same_twice_and_takes_nan_for_bad():
    search = PatternSearch(dict(a=1.0, b=1.0))
    asked = run(search, lambda point: math.nan if point['a'] > 1 else point['a'] * 0 + abs(point['b'] - 1))
    keys = [tuple(point.values()) for point in asked]
    assert len(keys) == len(set(keys)) and search.best == dict(a=1.0, b=1.0)


@pytest.mark.parametrize('arguments', [dict(start={}), dict(start=dict(a=0.0)), dict(start=dict(a=1.0), ratio=1.1),
                                       dict(start=dict(a=1.0), finest=1.0)])
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match='expected values > 0 and ratio > finest > 1'):
        PatternSearch(**arguments)
