"""The settings of a class-balanced self-training, and what follows from them for each round. Pure."""
from __future__ import annotations

import dataclasses
import difflib
import math
import numbers
from dataclasses import dataclass
from typing import Any

from .confidence_histogram import LEVELS
from .pseudo_label_files import SCALE

READING, AUTHORS = 'reading', 'authors'
FARTHEST = 65535 / SCALE  # m, that a file of labels holds


@dataclass(frozen=True)
class SelfTraining:
    """Settings: the key ``self_training`` of a config.

    Args:
        rounds: how many times the target is labelled and trained on.
        portion, portion_step, portion_max: share of the candidates that become labels in the first round, what it grows
            by, and where that ends.
        num_groups: groups of neighboring bins that have a threshold each; 1 is plain self-training.
        factor: confidence is the probability within this factor of the reading, > 1.
        rule: 'reading': thresholds select, the label is what the model reads; 'authors': argmax p / t, and confidence
            is the largest probability, as in the authors' repository.
        max_depth: what is read beyond becomes no label, m.
        ignore_top: rows at the top of an image that become no label, as a share of its height.
        flip: read the mean of an image's probabilities and its mirror image's.
        levels: of confidence, to which thresholds are exact.
        epochs: passes over the target in a round.
        lr, lr_decay: learning rate of the first round (None: the optimizer's) and its factor after each; fixed within a
            round.
        source_share, source_step, source_max: share of the source's samples in the first round, what it grows by, and
            where that ends.
        source_nested: what one round had of the source the next ones have too; else it is drawn anew.
        soft_labels: width of the labels in log depth for both domains (:class:`.SoftLabelLoss`); None: the config's own
            losses.
        mine_below: groups with less than this share of the target's pixels are rare; ``RareDepthCrop`` looks for them.
        report_round: whose weights are the result, fixed before anything is known; None: the last.
        transductive: allow images of the test set in the target. To be said beside every number.
        pipeline: that images are labelled with; None: that of the ``test_dataloader``.
        keep_labels: keep a round's labels when it has been trained; they take 3 bytes a pixel, before compression.
        seed: of everything that is drawn.

    Raises:
        ValueError: for a setting without sense; names it.
    """
    rounds: int = 6
    portion: float = 0.2
    portion_step: float = 0.05
    portion_max: float = 0.5
    num_groups: int = 10
    factor: float = 1.25
    rule: str = READING
    max_depth: float = 80.0
    ignore_top: float = 0.0
    flip: bool = True
    levels: int = LEVELS
    epochs: float = 2
    lr: float | None = None
    lr_decay: float = 2**-0.5
    source_share: float = 1.0
    source_step: float = 0.0
    source_max: float = 1.0
    source_nested: bool = True
    soft_labels: float | None = None
    mine_below: float = 0.001
    report_round: int | None = None
    transductive: bool = False
    pipeline: list | None = None
    keep_labels: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        whole, share = 'a whole number', 'a share'
        for name, expected, right in (
            ('rounds', f'{whole} from 1 on', _is_whole(self.rounds) and self.rounds >= 1),
            ('portion', f'{share} > 0 and <= 1', _is_share(self.portion) and self.portion > 0),
            ('portion_step', f'{share} from 0 to 1', _is_share(self.portion_step)),
            ('portion_max', f'{share} from portion to 1', _is_share(self.portion_max, self.portion)),
            ('num_groups', f'{whole} from 1 on', _is_whole(self.num_groups) and self.num_groups >= 1),
            ('factor', 'a number > 1', _is_number(self.factor) and self.factor > 1),
            ('rule', f"'{READING}' or '{AUTHORS}'", self.rule in (READING, AUTHORS)),
            ('max_depth', f'metres > 0 and <= {FARTHEST:.1f}, which the files hold', _is_number(self.max_depth)
             and 0 < self.max_depth <= FARTHEST),
            ('ignore_top', f'{share} >= 0 and < 1', _is_share(self.ignore_top) and self.ignore_top < 1),
            ('flip', 'True or False', isinstance(self.flip, bool)),
            ('levels', f'{whole} from 2 to 65535', _is_whole(self.levels) and 2 <= self.levels <= 65535),
            ('epochs', 'a number > 0', _is_number(self.epochs) and self.epochs > 0),
            ('lr', 'a number > 0, or None', self.lr is None or _is_number(self.lr) and self.lr > 0),
            ('lr_decay', 'a number > 0 and <= 1', _is_share(self.lr_decay) and self.lr_decay > 0),
            ('source_share', f'{share} > 0 and <= 1', _is_share(self.source_share) and self.source_share > 0),
            ('source_step', f'{share} from 0 to 1', _is_share(self.source_step)),
            ('source_max', f'{share} from source_share to 1', _is_share(self.source_max, self.source_share)),
            ('source_nested', 'True or False', isinstance(self.source_nested, bool)),
            ('soft_labels', 'a number > 0, or None', self.soft_labels is None
             or _is_number(self.soft_labels) and self.soft_labels > 0),
            ('mine_below', f'{share} from 0 to 1', _is_share(self.mine_below)),
            ('report_round', f'{whole} from 1 to rounds, or None', self.report_round is None
             or _is_whole(self.report_round) and _is_whole(self.rounds) and 1 <= self.report_round <= self.rounds),
            ('transductive', 'True or False', isinstance(self.transductive, bool)),
            ('pipeline', 'a list of steps, or None', self.pipeline is None or isinstance(self.pipeline, (list, tuple))),
            ('keep_labels', 'True or False', isinstance(self.keep_labels, bool)),
            ('seed', f'{whole} from 0 on', _is_whole(self.seed) and self.seed >= 0),
        ):
            if not right:
                raise ValueError(f'self_training.{name}: expected {expected}, got {getattr(self, name)!r}')

    @classmethod
    def of_config(cls, cfg: dict) -> SelfTraining:
        """Settings of a config's ``self_training``.

        Raises:
            ValueError: for a key that there is not; names the one that is like it.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for key in cfg:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                raise ValueError(f'self_training has no key {key!r}. '
                                 + (f'Is {near[0]!r} meant?' if near else f'There are {", ".join(known)}.'))
        return cls(**{key: value for key, value in cfg.items()})

    def portion_of(self, number: int) -> float:
        """Share of the candidates that become labels in a round, the first of which is 1."""
        return round(min(self.portion + (number - 1) * self.portion_step, self.portion_max), 9)

    def source_share_of(self, number: int) -> float:
        """Share of the source's samples in a round."""
        return round(min(self.source_share + (number - 1) * self.source_step, self.source_max), 9)

    def source_seed_of(self, number: int) -> int:
        """Seed by which the source's samples of a round are drawn."""
        return self.seed if self.source_nested else self.seed + number

    def lr_of(self, number: int, base: float) -> float:
        """Learning rate of a round, where the optimizer's is ``base``."""
        return (base if self.lr is None else self.lr) * self.lr_decay**(number - 1)

    @property
    def reported(self) -> int:
        """The round whose weights are the result."""
        return self.report_round or self.rounds

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_share(value, least=0):
    return _is_number(value) and _is_number(least) and least <= value <= 1
