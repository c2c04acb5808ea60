"""JSON that every program reads: NaN and infinity, which it does not know, become null. Pure."""
import json
import math


def json_text(content, indent=1):
    """Content as JSON.

    Args:
        content: dicts, lists, tuples, texts, numbers, arrays of them, None.
        indent (int, optional): of nested entries; None: one line.

    Returns:
        str: ends with a line's end.

    >>> json_text(dict(rmse=float('nan'), bins=[1.0, 2.5]), None)
    '{"rmse": null, "bins": [1.0, 2.5]}\\n'
    """
    return json.dumps(without_nan(content), indent=indent, allow_nan=False) + '\n'


def without_nan(value):
    """The same with None where a number is NaN or infinite; arrays become lists."""
    if hasattr(value, 'tolist'):  # of NumPy
        value = value.tolist()
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
