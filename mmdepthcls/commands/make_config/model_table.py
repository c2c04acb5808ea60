"""Which of the models that MMSegmentation ships (``_base_/models/*.py``) classify depth: a table made by trying all."""
from ...compat import STACKS
from .adaptation import DEPTH_LOSSES_NOTE, adapt_model, heads_of, is_square, model_for
from .recipe import read_recipe, why_no_depth
from .trial import NEEDS_LARGER, SMALL, try_model

BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
# Where the small size does not do: pooling windows of a fixed size.
LARGE = (448, 448)
COLUMNS = ('model', 'backbone', 'heads', *STACKS)
NOT_TRIED = 'not tried'
WORKS = 'works'


def judge_model(path, size=SMALL):
    """Whether a model file becomes a depth classifier: it is built, trained for a step and predicts.

    Args:
        path (Path): of a config with ``model``.
        size (tuple[int, int]): height and width of the random images.

    Returns:
        str: 'works', with what changes, or 'refused: ' and the reason.
    """
    cfg = read_recipe(path).cfg
    reason = why_no_depth(cfg)
    if reason:
        return f'refused: {reason}'
    size = (size[0], ) * 2 if is_square(cfg.model) else size
    # Of the losses only what stays is said: most models train those of depth.
    notes = [note for note in adapt_model(cfg.model, BINS, size)[1] if note != DEPTH_LOSSES_NOTE]
    try:
        try_model(model_for(cfg.model, BINS, size), size)
    except ValueError as error:
        if NEEDS_LARGER not in str(error) or size == LARGE:
            return f'refused: {error}'
        return judge_model(path, LARGE)
    if size == LARGE:
        notes.append(f'needs large images: tried at {LARGE[0]} x {LARGE[1]}')
    return '; '.join([WORKS, *notes])


def parts_of(path):
    """Backbone and heads of a model file, as the table names them: ('ResNetV1c', 'FCNHead, FCNHead')."""
    model = read_recipe(path).cfg.model
    backbone = model.get('backbone') or model.get('image_encoder') or {}
    return backbone.get('type', '-'), ', '.join(head.type for _, head in heads_of(model)) or '-'


def read_table(text):
    """Rows of a table that :func:`write_table` has written, in any text.

    Args:
        text (str): Markdown.

    Returns:
        dict[str, dict[str, str]]: model file -> column -> cell.
    """
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip('| ').split(' | ')]
        if line.startswith('| `') and len(cells) == len(COLUMNS):
            rows[cells[0].strip('`')] = dict(zip(COLUMNS[1:], cells[1:], strict=True))
    return rows


def write_table(text, rows):
    """Text with its table replaced by another.

    Args:
        text (str): Markdown with a table of these columns.
        rows (dict[str, dict[str, str]]): as :func:`read_table` gives them.

    Returns:
        str

    Raises:
        ValueError: if there is no such table.
    """
    lines = text.splitlines()
    header = f'| {" | ".join(COLUMNS)} |'
    if header not in lines:
        raise ValueError(f'no table with the columns {header}')
    start = lines.index(header)
    end = next((index for index in range(start, len(lines)) if not lines[index].startswith('|')), len(lines))
    table = [header, '|---' * len(COLUMNS) + '|']
    table += [f'| `{name}` | {" | ".join(row.get(key, NOT_TRIED) for key in COLUMNS[1:])} |'
              for name, row in sorted(rows.items())]
    return '\n'.join([*lines[:start], *table, *lines[end:], ''])
