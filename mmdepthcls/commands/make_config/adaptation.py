"""What changes in the model of a recipe when it classifies depth, and why."""
from mmengine.config import Config
from mmseg.registry import MODELS

from ...config.config_class import class_name, is_a
from ...models.head_config import EDGE_HEADS

# Backbones whose positions are of one square input size, that of img_size.
SQUARE = ('BEiT', 'MAE')
STRIDE = 32  # crops are cut to multiples of it
OVERLAP = 1 / 3  # of sliding windows, as in MMSegmentation's recipes
# What trains the decode head in place of plain cross-entropy: nothing in docs/study.md beats it in abs_rel.
DEPTH_LOSSES = (dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss'))
# Losses of MMSegmentation that take pixels without a label for pixels of no class.
IGNORING_NOTHING = ('DiceLoss', 'HuasdorffDisstanceLoss')
DEPTH_LOSSES_NOTE = 'decode_head.loss_decode: SparseCrossEntropyLoss and ExpectationSILogLoss (docs/study.md)'


def fit_crop(model, image_size=None, wanted=None, measured=True):
    """Size of training crops.

    Args:
        model (dict): of the recipe.
        image_size (tuple[int, int], optional): height and width of the data set's images, where that is known.
        wanted (tuple[int, int], optional): what the user asks for.
        measured (bool): whether the images have been looked at; else their size is what is usual.

    Returns:
        tuple: (height, width), and why (str).

    Raises:
        ValueError: if nothing says a size; if ``wanted`` is not square and must be.
    """
    square = is_square(model)
    if wanted is not None:
        if square and wanted[0] != wanted[1]:
            raise ValueError(f'{class_name(model["backbone"])} takes square inputs of one size, got a crop of '
                             f'{wanted[0]} x {wanted[1]}')
        return tuple(wanted), 'as asked for'
    of_recipe = (model.get('data_preprocessor') or {}).get('size')
    crop = of_recipe or image_size
    if crop is None:
        raise ValueError('the recipe has no crop size (model.data_preprocessor.size): give one with --crop')
    crop = (crop, crop) if isinstance(crop, int) else tuple(crop)
    if image_size is None:
        return crop, 'kept'
    fitted = tuple(min(length, max(limit // STRIDE * STRIDE, STRIDE))
                   for length, limit in zip(crop, image_size, strict=True))
    if square:
        fitted = (min(fitted), ) * 2
    if fitted == crop:
        return crop, 'kept' if of_recipe else "the images' size"
    have = 'have' if measured else 'are assumed to have'
    return fitted, f'images {have} {image_size[0]} x {image_size[1]}, the recipe {crop[0]} x {crop[1]}'


def exchanged_crop(crop, image_size):
    """A remark on a crop whose height and width seem to be exchanged.

    Args:
        crop (tuple[int, int]): height, width.
        image_size (tuple[int, int], optional): of the images.

    Returns:
        str or None

    >>> exchanged_crop((320, 96), (128, 416))
    'crops of 320 x 96 are higher than the images, 128 x 416 (height x width): is --crop 96 320 meant?'
    >>> exchanged_crop((96, 320), (128, 416)), exchanged_crop((512, 512), (128, 416))
    (None, None)
    """
    if image_size is None:
        return None
    height, width = crop
    fits, would_fit = (all(side <= limit for side, limit in zip(sides, image_size, strict=True))
                       for sides in (crop, crop[::-1]))
    if fits or not would_fit:
        return None
    return (f'crops of {height} x {width} are {"higher" if height > image_size[0] else "wider"} than the images, '
            f'{image_size[0]} x {image_size[1]} (height x width): is --crop {width} {height} meant?')


def adapt_model(model, bins, crop):
    """What a depth config changes in a recipe's model.

    Args:
        model (dict): of the recipe, not changed.
        bins (dict): config of the bins.
        crop (tuple[int, int]): height and width of training crops.

    Returns:
        tuple: dict to merge into the model, and list[str]: what changes beyond the type and the classes, and why.
    """
    changes, notes = dict(type='DepthClassifier', bins=bins), []
    processor = model.get('data_preprocessor') or {}
    if not processor:
        changes['data_preprocessor'] = dict(type='DepthDataPreProcessor')
    elif tuple(_pair(processor.get('size'))) != crop:
        changes['data_preprocessor'] = dict(size=crop)
    backbone = model['backbone']
    if is_square(model) and tuple(_pair(backbone.get('img_size'))) != crop:
        changes['backbone'] = dict(img_size=crop)
        notes.append(f'backbone.img_size: the crop, square: {class_name(backbone)} takes one size only')
    window = _window(model, crop)
    if window:
        changes['test_cfg'] = window
        notes.append('test_cfg: sliding windows of the size of the crop')
    head_changes, head_notes = _adapt_head(model['decode_head'], bins['num_bins'])
    if head_changes:
        changes['decode_head'] = head_changes
    return changes, notes + head_notes + _read_heads(model, bins['num_bins'])


def model_for(model, bins, size):
    """A recipe's model as a depth classifier of images of one size.

    Args:
        model (ConfigDict): of the recipe, not changed.
        bins (dict): config of the bins.
        size (tuple[int, int]): height and width.

    Returns:
        ConfigDict
    """
    cfg = Config(dict(model=model.to_dict()))
    cfg.merge_from_dict(dict(model=adapt_model(model, bins, size)[0]))
    return cfg.model


def is_square(model):
    """bool: whether a model's backbone takes square inputs of one size only."""
    return is_a(model['backbone'], MODELS, *SQUARE)


def _pair(size):
    return (size, size) if isinstance(size, int) else size or ()


def _window(model, crop):
    """``test_cfg`` for windows as large as the crop, where the recipe slides or its backbone must."""
    test_cfg = model.get('test_cfg') or {}
    slides = test_cfg.get('mode') == 'slide'
    if not slides and not is_square(model):
        return None
    if slides and not isinstance(test_cfg.get('stride'), int) and tuple(_pair(test_cfg.get('crop_size'))) == crop:
        return None
    stride = tuple(int(length * (1 - OVERLAP)) for length in crop)
    return dict(mode='slide', crop_size=crop, stride=stride)


def _adapt_head(head, num_bins):
    """The losses of depth in place of cross-entropy. Other losses of a recipe stay, and so does cross-entropy that
    weighs the bins, or pixels that a sampler picks, of which there is no regression."""
    losses = head.get('loss_decode', dict(type='CrossEntropyLoss'))
    losses = losses if isinstance(losses, (list, tuple)) else [losses]
    sampler, is_entropy = head.get('sampler'), [class_name(loss) == 'CrossEntropyLoss' for loss in losses]
    if is_entropy == [True] and not sampler and _class_weights(head) != num_bins:
        weight = losses[0].get('loss_weight', 1.0)
        return dict(loss_decode=[dict(loss) if weight == 1 else dict(loss, loss_weight=weight)
                                 for loss in DEPTH_LOSSES]), [DEPTH_LOSSES_NOTE]
    notes = [f'decode_head.loss_decode: {", ".join(map(class_name, losses))} stays'
             + (f', of the pixels of {class_name(sampler)}' if sampler else '')]
    notes += [f'decode_head.loss_decode: {class_name(loss)} counts pixels without depth too'
              for loss in losses if class_name(loss) in IGNORING_NOTHING]
    of_sigmoid = [entropy and loss.get('use_sigmoid') for entropy, loss in zip(is_entropy, losses, strict=True)]
    if not any(of_sigmoid):
        return {}, notes
    return dict(loss_decode=[dict(loss, use_sigmoid=False) if sigmoid else loss
                             for sigmoid, loss in zip(of_sigmoid, losses, strict=True)]), [
        *notes, 'decode_head.loss_decode.use_sigmoid: False, since depth is decoded from a softmax over the bins']


def _read_heads(model, num_bins):
    """What DepthClassifier itself will do with the heads, beyond their number of classes."""
    notes = []
    for name, head in heads_of(model):
        weights = _class_weights(head)
        if is_a(head, MODELS, *EDGE_HEADS):
            notes.append(f'{name}: {class_name(head)} is left alone, it learns the edges of labels')
        elif weights not in (None, num_bins):
            notes.append(f'{name}: class_weight of {weights} classes is dropped')
    return notes


def heads_of(model):
    """Heads of a model by the keys of their configs.

    Args:
        model (dict): config.

    Returns:
        list[tuple[str, dict]]: such as ('auxiliary_head[0]', {...}); the decode head is the first.
    """
    named = []
    for key in ('decode_head', 'auxiliary_head'):
        heads = model.get(key) or []
        if isinstance(heads, (list, tuple)):
            named += [(f'{key}[{index}]', head) for index, head in enumerate(heads)]
        else:
            named.append((key, heads))
    return named


def _class_weights(head):
    """Number of the class weights of a head's losses; None without."""
    losses = head.get('loss_decode') or {}
    for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
        weight = loss.get('class_weight')
        if isinstance(weight, (list, tuple)):
            return len(weight)
    return None
