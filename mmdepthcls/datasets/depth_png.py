"""Depth maps as PNG files: verified before they are decoded, so that no damaged or 8-bit file passes as depth. Pure."""
import os
import struct
import zlib
from typing import NamedTuple

import cv2
import numpy as np

SIGNATURE = b'\x89PNG\r\n\x1a\n'
HEADER_BYTES = 33
TRAILER = b'\x00\x00\x00\x00IEND\xaeB`\x82'
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # PNG colour type -> channels
MAX_PIXELS = 2**27
JPEG_START, JPEG_END, JPEG_TAIL = b'\xff\xd8', b'\xff\xd9', 64
KITTI_SCALE = 256.0


class DepthFileError(ValueError):
    """A depth (or image) file that cannot be used; the message names the file, the fault and the remedy."""


class PNGHeader(NamedTuple):
    """What a PNG says of itself."""
    height: int
    width: int
    bit_depth: int
    channels: int


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
        what = 'a JPEG' if data.startswith(JPEG_START) else 'an empty file' if not data else 'no PNG'
        raise DepthFileError(f'{path}: expected a PNG file, but its content is {what}. Convert or replace the file.')
    if len(data) < HEADER_BYTES or zlib.crc32(data[12:29]) != struct.unpack('>I', data[29:33])[0]:
        raise DepthFileError(f'{path}: the PNG header is cut off or damaged. Copy the file again.')
    width, height, bit_depth, colour_type = struct.unpack('>IIBB', data[16:26])
    if not 0 < width * height <= MAX_PIXELS or colour_type not in CHANNELS:
        raise DepthFileError(f'{path}: impossible PNG header: {width} x {height} pixels (at most {MAX_PIXELS} in all), '
                             f'colour type {colour_type}. Copy the file again.')
    return PNGHeader(height, width, bit_depth, CHANNELS[colour_type])


def probe(path):
    """Header of a PNG file, after checking that the file also has its end. Reads 45 bytes.

    Raises:
        DepthFileError: as :func:`read_header`, and if the file is truncated.
    """
    with open(path, 'rb') as file:
        header = read_header(file.read(HEADER_BYTES), path)
        file.seek(max(os.fstat(file.fileno()).st_size - len(TRAILER), 0))
        if file.read() != TRAILER:
            raise DepthFileError(f'{path}: the PNG is truncated (its end is missing). Copy the file again.')
    return header


def probe_image(path):
    """Look at an image file: a whole PNG, or where it is not named so, a whole JPEG.

    Args:
        path (str): the image.

    Returns:
        PNGHeader or None: of a PNG; None for a JPEG, whose size is compared when it is loaded.

    Raises:
        DepthFileError: if the file is empty, truncated, or something else.
    """
    if path.lower().endswith('.png'):
        return probe(path)
    with open(path, 'rb') as file:
        if file.read(len(JPEG_START)) != JPEG_START:
            raise DepthFileError(f'{path}: expected a JPEG file, but its content is none. Replace the file.')
        file.seek(max(os.fstat(file.fileno()).st_size - JPEG_TAIL, 0))
        # Some cameras write a few bytes behind the end mark.
        if JPEG_END not in file.read():
            raise DepthFileError(f'{path}: the JPEG is truncated (its end is missing). Copy the file again.')
    return None


def check_depth_header(header, path, channels=1):
    """Refuse a PNG that cannot hold metric depth.

    Raises:
        DepthFileError: unless it has 16 bits and the expected number of channels.
    """
    if header.bit_depth != 16:
        raise DepthFileError(f'{path}: expected 16-bit depth, got {header.bit_depth} bits. An 8-bit copy has lost the '
                             'depth (it was probably written as a picture): use the original file.')
    if header.channels != channels:
        raise DepthFileError(f'{path}: expected {channels} channel(s) of depth, got {header.channels}. Set the '
                             "dataset's depth_format=dict(channels=...) if the file is right.")


def decode_png(data, path, channels=1):
    """The numbers of a 16-bit PNG.

    Args:
        data (bytes): the whole file.
        path (str): for messages.
        channels (int): channels that the file must have; where there are several, the first (red) counts.

    Returns:
        ndarray: (H, W) uint16.

    Raises:
        DepthFileError: for anything but an intact PNG of that format.
    """
    check_depth_header(read_header(data, path), path, channels)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or not data.endswith(TRAILER):
        raise DepthFileError(f'{path}: the PNG is truncated or damaged and cannot be decoded. Copy the file again.')
    return values[..., 2] if values.ndim == 3 else values  # red: OpenCV gives BGR or BGRA


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
    depth = np.asarray(depth, dtype=np.float64)
    has_depth = depth > 0
    # NaN has been sorted out by the comparison; infinity saturates.
    units = np.clip(np.rint(np.where(has_depth, depth, 0) * scale), has_depth.astype(np.float64), 65535)
    done, data = cv2.imencode('.png', units.astype(np.uint16))
    if not done:
        raise DepthFileError(f'could not encode a depth map of shape {depth.shape} as PNG')
    return data.tobytes()
