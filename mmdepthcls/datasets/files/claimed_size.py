"""How many pixels an image claims to have, of the kinds that :mod:`image_header` knows by decoding alone. Pure.

A file of a hundred bytes may claim gigabytes, which a decoder sets aside before it looks at the rest.
"""
import re
import struct
from itertools import islice

from .netpbm import GAP

NETPBM = re.compile(rb'P[1-7fF][\s#]')
TEXT = re.compile(rb'P[1-6fF]' + GAP + rb'(?P<width>\d{1,18})' + GAP + rb'(?P<height>\d{1,18})\s')
PAM = re.compile(rb'P7\s.*?ENDHDR', re.DOTALL)
RADIANCE = re.compile(rb'#\?(?:RADIANCE|RGBE)\n.{0,65536}?\n\n[-+]Y +(?P<height>\d{1,18}) +[-+]X +'
                      rb'(?P<width>\d{1,18})\n', re.DOTALL)
SUN, CODESTREAM, JPEG2000 = b'\x59\xa6\x6a\x95', b'\xff\x4f\xff\x51', b'\0\0\0\x0cjP  \r\n\x87\n'
# Boxes of AVIF that lead to the sizes of its images, and how many bytes of each stand before the boxes inside.
PARENTS = {b'meta': 4, b'iprp': 0, b'ipco': 0, b'moov': 0, b'trak': 0}
DEEPEST, MOST_BOXES = 8, 10_000


def claimed_size(data):
    """What the header of an image says, whether or not the rest is there.

    Args:
        data (bytes): the file.

    Returns:
        tuple[int, int] or None: H, W, of several images the largest; None for other kinds.

    Raises:
        ValueError: for one of these kinds of which it cannot be read.
    """
    readers = ((b'GIF8', _gif), (b'BM', _bmp), (SUN, _sun), (JPEG2000, _jpeg2000), (CODESTREAM, _codestream),
               (b'#?', _radiance))
    reader = next((reader for begin, reader in readers if data.startswith(begin)), None)
    if reader is None and data[4:8] == b'ftyp':
        reader = _avif
    if reader is None and NETPBM.match(data):
        reader = _netpbm
    try:
        return reader and reader(data)
    except struct.error as error:
        raise ValueError('the header is cut off') from error


def _gif(data):
    width, height = struct.unpack('<HH', data[6:10])
    return height, width


def _bmp(data):
    head, = struct.unpack('<I', data[14:18])
    width, height = struct.unpack('<HH', data[18:22]) if head == 12 else struct.unpack('<ii', data[18:26])
    return abs(height), abs(width)


def _sun(data):
    width, height = struct.unpack('>II', data[4:12])
    return height, width


def _netpbm(data):
    match = TEXT.match(data)
    if match:
        return int(match['height']), int(match['width'])
    match = PAM.match(data[:2**16])
    header = match[0].split() if match else []
    return tuple(int(header[header.index(name) + 1]) for name in (b'HEIGHT', b'WIDTH'))


def _radiance(data):
    match = RADIANCE.match(data)
    if match is None:
        raise ValueError('no size')
    return int(match['height']), int(match['width'])


def _jpeg2000(data):
    """Of the box that holds the pixels; what the others say of the size is not what is decoded."""
    return max((_codestream(data[start:start + 64]) for name, start, _ in _few(_boxes(data, 0, len(data)))
                if name == b'jp2c'), key=_area)


def _codestream(data):
    if not data.startswith(CODESTREAM):
        raise ValueError('no codestream')
    right, bottom, left, top = struct.unpack('>4I', data[8:24])
    return bottom - top, right - left


def _avif(data):
    """Of all images in it: which is shown, the decoder decides."""
    sizes = []
    for name, start, end in _few(_tree(data, 0, len(data), 0)):
        if name == b'ispe':
            sizes.append(struct.unpack('>II', data[start + 4:start + 12])[::-1])
        elif name == b'tkhd':  # of a film, in parts of 65536
            sizes.append(tuple(side >> 16 for side in struct.unpack('>II', data[end - 8:end])[::-1]))
    return max(sizes, key=_area)


def _few(boxes):
    found = list(islice(boxes, MOST_BOXES + 1))
    if len(found) > MOST_BOXES:
        raise ValueError('too many boxes')
    return found


def _tree(data, start, end, depth):
    for name, inside, after in _boxes(data, start, end):
        yield name, inside, after
        if name in PARENTS and depth < DEEPEST:
            yield from _tree(data, inside + PARENTS[name], after, depth + 1)


def _boxes(data, start, end):
    """Name, start and end of the content of each box of an ISO file."""
    while start + 8 <= end:
        length, name = struct.unpack('>I4s', data[start:start + 8])
        head = 16 if length == 1 else 8
        if length == 1:
            length, = struct.unpack('>Q', data[start + 8:start + 16])
        after = min(start + length, end) if length else end
        yield name, start + head, after
        start = max(after, start + head)


def _area(size):
    return size[0] * size[1]
