"""A model on its way into a file: built twice, from the config and from the file, and compared before it is there."""
import copy
import os
import platform
import warnings
from dataclasses import replace
from pathlib import Path

import torch
from mmengine.config import ConfigDict
from mmseg.registry import MODELS

from ... import __version__
from ...apis.model_description import ModelDescription
from ...apis.model_file import load_model, write_model_file
from ...apis.pinned_classes import host_scope
from ...checkpoint_file import read_checkpoint, weights_of
from ...compat import installed_stack
from . import published_config, training_facts
from .saved_config import saved_config
from .scores import cost_of, score_model

# Of the comparison, in pixels: what every stride divides, and what windows of pooling need.
NOISE_SIZE, LARGE_NOISE_SIZE = (64, 128), (512, 512)
REMEDIES = {'focal_px': '--focal-px', 'scenes': '--scenes', 'training_data': '--training-data', 'licenses': '--license',
            'scores': '--scores or --test'}


class Publication:
    """A model that is to be published.

    Args:
        cfg (Config): of its training or test.
        checkpoint (str): its weights.
        model (DepthClassifier): as the config and the checkpoint make it.
        published (dict): its config in the file.
        pipeline (tuple[dict]): its geometry.
        own (dict): its config with all that is for training.
        half (bool): in half precision.
        trained (dict): the config that the checkpoint was trained with.
    """

    def __init__(self, cfg, checkpoint, model, published, pipeline, own, half, trained):
        self.cfg, self.checkpoint, self.model, self.published = cfg, checkpoint, model, published
        self.pipeline, self.own, self.half, self.trained = pipeline, own, half, trained
        self.remarks = []
        without = [each for each in published_config.starting_weights(dict(model=own))
                   if each not in published_config.starting_weights(trained)]
        if without:
            self.remarks.append(f'the config names {", ".join(without)} to begin with, but the checkpoint says that it '
                                'was trained without. If that is wrong, --license gives their terms')

    @classmethod
    def of(cls, cfg, checkpoint, decode_at=None, half=False):
        """Read and build what is to be published.

        Raises:
            ValueError: if a model file cannot hold it; names the part.
            RuntimeError: if the checkpoint is of another model.
        """
        own = published_config.model_of(cfg)
        published = published_config.published_config(own, decode_at)
        pipeline = published_config.published_pipeline(published_config.test_pipeline(cfg))
        # Refuses what is not allowed before any work.
        ModelDescription(published, pipeline, focal_px=published.get('canonical_focal_px'))
        content = read_checkpoint(checkpoint)
        weights = weights_of(content, checkpoint)
        config = _without_weights(own)
        test_cfg = ConfigDict(config.get('test_cfg') or {})
        test_cfg.update(outputs=(), flip=False, **({'decode_at': decode_at} if decode_at else {}))
        with host_scope(), warnings.catch_warnings():
            warnings.simplefilter('ignore')
            model = MODELS.build(ConfigDict(config, test_cfg=test_cfg))
        model.load_state_dict(weights, strict=False)  # a classifier refuses by itself what it cannot predict with
        # What a training began with may have been an option of its own, which only the checkpoint knows.
        trained = saved_config(content) or dict(model=own, load_from=cfg.get('load_from'), resume=cfg.get('resume'))
        return cls(cfg, checkpoint, model.eval(), published, pipeline, own, half, trained)

    def describe(self, scores=(), given=None):
        """What the file will say.

        Args:
            scores (list[dict]): as a model file has them.
            given (dict, optional): facts in place of those that the config and its data say.

        Returns:
            ModelDescription
        """
        names, licenses, scenes = training_facts.data_facts(self.cfg)
        started = published_config.starting_weights(self.trained)
        facts = training_facts.training_facts(self.cfg, self.model.bins, self.pipeline,
                                              self.model.canonical_focal_px, self.model.depth_range)
        self.remarks += facts.remarks
        values = dict(
            focal_px=facts.focal_px, scenes=', '.join(scenes) or None, training_data=tuple(names),
            licenses=(*licenses, *(f'the training began with {each}: its terms' for each in started)),
            supervised_rows=facts.supervised_rows, max_depth_supervised=facts.max_depth)
        values.update({key: tuple(value) if isinstance(value, list) else value for key, value in (given or {}).items()})
        canonical = self.model.canonical_focal_px
        if canonical is not None and values['focal_px'] != canonical:
            raise ValueError(f'focal_px (--focal-px) is {values["focal_px"]:g}, but the model was trained with a '
                             f'canonical camera of {canonical:g} px, which its metres are of. Leave it out')
        provenance = dict(
            config=Path(self.cfg.filename or '').name, checkpoint=Path(self.checkpoint).name,
            losses=published_config.losses_of_training(self.own), mmdepthcls=__version__, stack=installed_stack(),
            torch=torch.__version__, python=platform.python_version(), **({'began_with': ', '.join(started)}
                                                                          if started else {}))
        return ModelDescription(
            self.published, self.pipeline, input_size=training_facts.input_size(self.cfg, self.own),
            scores=tuple(scores), provenance=provenance, temperature=float(self.model.temperature),
            precision='half' if self.half else 'float32', **values)

    def cost_of_decode_at(self):
        """str: what the other ``decode_at`` costs in AbsRel, for people."""
        own = (self.own.get('test_cfg') or {}).get('decode_at', 'output')
        return cost_of(self.model, own, self.cfg)

    def write(self, out, description, test=False, replaces=False):
        """Write the file, after it was read again and predicts the same.

        Args:
            out (str or Path): of the file.
            description (ModelDescription)
            test (bool): score it, and put the scores in.
            replaces (bool): a file that is there.

        Returns:
            tuple: ModelDescription as it was written, and the greatest difference of its depth (relative, on noise).

        Raises:
            RuntimeError: if the file would predict something else.
            OSError: if it cannot be written, or is there; names it.
        """
        out = Path(out)
        trial = out.with_name(f'.{out.stem}.{os.getpid()}{out.suffix}')
        try:
            write_model_file(trial, self.model, description)
            model, written = load_model(trial)
            difference = _difference(self.model, model)
            if difference and not self.half:
                raise RuntimeError(f'the model file would predict depth that differs by up to {difference:.3g} of it; '
                                   'nothing was written. Please report this with the config')
            if test:
                written = write_model_file(trial, self.model, replace(
                    description, scores=(*description.scores, *score_model(model, self.cfg))))
            _put(trial, out, replaces)
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(out)) from error
        finally:
            trial.unlink(missing_ok=True)
        return written, difference


