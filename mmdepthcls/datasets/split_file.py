"""Split files: the samples of a dataset, one a line, in the forms in which people write them. Pure.

Columns are separated by spaces, tabs, commas, semicolons or bars, and may stand in quotes. Only spaces and tabs are
blanks, and only CR, LF and both are ends of a line: what else Unicode calls so (a no-break space) is part of a name.
"""
import ast
import codecs
import json
import os
import re
from typing import NamedTuple

NO_DEPTH = 'None'  # what stands as DEPTH where a sample has none
ABSENT = {'', '-', 'none', 'null', 'nan', 'n/a'}  # other ways to say it
ENDING = re.compile(r'\.(?:png|jpe?g|jpe|jfif|jp2|bmp|dib|gif|webp|avif|heic|tiff?|exr|hdr|pfm|p[bgnp]m|np[yz]|bin|'
                    r'mat|h5|hdf5|dpt|raw)', re.IGNORECASE)
NUMBER = re.compile(r'[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?', re.IGNORECASE)
# Which words of a header or of a path tell what the column is.
IMAGE_WORDS = {'image', 'images', 'img', 'rgb', 'color', 'left', 'filename', 'file', 'filepath', 'path',
               'input'}
DEPTH_WORDS = {'depth', 'depths', 'disparity', 'disp', 'groundtruth', 'gt', 'target'}
PATH_WORDS = IMAGE_WORDS - {'file', 'filename', 'filepath', 'path', 'input'}  # those that tell in a path
OTHER_WORDS = {'time', 'timestamp', 'stamp', 'id', 'idx', 'index', 'width', 'height', 'size', 'focal', 'drive', 'scene',
               'sequence', 'split'}
