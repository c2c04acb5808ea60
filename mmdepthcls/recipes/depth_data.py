"""The data sets that a depth config can be written for: what such a config says of them."""
from dataclasses import dataclass


@dataclass(frozen=True)
class DepthData:
    """A data set in a config.

    Args:
        title (str): its name in comments.
        dataset (str): arguments of the dataset, as code.
        splits (tuple[str, str, str]): what training, validation and testing add to these.
        image_size (tuple[int, int], optional): height and width, where all have about the same.
        warp (str): more arguments of ``RandomDepthWarp``, as code.
        evaluator (str): more arguments of ``DepthEvaluator``, as code.
    """

    title: str
    dataset: str
    splits: tuple
    image_size: tuple = None
    warp: str = ''
    evaluator: str = ''


SPLITS = ("split='train'", "split='val'", "split='test'")
DATA = {
    # 'fit' is KITTI's training split without the drives of 'val'.
    'kitti': DepthData(
        'KITTI', "type='KITTIDepthDataset', data_root='{{$KITTI_ROOT:data/kitti}}', ground_truth='annotated'",
        ("split='fit'", *SPLITS[1:]), (375, 1242), ', min_valid=0.01', "crop='garg'"),
    'synthia': DepthData(
        'SYNTHIA', "type='SYNTHIADepthDataset', data_root='{{$SYNTHIA_ROOT:data/synthia/RAND_CITYSCAPES}}'", SPLITS,
        (760, 1280)),
    'minidrive': DepthData(
        'MiniDrive', "type='MiniDriveDataset', data_root='{{$MINIDRIVE_ROOT:data/minidrive}}'", SPLITS, (128, 416)),
    # Each line of a split file: an image and its depth map, see docs/data.md.
    'folder': DepthData(
        'own data', "type='DepthFolderDataset', data_root='{{$DEPTH_ROOT:data/depth}}'",
        ("ann_file='train.txt'", "ann_file='val.txt'", "ann_file='test.txt'")),
}
