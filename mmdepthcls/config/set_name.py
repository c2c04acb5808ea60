"""What data sets are called among others. Pure."""
import re
from typing import Any

SET_NAME = re.compile(r'[\w-]+')


def check_set_name(name: Any, whose: str) -> None:
    """Refuse what cannot be a part of metrics' and folders' names.

    Args:
        name: of a data set.
        whose: what it is given to, for the message.

    Raises:
        ValueError: says what a name is.
    """
    if not isinstance(name, str) or not SET_NAME.fullmatch(name):
        raise ValueError(f"{whose}: set_name is a short name of letters, digits, - and _, such as 'kitti', got "
                         f'{name!r}')
