"""Every config of this package can be published: the file gives what its config and checkpoint give."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmseg.registry import MODELS

from mmdepthcls.apis.pinned_classes import host_scope
from mmdepthcls.commands.publish.publication import Publication, _without_weights
from mmdepthcls.commands.publish.published_config import model_of

CONFIGS = sorted((Path(__file__).parents[3] / 'configs').glob('*.py'))
QUICK = 'adabins_r18_minidrive'


@pytest.mark.parametrize('path', [pytest.param(
    path, id=path.stem, marks=() if path.stem == QUICK else pytest.mark.long) for path in CONFIGS])
def test_a_config_can_be_published(path, tmp_path):
    if 'timm' in path.read_text('utf-8'):
        pytest.importorskip('timm', reason='its backbone is of timm, which is not installed')
    cfg = Config.fromfile(path)
    cfg.default_scope = 'mmseg'
    torch.manual_seed(0)
    with host_scope():
        model = MODELS.build(ConfigDict(_without_weights(model_of(cfg))))
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'c.pth')
    publication = Publication.of(cfg, str(tmp_path / 'c.pth'))
    written, difference = publication.write(str(tmp_path / 'm.safetensors'), publication.describe())
    assert difference == 0 and written.model['type'] == 'DepthClassifier'
