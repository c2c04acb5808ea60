"""What an image file says of itself, of every kind that OpenCV (and so MMCV) decodes, and whether it is whole. Pure."""
import os
import re
import stat
import struct
from typing import NamedTuple

import cv2
import numpy as np

from ..depth_format import DepthFileError
from . import depth_png
from .claimed_size import claimed_size
from .netpbm import GAP
from .stand_in import content_of
from .tiff_header import TURNED, exif_orientation, is_tiff, read_tiff_header

JPEG_END, EXIF = b'\xff\xd9', b'Exif\0\0'
JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
JPEG_SCAN, JPEG_EXIF = 0xDA, 0xE1
MAX_PIXELS = 2**28  # of a picture: more is a mistake or an attack
TAIL = 64  # bytes that some cameras write behind the end mark
PNM = re.compile(rb'P(?:(?P<bits>4)|(?P<kind>[56]))' + GAP + rb'(?P<width>\d+)' + GAP + rb'(?P<height>\d+)(?(bits)|'
                 + GAP + rb'(?P<greatest>\d+))\s')
PIXELS_OF_BMP = (0, 3, 6)  # compressions without one: so many bytes a row
PICTURES = (('u', 8), ('u', 16))  # numbers of a TIFF
NUMBERS = {'f': 'of floating point', 'u': 'whole', 'i': 'whole, with a sign,'}


class ImageHeader(NamedTuple):
    """Size of an image as stored, and how a reader is asked to turn it."""
    kind: str
    height: int
    width: int
    orientation: int = 1  # of EXIF: 1 as stored, 2..4 mirrored or upside down, 5..8 with rows and columns exchanged
    bit_depth: int | None = None  # of a PNG
    channels: int | None = None  # of a PNG

    def shape(self, obeyed=True):
        """tuple[int, int]: H, W of what a reader gives that obeys the orientation, or not (of a TIFF all obey it)."""
        turned = self.orientation in TURNED and (obeyed or self.kind == 'TIFF')
        return (self.width, self.height) if turned else (self.height, self.width)

    @property
    def hides_orientation(self):
        """bool: whether the size is the same with and without obeying the orientation, but the pixels are not."""
        return self.kind != 'TIFF' and self.orientation > 1 and self.shape(True) == self.shape(False)


def probe_image(path, most=MAX_PIXELS):
    """Look at an image file without decoding it, where its kind allows that. Its content counts, as for MMCV, and not
    its ending.

    Args:
        path (str): the image: PNG, JPEG, BMP, TIFF, WebP, PNM or another that OpenCV decodes.
        most (int): pixels. What claims more is not decoded.

    Returns:
        ImageHeader

    Raises:
        DepthFileError: if it is no file, or empty, truncated, too large, or nothing that OpenCV decodes.
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would wait for ever, a device may have no end
        raise DepthFileError(f'{path}: expected an image, and it is no file, but a pipe or a device.')
    with open(path, 'rb') as file:
        start = file.read(depth_png.HEADER_BYTES)
        size = os.fstat(file.fileno()).st_size
        header = PROBES.get(_kind(start), _decode)(start, file, path, size, most)
    _check_size(path, header.height, header.width, most)
    return header


def _check_size(path, height, width, most):
    if height * width > most:
        raise DepthFileError(f'{path}: it has {width} x {height} pixels; up to {most / 10**6:g} million are taken. '
                             'Reduce it first.')


def _kind(start):
    """Kind of a file by its first bytes; '' where OpenCV has to say."""
    for kind, begins in (('PNG', depth_png.SIGNATURE), ('JPEG', depth_png.JPEG_START), ('BMP', b'BM')):
        if start.startswith(begins):
            return kind
    if is_tiff(start[:4]):
        return 'TIFF'
    if start[:4] == b'RIFF' and start[8:12] == b'WEBP':
        return 'WebP'
    return 'PNM' if re.match(rb'P[1-6][\s#]', start) else ''


def _probe_png(start, file, path, size, most):
    header = depth_png.read_header(start, path)
    tail = depth_png.check_end(file, path)
    return ImageHeader('PNG', header.height, header.width, _png_orientation(file, tail), header.bit_depth,
                       header.channels)


def _png_orientation(file, tail):
    """Of a chunk eXIf before the pixels, or in the file's last bytes."""
    file.seek(len(depth_png.SIGNATURE))
    while len(chunk := file.read(8)) == 8 and chunk[4:] != b'IDAT':
        length, = struct.unpack('>I', chunk[:4])
        if chunk[4:] == b'eXIf':
            return exif_orientation(file.read(length))
        file.seek(length + 4, os.SEEK_CUR)
    place = tail.find(b'eXIf')
    return exif_orientation(tail[place + 4:]) if place >= 4 else 1


