"""What of a config goes into a model file: the parts that predict, by the names that model files have."""
from mmengine.config import ConfigDict
from mmseg.registry import MODELS, TRANSFORMS

from ...apis.allow_list import KINDS
from ...apis.input_pipeline import labels_alone
from ...apis.pinned_classes import pinned_name
from ...config.config_class import class_name, is_a
from ...config.config_parts import leaf_datasets, tested_model
from ...models.counterparts import LOSS_OF, default_decoder
from ...models.data_preprocessor import depth_preprocessor

# What is for training, or for finding weights that the checkpoint has.
FOR_TRAINING = frozenset({
    'type', '_scope_', '_delete_', 'init_cfg', 'pretrained', 'checkpoint_path', 'train_cfg', 'auxiliary_head',
    'adaptation', 'with_cp', 'sampler', 'batch_augments', 'non_blocking', 'require_edges'})
OF_HEADS = frozenset({'num_classes', 'out_channels'})  # follow from the bins
OF_TEST_CFG = ('mode', 'crop_size', 'stride', 'decode_at')
# Losses decide nothing when predicting; but a head is refused whose losses do not train what the decoder reads.
LOSSES = {**LOSS_OF, 'RegressionDecoder': 'RegressionSILogLoss'}
# Steps of a pipeline that are no geometry: they load what a picture has not, or pack.
NO_GEOMETRY = ('LoadImageFromFile', 'LoadImageFromNDArray', 'LoadDepth', 'LoadVelodyneDepth', 'LoadAnnotations',
               'LoadDepthAnnotation', 'DepthToBinLabel', 'PackSegInputs')
REMEDY = ('Model files hold only what mmdepthcls and MMSegmentation define; use this model by its config and '
          'checkpoint, which every command takes')


def model_of(cfg):
    """The config of the classifier that a run tests.

    Args:
        cfg (Config): of a training or a test.

    Returns:
        dict: a copy, without the classes of MMEngine.

    Raises:
        ValueError: if it is no ``DepthClassifier``.
    """
    model = ConfigDict(tested_model(cfg)).to_dict()
    if not is_a(model, MODELS, 'DepthClassifier'):
        raise ValueError(f'expected a config whose model is a DepthClassifier, got {class_name(model)!r}')
    if model.get('data_preprocessor') is None and cfg.get('data_preprocessor'):
        model['data_preprocessor'] = ConfigDict(cfg.data_preprocessor).to_dict()  # as MMEngine's runner has it
    return model


def published_config(model, decode_at=None):
    """Config of a model for a model file.

    Args:
        model (dict): of :func:`model_of`; not changed.
        decode_at (str, optional): in place of its own.

    Returns:
        dict: the same predictions follow from it.

    Raises:
        ValueError: names a part that model files do not have.
    """
    model = dict(model)
    model['decoder'] = model.get('decoder') or default_decoder(model['decode_head'])
    model['test_cfg'] = {key: value for key, value in (model.get('test_cfg') or {}).items() if key in OF_TEST_CFG}
    model['test_cfg'].setdefault('mode', 'whole')
    if decode_at is not None:
        model['test_cfg']['decode_at'] = decode_at
    processor = depth_preprocessor(model.get('data_preprocessor'))
    model['data_preprocessor'] = {key: value for key, value in (processor or {}).items()
                                  if key not in ('size', 'size_divisor')} or None  # those of training batches
    published = _part(model, 'model', 'model')
    loss = LOSSES.get(published['decoder']['type'])
    if loss:
        published['decode_head']['loss_decode'] = dict(type=loss)
    return published


def _part(part, kind, where):
    name = pinned_name(part, kind)
    if name is None:
        raise ValueError(f'{where}.type: a model file cannot hold {class_name(part) or "a part without a type"}. '
                         f'{REMEDY}')
    kept = {key: value for key, value in part.items() if key not in FOR_TRAINING and value is not None}
    if kind == 'head':
        kept = {key: value for key, value in kept.items() if key not in OF_HEADS and not key.startswith('loss')}
    return dict(type=name, **{key: _value(key, value, f'{where}.{key}') for key, value in kept.items()})


def _value(key, value, where):
    if hasattr(value, 'tolist'):  # of NumPy or torch
        value = value.tolist()
    if isinstance(value, dict):
        if value.get('type') is not None:
            if key not in KINDS:
                raise ValueError(f'{where}.type: a model file cannot hold {class_name(value)} here. {REMEDY}')
            return _part(value, KINDS[key], where)
        return {name: _value(name, each, f'{where}.{name}') for name, each in value.items() if name not in FOR_TRAINING}
    if isinstance(value, (list, tuple)):
        return type(value)(_value(key, each, f'{where}[{index}]') for index, each in enumerate(value))
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f'{where}: a model file cannot hold {value!r}. {REMEDY}')


def test_pipeline(cfg):
    """The steps by which a config's test images are prepared.

    Args:
        cfg (Config)

    Returns:
        list[dict]: of the test split, or of the validation split where there is none; empty where there is neither.
    """
    for key in ('test_dataloader', 'val_dataloader'):
        if cfg.get(key):
            return list(leaf_datasets(cfg[key].dataset)[0].get('pipeline') or ())
    return list(cfg.get('test_pipeline') or ())


def published_pipeline(steps):
    """The geometry of a test pipeline.

    Args:
        steps (list[dict]): of :func:`test_pipeline`.

    Returns:
        tuple[dict]: what lies between loading an image and packing it.

    Raises:
        ValueError: names a step that model files do not have.
    """
    kept = []
    for index, step in enumerate(steps):
        if labels_alone(step):
            continue
        if is_a(step, TRANSFORMS, *NO_GEOMETRY):
            if is_a(step, TRANSFORMS, 'LoadImageFromFile') and step.get('color_type', 'color') == 'grayscale':
                raise ValueError(f'the test pipeline loads images in grey, which model files cannot say. {REMEDY}')
            continue
        kept.append(_part(ConfigDict(step).to_dict(), 'transform', f'the test pipeline, step {index}'))
    return tuple(kept)


def starting_weights(cfg):
    """Names of the weights that a training began with.

    Args:
        cfg (dict): ``model``, with all that is for training, and ``load_from``, which counts where nothing is resumed.

    Returns:
        list[str]: without the folders of this machine.
    """
    found, first = _weights_in(cfg.get('model')), cfg.get('load_from')
    if isinstance(first, str) and first and not cfg.get('resume'):
        found.append(first)
    found = [''.join(filter(str.isprintable, each)) for each in dict.fromkeys(found)]
    return [each if '://' in each else each.replace('\\', '/').rpartition('/')[2] for each in found]


def _weights_in(model):
    found = []
    if isinstance(model, dict):
        source = model.get('pretrained')
        if source is True:
            found.append(f'timm {model.get("model_name")}')
        elif isinstance(source, str) and source:
            found.append(source)
        checkpoint = model.get('checkpoint') or model.get('checkpoint_path')
        if isinstance(checkpoint, str) and checkpoint:
            found.append(checkpoint)
        found += [each for value in model.values() for each in _weights_in(value)]
    elif isinstance(model, (list, tuple)):
        found += [each for value in model for each in _weights_in(value)]
    return found


def losses_of_training(model):
    """str: names of the losses of a decode head's config."""
    losses = model['decode_head'].get('loss_decode') or ()
    return ', '.join(class_name(loss) for loss in (losses if isinstance(losses, (list, tuple)) else [losses]))
