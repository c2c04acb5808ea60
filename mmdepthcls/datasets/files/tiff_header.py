"""What a TIFF says of its first picture, read without decoding it. Pure."""
import io
import struct
from typing import NamedTuple

from ..depth_format import DepthFileError
from .stand_in import LONGEST_LINK, content_of

MAX_ENTRIES, MAX_VALUES = 4096, 2**20
WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
TYPES = {1: 'B', 3: 'H', 4: 'I', 13: 'I', 16: 'Q', 18: 'Q'}  # TIFF's whole numbers
WIDTH, HEIGHT, BITS, ORIENTATION, SAMPLES, SAMPLE_FORMAT = 256, 257, 258, 274, 277, 339
OFFSETS, LENGTHS = (273, 324), (279, 325)  # of strips, of tiles
PALETTE_MAP = 320
KINDS = {1: 'u', 2: 'i', 3: 'f'}
TURNED = (5, 6, 7, 8)  # orientations that exchange rows and columns


class TIFFHeader(NamedTuple):
    """The first picture of a TIFF: its size as stored, and what its numbers are."""
    height: int
    width: int
    bits: int
    kind: str  # as in NumPy: 'u', 'i', 'f'; '?' for others
    channels: int
    orientation: int  # of EXIF: 1 as stored, ..., 8
    palette: bool

    @property
    def shape(self):
        """tuple[int, int]: H, W of what a decoder gives, which obeys the orientation."""
        return (self.width, self.height) if self.orientation in TURNED else (self.height, self.width)


def read_tiff_header(file, path, size):
    """Header of a TIFF or BigTIFF of either byte order, after checking that all its pixels lie in the file.

    Args:
        file (BinaryIO): the file; its position is changed.
        path (str): for messages.
        size (int): of the file in bytes.

    Returns:
        TIFFHeader

    Raises:
        DepthFileError: if it is no TIFF, its header is damaged, or the file is truncated.
    """
    if not size:
        raise DepthFileError(f'{path}: the file is empty. Copy it again.')
    file.seek(0)
    start = file.read(LONGEST_LINK)
    if not is_tiff(start[:4]):
        what, remedy = content_of(start)
        raise DepthFileError(f'{path}: expected a TIFF file, but its content is {what or "none"}. {remedy}.')
    try:
        tags = first_directory(file, size)
        height, width = tags[HEIGHT][0], tags[WIDTH][0]
        if not height * width:
            raise ValueError
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise DepthFileError(f'{path}: the TIFF is truncated, or its header is damaged. Copy the file again.'
                             ) from error
    ends = [offset + length for offsets, lengths in zip(OFFSETS, LENGTHS, strict=True)
            for offset, length in zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False)]
    if not ends or max(ends) > size:
        raise DepthFileError(f'{path}: the TIFF is truncated: its pixels end at byte {max(ends, default=0)}, the file '
                             f'has {size}. Copy the file again.')
    orientation = tags.get(ORIENTATION, (1, ))[0]
    return TIFFHeader(height, width, tags.get(BITS, (1, ))[0], KINDS.get(tags.get(SAMPLE_FORMAT, (1, ))[0], '?'),
                      tags.get(SAMPLES, (1, ))[0], orientation if 1 <= orientation <= 8 else 1, PALETTE_MAP in tags)


def is_tiff(start):
    """bool: whether a file that starts with these four bytes is a TIFF."""
    return start in (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')


def exif_orientation(data):
    """int: the orientation 1..8 that a block of EXIF, which is a TIFF without pixels, tells; 1 where it tells none."""
    try:
        orientation = first_directory(io.BytesIO(data)).get(ORIENTATION, (1, ))[0]
    except (struct.error, KeyError, IndexError, ValueError):
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def first_directory(file, size=None):
    """The whole numbers in a TIFF's first directory.

    Args:
        file (BinaryIO): its position 0 is the TIFF's.
        size (int, optional): of the file in bytes; values of any kind that lie behind it are damage.

    Returns:
        dict[int, tuple[int]]: tag -> values.

    Raises:
        struct.error, KeyError, ValueError: if it is damaged or cut off.
    """
    file.seek(0)
    start = file.read(16)
    order = {b'II': '<', b'MM': '>'}[start[:2]]
    big = start[2:4] in (b'+\0', b'\0+')
    pointer, count_code, entry, field = ('Q', 'Q', 'HHQ', 8) if big else ('I', 'H', 'HHI', 4)
    position, = struct.unpack(order + pointer, start[8:16] if big else start[4:8])
    file.seek(position)
    count, = _unpack(file, order + count_code)
    if count > MAX_ENTRIES:
        raise ValueError(count)
    length = struct.calcsize(order + entry) + field
    entries, tags = file.read(count * length), {}
    _unpack(file, order + pointer)  # to the next directory
    for index in range(count):
        tag, code, number = struct.unpack_from(order + entry, entries, index * length)
        value = entries[(index + 1) * length - field:(index + 1) * length]
        span = WIDTHS.get(code, 0) * number
        if size is not None and span > field and struct.unpack(order + pointer, value)[0] + span > size:
            raise ValueError(tag)
        if code not in TYPES or number > MAX_VALUES:
            continue
        wanted = order + TYPES[code] * number
        if struct.calcsize(wanted) > field:
            file.seek(struct.unpack(order + pointer, value)[0])
            tags[tag] = _unpack(file, wanted)
        else:
            tags[tag] = struct.unpack_from(wanted, value)
    return tags


def _unpack(file, code):
    return struct.unpack(code, file.read(struct.calcsize(code)))
