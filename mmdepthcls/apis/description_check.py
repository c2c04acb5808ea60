"""What the values of a model's description may be. Pure."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from .allow_list import AllowList
from .interval_widening import NARROWEST, WIDEST
from .tensor_file import ModelFileError

if TYPE_CHECKING:
    from .model_description import ModelDescription

PRECISIONS = ('float32', 'half')
PROMISES = ('mean', 'each')
CORRECTED, UNCORRECTED = SCALE_FOCALS = ('corrected', 'uncorrected')
LONGEST_TEXT = 2000
MOST_TEXTS = 64


class DescriptionCheck:
    """Compares a description with what it may say."""

    def __init__(self, description: ModelDescription) -> None:
        self.description = description

    def run(self) -> None:
        """Refuse what is wrong."""
        allowed, each = AllowList(), self.description
        allowed.check_model(each.model)
        allowed.check_pipeline(each.pipeline)
        for key in ('bins', 'decoder'):
            if not isinstance(each.model.get(key), dict):
                self._refuse(f'model.{key}', 'a part with a type', each.model.get(key))
        self._check_number('focal_px', 0, 1e6)
        canonical = each.model.get('canonical_focal_px')
        if canonical is not None and canonical != each.focal_px:
            self._refuse('focal_px', f'model.canonical_focal_px, {canonical!r}', each.focal_px)
        self._check_number('max_depth_supervised', 0, 1e9)
        self._check_number('temperature', 0, 1e9, optional=False)
        self._check_number('scale', 0, 1e6, optional=False)
        if each.scale_focal is not None and each.scale_focal not in SCALE_FOCALS:
            self._refuse('scale_focal', f'one of {SCALE_FOCALS}', each.scale_focal)
        if each.supervised_rows != 0:
            self._check_number('supervised_rows', 0, 1)
        if each.input_size is not None and not (
                isinstance(each.input_size, tuple) and len(each.input_size) == 2
                and all(type(length) is int and 0 < length <= 1 << 16 for length in each.input_size)):
            self._refuse('input_size', 'height and width', each.input_size)
        if each.precision not in PRECISIONS:
            self._refuse('precision', f'one of {PRECISIONS}', each.precision)
        if not isinstance(each.tensors_sha256, str) or each.tensors_sha256.strip('0123456789abcdef') or len(
                each.tensors_sha256) not in (0, 64):
            self._refuse('tensors_sha256', '64 hexadecimal digits', each.tensors_sha256)
        self._check_texts()
        self._check_scores()
        if each.interval_widening is not None:
            self._check_widening(each.interval_widening)

    def _refuse(self, name: str, expected: str, got: Any) -> NoReturn:
        raise ModelFileError(f'{name}: expected {expected}, got {repr(got)[:80]}')

    def _check_number(self, name, low, high, optional=True):
        value = getattr(self.description, name)
        if value is None and optional:
            return
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low < value < high:
            self._refuse(name, f'a number in {low:g}..{high:g}', value)

    def _check_text(self, name, text):
        if not isinstance(text, str) or len(text) > LONGEST_TEXT or not all(
                letter.isprintable() for letter in text):  # no control characters, which terminals obey
            self._refuse(name, f'a text of at most {LONGEST_TEXT} printable characters', text)

    def _check_texts(self):
        each = self.description
        if each.scenes is not None:
            self._check_text('scenes', each.scenes)
        for name in ('training_data', 'licenses'):
            texts = getattr(each, name)
            if not isinstance(texts, tuple) or len(texts) > MOST_TEXTS:
                self._refuse(name, f'at most {MOST_TEXTS} texts', texts)
            for text in texts:
                self._check_text(name, text)
        self._check_facts('provenance', each.provenance, str)

    def _check_facts(self, name, facts, *kinds):
        if not isinstance(facts, dict) or len(facts) > MOST_TEXTS:
            self._refuse(name, f'at most {MOST_TEXTS} facts by name', facts)
        for key, value in facts.items():
            self._check_text(f'a name in {name}', key)
            if isinstance(value, str) and str in kinds:
                self._check_text(f'{name}.{key}', value)
            elif value is not None or type(None) not in kinds:
                self._check_kind(f'{name}.{key}', value, kinds)

    def _check_kind(self, name, value, kinds):
        number = type(value) in (int, float) and math.isfinite(value) and float in kinds
        if not number:
            self._refuse(name, ' or '.join(kind.__name__ for kind in kinds), value)

    def _check_scores(self):
        scores = self.description.scores
        if not isinstance(scores, tuple) or len(scores) > MOST_TEXTS:
            self._refuse('scores', f'at most {MOST_TEXTS} of them', scores)
        for index, score in enumerate(scores):
            name = f'scores[{index}]'
            if not isinstance(score, dict) or score.keys() - {'images'} != {
                    'protocol', 'conditions', 'errors', 'num_images', 'data'}:
                self._refuse(name, 'protocol, conditions, errors, num_images and data', score)
            self._check_text(f'{name}.images', score.get('images', ''))
            self._check_facts(name, {key: score[key] for key in ('protocol', 'num_images', 'data')}, str, float,
                              type(None))
            self._check_facts(f'{name}.conditions', score['conditions'], str)
            self._check_facts(f'{name}.errors', score['errors'], float, type(None))

    def _check_widening(self, widening):
        keys = {'coverage', 'factor', 'promise', 'unit', 'num_units', 'domain'}
        if not isinstance(widening, dict) or widening.keys() != keys:
            self._refuse('interval_widening', ', '.join(sorted(keys)), widening)
        for key, low, high in (('coverage', 0, 1), ('factor', NARROWEST / 2, WIDEST * 2), ('num_units', 0, 1e9)):
            value = widening[key]
            if type(value) not in (int, float) or not low < value < high or key == 'num_units' and value % 1:
                self._refuse(f'interval_widening.{key}', f'a number in {low:g}..{high:g}', value)
        if widening['promise'] not in PROMISES:
            self._refuse('interval_widening.promise', f'one of {PROMISES}', widening['promise'])
        for key in ('unit', 'domain'):
            self._check_text(f'interval_widening.{key}', widening[key])
