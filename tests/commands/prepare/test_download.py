"""Downloads from a server that misbehaves."""
import json
import threading
import time

import pytest

from mmdepthcls.commands.prepare.download import DownloadError, Patience, ask_remote, download, in_threads

DATA = bytes(range(256)) * 5000  # 1.28 MB, in several pieces


@pytest.fixture
def fetch(server, patience, tmp_path):
    """Downloads ``a.zip`` and returns its content and the change of the byte count."""
    server.files['a.zip'] = DATA

    def fetch(**kwargs):
        counts = []
        download(server.url + 'a.zip', tmp_path / 'to' / 'a.zip', on_bytes=counts.append, **dict(patience=patience)
                 | kwargs)
        return (tmp_path / 'to' / 'a.zip').read_bytes(), sum(counts)

    return fetch


def leave_part(folder, server, count, data=DATA, url=None):
    """What an interrupted download leaves: made by one."""
    server.files['a.zip'] = data
    server.faults['a.zip'] = [('drop', count), 404]
    with pytest.raises(DownloadError):
        download(server.url + 'a.zip', folder / 'a.zip', patience=Patience(3, 0.01, 2))
    assert (folder / 'a.zip.part').stat().st_size == count
    server.log.clear()


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(fetch, tmp_path):
    assert fetch() == (DATA, len(DATA))
    assert [path.name for path in (tmp_path / 'to').iterdir()] == ['a.zip']


def test_the_size_is_known_before(server):
    server.files['a.zip'] = DATA
    assert ask_remote(server.url + 'a.zip').size == len(DATA)


def test_a_dropped_connection_is_continued_where_it_broke(fetch, server):
    server.faults['a.zip'] = [('drop', 300_000), ('drop', 400_000)]
    assert fetch() == (DATA, len(DATA))
    assert server.gets('a.zip') == [None, 'bytes=300000-', 'bytes=700000-']


def test_progress_renews_the_patience(fetch, server):
    server.faults['a.zip'] = [('drop', 10_000)] * 8
    assert fetch()[0] == DATA


def test_a_later_run_continues(fetch, server, tmp_path):
    leave_part(tmp_path / 'to', server, 1000)
    assert fetch() == (DATA, len(DATA) - 1000)
    assert server.gets('a.zip') == ['bytes=1000-']


def test_a_complete_part_only_needs_its_name(fetch, server, tmp_path):
    leave_part(tmp_path / 'to', server, 1000)
    (tmp_path / 'to' / 'a.zip.part').write_bytes(DATA)
    assert fetch() == (DATA, 0)
    assert server.log == []


def test_a_changed_file_starts_anew(fetch, server, tmp_path):
    leave_part(tmp_path / 'to', server, 1000, data=b'old' * 1000)
    server.files['a.zip'] = DATA
    assert fetch() == (DATA, len(DATA) - 1000)


@pytest.mark.parametrize('fault', ['ignore range', 'other part', 416])
def test_a_server_that_cannot_continue_starts_anew(fetch, server, tmp_path, fault):
    leave_part(tmp_path / 'to', server, 1000)
    server.faults['a.zip'] = [fault]
    assert fetch() == (DATA, len(DATA) - 1000)


def test_without_a_promise_of_equal_bytes_nothing_is_joined(fetch, server):
    server.faults['a.zip'] = [('drop', 1000), 'weak', 'weak']
    assert fetch()[0] == DATA
    assert server.gets('a.zip') == [None, None]


@pytest.mark.parametrize('status', [500, 503, 429, 408])
def test_a_passing_fault_is_tried_again(fetch, server, status):
    server.faults['a.zip'] = [status, status]
    assert fetch()[0] == DATA


@pytest.mark.parametrize('status', [403, 404, 410])
def test_a_final_answer_is_believed_at_once(fetch, server, status):
    server.faults['a.zip'] = [status]
    with pytest.raises(DownloadError, match=rf'{server.url}a.zip: the server answers {status}'):
        fetch()
    assert len(server.gets('a.zip')) == 1


