"""The class that somebody may have meant whose ``type`` nobody knows. Pure."""
import difflib
import re


def did_you_mean(name, registry):
    """A question about a class that nobody knows.

    Args:
        name (str): a config's ``type``, with or without scope.
        registry (mmengine.registry.Registry): where it was looked for; its parents count too.

    Returns:
        str: ' Did you mean ...?', or '' where nothing is like it.
    """
    known = set()
    while registry is not None:
        known |= set(registry.module_dict)
        registry = registry.parent
    folded = {each.lower(): each for each in sorted(known)}  # case is the usual slip
    near = difflib.get_close_matches(name.rpartition('.')[2].lower(), folded, 1)
    return f' Did you mean {folded[near[0]]}?' if near else ''


LEFT_OVER = ('. If you did not write this key, a _base_ config has it: _delete_=True in the dict that you wrote keeps '
             'nothing of the one there')


def answer_of_registry(text, error):
    """What a registry says of a name that it does not know, with the nearest that it does; and what a class says of a
    key that it does not have, with where it may come from.

    Args:
        text (str): its message.
        error (Exception): that it raised.

    Returns:
        str: the message as it is, where it is another.
    """
    if "__init__() got an unexpected keyword argument '" in text:
        return text + LEFT_OVER
    unknown = re.match(r'(\S+) is not in the \S+ registry\.', text)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    registry = trace and trace.tb_frame.f_locals.get('registry')
    if not unknown or not hasattr(registry, 'module_dict'):
        return text
    question = did_you_mean(unknown[1], registry)
    return unknown[0] + question if question else text
