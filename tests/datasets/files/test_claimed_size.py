"""Sizes that images claim: those of the decoder, and refused undecoded where they are too large."""
import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdepthcls.datasets.depth_format import DepthFileError
from mmdepthcls.datasets.files.claimed_size import claimed_size
from mmdepthcls.datasets.files.image_header import probe_image

HEIGHT, WIDTH = 31, 45
RGB = cv2.resize(np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8), (WIDTH, HEIGHT))
HUGE = 60_000


def saved(kind, **options):
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, kind, **options)
    return file.getvalue()


def encoded(ending, image=RGB, *options):
    return cv2.imencode(ending, image, options)[1].tobytes()


def os2_bitmap():
    rows = encoded('.bmp')[54:]
    return b'BM' + struct.pack('<IHHIIHHHH', 26 + len(rows), 0, 0, 26, 12, WIDTH, HEIGHT, 1, 24) + rows


KINDS = {
    'gif': saved('GIF'), 'moving.gif': saved('GIF', save_all=True, append_images=[Image.fromarray(RGB[::-1])]),
    'jp2': saved('JPEG2000'), 'j2k': saved('JPEG2000', no_jp2=True), 'hdr': encoded('.hdr', RGB.astype(np.float32)),
    'ras': encoded('.ras'), 'pam': encoded('.pam'), 'os2.bmp': os2_bitmap(), 'bmp': encoded('.bmp'),
    'text.ppm': encoded('.ppm', RGB, cv2.IMWRITE_PXM_BINARY, 0), 'pfm': encoded('.pfm', RGB.astype(np.float32))}
if cv2.haveImageWriter('a.avif'):
    KINDS['avif'] = encoded('.avif')


def claiming(data, height, width):
    """The same file, whose header says another size."""
    for old, new in ((struct.pack(code, *now), struct.pack(code, *then)) for code, now, then in (
            ('>II', (WIDTH, HEIGHT), (width, height)), ('>II', (HEIGHT, WIDTH), (height, width)),
            ('<HH', (WIDTH, HEIGHT), (width, height)), ('<ii', (WIDTH, HEIGHT), (width, height)))):
        data = data.replace(old, new)
    for words in (b'%d %d', b'WIDTH %d\nHEIGHT %d'):
        data = data.replace(words % (WIDTH, HEIGHT), words % (width, height), 1)
    return data.replace(b'-Y %d +X %d' % (HEIGHT, WIDTH), b'-Y %d +X %d' % (height, width))


def compressed_bitmap():
    """A bitmap whose runs need no bytes for most of its rows."""
    return b'BM' + struct.pack('<IHHI', 1080, 0, 0, 1078) + struct.pack(
        '<IiiHHIIiiII', 40, HUGE, HUGE, 1, 8, 1, 2, 0, 0, 256, 0) + bytes(1024) + b'\0\1'


def floating_tiff():
    """A TIFF of floating point, of one strip that is hardly there."""
    tags = ((256, 4, HUGE), (257, 4, HUGE), (258, 3, 32), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, HUGE), (279, 4, 4), (339, 3, 3))
    return b'II*\0' + struct.pack('<I', 12) + bytes(4) + struct.pack('<H', len(tags)) + b''.join(
        struct.pack('<HHII', tag, code, 1, value) for tag, code, value in tags) + bytes(4)


@pytest.mark.parametrize('kind', KINDS)
def test_a_size_is_that_of_the_decoder(kind):
    shape = cv2.imdecode(np.frombuffer(KINDS[kind], np.uint8), cv2.IMREAD_COLOR).shape
    assert claimed_size(KINDS[kind]) == shape[:2] == (HEIGHT, WIDTH)


BOMBS = {**{kind: claiming(data, HUGE, HUGE) for kind, data in KINDS.items() if kind != 'bmp'},
         'runs.bmp': compressed_bitmap(), 'float.tif': floating_tiff()}


@pytest.mark.parametrize('kind', BOMBS)
def test_what_claims_too_much_is_not_decoded(tmp_path, kind, monkeypatch):
    def decode(*arguments):
        raise AssertionError('memory was set aside')
    monkeypatch.setattr(cv2, 'imdecode', decode)
    (tmp_path / kind).write_bytes(BOMBS[kind])
    with pytest.raises(DepthFileError, match=f'{kind}: it has {HUGE} x {HUGE} pixels; up to 40 million are taken'):
        probe_image(str(tmp_path / kind), 40 * 10**6)


@pytest.mark.parametrize('kind', KINDS)
def test_nothing_larger_than_it_claims_is_decoded(kind, capfd):
    """A header that says too little gets no picture past the check."""
    data = claiming(KINDS[kind], 8, 8)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    assert claimed_size(data) == (8, 8) and (image is None or image.shape == (8, 8, 3))
    capfd.readouterr()


def claimed_or_nothing(data):
    try:
        return claimed_size(data)
    except ValueError:
        return None


@pytest.mark.parametrize('kind', KINDS)
def test_headers_that_are_cut_off_claim_nothing_or_the_same(kind):
    for size in range(0, min(len(KINDS[kind]), 400)):
        assert claimed_or_nothing(KINDS[kind][:size]) in (None, (HEIGHT, WIDTH))


FILM = b'\0\0\0\x0cftypavis' + struct.pack('>I4sI4s', 108, b'moov', 100, b'trak') + struct.pack(
    '>I4s76xII', 92, b'tkhd', HUGE << 16, HUGE << 16)


def test_a_film_claims_the_size_of_its_track():
    assert claimed_size(FILM) == (HUGE, HUGE)


@pytest.mark.parametrize('data', [
    b'P7\n', b'P7\nENDHDR', b'P3 x', b'BM', b'GIF89a', b'#?RADIANCE\n\n', b'\0\0\0\x0cjP  \r\n\x87\n',
    b'\0\0\0\x0cftypavif' + b'\0\0\0\x08meta' * 1000, b'\0\0\0\x0cftypavif' + b'\0\0\0\x08free' * 20_000 + FILM,
    b'\0\0\0\x01ftyp' + b'\xff' * 40, b'\xff\x4f\xff\x51', b'\xff\x4f\xff\x51' + bytes(3)])
def test_a_header_that_hides_its_size_is_not_given_to_a_decoder(tmp_path, data, monkeypatch):
    with pytest.raises(ValueError):
        claimed_size(data)
    monkeypatch.setattr(cv2, 'imdecode', None)
    (tmp_path / 'a.png').write_bytes(data)
    with pytest.raises(DepthFileError, match='a.png: '):
        probe_image(str(tmp_path / 'a.png'))


@pytest.mark.parametrize('data', [b'', b'words', b'Please', b'P', b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff'])
def test_of_other_kinds_nothing_is_known(data):
    assert claimed_size(data) is None