def _probe_jpeg(start, file, path, size, most):
    """Segments up to the first scan; the end mark near the file's end, or anywhere behind.

    Pillow says size and orientation as well, but not where the scan begins, so that the end mark of a thumbnail would
    pass for that of the image; and it takes more than twice as long.
    """
    file.seek(len(depth_png.JPEG_START))
    shape, orientation = None, 1
    while len(mark := file.read(2)) == 2 and mark[0] == 0xFF:
        if mark[1] == 0xFF:  # a fill byte
            file.seek(-1, os.SEEK_CUR)
            continue
        length, = struct.unpack('>H', file.read(2).rjust(2, b'\0'))
        if length < 2 or mark[1] == JPEG_SCAN:
            break
        content = file.read(length - 2)
        if mark[1] in JPEG_FRAMES and len(content) >= 5:
            shape = struct.unpack('>HH', content[1:5])
        if mark[1] == JPEG_EXIF and content.startswith(EXIF):
            orientation = exif_orientation(content[len(EXIF):])
    scan = file.tell()
    file.seek(max(size - TAIL, scan))
    if shape is None or JPEG_END not in file.read():
        file.seek(scan)
        # Phones append whole films. Inside a scan the mark cannot occur.
        if shape is None or JPEG_END not in file.read():
            raise DepthFileError(f'{path}: the JPEG is truncated (its end is missing). Copy the file again.')
    return ImageHeader('JPEG', *shape, orientation)


def _probe_tiff(start, file, path, size, most):
    header = read_tiff_header(file, path, size)
    if (header.kind, header.bits) not in PICTURES:  # such as one of floating point, which has no colors
        _check_size(path, header.height, header.width, most)
        try:
            return _decode(start, file, path, size, most)
        except DepthFileError as error:
            raise DepthFileError(
                f'{path}: expected a picture, whose numbers are whole and of 8 or 16 bits; those of this TIFF are '
                f'{NUMBERS.get(header.kind, "of another kind")} of {header.bits} bits, which OpenCV, with which MMCV '
                'loads it, does not take for colors. Save it as a PNG of 8 bits, or a TIFF of 8 or 16.') from error
    return ImageHeader('TIFF', header.height, header.width, header.orientation)


def _probe_bmp(start, file, path, size, most):
    file.seek(0)
    start = file.read(34)
    if len(start) < 34:
        raise _truncated('BMP', path)
    offset, head = struct.unpack('<II', start[10:18])
    if head < 40:  # of OS/2
        return _decode(start, file, path, size, most)
    width, height, _, bits, compression = struct.unpack('<iiHHI', start[18:34])
    if compression not in PIXELS_OF_BMP:
        return _decode(start, file, path, size, most)
    if size < offset + (abs(width) * bits + 31) // 32 * 4 * abs(height) or not width * height:
        raise _truncated('BMP', path)
    return ImageHeader('BMP', abs(height), abs(width))


