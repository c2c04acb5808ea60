"""Numbers of things, and some of many names, in words. Pure."""


def counted(number, what):
    """So many things.

    Args:
        number (int)
        what (str): one of them.

    Returns:
        str

    >>> counted(1, 'image'), counted(3, 'image'), counted(0, 'sample')
    ('1 image', '3 images', '0 samples')
    """
    return f'{number} {what}{"" if number == 1 else "s"}'


def some_of(names, most=4):
    """The first of many names, and how many are left out.

    Args:
        names (Iterable[object])
        most (int): that are named.

    Returns:
        str: empty if there are none.

    >>> some_of('abc'), some_of(['a.png', 'b.png', 'c.png'], most=2)
    ('a, b, c', 'a.png, b.png and 1 more')
    """
    names = list(map(str, names))
    more = len(names) - most
    return ', '.join(names[:most]) + (f' and {more} more' if more > 0 else '')
