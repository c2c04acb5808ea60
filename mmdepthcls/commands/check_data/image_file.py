"""One image file: whether it is whole and shows something, and a small record of it. Pure."""
import os
import struct
import tempfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from ...datasets.exchanged_pair import REMEDY
from ...datasets.files import depth_png
from ...datasets.files.image_header import probe_image
from .content import digest, missing_file
from .finding import error, note, warning

NAMED = {'.png': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG', '.bmp': 'BMP', '.tif': 'TIFF', '.tiff': 'TIFF',
         '.webp': 'WebP'}
THUMB = 16
FLAT_STD = 2.0  # gray levels; a night scene has more
DARK = 32  # gray levels; 13 of 16 bits end here, and cameras give 10 to 14
NOISE_CORRELATION = 0.2  # of neighboring pixels; photographs have > 0.8


@dataclass
class ImageRecord:
    """What is kept of an image: its size, digests, a thumbnail and a few numbers."""
    height: int
    width: int
    file_digest: bytes
    pixel_digest: bytes
    thumb: np.ndarray  # (16, 16, 3) uint8, BGR
    gray: bool  # the three channels are equal
    flat_rows: float  # share of rows of a single color
    flat_columns: float
    sharpness: float  # mean absolute Laplacian, gray levels
    clipped: float  # share of pixels that are black or white
    sixteen_bits: bool = False  # as stored; what is read is the higher 8 of them


def inspect_image(path):
    """Read an image as the pipeline does, and look at it.

    Args:
        path (str): PNG or JPEG.

    Returns:
        tuple[ndarray or None, ImageRecord or None, list[Finding]]: the image (H, W, 3) uint8 BGR, where it can be used.
    """
    fault = missing_file(path, 'image')
    if fault:
        return None, None, [fault]
    with open(path, 'rb') as file:
        data = file.read()
    try:
        header = probe_image(path)
    except depth_png.DepthFileError as reason:
        return None, None, [error('damaged image', path, _without(reason, path))]
    findings = []
    damage = damaged_chunk(data) if header.kind == 'PNG' else None
    if damage:
        return None, None, [error('damaged image', path, damage, 'Copy the file again.')]
    with _native_messages() as messages:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None, None, [error('damaged image', path, 'it cannot be decoded', 'Copy the file again.')]
    if messages and header.kind == 'JPEG':
        findings.append(error('damaged image', path, f'the JPEG decoder says: {messages[0]}', 'Copy the file again.'))
    record = _record(image, data)
    record.sixteen_bits = bool(header) and header.bit_depth == 16
    if record.sixteen_bits:
        findings += _faults_of_sixteen_bits(image, data, header, path)
    return image, record, [*(findings or _faults_of_content(image, path)), *_notes(header, path)]


def _notes(header, path):
    """MMCV, and whatever else goes by the content, reads such a file; other programs may not."""
    ending = os.path.splitext(path)[1].lower()
    if NAMED.get(ending, header.kind) == header.kind:
        return []
    return [note('image under another ending', path, f'its content is {header.kind}, which is read all the same',
                 'Other programs may believe the ending: rename it if they are to read it.')]


def _faults_of_sixteen_bits(image, data, header, path):
    """mmcv reads a color image of 16 bits as its higher 8 bits; depth has one channel, or the same in each."""
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if header.channels < 3 or (stored[..., :2] == stored[..., 1:3]).all():
        return [error('image is no picture', path, f'it has 16 bits and {header.channels} channel(s)'
                      f'{", all the same" if header.channels > 1 else ""}: is it a depth map?',
                      f'{REMEDY}, or save the image with 8 bits.')]
    if image.max() < DARK:
        return [warning('image is dark', path, f'its 16-bit numbers end at {stored.max()}, and the higher 8 bits, '
                        f'which are read, at {image.max()} of 255',
                        'Scale its numbers up to 65535, or save it with 8 bits.')]
    return []


def damaged_chunk(data):
    """The first chunk of a PNG whose checksum is wrong, in words, or None. Decoders may pass over it."""
    position = len(depth_png.SIGNATURE)
    while position + 12 <= len(data):
        length, = struct.unpack('>I', data[position:position + 4])
        end = position + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(data[position + 4:end]) != struct.unpack('>I', data[end:end + 4])[0]:
            name = data[position + 4:position + 8].decode('ascii', 'replace')
            return f'the checksum of PNG chunk {name} at byte {position} is wrong: bytes have changed'
        if data[position + 4:position + 8] == b'IEND':
            return None
        position = end + 4
    return f'the PNG chunks end at byte {position} without IEND: bytes are missing'


def _record(image, data):
    spread = image.reshape(image.shape[0], -1, 3)
    flat_rows = (spread.max(axis=1) == spread.min(axis=1)).all(axis=-1).mean()
    flat_columns = (image.max(axis=0) == image.min(axis=0)).all(axis=-1).mean()
    blue, green, red = cv2.split(image)
    laplacian = cv2.Laplacian(green, cv2.CV_16S)
    return ImageRecord(*image.shape[:2], digest(data), digest(image), cv2.resize(
        image, (THUMB, THUMB), interpolation=cv2.INTER_AREA),
                       bool((blue == green).all() and (green == red).all()), float(flat_rows), float(flat_columns),
                       max(float(np.abs(laplacian).mean()), 0.01),
                       float(((image == 0).all(axis=-1) | (image == 255).all(axis=-1)).mean()))


def _faults_of_content(image, path):
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    if gray.std() < FLAT_STD:
        return [error('empty image', path, f'all pixels are about {gray.mean():.0f} of 255 (standard deviation '
                      f'{gray.std():.1f})', 'Copy the file again, or take the sample out of the split.')]
    left, right = gray[:, :-1].ravel(), gray[:, 1:].ravel()
    if left.size > 1 and left.std() and right.std() and np.corrcoef(left, right)[0, 1] < NOISE_CORRELATION:
        return [warning('image is noise', path, 'neighboring pixels have nothing in common',
                        'Look at it: this is no photograph.')]
    return []


def _without(reason, path):
    return str(reason).removeprefix(f'{path}: ')


@contextmanager
def _native_messages():
    """Lines that C code writes to stderr meanwhile, as libjpeg does about damage that it passes over."""
    lines = []
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            lines += file.read().decode(errors='replace').split('\n')
            lines[:] = [line.strip() for line in lines if line.strip()]
