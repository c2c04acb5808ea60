"""A depth config written from a recipe: its text, and what it changes."""
from dataclasses import dataclass

from ...compat import STACKS
from ...config.config_class import class_name
from ...config.config_parts import evaluators_of
from .adaptation import adapt_model, fit_crop, heads_of
from .depth_data import DATA
from .recipe import pretrained_weights, why_no_depth
from .recipe_file import short_name

WIDTH = 120

TEXT = '''\
# {title} for depth on {data.title}, as `mmdepthcls make-config` writes it.
{hint}custom_imports = dict(imports={imports}, allow_failed_imports=False)
_base_ = ['{base}']

# The three changes: the model classifies depth ...
crop_size = {crop}
{model}
# ... of these images (the model makes its labels itself, so the pipeline needs none) ...
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(
        type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.5), max_angle=5.0,
        flip_prob=0.5{data.warp}),
    dict(type='RandomColorGain'),
    dict(type='PackDepthInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackSegInputs')]
{data.comment}data = dict({data.code}, _delete_=True)
train_dataloader = dict(dataset=dict(data, {data.splits[0]}, pipeline=train_pipeline))
val_dataloader = dict({one_image}dataset=dict(data, {data.splits[1]}, test_mode=True, pipeline=test_pipeline))
test_dataloader = dict({one_image}dataset=dict(data, {data.splits[2]}, test_mode=True, pipeline=test_pipeline))
# ... and is judged by depth errors.
val_evaluator = dict(type='DepthEvaluator'{evaluator}, _delete_=True)
test_evaluator = val_evaluator

# Pictures, test-time augmentation and checkpoints of depth.
visualizer = dict(type='DepthVisualizer')
tta_model = dict(type='DepthTTAModel')
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackSegInputs')]])
]
default_hooks = dict(checkpoint=dict(save_best='abs_rel', rule='less'))
custom_hooks = [
    {hooks}dict(type='FiniteLossHook'), dict(type='FiniteLoaderHook'), dict(type='ResumeBinsHook'),
    dict(type='WorkFolderHook')]
'''
HINT = (
    "# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on "
    f'the {STACKS[0]}\n'
    '# stack: they look for that base before mmdepthcls, which mends this, is imported.\n')


@dataclass(frozen=True)
class DepthConfig:
    """A config that is not written yet.

    Args:
        text (str): of the file.
        changes (list[str]): what it changes in the recipe, and why.
        crop (tuple[int, int]): height and width of its training crops.
        image_size (tuple[int, int], optional): of the data set's images.
    """

    text: str
    changes: list
    crop: tuple
    image_size: tuple


def write_config(recipe, data, bins, folder, crop=None):
    """The depth config of a recipe.

    Args:
        recipe (Recipe): as MMSegmentation ships it, or one's own.
        data (str | DepthData): a key of ``DATA``, or data of one's own.
        bins (dict): config of the bins.
        folder (Path): where the file will be; relative paths start there.
        crop (tuple[int, int], optional): height and width of training crops. Default: the recipe's, as far as the
            images are that large.

    Returns:
        DepthConfig

    Raises:
        ValueError: with the reason, if the recipe cannot classify depth.
    """
    cfg, data = recipe.cfg, DATA[data] if isinstance(data, str) else data
    reason = why_no_depth(cfg) or _no_training(cfg)
    if reason:
        raise ValueError(f'{recipe.path.name} cannot become a depth config: {reason}')
    crop, why_crop = fit_crop(cfg.model, data.image_size, crop, data.measured)
    model, notes = adapt_model(cfg.model, bins, crop)
    base = recipe.base_from(folder)
    text = TEXT.format(
        title=short_name(recipe.path), data=data, hint=HINT if base.startswith('mmseg::') else '', base=base,
        imports=[*_imports(cfg), 'mmdepthcls'], crop=crop, model=_assignment('model', model, crop),
        one_image='batch_size=1, ' if _largest_batch(cfg) > 1 else '',
        evaluator=data.evaluator and f', {data.evaluator}',
        hooks='*_base_.custom_hooks, ' if cfg.get('custom_hooks') else '')
    text = ''.join(f'{_wrapped(line)}\n' for line in text.splitlines())
    return DepthConfig(text, _changes(cfg, data, bins, f'{crop[0]} x {crop[1]} ({why_crop})', notes), crop,
                       data.image_size)


