"""Depth maps as PNG files: verified before they are decoded, so that no damaged or 8-bit file passes as depth. Pure."""
import io
import os
import struct
import zlib
from typing import NamedTuple

import cv2
import numpy as np

from ..depth_format import KITTI_SCALE, PACKED, DepthFileError, DepthFormat
from .stand_in import content_of

SIGNATURE = b'\x89PNG\r\n\x1a\n'
HEADER_BYTES = 33
TRAILER = b'\x00\x00\x00\x00IEND\xaeB`\x82'
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # PNG color type -> channels
MAX_PIXELS = 2**27
JPEG_START = b'\xff\xd8'
PALETTE = 3
TAIL = 4096  # bytes that other programs may have written behind the end
KITTI = DepthFormat(scale=KITTI_SCALE)


class PNGHeader(NamedTuple):
    """What a PNG says of itself."""
    height: int
    width: int
    bit_depth: int
    channels: int
    palette: bool = False  # its numbers are colors


def read_header(data, path):
    """Header of a PNG.

    Args:
        data (bytes): the file's first 33 bytes or more.
        path (str): for the message.

    Returns:
        PNGHeader

    Raises:
        DepthFileError: if it is not a PNG, its header is damaged, or it claims more than 2**27 pixels.
    """
    if not data.startswith(SIGNATURE):
        what, remedy = content_of(data)
        raise DepthFileError(f'{path}: expected a PNG file, but its content is {what or "no PNG"}. {remedy}.')
    if len(data) < HEADER_BYTES or zlib.crc32(data[12:29]) != struct.unpack('>I', data[29:33])[0]:
        raise DepthFileError(f'{path}: the PNG header is cut off or damaged. Copy the file again.')
    width, height, bit_depth, color_type = struct.unpack('>IIBB', data[16:26])
    if not width * height or color_type not in CHANNELS:
        raise DepthFileError(f'{path}: impossible PNG header: {width} x {height} pixels, color type {color_type}. Copy '
                             'the file again.')
    if width * height > MAX_PIXELS:
        raise DepthFileError(f'{path}: the PNG says that it has {width} x {height} pixels, more than the {MAX_PIXELS} '
                             'that are read. Reduce it; if it is not so large, it is damaged: copy the file again.')
    return PNGHeader(height, width, bit_depth, CHANNELS[color_type], color_type == PALETTE)


def probe(path):
    """Header of a PNG file, after checking that the file also has its end. Reads its beginning and its last bytes.

    Raises:
        DepthFileError: as :func:`read_header`, and if the file is truncated.
    """
    with open(path, 'rb') as file:
        header = read_header(file.read(HEADER_BYTES), path)
        check_end(file, path)
    return header


def check_end(file, path):
    """Refuse a PNG without its end.

    Args:
        file (BinaryIO): of the PNG; its position is changed.
        path (str): for the message.

    Returns:
        bytes: the last bytes of the file.

    Raises:
        DepthFileError: if the file is truncated.
    """
    file.seek(0, os.SEEK_END)
    file.seek(max(file.tell() - TAIL, 0))
    tail = file.read()
    if TRAILER not in tail and not has_end_chunk(file):
        raise DepthFileError(f'{path}: the PNG is truncated (its end is missing). Copy the file again.')
    return tail


def has_end_chunk(file):
    """bool: whether the chunks of a PNG go on to the last, whatever is written behind it."""
    file.seek(len(SIGNATURE))
    while len(head := file.read(8)) == 8:
        if head[4:] == b'IEND':
            return head + file.read(4) == TRAILER
        file.seek(struct.unpack('>I', head[:4])[0] + 4, os.SEEK_CUR)
    return False


def is_picture(path, colored=False):
    """bool: whether a file is a PNG of at most 8 bits, or of a palette: the picture of a depth map, not depth.

    Args:
        path (str | Path)
        colored (bool): only one of colors counts.
    """
    with open(path, 'rb') as file:
        start = file.read(HEADER_BYTES)
    try:
        header = read_header(start, path)
    except DepthFileError:
        return False
    return header.palette or header.bit_depth < 16 and (header.channels > 2 or not colored)


