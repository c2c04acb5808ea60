"""Pictures come in order, few wait, and a broken one costs itself alone."""
import pytest

from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.apis.read_ahead import attempt, read_ahead

SOURCES = [PictureSource(str(index)) for index in range(12)]


def prepare(source):
    if source.name in ('3', '11'):
        raise ValueError(f'{source.name} is broken')
    return int(source.name)


@pytest.mark.parametrize(('workers', 'ahead'), [(0, 1), (1, 1), (3, 4), (3, 50)])
def test_in_order_without_the_broken(workers, ahead):
    told = []
    found = list(read_ahead(SOURCES, prepare, workers, ahead, lambda source, error: told.append((source, str(error)))))
    assert found == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert told == [(SOURCES[3], '3 is broken'), (SOURCES[11], '11 is broken')]


@pytest.mark.parametrize('workers', [0, 2])
def test_the_first_broken_one_raises_where_nobody_is_told(workers):
    found = []
    with pytest.raises(ValueError, match='^3 is broken$'):
        for each in read_ahead(SOURCES, prepare, workers, 3, None):
            found.append(each)
    assert found == [0, 1, 2]


@pytest.mark.parametrize(('workers', 'ahead', 'most'), [(0, 5, 1), (2, 1, 2), (2, 5, 6)])
def test_no_more_are_asked_for_than_may_wait(workers, ahead, most):
    asked = []

    def sources():
        for index in range(1000):
            asked.append(index)
            yield PictureSource(str(index))

    pictures = read_ahead(sources(), lambda source: int(source.name), workers, ahead, None)
    for number, each in zip(range(20), pictures, strict=False):
        assert each == number and len(asked) <= number + most
    pictures.close()
    assert len(asked) <= 20 + most


def test_an_attempt_hides_no_interruption():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(SOURCES[0], interrupt, lambda *told: pytest.fail('told'))