def _wrapped(line):
    """A line of the config in which a data set has many arguments, as two."""
    opening = next((text for text in ('dataset=dict(', 'data = dict(') if text in line), None)
    if len(line) <= WIDTH or opening is None:
        return line
    head, _, tail = line.partition(opening)
    return f'{head}{opening}\n    {tail}'


def _no_training(cfg):
    missing = [key for key in ('train_dataloader', 'val_dataloader', 'test_dataloader', 'optim_wrapper', 'train_cfg',
                               'val_evaluator') if not cfg.get(key)]
    return f'it has no {", no ".join(missing)}: it is a part of a recipe' if missing else None


def _imports(cfg):
    imports = cfg.get('custom_imports', {}).get('imports', [])
    return [imports] if isinstance(imports, str) else list(imports)


def _largest_batch(cfg):
    return max(cfg[key].get('batch_size', 1) for key in ('val_dataloader', 'test_dataloader'))


def _changes(cfg, data, bins, crop, notes):
    """What the config changes in the recipe, and what it keeps."""
    model = cfg.model
    classes = sorted({str(head.get('num_classes')) for _, head in heads_of(model)})
    optimizer, weights = cfg.optim_wrapper.optimizer, pretrained_weights(model)
    length = f'{cfg.train_cfg.max_iters} iterations' if 'max_iters' in cfg.train_cfg else (
        f'{cfg.train_cfg.get("max_epochs")} epochs')
    return [
        f'model.type: {class_name(model)} -> DepthClassifier, with {bins["type"]} of {bins["num_bins"]} bins from '
        f'{bins["min_depth"]:g} to {bins["max_depth"]:g} m',
        f'num_classes: {", ".join(classes)} -> {bins["num_bins"]} in {", ".join(name for name, _ in heads_of(model))} '
        '(by DepthClassifier); cross-entropy averages over the pixels that have depth',
        'data_preprocessor: SegDataPreProcessor -> DepthDataPreProcessor (by DepthClassifier), which does not pad '
        'depth with 255 m',
        'decoder: expectation of log depth (by DepthClassifier)',
        f'crop: {crop}',
        *notes,
        f'data and pipelines: {data.title}; depth is divided by the zoom; test images keep their size',
        f'evaluator: {", ".join(map(class_name, evaluators_of(cfg.val_evaluator)))} -> '
        f'DepthEvaluator({data.evaluator}); its cap and the colors of pictures follow the bins',
        "checkpoints: save_best='abs_rel', the least; visualizer, test-time augmentation and hooks of depth",
        f'kept: {class_name(optimizer)}, lr {optimizer.lr:g}, {length}, {cfg.train_dataloader.get("batch_size")} '
        'images a GPU' + (f', pretrained weights: {", ".join(weights)}' if weights else ''),
    ]


def _assignment(name, value, crop):
    """``name = value`` as code: one line, or one a key."""
    line = f'{name} = {as_code(value, crop)}'
    if len(line) <= WIDTH and len(value) < 3:
        return line
    inner = ',\n'.join(f'    {key}={as_code(each, crop)}' for key, each in value.items())
    return f'{name} = dict(\n{inner})'


def as_code(value, crop=None):
    """A config's value as code on one line; the crop by its name.

    >>> as_code(dict(type='A', size=(1, 2), more=[dict(b=1)]), (1, 2))
    "dict(type='A', size=crop_size, more=[dict(b=1)])"
    """
    if isinstance(value, dict):
        return f'dict({", ".join(f"{key}={as_code(each, crop)}" for key, each in value.items())})'
    if isinstance(value, list):
        return f'[{", ".join(as_code(each, crop) for each in value)}]'
    return 'crop_size' if value == crop else repr(value)