def check_depth_header(header, path, depth_format=KITTI):
    """Refuse a PNG that cannot hold metric depth.

    Raises:
        DepthFileError: unless it has the expected numbers of bits and channels.
    """
    if header.palette:
        raise DepthFileError(f'{path}: expected depth, got a picture with a palette, whose numbers are colors. Use '
                             'the original file.')
    if depth_format.bits == PACKED:
        if header.bit_depth != 8 or header.channels < 3:
            raise DepthFileError(f'{path}: expected depth in three channels of 8 bits (bits=24), got {header.channels} '
                                 f'of {header.bit_depth} bits. If one channel holds the depth, leave '
                                 f'{depth_format.spell("bits", PACKED)} out.')
        return
    if header.bit_depth == 8 and depth_format.bits == 16 and header.channels > 2:
        raise DepthFileError(
            f'{path}: expected 16-bit depth, got 8 bits in {header.channels} channels, as a color picture has. If it '
            'is the image, exchange images and depth. If it is a colored depth map, use the original file. If three '
            f'channels hold one depth, say so with {depth_format.spell("bits", PACKED)} and '
            f'{depth_format.spell("scale")}.')
    if header.bit_depth < depth_format.bits:
        raise DepthFileError(
            f'{path}: expected {depth_format.bits}-bit depth, got {header.bit_depth} bits. An 8-bit copy has lost the '
            'depth (it was probably written as a picture): use the original file'
            f'{eight_bit_remedy(depth_format) if header.bit_depth == 8 else ""}.')
    if header.channels != depth_format.channels:
        raise channels_error(path, header.channels, depth_format)


def eight_bit_remedy(depth_format):
    """str: how to say that 8 bits really are depth; continues a sentence."""
    return (f'. If 8 bits are all that there ever was, say so with {depth_format.spell("bits", 8)} and '
            f'{depth_format.spell("scale")}')


def channels_error(path, got, depth_format):
    """DepthFileError: for a file with ``got`` channels instead of those of the format; says how to take it."""
    return DepthFileError(f'{path}: expected {depth_format.channels} channel(s) of depth, got {got}. '
                          f'{channels_remedy(got, depth_format)}.')


def channels_remedy(got, depth_format):
    """str: how to say that a file has ``got`` channels."""
    return (f'Set {depth_format.spell("channels", got)} if the file is right: the first (red) then counts'
            if 1 <= got <= 4 else 'Save depth with one channel')


def decode_png(data, path, depth_format=KITTI):
    """The numbers of a PNG.

    Args:
        data (bytes): the whole file.
        path (str): for messages.
        depth_format (DepthFormat): bits and channels are used; of several channels the first (red) counts.

    Returns:
        ndarray: (H, W) uint16; uint8 where the format allows it; uint32 of what three channels hold together.

    Raises:
        DepthFileError: for anything but an intact PNG of that format.
    """
    check_depth_header(read_header(data, path), path, depth_format)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or TRAILER not in data[-TAIL:] and not has_end_chunk(io.BytesIO(data)):
        raise DepthFileError(f'{path}: the PNG is truncated or damaged and cannot be decoded. Copy the file again.')
    if depth_format.bits == PACKED:
        blue, green, red = (values[..., channel].astype(np.uint32) for channel in range(3))
        return red | green << 8 | blue << 16
    return values[..., min(2, values.shape[2] - 1)] if values.ndim == 3 else values  # red: OpenCV gives BGR or BGRA


def decode_depth_png(data, path, scale=KITTI_SCALE):
    """Metric depth of a 16-bit PNG of one channel, what :func:`encode_depth_png` has written.

    Args:
        data (bytes): the whole file.
        path (str): for messages.
        scale (float): PNG units per metre.

    Returns:
        ndarray: (H, W) float32 metres, 0 = no measurement.

    Raises:
        DepthFileError: see :func:`decode_png`.
    """
    return decode_png(data, path).astype(np.float32) / np.float32(scale)


def encode_depth_png(depth, scale=KITTI_SCALE):
    """A depth map as the bytes of a 16-bit PNG.

    Args:
        depth (ndarray): (H, W) metres; 0, negative and NaN mean "none" and become 0.
        scale (float): PNG units per metre.

    Returns:
        bytes: rounded to the nearest unit; at least 1 where there is depth, saturated at 65 535.
    """
    depth = np.asarray(depth)
    has_depth = depth > 0
    units = depth * np.float64(scale)
    np.copyto(units, 0, where=~has_depth)  # NaN too; infinity saturates
    np.minimum(np.rint(units, out=units), 65535, out=units)
    done, data = cv2.imencode('.png', np.maximum(units.astype(np.uint16), has_depth))
    if not done:
        raise DepthFileError(f'could not encode a depth map of shape {depth.shape} as PNG')
    return data.tobytes()
