"""Chooses samples of the test split, and predicts them with a checkpoint."""
import cv2
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

from ...evaluation.sample_maps import as_map, ground_truths_of
from ...parallel import ProgressLine
from ...visualization.depth_sheet import SheetRow
from ..running.console import build_runner

LISTED = 5


def choose_samples(names, count, wanted=None):
    """Which samples to draw.

    Args:
        names (list[str]): paths of the split's images.
        count (int): how many, spread evenly over the split; there may be fewer.
        wanted (list[str], optional): parts of paths instead, each of exactly one image; drawn in this order.

    Returns:
        list[int]: positions in ``names``.

    Raises:
        ValueError: without an image; for a part of no path, or of several.
    """
    if not names:
        raise ValueError('the test split has no image')
    if not wanted:
        return np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)).tolist()
    return [_position_of(part, names) for part in wanted]


def _position_of(part, names):
    found = [index for index, name in enumerate(names) if part in name]
    exact = [index for index in found if names[index] == part or names[index].endswith(f'/{part}')]
    found = exact if len(exact) == 1 else found
    if len(found) == 1:
        return found[0]
    listed = [names[index] for index in found] or names
    more = ', ...' if len(listed) > LISTED else ''
    number = f'{len(found)} images' if found else 'no image'
    raise ValueError(f'--images {part}: {number} of the test split {"have" if found else "has"} this in the path; '
                     f'expected exactly one of {", ".join(listed[:LISTED])}{more}')


class SamplePredictor:
    """Predicts single samples of a config's test split.

    Args:
        cfg (Config): of a depth model; changed.

    Raises:
        FileNotFoundError, ValueError: for data that are not there.
    """

    def __init__(self, cfg):
        init_default_scope(cfg.get('default_scope', 'mmseg'))
        self._cfg = cfg
        self._dataset = DATASETS.build(cfg.test_dataloader.dataset)
        self.names = [str(self._dataset.get_data_info(index)['img_path']) for index in range(len(self._dataset))]

    @torch.no_grad()
    def predict(self, checkpoint, chosen):
        """Predict some samples.

        Args:
            checkpoint (str): weights.
            chosen (list[int]): positions in :attr:`names`.

        Returns:
            list[SheetRow]: in this order.

        Raises:
            ValueError: for a model that predicts no depth, or a prediction that does not show its image.
        """
        self._cfg.load_from, self._cfg.resume = checkpoint, False
        runner = build_runner(self._cfg, tables=False)
        runner.load_or_resume()
        model = runner.model.eval()
        progress, predictions = ProgressLine('Predict', len(chosen), 'images'), []
        for index in chosen:
            sample = model.test_step(pseudo_collate([self._dataset[index]]))[0]
            predictions.append(_prediction_of(self.names[index], sample))
            progress.advance()
        return predictions


def _prediction_of(name, sample):
    fields = sample.to_dict()
    if 'pred_depth_map' not in fields:
        raise ValueError(f'{name}: the model predicts no depth (pred_depth_map); figures are of a DepthClassifier')
    prediction = as_map(fields['pred_depth_map'])
    truth = next(iter(ground_truths_of(fields).values()), None)
    image = cv2.imread(name, cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f'{name} cannot be read as an image')
    if image.shape[:2] != prediction.shape and fields.get('crop_box') is not None:
        top, left, height, width = map(int, fields['crop_box'])
        image = image[top:top + height, left:left + width]
    for what, depth in (('prediction', prediction), ('ground truth', truth)):
        if depth is not None and depth.shape != image.shape[:2]:
            raise ValueError(f'{name}: the {what} has {depth.shape[0]} x {depth.shape[1]} pixels, the image '
                             f'{image.shape[0]} x {image.shape[1]}. In a test pipeline load depth after Resize and '
                             'KBCrop, and pack with PackDepthInputs.')
    return SheetRow(name, image[..., ::-1], truth, prediction)
