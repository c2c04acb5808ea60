"""Labels for training: made from depth by the model's own bins, or compared with them."""
import torch
from mmengine.structures import PixelData

from ..bins import IGNORE_INDEX


def add_labels(data_samples, bins, ignore_index=IGNORE_INDEX):
    """Give ``gt_sem_seg`` to the samples that have only ``gt_depth_map``, on the device of the depth.

    Args:
        data_samples (list[SegDataSample]): changed in place.
        bins (DepthBins): the model's.
        ignore_index (int): label of pixels without depth.

    Raises:
        ValueError: for a sample that has neither.
    """
    for sample in data_samples:
        if 'gt_sem_seg' in sample:
            continue
        if 'gt_depth_map' not in sample:
            raise ValueError(f'{sample.get("img_path")}: the sample has neither gt_depth_map nor gt_sem_seg. Put '
                             "LoadDepth (and LoadVelodyneDepth for ground_truth='velodyne') before PackSegInputs in "
                             'the training pipeline.')
        sample.gt_sem_seg = PixelData(data=bins.encode(sample.gt_depth_map.data, ignore_index))


def check_labels(data_samples, bins, ignore_index=IGNORE_INDEX, camera='no canonical camera'):
    """Refuse labels that other bins have made.

    Args:
        data_samples (list[SegDataSample]): those with ``gt_sem_seg`` and ``gt_depth_map`` are compared pixel by pixel,
            those without depth by their largest label; without labels there is nothing to compare.
        bins (DepthBins): the model's.
        ignore_index (int): label of pixels without depth.
        camera (str): which canonical camera the bins are of, for messages.

    Raises:
        ValueError: names both bins, the image and a pixel's depth and labels.
    """
    for sample in data_samples:
        if 'gt_sem_seg' not in sample:
            continue
        label = sample.gt_sem_seg.data
        made_by = sample.metainfo.get('seg_map_path') or 'an unknown transform'
        remedy = (f'The labels of {sample.get("img_path")} were made by {made_by}, but the model has {bins!r} '
                  f'and {camera}. Give DepthToBinLabel and the model the same bins and depth_range (and put '
                  'CanonicalCamera before it where model.canonical_focal_px is set), or leave DepthToBinLabel out: the '
                  'model then makes its labels itself.')
        if 'gt_depth_map' in sample:
            depth = sample.gt_depth_map.data
            expected = bins.encode(depth, ignore_index)
            wrong = expected != label
            if wrong.any():
                raise ValueError(f'{remedy} For example {depth[wrong][0].item():.4g} m carries label '
                                 f'{label[wrong][0].item()} and should carry {expected[wrong][0].item()}; '
                                 f'{int(wrong.sum())} of {wrong.numel()} pixels differ.')
        elif torch.any((label != ignore_index) & (label >= bins.num_bins)):
            largest = label[label != ignore_index].max().item()
            raise ValueError(f'{remedy} A label is {largest}.')
