"""The maps of a data sample, as MMSegmentation's models hand them to evaluators. Pure."""
import numpy as np

from .views import Views

GROUND_TRUTH = 'gt_depth_map'


def ground_truths_of(sample):
    """Ground truths of a data sample: name -> (H, W) metres; ``gt_depth_map`` first, None if it has no name."""
    keys = [key for key in sample if key.startswith(f'{GROUND_TRUTH}_')]
    truths = {sample.get('ground_truth'): as_map(sample[GROUND_TRUTH])} if GROUND_TRUTH in sample else {}
    return truths | {key.removeprefix(f'{GROUND_TRUTH}_'): as_map(sample[key]) for key in keys}


def views_of(sample, truths):
    """What the network gave for a data sample.

    Raises:
        ValueError: if a whole prediction has another shape than its ground truth, or there is none.
    """
    box = sample.get('crop_box') if 'full_shape' in sample else None
    if 'pred_depth_view' in sample:
        flipped = sample.get('pred_depth_view_flipped')
        return Views(as_map(sample['pred_depth_view']), None if flipped is None else as_map(flipped), box)
    if 'pred_depth_map' not in sample:
        raise ValueError(f'the model has predicted no depth: its samples hold {", ".join(sorted(sample.keys()))}. Is '
                         "it one of MMSegmentation's? model.type='DepthClassifier' with model.bins predicts metres, "
                         'and takes its weights.')
    pred = as_map(sample['pred_depth_map'])
    for gt in truths.values():
        if gt.shape != pred.shape:
            raise ValueError(f'prediction has shape {pred.shape}, ground truth {gt.shape}; expected the same (H, W). '
                             'In a test pipeline load depth after Resize and KBCrop, and pack with PackDepthInputs.')
    if box is not None:
        top, left, height, width = box
        pred = pred[top:top + height, left:left + width]
    return Views(pred, None, box)


def as_map(field):
    """(H, W) float array of a (1, H, W) data field."""
    return np.asarray(field['data'].detach().cpu().float().numpy()).squeeze(0)
