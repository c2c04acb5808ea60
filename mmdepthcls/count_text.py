"""Numbers of things in words. Pure."""


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