# UTF-32's mark for little endian begins with that of UTF-16.
MARKS = ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF32_LE, 'utf-32'), (codecs.BOM_UTF32_BE, 'utf-32'),
         (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'))
BREAKS = {'\v': 'a vertical tab', '\f': 'a form feed', '\x85': 'a next-line character', '\u2028': 'a line separator',
          '\u2029': 'a paragraph separator'}
CONTROL = re.compile('[\x00-\x08\x0e-\x1f\x7f]')
BLANKS = ' \t\ufeff' + ''.join(BREAKS)
QUOTED = r'''"(?P<double>(?:[^"]|"")*)"|'(?P<single>[^']*)\''''
CELLS = {' ': re.compile(rf'(?:{QUOTED}|(?P<plain>[^ \t]*))(?:[ \t]+|$)'),
         '\t': re.compile(rf'(?:{QUOTED}|(?P<plain>[^\t]*?)) *(?:[ \t]*\t[ \t]*|$)'),
         ',': re.compile(rf'[ \t]*(?:{QUOTED}|(?P<plain>[^,]*?))[ \t]*(?:,|$)'),
         ';': re.compile(rf'[ \t]*(?:{QUOTED}|(?P<plain>[^;]*?))[ \t]*(?:;|$)'),
         '|': re.compile(rf'[ \t]*(?:{QUOTED}|(?P<plain>[^|]*?))[ \t]*(?:\||$)')}
STRUCTURED = {'.json': 'JSON', '.jsonl': 'JSON', '.yaml': 'YAML', '.yml': 'YAML', '.toml': 'TOML', '.xml': 'XML',
              '.pkl': 'a pickle', '.mat': 'a MATLAB file', '.xlsx': 'a spreadsheet', '.h5': 'HDF5'}


class Cell(NamedTuple):
    """A column as it is written: its text, whether it stood in quotes, and from where to where."""
    text: str
    quoted: bool
    start: int
    end: int

    @property
    def is_file(self):
        """bool: whether it ends as the name of a file does."""
        return is_file_name(self.text)


def read_split_file(path, name='the dataset'):
    """Columns of every line that is one: image, depth (``'None'``: there is none) and what else the line has.

    Read are columns between spaces, tabs, commas, semicolons or bars, in quotes or not, under a header that names them
    or without one. Between spaces a name may have spaces itself where its ending tells its end. Where a line begins
    with a number (a time stamp, an index), the names come first: ``T1 IMAGE T2 DEPTH`` is ``IMAGE DEPTH``. Where words
    in the paths tell that another column is the image or the depth (``depth/0.png rgb/0.png``), that is believed. A
    backslash is a slash. Blank lines and lines that begin with
    ``#`` are skipped.

    Args:
        path (str): the file: UTF-8, or UTF-16 or UTF-32 with a byte-order mark.
        name (str): who asks, for messages.

    Yields:
        tuple[str, Columns]: where the line is ('FILE, line N'), and its columns.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no text, or a line looks like two samples; names the line.
    """
    header = None
    first = True
    for number, line in enumerate(re.split('\r\n|\r|\n', _read_text(path, name)), 1):
        line = line.strip(BLANKS)
        if not line or line.startswith('#'):
            continue
        where = f'{path}, line {number}'
        _refuse_hidden_breaks(line, where)
        delimiter, cells = _split(line, header and header.delimiter)
        if first:
            header = Header.of(delimiter, cells)
            first = False
            if header:
                continue
        columns = [cell.text.replace('\\', '/') for cell in cells]
        columns = header.arranged(columns) if header else Columns(_by_their_words(_without_numbers(columns)))
        if len(columns) > 1 and columns[1].lower() in ABSENT:
            columns[1] = NO_DEPTH
        _refuse_two_samples(columns, where)
        yield where, columns


class Columns(list):
    """Columns of a line: texts.

    Attributes:
        focal (str or None): what stands in the column that the header calls focal; None: there is none.
    """
    focal = None


class Header(NamedTuple):
    """The first line of a table: where image, depth and focal length stand in the others."""
    delimiter: str
    image: int | None
    depth: int | None
    focal: int | None

    @classmethod
    def of(cls, delimiter, cells):
        """The header that a line is, or None."""
        words = [set(re.findall('[a-z]+', re.sub('([a-z])([A-Z])', r'\1 \2', cell.text).lower())) for cell in cells]
        known = IMAGE_WORDS | DEPTH_WORDS | OTHER_WORDS
        valued = any(cell.is_file or re.search(r'[/\\]|\d{3}', cell.text) or _is_number(cell.text) for cell in cells)
        if valued or not any(word & known for word in words):
            return None
        depth = [index for index, word in enumerate(words) if word & DEPTH_WORDS and not word & OTHER_WORDS]
        image = [index for index, word in enumerate(words)
                 if word & IMAGE_WORDS and not word & OTHER_WORDS and index not in depth]
        focal = [index for index, word in enumerate(words) if 'focal' in word and index not in (*image, *depth)]
        return cls(delimiter, *(found[0] if found else None for found in (image, depth, focal)))

    def arranged(self, columns):
        """Image, depth and the rest of a line's columns."""
        first = [index for index in (self.image, self.depth) if index is not None and index < len(columns)]
        if self.image is None or self.image >= len(columns):
            first = []
        arranged = Columns([columns[index] for index in first] + [
            text for index, text in enumerate(columns) if index not in first])
        if self.focal is not None:
            arranged.focal = columns[self.focal] if self.focal < len(columns) else ''
        return arranged


def _read_text(path, name):
    if os.path.isdir(path):
        raise ValueError(f'{name}: {path} is a folder, expected a split file, text with one sample a line. To take the '
                         'files of folders leave ann_file out.')
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{name}: split file {path} does not exist')
    with open(path, 'rb') as file:
        data = file.read()
    kind = STRUCTURED.get(os.path.splitext(path)[1].lower()) or _structure(data)
    if kind:
        raise ValueError(f"{path}: a split file is text with one sample a line, 'IMAGE DEPTH' (or a CSV table); this "
                         f'is {kind}. Write such a list from it.')
    encoding = next((encoding for mark, encoding in MARKS if data.startswith(mark)), 'utf-8')
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: a split file is UTF-8 text, this is not ({error}). Save it as UTF-8.') from error
    text = text.removesuffix('\x1a')  # the end of a file in DOS
    control = CONTROL.search(text)
    if control:
        raise ValueError(f'{path}: a split file is UTF-8 text, this is not (it holds the control character '
                         f'{control[0]!r}). If it is a text file, save it as UTF-8.')
    return text


def _structure(data):
    """'JSON' or 'Python', where a file is that, or each of its lines; None for others."""
    text = data.strip()
    if text[:1] not in (b'[', b'{', b'('):
        return None
    for kind, parse in (('JSON', json.loads), ('Python', ast.literal_eval)):
        for part in (text, text.splitlines()[0]):
            try:
                parse(part.decode())
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            return kind
    return None


def _cells(line, delimiter):
    """Cells of a line, see :data:`CELLS`."""
    cells, position = [], 0
    while position < len(line) or not cells:
        match = CELLS[delimiter].match(line, position)
        kind = next(key for key in ('double', 'single', 'plain') if match[key] is not None)
        text = match[kind].replace('""', '"') if kind == 'double' else match[kind]
        cells.append(Cell(text, kind != 'plain', match.start(kind), match.end(kind)))
        position = match.end()
    if delimiter in ',;|' and line.endswith(delimiter) and cells[-1].end != len(line):
        cells.append(Cell('', False, len(line), len(line)))
    return cells


def _split(line, delimiter=None):
    """The delimiter of a line (a header has told it, or the line itself does), and its cells."""
    for candidate in (delimiter, ) if delimiter else '\t;,|':
        cells = _cells(line, candidate)
        if candidate != ' ' and len(cells) > 1 and (delimiter or _is_table(cells, candidate)):
            return candidate, cells
    return ' ', _joined(line, _cells(line, ' '))


def _is_table(cells, delimiter):
    """Whether these are columns, and not names that hold the delimiter."""
    plain = [cell.text for cell in cells if not cell.quoted]
    cut = '"|^\'|\'$'  # a quotation that holds the delimiter
    if any(re.search(f'{ENDING.pattern}[ \t]|{cut}', text, re.IGNORECASE) for text in plain):
        return False
    if delimiter == '\t' or not any(cell.is_file for cell in cells):
        return True
    first = next(cell for cell in cells if cell.text)
    return first.quoted or first.is_file or _is_number(first.text)


def _joined(line, cells):
    """Cells between blanks, put together where they make a name with blanks: it goes on to the next ending."""
    joined, index = [], 0
    while index < len(cells):
        cell, last = cells[index], index
        if not (cell.quoted or cell.is_file or cell.text == NO_DEPTH or _is_number(cell.text)):
            for ahead in range(index + 1, len(cells)):
                if cells[ahead].quoted or cells[ahead].text == NO_DEPTH:
                    break
                if cells[ahead].is_file:
                    last = ahead
                    break
        if last > index:
            cell = Cell(line[cell.start:cells[last].end], False, cell.start, cells[last].end)
        joined.append(cell)
        index = last + 1
    return joined


def is_file_name(text):
    """bool: whether a text ends as the name of an image or of a depth file does."""
    stem, dot, ending = text.rpartition('.')
    return bool(stem) and ENDING.fullmatch(dot + ending) is not None


def _is_number(text):
    return NUMBER.fullmatch(text) is not None


def _without_numbers(columns):
    """Columns after the time stamps or the index with which a line begins."""
    if not _is_number(columns[0] or '0') or not any(map(is_file_name, columns)):
        return columns
    files = [text for text in columns if is_file_name(text) or text.lower() in ABSENT - {''}]
    if len(files) > 1 and _names_depth(files[0]) and not _names_depth(files[1]):
        files[:2] = files[1::-1]
    return files + [text for text in columns if text not in files]


def _names_depth(path):
    return not DEPTH_WORDS.isdisjoint(re.findall('[a-z]+', path.lower()))


def _by_their_words(columns):
    """Columns with image and depth in front, where the second is no depth by its words, and one other is."""
    told = [_told(text) if is_file_name(text) else None for text in columns]
    if told[1:2] != ['image'] or told.count('depth') != 1:
        return columns
    depth = told.index('depth')
    image = 0 if depth else 1
    return [columns[image], columns[depth],
            *(text for index, text in enumerate(columns) if index not in (image, depth))]


def _told(path):
    """Whether a path's words say that it is an 'image' or a 'depth', or None: neither or both."""
    image = not PATH_WORDS.isdisjoint(re.findall('[a-z]+', path.lower()))
    depth = _names_depth(path)
    return None if image == depth else 'image' if image else 'depth'


def _refuse_hidden_breaks(line, where):
    bare = re.sub(QUOTED.replace('?P<double>', '').replace('?P<single>', ''), '', line)
    found = next((char for char in bare if char in BREAKS), None)
    if found:
        raise ValueError(f'{where}: the line holds {BREAKS[found]} (U+{ord(found):04X}), at which some programs begin '
                         'a new line and others do not. Is it two samples? Put each on a line of its own.')


def _refuse_two_samples(columns, where):
    """Refuse 'IMAGE DEPTH IMAGE DEPTH', where a line's end is missing."""
    if len(columns) < 4:
        return
    patterns = [re.sub(r'\d+', '0', text) for text in columns[:4]]
    if patterns[0] != patterns[1] and patterns[:2] == patterns[2:] and all(map(is_file_name, columns[:4:2])):
        raise ValueError(f'{where}: the line seems to hold two samples, {columns[0]!r} and {columns[2]!r}. Put each '
                         'on a line of its own.')
