"""What of an image of the source is pasted onto one of the target. Pure. Shapes: N images, H x W pixels."""
import torch

MIXES = ('depth', 'cutmix', 'none')


def random_boxes(number, size, sides, device):
    """Boxes that lie within an image, anywhere.

    Args:
        number (int): N.
        size (tuple[int, int]): H, W.
        sides (tuple[float, float]): least and greatest share of the image's height and width, each drawn on its own.
        device (torch.device): where they are drawn; it is not waited for.

    Returns:
        Tensor: (N, 1, H, W) bool, true inside.
    """
    draws = torch.rand(number, 4, 1, 1, device=device)
    inside = None
    for index, length in enumerate(size):
        share = sides[0] + (sides[1] - sides[0]) * draws[:, index]
        extent = (share * length).round().clamp(1, length)
        first = (draws[:, 2 + index] * (length - extent + 1)).floor().clamp_max(length - 1)
        place = torch.arange(length, device=device)
        along = (place >= first) & (place < first + extent)  # (N, 1, length)
        inside = along[..., None] if inside is None else inside & along[:, :, None]
    return inside


def pasted_region(mix, source_depth, target_depth, boxes):
    """Pixels that become the source's.

    Args:
        mix (str): 'depth': where the source is nearer than the target, so that nothing stands behind what it hides;
            'cutmix': wherever the boxes are; 'none': nowhere.
        source_depth (Tensor): (N, 1, H, W) m, 0 where nobody knows it.
        target_depth (Tensor): (N, 1, H, W) m, as predicted.
        boxes (Tensor): (N, 1, H, W) bool.

    Returns:
        Tensor: (N, 1, H, W) bool.
    """
    if mix == 'none':
        return torch.zeros_like(boxes)
    return boxes & (source_depth > 0) & (source_depth < target_depth) if mix == 'depth' else boxes