def _probe_webp(start, file, path, size, most):
    """Chunks of a WebP; only the extended kind tells an orientation."""
    if size < 8 + struct.unpack('<I', start[4:8])[0]:
        raise _truncated('WebP', path)
    file.seek(12)
    shape, orientation = None, 1
    while len(head := file.read(8)) == 8:
        name, length = head[:4], struct.unpack('<I', head[4:])[0]
        content = file.read(length if name == b'EXIF' else min(length, 10))
        file.seek(length + length % 2 - len(content), os.SEEK_CUR)
        if shape is None and name in WEBP_SIZES and len(content) >= 5:
            shape = WEBP_SIZES[name](content.ljust(10, b'\0'))
        if name == b'EXIF':
            orientation = exif_orientation(content.removeprefix(EXIF))
    if shape is None:
        raise _truncated('WebP', path)
    return ImageHeader('WebP', *shape, orientation)


WEBP_SIZES = {  # chunk -> H, W of its first 10 bytes
    b'VP8X': lambda data: (int.from_bytes(data[7:10], 'little') + 1, int.from_bytes(data[4:7], 'little') + 1),
    b'VP8 ': lambda data: tuple(side & 0x3FFF for side in struct.unpack('<HH', data[6:10])[::-1]),
    b'VP8L': lambda data: ((int.from_bytes(data[1:5], 'little') >> 14 & 0x3FFF) + 1,
                           (int.from_bytes(data[1:5], 'little') & 0x3FFF) + 1),
}


def _probe_pnm(start, file, path, size, most):
    file.seek(0)
    match = PNM.match(file.read(4096))
    if match is None:  # text, whose length says nothing, or a long comment
        return _decode(start, file, path, size, most)
    width, height, greatest = (int(match[name] or 1) for name in ('width', 'height', 'greatest'))
    row = (width + 7) // 8 if match['bits'] else width * (3 if match['kind'] == b'6' else 1) * (1 + (greatest > 255))
    if size < match.end() + row * height or not width * height:
        raise _truncated('PNM', path)
    return ImageHeader('PNM', height, width)


def _decode(start, file, path, size, most):
    """Kinds that are seldom images of a data set: decoding alone tells, once."""
    file.seek(0)
    data = file.read()
    image = None
    try:
        claim = claimed_size(data)  # a header that hides its size is not given to a decoder
        _check_size(path, *(claim or (0, 0)), most)
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except DepthFileError:
        raise
    except (ValueError, cv2.error):
        pass
    if image is None:
        what, remedy = content_of(data)
        if what is None:
            what, remedy = ('truncated, damaged or of a kind that it does not know',
                            'Copy the file again, or convert it to PNG or JPEG')
        raise DepthFileError(f'{path}: expected an image, but OpenCV, with which MMCV loads it, cannot decode it: it '
                             f'is {what}. {remedy}.')
    return ImageHeader('other', *image.shape[:2])


def _truncated(kind, path):
    return DepthFileError(f'{path}: the {kind} is truncated or its header is damaged. Copy the file again.')


def orientation_remedy(path, obeyed, shape):
    """A sentence about an EXIF orientation tag, where that is why an image and its depth have different sizes.

    Args:
        path (str or None): the image.
        obeyed (bool): whether the tag has been obeyed.
        shape (tuple[int, int]): H, W of the depth.

    Returns:
        str: ends with a space; '' where the tag is not the reason, or the file cannot be read.
    """
    try:
        image = probe_image(path)
    except (OSError, TypeError, ValueError):
        return ''
    if image.orientation == 1 or image.shape(not obeyed) != shape or image.shape(obeyed) == shape:
        return ''
    shown, color_type = ('as stored', 'color_ignore_orientation') if obeyed else ('turned', 'color')
    return (f'The image has the EXIF orientation tag {image.orientation}, and depth shows the pixels {shown}. Load '
            f'them so: LoadImageFromFile(color_type={color_type!r}). ')


PROBES = {'PNG': _probe_png, 'JPEG': _probe_jpeg, 'TIFF': _probe_tiff, 'BMP': _probe_bmp, 'WebP': _probe_webp,
          'PNM': _probe_pnm}
