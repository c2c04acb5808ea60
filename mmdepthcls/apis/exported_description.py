"""What an exported file says of itself, beside its graph, and the strict reading of it. Pure."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..json_text import json_text
from .model_description import KEY, ModelDescription, description_of
from .tensor_file import ModelFileError, strict_json

FORMAT, VERSION = 'mmdepthcls export', 1
IMAGE_TYPES = ('uint8', 'float32')
OUTPUTS = ('depth', 'confidence', 'interval')
# What `focal` is: nothing is corrected in the file, it is an input, or a number of pixels that is built in.
FOCAL_NONE, FOCAL_INPUT = 'none', 'input'
LARGEST = 1 << 14
# A description of a model has at most 16 MiB.
LONGEST = 32 << 20
_KEYS = {'format', 'version', 'model', 'image', 'size', 'batch', 'output_size', 'focal', 'outputs', 'precision'}


@dataclass(frozen=True)
class ExportedDescription:
    """A network in a file of ONNX, OpenVINO or torch.export.

    Its input ``image`` is (N, H, W, 3), RGB, 0..255. Its outputs are ``depth`` (N, h, w) m and, of a softmax,
    ``confidence`` (N, h, w) and ``interval`` (N, 2, h, w) m. Scale and interval of a calibration are built in.

    Args:
        model: what the model file said. ``model.pipeline`` makes ``image`` of a picture, and is not in the file.
        image: type of the pixels, 'uint8' or 'float32'.
        size: height and width of ``image``; None: any.
        batch: N; None: any.
        output_size: height and width of the outputs; None: those of ``image``.
        focal: 'none'; 'input', where the file takes ``focal_px`` (N, ), pixels of ``image``, 0 where it is unknown; or
            the focal length in pixels of ``image`` that its metres are for.
        outputs: names, in their order.
        precision: of the weights, 'float32' or 'half'.

    Raises:
        ModelFileError: for a value that is none of these; names it.
    """
    model: ModelDescription
    image: str = 'uint8'
    size: tuple[int, int] | None = None
    batch: int | None = None
    output_size: tuple[int, int] | None = None
    focal: str | float = FOCAL_NONE
    outputs: tuple[str, ...] = OUTPUTS
    precision: str = 'float32'

    def __post_init__(self) -> None:
        for name, good, expected in (
                ('image', self.image in IMAGE_TYPES, f'one of {IMAGE_TYPES}'),
                ('size', _is_size(self.size), 'height and width'),
                ('output_size', _is_size(self.output_size), 'height and width'),
                ('batch', self.batch is None or _is_whole(self.batch), f'a number in 1..{LARGEST}'),
                ('outputs', self.outputs in (OUTPUTS, OUTPUTS[:1]), f'{OUTPUTS} or {OUTPUTS[:1]}'),
                ('precision', self.precision in ('float32', 'half'), "'float32' or 'half'"),
                ('focal', self.focal in (FOCAL_NONE, FOCAL_INPUT) or (
                    type(self.focal) in (int, float) and 0 < float(self.focal) < 1e6
                    and self.model.focal_px is not None), "'none', 'input' or pixels, of a model that knows its own")):
            if not good:
                raise ModelFileError(f'{name}: expected {expected}, got {repr(getattr(self, name))[:80]}')

    @property
    def focal_factor(self) -> float:
        """By which the file has multiplied the model's metres, for the focal length that is built in."""
        if isinstance(self.focal, str) or self.model.focal_px is None:
            return 1.0
        return self.focal / self.model.focal_px

    def to_json(self) -> str:
        """As text, for a file's metadata under the key :data:`KEY`."""
        content = dict(
            format=FORMAT, version=VERSION, image=self.image, size=self.size, batch=self.batch,
            output_size=self.output_size, focal=self.focal, outputs=self.outputs, precision=self.precision,
            model=json.loads(self.model.to_json()))
        return json_text(content, indent=None).rstrip()


def exported_description_of(text: str | None, source: str | Path) -> ExportedDescription:
    """Read what a file says of itself.

    Args:
        text: of its metadata; None: it has none.
        source: the file, for messages.

    Raises:
        ModelFileError: for another format or version, unknown or missing keys, and for values that are not allowed.
    """
    if text is None:
        raise ModelFileError(f'{source} does not say what it is (metadata {KEY!r}): it was not written by mmdepthcls '
                             'export')
    if len(text) > LONGEST:
        raise ModelFileError(f'{source}: its description has {len(text)} characters')
    content = strict_json(text, f'{source}: its description')
    if not isinstance(content, dict) or content.get('format') != FORMAT:
        raise ModelFileError(f'{source}: its description is not of the format {FORMAT!r}')
    if content.get('version') != VERSION:
        raise ModelFileError(f'{source} is an exported file of version {str(content.get("version"))[:20]}; this '
                             f'mmdepthcls reads version {VERSION}')
    other = content.keys() ^ _KEYS
    if other:
        raise ModelFileError(f'{source}: its description lacks, or has beside what is known, '
                             f'{", ".join(sorted(each[:40] for each in other)[:5])}')
    model = description_of(json_text(content['model'], indent=None), source)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()
              if key not in ('format', 'version', 'model')}
    try:
        return ExportedDescription(model, **values)
    except ModelFileError as error:
        raise ModelFileError(f'{source}: {error}') from error
    except TypeError as error:  # a value that is compared with what it cannot be
        raise ModelFileError(f'{source}: its description is damaged') from error


def _is_whole(value):
    return type(value) is int and 1 <= value <= LARGEST


def _is_size(value):
    return value is None or isinstance(value, tuple) and len(value) == 2 and all(map(_is_whole, value))