def _put(trial, out, replaces):
    """Give a file its name; one that somebody else has written meanwhile stays."""
    if not replaces:
        try:
            os.link(trial, out)
            return
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if os.path.lexists(out):
                raise
    os.replace(trial, out)


def _without_weights(model):
    """A model's config that fetches nothing: all weights come from the checkpoint."""
    if isinstance(model, dict):
        kept = {key: _without_weights(value) for key, value in model.items() if key != 'init_cfg'}
        for key in ('pretrained', 'checkpoint_path'):
            if kept.get(key):
                kept[key] = False if isinstance(kept[key], bool) else '' if key == 'checkpoint_path' else None
        if str(kept.get('type', '')).endswith('TIMMBackbone') or getattr(
                kept.get('type'), '__name__', '') == 'TIMMBackbone':
            kept['pretrained'] = False  # its default is True
        return kept
    if isinstance(model, (list, tuple)):
        return type(model)(_without_weights(value) for value in model)
    return copy.copy(model)


def _difference(one, other):
    """Greatest relative difference of two models' depth, on noise; of a small size, if that will do."""
    own = one.test_cfg.get('crop_size') or getattr(one.backbone, 'img_size', None)  # of backbones that take no other
    sizes = [NOISE_SIZE, (own, own) if isinstance(own, int) else tuple(own or LARGE_NOISE_SIZE)]
    while True:
        image = torch.rand(1, 3, *sizes.pop(0), generator=torch.Generator().manual_seed(0)) * 4 - 2
        try:
            with torch.no_grad():
                expected, got = (model.predict(image)[0].pred_depth_map.data for model in (one, other))
        except (AssertionError, RuntimeError, ValueError):  # of the host, for an image that is too small, or not square
            if not sizes:
                raise
            continue
        return float(((got - expected).abs() / expected).max())


def summary(out, description, difference):
    """str: what a model file says, for people."""
    height_width = description.input_size and '{} x {}'.format(*description.input_size)
    rows = {
        'model': f'{description.model["backbone"]["type"]}, {description.model["decode_head"]["type"]}',
        'bins': ', '.join(f'{key}={value}' for key, value in description.bins.items() if key != 'edges'),
        'decoder': f'{description.decoder["type"]} at the size of the {description.decode_at}',
        'temperature': f'{description.temperature:g}',
        'pipeline': ' -> '.join(step['type'] for step in description.pipeline) or 'images as they are',
        'trained at': f'{height_width or "?"} pixels, focal length '
                      f'{"?" if description.focal_px is None else format(description.focal_px, ".1f")} px',
        'scenes': description.scenes or '?', 'training data': '; '.join(description.training_data) or '?',
        'licenses': '; '.join(description.licenses) or '?',
        'scores': '; '.join(f'{each["protocol"]}: ' + ', '.join(f'{key} {value:.4g}' for key, value in list(
            each['errors'].items())[:9]) for each in description.scores) or '?',
        'precision': description.precision + (f' (changes depth by up to {100 * difference:.2g} % on noise)'
                                              if description.precision == 'half' else ''),
        'SHA-256': description.tensors_sha256}
    width = max(map(len, rows))
    lines = [str(out), *(f'  {name:<{width}}  {value}' for name, value in rows.items())]
    unknown = {key: option for key, option in REMEDIES.items() if getattr(description, key) in (None, ())}
    unknown |= {key: None for key in ('supervised_rows', 'max_depth_supervised', 'input_size')
                if getattr(description, key) is None}
    if unknown:
        lines.append('Stored as not known: ' + ', '.join(key if option is None else f'{key} (give {option})'
                                                         for key, option in unknown.items()))
    return '\n'.join(lines)
