"""Which pictures are drawn."""
import pytest

from mmdepthcls.commands.figures.sample_pictures import pictures_of


def test_a_labelled_folder_minidrive_and_bare_pictures(minidrive, pairs, tmp_path):
    data = pictures_of(None, [minidrive], 'test')
    assert len(data.pictures) == 3 and all(each.depth for each in data.pictures)
    folder = pictures_of(None, [str(pairs)], 'test', depth_scale=1000)
    assert len(folder.pictures) == 3 and folder.pictures[0].depth((20, 64)).max() == pytest.approx(20, abs=1)
    bare = pictures_of(None, [str(pairs / 'image')], 'test')
    assert [each.depth for each in bare.pictures] == [None] * 3
    (pairs / 'image' / '0.png').rename(tmp_path / 'mit Leerzeichen é.png')
    two = pictures_of(None, [str(tmp_path / 'mit Leerzeichen é.png'), str(pairs / 'image' / '1.png')], 'test')
    assert [each.path.rpartition('/')[2] for each in two.pictures] == ['mit Leerzeichen é.png', '1.png']


@pytest.mark.parametrize('data, options, message', [
    (None, {}, 'figures of a model file need pictures: give --data'),
    (None, dict(depth_scale=2.0), '--depth-scale are of a folder'),
    (['a.png', 'b.png'], dict(image_folder='rgb'), 'are of one labelled folder, and --data names 2'),
    (['nowhere'], {}, 'nowhere')])
def test_what_is_no_data_is_refused(data, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, OSError), match=message):
        pictures_of(None, data, 'test', **options)