@pytest.mark.parametrize('faults', [[500] * 9, [('length', len(DATA) + 1)] * 9],
                         ids=['status', 'claims more than it sends'])
def test_patience_ends(fetch, server, faults, tmp_path):
    server.faults['a.zip'] = faults
    with pytest.raises(DownloadError, match='a.zip: given up after 3 attempts without progress'):
        fetch()
    assert not (tmp_path / 'to' / 'a.zip').exists()


def test_starting_over_and_over_is_no_progress(fetch, server):
    server.faults['a.zip'] = [('drop', 5000), *[416, ('drop', 4000)] * 9]
    with pytest.raises(DownloadError, match='given up after 3 attempts without progress'):
        fetch()


def test_a_server_that_says_no_size_is_refused(fetch, server):
    server.faults['a.zip'] = ['no length']
    with pytest.raises(DownloadError, match='does not say how large'):
        fetch()


def test_a_silent_server_is_left(fetch, server):
    server.faults['a.zip'] = ['silent'] * 3
    with pytest.raises(DownloadError, match='given up.*timed out'):
        fetch(patience=Patience(2, 0.01, 0.2))


def test_nobody_there(tmp_path, patience):
    with pytest.raises(DownloadError, match='given up after 3.*refused'):
        download('http://127.0.0.1:9/a.zip', tmp_path / 'a.zip', patience=patience)


def test_only_the_web(tmp_path):
    with pytest.raises(DownloadError, match='file:///etc/hosts: expected an address'):
        download('file:///etc/hosts', tmp_path / 'a.zip')


@pytest.mark.parametrize('name', ['a.zip', 'a.zip.part'])
def test_files_of_others_are_left_alone(fetch, tmp_path, name):
    (tmp_path / 'to').mkdir()
    (tmp_path / 'to' / name).write_bytes(b'mine')
    with pytest.raises(FileExistsError, match=name):
        fetch()
    assert (tmp_path / 'to' / name).read_bytes() == b'mine'


@pytest.mark.parametrize('state', ['', '[]', '{"url": 1}', json.dumps(dict(url='http://x/', size=9, validator='"a"'))])
def test_a_damaged_note_beside_the_part_starts_anew(fetch, server, tmp_path, state):
    leave_part(tmp_path / 'to', server, 1000)
    (tmp_path / 'to' / 'a.zip.part.json').write_text(state)
    assert fetch()[0] == DATA


def test_stopping_keeps_the_part(fetch, server, tmp_path):
    stop = threading.Event()
    server.faults['a.zip'] = [('drop', 1000), 500]
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(DownloadError, match='stopped. What has arrived is kept'):
        fetch(stop=stop, patience=Patience(9, 60, 2))
    assert (tmp_path / 'to' / 'a.zip.part').stat().st_size == 1000
    assert fetch()[0] == DATA


# ------------------------------------------------------------------------------------------------------------- threads
@pytest.mark.parametrize('jobs', [1, 3, 50])
def test_every_item_once_and_errors_in_their_place(jobs):

    def work(item, stop):
        if item == 3:
            raise ValueError('three')
        return item * item

    results = dict(in_threads(work, list(range(9)), jobs))
    assert str(results.pop(3)) == 'three'
    assert results == {item: item * item for item in range(9) if item != 3}


def test_a_mistake_reaches_the_caller():
    with pytest.raises(TypeError):
        list(in_threads(lambda item: item, [1, 2], 2))


def test_an_interruption_does_not_wait_for_a_silent_server():
    start, stopped = time.monotonic(), []

    def work(item, stop):
        if item == 0:
            return None
        stopped.append(stop.wait(30))

    results = in_threads(work, [0, 1, 2], 2)
    next(results)
    results.close()  # as an exception in the loop does
    assert time.monotonic() - start < 3 and stopped and all(stopped)
