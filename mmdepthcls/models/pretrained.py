"""What to do when the pretrained weights of a backbone cannot be downloaded or loaded, said in one message."""
from mmseg.registry import WEIGHT_INITIALIZERS

from ..config.config_class import is_a


def loading_error(error, backbone, pretrained):
    """What to do when a backbone's pretrained weights could not be loaded.

    Args:
        error (Exception): what happened.
        backbone (nn.Module): with ``init_cfg``.
        pretrained (str, optional): the model's argument of this name.

    Returns:
        RuntimeError or None: None where the backbone has no pretrained weights.
    """
    source = _source(backbone)
    if source is None:
        return None
    key, scratch = 'model.backbone.init_cfg.checkpoint', 'model.backbone.init_cfg'
    if pretrained is not None:
        key = scratch = 'model.pretrained'
    return RuntimeError(
        f"The backbone's pretrained weights {source!r} could not be loaded ({type(error).__name__}: {error}). "
        f'Fetch the file elsewhere and give its path: --cfg-options {key}=/path/to/weights.pth, or train from '
        f'scratch: --cfg-options {scratch}=None')


def _source(backbone):
    init_cfg = getattr(backbone, 'init_cfg', None)
    for cfg in init_cfg if isinstance(init_cfg, list) else [init_cfg]:
        if isinstance(cfg, dict) and is_a(cfg, WEIGHT_INITIALIZERS, 'PretrainedInit'):
            return cfg.get('checkpoint')
    return None
