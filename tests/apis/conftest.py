"""Model files of small models, and hands that change them."""
import hashlib
import json
import struct

import pytest
import torch

from mmdepthcls.apis import ModelDescription, write_model_file
from mmdepthcls.commands.publish.published_config import published_config


class EditedFile:
    """A model file taken apart: change ``head``, ``description`` or ``tensors``, and write it.

    Args:
        path (Path): of the file.
    """

    def __init__(self, path):
        content = path.read_bytes()
        length, = struct.unpack('<Q', content[:8])
        self.head = json.loads(content[8:8 + length])
        self.description = json.loads(self.head['__metadata__']['mmdepthcls'])
        self.tensors = bytearray(content[8 + length:])

    def place(self, name):
        """slice: of a tensor's bytes."""
        return slice(*self.head[name]['data_offsets'])

    def write(self, path, resign=True):
        """Write it; ``resign``: with the checksums that its content has, as somebody does who means it."""
        from mmdepthcls.apis.model_description import _checksum
        if resign:
            self.description['tensors_sha256'] = hashlib.sha256(self.tensors).hexdigest()
            self.description.pop('description_sha256', None)
            self.description['description_sha256'] = _checksum(self.description)
        self.head['__metadata__'] = dict(self.head.get('__metadata__', {}), mmdepthcls=json.dumps(self.description))
        return self.write_text(path, json.dumps(self.head))

    def write_text(self, path, head):
        """Write it with this text as its head."""
        path.write_bytes(struct.pack('<Q', len(head.encode())) + head.encode() + self.tensors)
        return path


@pytest.fixture
def edited():
    """The class :class:`EditedFile`."""
    return EditedFile


def make_like_trained(model):
    """Statistics of images in its norms, and logits that differ: predictions that not every model has."""
    norms = [part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        model.decode_head(model.extract_feat(images))
        for parameter in model.decode_head.parameters():
            parameter *= 3
    for norm in norms:
        norm.eval()


@pytest.fixture
def make_file(build_model, small_model_cfg, tmp_path):
    """Writes the model file of a small model. Returns the model, and the path."""
    def make(name='small.safetensors', precision='float32', pipeline=(), facts=None, temperature=1.0, **changes):
        model = build_model(**changes).eval()
        model.temperature = temperature
        make_like_trained(model)
        description = ModelDescription(published_config(small_model_cfg(**changes)), pipeline, precision=precision,
                                       **(facts or {}))
        write_model_file(tmp_path / name, model, description)
        return model, tmp_path / name

    return make
