"""What stands in place of a file or a folder where Git or a download has not brought the thing itself. Pure."""
import os
import re

LFS = b'version https://git-lfs'
LONGEST_LINK = 4096
NUMPY = 'a NumPy array (.npy)'
MARKS = ((b'\x89PNG\r\n\x1a\n', 'a PNG'), (b'\xff\xd8', 'a JPEG'), (b'II*\0', 'a TIFF'), (b'MM\0*', 'a TIFF'),
         (b'\x93NUMPY', NUMPY), (b'PK\x03\x04', 'an archive (.zip, .npz)'), (b'GIF8', 'a GIF'),
         (b'BM', 'a BMP'), (b'\x1f\x8b', 'gzip'), (b'MATLAB', 'a MATLAB file'), (b'\x89HDF', 'HDF5'))


def content_of(data):
    """What a file is that is not what its name says, and what to do.

    Args:
        data (bytes): how it begins, 16 bytes or more.

    Returns:
        tuple[str or None, str]: None: unknown.
    """
    if not data:
        return 'an empty file', 'Copy it again'
    if data.startswith(LFS):
        return 'a pointer of Git LFS to it', "Fetch it: 'git lfs pull'"
    kind = next((kind for mark, kind in MARKS if data.startswith(mark)), None)
    if kind:
        return kind, 'Convert it, or name it as what it is'
    if data[4:11] in (b'ftyphei', b'ftypmif', b'ftyphev'):
        return "a photo in Apple's format HEIC", 'Convert it to JPEG or PNG'
    if data.lstrip()[:2] in (b'<!', b'<h', b'<H', b'<?'):
        return 'a web page', 'The download has failed: fetch it again'
    target = link_target(data)
    if target:
        return spelled_link(target), LINK_REMEDY
    return None, 'Convert or replace the file'


def link_target(data):
    """str or None: the path that a file's content is, all of it: Git writes links so where it may not make them."""
    try:
        text = data.decode().removesuffix('\n') if len(data) <= LONGEST_LINK else ''
    except UnicodeDecodeError:
        return None
    is_path = text.isprintable() and ('/' in text or re.fullmatch(r'\S+\.\w{1,5}', text))
    return text if is_path else None


def written_link(path):
    """Where a text file leads that stands in place of a link.

    Args:
        path (str | Path): a file.

    Returns:
        str or None: its content, where that is a path that begins with ``..`` or exists.
    """
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > LONGEST_LINK:  # to open a pipe would wait for ever
            return None
        with open(path, 'rb') as file:
            target = link_target(file.read())
    except OSError:
        return None
    there = target and (target.startswith('../') or os.path.exists(os.path.join(os.path.dirname(path), target)))
    return target if there else None


def spelled_link(target):
    """str: what a written link is, in words."""
    return f'the text {target!r}, which Git writes in place of a link where core.symlinks is false'


LINK_REMEDY = "Make it a link again: 'git config core.symlinks true' and check it out anew, or copy what it names there"
