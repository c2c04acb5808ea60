"""The config that a checkpoint was trained with, as its text says it; read as data, nothing in it is run. Pure."""
import ast

LONGEST = 1_000_000  # characters; those of MMSegmentation have 10 to 30 thousand
UNKNOWN = object()  # a value that is more than data


def saved_config(checkpoint):
    """What a training wrote of its config into a checkpoint of MMEngine: ``meta['cfg']``, options included.

    Args:
        checkpoint (dict): of :func:`~mmdepthcls.checkpoint_file.read_checkpoint`.

    Returns:
        dict or None: key -> value, with what is neither number, text nor a container of such as :data:`UNKNOWN`; None
        where the checkpoint does not say it.
    """
    meta = checkpoint.get('meta')
    text = meta.get('cfg') if isinstance(meta, dict) else None
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    try:
        found = {statement.targets[0].id: _value(statement.value) for statement in ast.parse(text).body
                 if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a text that somebody made up
        return None
    return found if isinstance(found.get('model'), dict) else None


def _value(node):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict' and all(
            isinstance(each, ast.Dict) for each in node.args):
        named = {each.arg: _value(each.value) for each in node.keywords if each.arg is not None}
        return {key: value for each in node.args for key, value in _value(each).items()} | named
    if isinstance(node, ast.Dict):
        return {key.value: _value(value) for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(each) for each in node.elts]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant) \
            and isinstance(node.operand.value, (int, float)):
        return -node.operand.value
    return UNKNOWN
