"""One sample: its image, its depth and both together. Runs in worker processes and returns little. Pure."""
from dataclasses import dataclass, field, replace

import cv2

from ...datasets.common_size import DEPTH, nearest_depth, resized_image, resizing_remedy, same_view
from ...datasets.depth_file import DepthFormat
from ...datasets.exchanged_pair import REMEDY, find_exchanged
from . import alignment, kitti_frame
from .content import missing_file
from .depth_map import DepthRecord, inspect_depth_file
from .finding import ERROR, WARNING, error
from .image_file import ImageRecord, inspect_image
from .scan import inspect_scan


@dataclass
class SampleRecord:
    """What is known of a sample. ``depth_path``: the depth map or scan; '' where it has no ground truth."""
    img_path: str
    depth_path: str
    image: ImageRecord | None = None
    depth: DepthRecord | None = None
    findings: list = field(default_factory=list)


def depth_path_of(sample):
    """str: a sample's depth map or scan, '' where it has none."""
    return sample.get('depth_map_path') or sample.get('velodyne_path') or ''


def load_sample(sample, reading):
    """Image and depth of a sample as the pipeline gets them, with all that is wrong with each.

    Args:
        sample (dict): as :meth:`DepthDataset.list_samples` gives it.
        reading (Reading): how to read it.

    Returns:
        tuple[ndarray or None, ndarray or None, SampleRecord]: (H, W, 3) uint8 BGR, (H, W) float32 m, the record.
    """
    path = sample['img_path']
    record = SampleRecord(path, depth_path_of(sample))
    image, record.image, record.findings = inspect_image(path)
    depth, findings = None, []
    if 'depth_map_path' in sample:
        depth, record.depth, findings = inspect_depth_file(
            sample['depth_map_path'], sample.get('depth_format', reading.depth_format), reading.edges)
    elif 'velodyne_path' in sample and image is not None:
        depth, record.depth, findings = inspect_scan(sample, image.shape[:2], reading.convention, reading.edges)
    elif 'velodyne_path' in sample:  # without its image a scan cannot be projected
        fault = missing_file(sample['velodyne_path'], 'LiDAR scan')
        findings = [fault] if fault else []
    record.findings = _exchanged(sample, reading, findings) or record.findings + findings
    if image is not None and depth is not None and sample.get('resized') and same_view(image.shape[:2], depth.shape):
        if sample['resized'] == DEPTH:
            depth = nearest_depth(depth, image.shape[:2])
        else:
            image = resized_image(image, depth.shape)
    return image, depth, record


def _exchanged(sample, reading, findings):
    """Finding, in a list, in place of those of an image and a depth map that are in each other's place."""
    if 'depth_map_path' not in sample or not any(finding.level == ERROR for finding in findings):
        return []
    pair = find_exchanged(sample['img_path'], sample['depth_map_path'],
                          sample.get('depth_format', reading.depth_format))
    return [] if pair is None else [error('image and depth exchanged', pair.depth, pair.seen, f'{REMEDY}.')]


def inspect_sample(job):
    """Everything about one sample that needs no other sample.

    Args:
        job (tuple[dict, Reading]): the sample and how to read it.

    Returns:
        SampleRecord: small; without pixels.
    """
    sample, reading = job
    try:
        image, depth, record = load_sample(sample, reading)
        if reading.annotated and not record.depth_path and kitti_frame.is_annotated(record.img_path):
            record.findings.append(error('missing ground truth', record.img_path, 'KITTI has annotated depth of this '
                                         'frame, here there is none', 'Copy it from data_depth_annotated.zip.'))
        if image is not None and depth is not None:
            record.findings += _size_mismatch(image, depth, record)
        if depth is not None:
            record.findings += _compared(sample, depth, reading)
        if image is not None and depth is not None and image.shape[:2] == depth.shape:
            record.depth.alignment = alignment.measure_alignment(image, depth)
    except (OSError, ValueError, MemoryError, cv2.error) as reason:
        record = SampleRecord(sample['img_path'], depth_path_of(sample))
        record.findings = [error('cannot be read', sample['img_path'], f'{type(reason).__name__}: {reason}')]
    return record


def _size_mismatch(image, depth, record):
    (height, width), (rows, columns) = image.shape[:2], depth.shape
    if (height, width) == (rows, columns):
        return []
    turned = ' (turned by 90 degrees?)' if (width, height) == (rows, columns) else ''
    return [error('size mismatch', record.depth_path, f'depth has {rows} x {columns} pixels, its image '
                  f'{record.img_path} has {height} x {width}{turned}',
                  f'Pair the right files{resizing_remedy((height, width), (rows, columns))}.')]


def _compared(sample, depth, reading):
    """Findings from the other depth of a KITTI frame, where there is one on disk."""
    path = depth_path_of(sample)
    others = kitti_frame.depth_maps_of(sample['img_path'], reading.depth_root)
    others = [other for other in others if other != path][:1]
    scan = kitti_frame.scan_of(sample['img_path']) if path != sample.get('velodyne_path') else None
    if scan:
        other, _, faults = inspect_scan(scan, depth.shape, 'kitti')
        other_path = scan['velodyne_path']
    elif others:
        other_path = others[0]
        other, _, faults = inspect_depth_file(other_path, DepthFormat())
    else:
        return []
    if faults:  # of a file that training does not read
        return [replace(fault, level=WARNING) for fault in faults]
    return kitti_frame.disagreement(depth, path, other, other_path)
