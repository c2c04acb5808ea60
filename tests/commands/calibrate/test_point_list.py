"""Lists of measured points, as people write them."""
import pytest

from mmdepthcls.commands.calibrate.point_list import read_points


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'sub').mkdir()
    for name in ('a.png', 'sub/b c.png'):
        (tmp_path / name).write_bytes(b'')
    return tmp_path


def read(folder, text, **options):
    (folder / 'list.csv').write_bytes(text if isinstance(text, bytes) else text.encode())
    points = read_points(str(folder / 'list.csv'), **options)
    return {image.removeprefix(f'{folder}/'): [tuple(point[:3]) for point in each] for image, each in points.items()}


@pytest.mark.parametrize('text', [
    'image,x,y,metres\na.png,3,4,5.5\nsub/b c.png,1.5,0,7\n', 'a.png,3,4,5.5\nsub/b c.png,1.5,0,7',
    '# mine\r\n\r\nimage;x;y;metres\r\n a.png ; 3;4;5.5\r\nsub/b c.png;1.5;0;7\r\n',
    '\ufeffMetres,note,Image,Y,X\n5.5,"a, b",a.png,4,3\n7,,"sub/b c.png",0,1.5\n',
    'a.png\t3\t4\t5.5\nsub/b c.png\t1.5\t0\t7', 'image;x;y;metres\na.png;3;4;5,5\nsub/b c.png;1,5;0;7',
    'a.png;3;4;5,5\r\nsub\\b c.png;1,5;0,0;7,0\r\n', 'A.PNG\t3\t4\t5,5\tmine, 2nd\nsub/b c\t1,5\t0\t7',
    'a.png,3,4,5.5,near; far\nsub/b c.png,1.5,0,7,a\x85b'])
def test_forms(folder, text):
    assert read(folder, text) == {'a.png': [(3, 4, 5.5)], 'sub/b c.png': [(1.5, 0, 7)]}


@pytest.mark.parametrize(('text', 'words'), [
    ('', 'holds no point: expected lines of image,x,y,metres'), ('image,x,y,metres\n', 'holds no point'),
    ('a.png,3,4', 'line 1: expected image,x,y,metres, got 3 columns'),
    ('picture,u,v,depth\na.png,3,4,5', 'line 1: .* a first line that names'),
    ('a.png,3,4,5\na.png,4,4,far', "line 2: expected a number as metres, got 'far'"),
    ('a.png,3,4,nan', 'as metres'), ('a.png,3,inf,5', 'as y'), ('a.png,3,4,0', 'line 1: expected metres > 0'),
    ('a.png,3,4,-1', 'metres > 0'), ('a.png,-1,4,5', 'outside of the picture'),
    ('a.png,3,4,5\n\na.png,3.2,4,6', 'line 3: the same pixel was measured in .*line 1'),
    ('c.png,3,4,5', r'line 1: there is no image .*c\.png .--root'), ('../a.png,3,4,5', 'line 1'),
    ('/etc/passwd,3,4,5', 'line 1'), (',3,4,5', "line 1: path ''"), ('a.png,3,4,"5,5"', "as metres, got '5,5'"),
    ('a.png,3,4,"5', 'line 1: unexpected end of data'),
    ('Bild;x;y;Meter\na.png;3;4;5,5', "got 'Bild,x,y,Meter'"), (b'\xff\xfe\x00a', 'is no UTF-8 text')])
def test_what_is_no_point_is_refused(folder, text, words):
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        read(folder, text)


def test_the_images_may_lie_elsewhere(folder):
    with pytest.raises(FileNotFoundError, match='--root'):
        read(folder / 'sub', 'a.png,3,4,5')
    found = read(folder / 'sub', 'a.png,3,4,5', root=str(folder))
    assert found == {str(folder / 'a.png'): [(3, 4, 5)]}
