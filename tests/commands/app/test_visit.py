"""What is kept of people who look at the page, and when it goes."""
from pathlib import Path

import numpy as np
import pytest

from mmdepthcls.apis.depth_result import DepthResult
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.commands.app.visit import GENERATIONS, PageError, Visits


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def visits(tmp_path, clock):
    """Up to 10 000 bytes, for 100 s."""
    return Visits(tmp_path, most_bytes=10_000, longest=100.0, clock=lambda: clock[0])


def predicted(visit, pixels=100):
    visit.take('a.png', b'content', f'/uploads/{pixels}')
    visit.result = DepthResult(PictureSource('a.png'), np.zeros((1, pixels, 3), np.uint8),
                               np.ones((1, pixels), np.float32), np.ones((1, pixels), bool), (1, 80))
    return visit


def test_a_visit_is_found_by_the_token_of_its_result_alone(visits):
    one, two = predicted(visits.of('one')), predicted(visits.of('two'))
    assert visits.by_token(one.token) is one and visits.by_token(two.token) is two and one.token != two.token
    assert visits.by_token('') is None and visits.by_token('one') is None
    before = one.token
    one.take('b.png', b'other')
    assert visits.by_token(before) is None and visits.by_token(one.token) is None  # which has no result yet


def test_results_of_others_give_way_the_longest_unused_first(visits):
    for name in ('one', 'two', 'three'):
        predicted(visits.of(name), 500)  # 4007 bytes
    visits.of('one')
    visits.make_room('three')
    assert len(visits) == 2 and visits.of('one').result and visits.of('three').result


def test_the_newest_result_has_a_place_however_large(visits):
    predicted(visits.of('one'))
    predicted(visits.of('two'), 10_000)
    visits.make_room('two')
    assert len(visits) == 1 and visits.of('two').result is not None


def test_who_is_away_for_long_is_forgotten(visits, clock):
    one = predicted(visits.of('one'))
    path = one.write('picture', '.jpg', b'x')
    clock[0] = 60
    visits.of('two')
    clock[0] = 120
    visits.of('two')
    assert len(visits) == 1 and not one.content and one.result is None
    assert not Path(path).exists()


def test_files_of_a_visit_go_with_it(visits, tmp_path):
    visit = predicted(visits.of('one'))
    visit.write('points', '.glb', b'x')
    assert [each.name for each in visit.folder.iterdir()] == ['points_0001.glb'] and visit.folder.parent == tmp_path
    assert len(visit.folder.name) >= 32  # nobody guesses it
    visits.forget('one')
    visits.forget('one')
    assert not list(tmp_path.iterdir()) and len(visits) == 0


def test_each_picture_has_a_name_of_its_own_and_old_ones_go(visits):
    visit = visits.of('one')
    paths = [visit.write('picture', '.jpg', bytes([index])) for index in range(9)]
    assert len(set(paths)) == 9
    assert sorted(str(each) for each in visit.folder.iterdir()) == paths[-GENERATIONS:]


def test_what_shows_a_picture_stays_until_another_is_shown(visits):
    """A page that is given another picture at once still reads what belongs to the first."""
    visit = predicted(visits.of('one'))
    first = visit.write('points', '.glb', b'first')
    visit.take('b.png', b'other')
    assert Path(first).exists()
    for index in range(GENERATIONS - 1):
        visit.write('points', '.glb', bytes([index]))
    assert Path(first).exists()
    visit.write('points', '.glb', b'last')
    assert not Path(first).exists()


def test_an_upload_that_another_has_taken_is_known(visits):
    predicted(visits.of('one'))
    assert visits.uploaded('/uploads/100') == b'content' and visits.uploaded('/uploads/7') is None


def test_nothing_is_written_for_a_page_that_was_closed(visits, tmp_path):
    visit = predicted(visits.of('one'))
    visits.forget('one')
    with pytest.raises(PageError, match='closed'):
        visit.write('picture', '.jpg', b'x')
    assert not list(tmp_path.iterdir()) and visit.result is None
    visits.of('one').write('picture', '.jpg', b'x')  # a page that comes again begins anew
