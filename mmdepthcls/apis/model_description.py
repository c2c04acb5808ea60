"""What a model file says of its model, and the strict reading and writing of it as JSON. Pure."""
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..json_text import json_text
from .description_check import DescriptionCheck
from .tensor_file import SUFFIX, ModelFileError, TensorHead, read_head, strict_json

FORMAT, VERSION = 'mmdepthcls model', 3
# What a description says since a version, and what it means that an older one does not.
ADDED: dict[int, dict[str, Any]] = {
    2: dict(scale=1.0, interval_widening=None), 3: dict(scale_focal=None)}
KEY = 'mmdepthcls'  # of the metadata
# Of an interval: the pixels of a new image are covered in the mean over images, or in each of a share of the images.
TUPLE = 'tuple'  # {"tuple": [...]}: JSON knows lists alone, and some classes take the one and not the other


@dataclass(frozen=True)
class ModelDescription:
    """A model in a file: what is needed to use it, and what is known of it. None: unknown.

    Args:
        model: config of the ``DepthClassifier``, of allowed parts alone.
        pipeline: configs of the transforms between loading an image and packing it for the network: its geometry.
        focal_px: focal length at which the model was trained, in pixels of the network's input, after the pipeline's
            resize and crop.
        input_size: height and width of the network's input in training.
        scenes: kind of scenes, in words.
        training_data: what it was trained on, in words.
        licenses: of the training data and of weights that the training began with, and terms of use.
        scores: each with ``protocol`` (its name), ``conditions`` (dict of texts), ``errors`` (dict of numbers),
            ``num_images`` and ``data`` (on what); perhaps ``images``, by which these are known again
            (:mod:`~mmdepthcls.apis.image_sketch`).
        provenance: other facts, such as the name of the config and versions.
        supervised_rows: first row that had a depth in training, as a share of the height of the network's input.
        max_depth_supervised: greatest depth in training, m.
        temperature: by which logits are divided.
        precision: of the weights in the file: 'float32', or 'half' (norms, bins and temperature excepted).
        scale: by which depth, interval and standard deviation are multiplied, in a calibrated model.
        interval_widening: how the predicted interval is made to cover what it says: ``coverage`` (share that it is
            for), ``factor`` (of :func:`~mmdepthcls.apis.interval_widening.widened`), ``promise`` (of
            :data:`PROMISES`), ``unit`` (what was counted, such as 'image'), ``num_units``, ``domain`` (on what, in
            words). None: it is as the model says it.
        tensors_sha256: of the file's bytes after its head; written with the file.
        scale_focal: of :data:`~.description_check.SCALE_FOCALS`: 'corrected', the scale was found in metres that were
            corrected by known focal lengths; 'uncorrected', without, so that it holds for the camera of its calibration
            alone and nothing is corrected beside it. None: no scale was found, or the file is older than this.

    Raises:
        ModelFileError: for a value that is none of these; names it.
    """
    model: dict[str, Any]
    pipeline: tuple[dict[str, Any], ...] = ()
    focal_px: float | None = None
    input_size: tuple[int, int] | None = None
    scenes: str | None = None
    training_data: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    scores: tuple[dict[str, Any], ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)
    supervised_rows: float | None = None
    max_depth_supervised: float | None = None
    temperature: float = 1.0
    precision: str = 'float32'
    scale: float = 1.0
    interval_widening: dict[str, Any] | None = None
    tensors_sha256: str = ''
    scale_focal: str | None = None

    def __post_init__(self) -> None:
        for name in ('pipeline', 'training_data', 'licenses', 'scores'):
            value = getattr(self, name)
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))
        if isinstance(self.input_size, list):
            object.__setattr__(self, 'input_size', tuple(self.input_size))
        DescriptionCheck(self).run()

    @property
    def bins(self) -> dict[str, Any]:
        """Config of the bins."""
        return self.model['bins']

    @property
    def decoder(self) -> dict[str, Any]:
        """Config of the decoder."""
        return self.model['decoder']

    @property
    def decode_at(self) -> str:
        """Where logits become metres: 'output', 'input' or 'logits'."""
        return (self.model.get('test_cfg') or {}).get('decode_at', 'output')

    def to_json(self) -> str:
        """All of it as JSON on one line, with the format's name and version, and its own checksum."""
        content = {each.name: _encoded(getattr(self, each.name)) for each in fields(self)}
        content = dict(format=FORMAT, version=VERSION, **content)
        return json_text(dict(content, description_sha256=_checksum(content)), indent=None).rstrip()


def description_of(text: str, source: str | Path) -> ModelDescription:
    """Read a description.

    Args:
        text: JSON as :meth:`ModelDescription.to_json` writes it.
        source: the file, for messages.

    Raises:
        ModelFileError: for another format or version, keys that are unknown or missing, a checksum that does not fit,
            and a model or values that are not allowed.
    """
    content = strict_json(text, f'{source}: its description')
    if not isinstance(content, dict) or content.get('format') != FORMAT:
        raise ModelFileError(f'{source}: its description is not of the format {FORMAT!r}')
    version = content.get('version')
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ModelFileError(f'{source} is a model file of version {str(version)[:20]}; this mmdepthcls reads versions '
                             f'1 to {VERSION}')
    later = {name: value for since, values in ADDED.items() if since > version for name, value in values.items()}
    names = {each.name for each in fields(ModelDescription)} - later.keys()
    other = (content.keys() ^ names) - {'format', 'version', 'description_sha256'}
    if other:
        raise ModelFileError(f'{source}: its description lacks, or has beside what is known, '
                             f'{", ".join(sorted(each[:40] for each in other)[:5])}')
    if content.pop('description_sha256', None) != _checksum(content):
        raise ModelFileError(f'{source}: its description was changed after it was written (SHA-256). Get the file '
                             'again')
    try:
        values = {name: _decoded(content[name]) for name in names}
    except RecursionError as error:
        raise ModelFileError(f'{source}: its description is nested too deep') from error
    try:
        return ModelDescription(**values, **later)
    except ModelFileError as error:
        raise ModelFileError(f'{source}: {error}') from error


def read_description(path: str | Path) -> ModelDescription:
    """What a model file says of itself; only its head is read, and nothing is built.

    Args:
        path: of a file that ``mmdepthcls publish`` has written.

    Raises:
        ModelFileError: if it is none; names the file and what is wrong.
        OSError: if it cannot be opened.
    """
    with open(path, 'rb') as file:
        return described(read_head(file, path), path)


def described(head: TensorHead, path: str | Path) -> ModelDescription:
    """The description in the head of a file.

    Args:
        head: of the file.
        path: of it, for messages.

    Raises:
        ModelFileError: if it has none, or a wrong one.
    """
    if KEY not in head.metadata:
        raise ModelFileError(f'{path} is a {SUFFIX} file of tensors alone: it has no description of a model, as '
                             'mmdepthcls publish writes it')
    return description_of(head.metadata[KEY], path)


def _checksum(content):
    text = json.loads(json_text(content, None))
    return hashlib.sha256(json_text(_sorted(text), None).encode()).hexdigest()


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _encoded(value):
    """As JSON can hold it."""
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {TUPLE: [_encoded(item) for item in value]}
    return [_encoded(item) for item in value] if isinstance(value, list) else value


def _decoded(value):
    if isinstance(value, dict):
        if value.keys() == {TUPLE} and isinstance(value[TUPLE], list):
            return tuple(_decoded(item) for item in value[TUPLE])
        return {key: _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else value
