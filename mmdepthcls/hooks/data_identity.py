"""What a training's data are, in a few words that a checkpoint holds. Pure."""
import hashlib
import os.path as osp

PROBED = ('class', 'samples', 'images')


def data_identity(dataset, sampler=None):
    """Identity of a data set: what it is, how many samples it has, which images, and how often its sets are drawn.

    Where the images lie does not count, so that data may be moved: names begin below the folder that all have in
    common.

    Args:
        dataset (Dataset): any, also one that wraps others.
        sampler (Sampler, optional): which draws from it.

    Returns:
        dict[str, str or int]: 'class'; 'samples'; 'images', a digest of the images' names in their order, '' where
        the data set does not tell them; 'shares' in words, where sets are drawn by weights.
    """
    identity = {'class': _class(dataset), 'samples': len(dataset), 'images': _digest(_names(dataset))}
    shares = getattr(sampler, 'shares', None)
    if isinstance(shares, dict):
        identity['shares'] = ', '.join(f'{name} {share:.6g}' for name, share in shares.items())
    return identity


def differences(stored, own):
    """How data differ from those of a checkpoint.

    Args:
        stored (dict): identity that the checkpoint holds.
        own (dict): identity of the data at hand.

    Returns:
        list[str]: a phrase each; none where they are the same, as far as both are known.
    """
    found = [f'{stored[key]} -> {own[key]}{unit}' for key, unit in (('class', ''), ('samples', ' samples'))
             if stored.get(key) not in (None, own[key])]
    if not found and stored.get('images') and own['images'] and stored['images'] != own['images']:
        found.append('as many samples, but other images or another order of them')
    if not found and stored.get('shares') is not None and stored['shares'] != own.get('shares'):
        found.append(f"shares of the sets: {stored['shares']} -> {own.get('shares', 'all alike')}")
    return found


def _class(dataset):
    parts = getattr(dataset, 'datasets', None) or [each for each in [getattr(dataset, 'dataset', None)] if each]
    inner = ', '.join(dict.fromkeys(map(_class, parts)))
    return type(dataset).__name__ + (f' of {inner}' if inner else '')


def _names(dataset):
    """Images of a data set; of one that puts several samples into one, those of the data set inside."""
    parts = getattr(dataset, 'datasets', None)
    if parts:
        return [name for part in parts for name in _names(part)]
    if getattr(dataset, 'dataset', None) is not None:
        return _names(dataset.dataset)
    try:
        return [str(dataset.get_data_info(index)['img_path']).replace('\\', '/') for index in range(len(dataset))]
    except (AttributeError, KeyError, TypeError, NotImplementedError):
        return []


def _digest(names):
    if not names:
        return ''
    folders = {osp.dirname(name) for name in names}
    try:
        common = osp.commonpath(folders)
    except ValueError:  # some absolute, some not, or of several drives
        common = ''
    start = len(common) + 1 if common else 0
    return hashlib.sha256('\n'.join(name[start:] for name in names).encode()).hexdigest()
