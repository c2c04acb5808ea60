"""From what the network saw (padded, mirrored, a part of a frame) back to the frame."""


def as_host_sees(values, metainfo):
    """Without the padding, and mirrored back: what MMSegmentation does before it resizes a prediction.

    Args:
        values (Tensor): (C, H, W) at the size of the network's input.
        metainfo (dict): of the sample; ``img_padding_size`` or ``padding_size`` (left, right, top, bottom), ``flip``,
            ``flip_direction``.

    Returns:
        Tensor: (C, h, w).
    """
    left, right, top, bottom = metainfo.get('img_padding_size', metainfo.get('padding_size', (0, 0, 0, 0)))
    values = values[:, top:values.shape[1] - bottom, left:values.shape[2] - right]
    if not metainfo.get('flip'):
        return values
    return values.flip(-1 if metainfo['flip_direction'] == 'horizontal' else -2)


def paste_into_frame(values, metainfo, outside=0):
    """Put the prediction for a crop where the crop was.

    Args:
        values (Tensor): (C, h, w) prediction.
        metainfo (dict): of the sample; ``crop_box`` (top, left, height, width) and ``full_shape`` (H, W) as
            :class:`KBCrop` gives them. Without ``full_shape`` the prediction is the whole frame already.
        outside (float): value of what was not predicted.

    Returns:
        Tensor: (C, H, W).

    Raises:
        ValueError: if the prediction has another size than the crop.
    """
    if 'full_shape' not in metainfo:
        return values
    top, left, height, width = metainfo['crop_box']
    if values.shape[1:] != (height, width):
        raise ValueError(f'{metainfo.get("img_path")}: the prediction has {tuple(values.shape[1:])} pixels, its crop '
                         f'(crop_box) {(height, width)}. Only transforms that keep ori_shape may follow KBCrop.')
    frame = values.new_full((values.shape[0], *metainfo['full_shape']), outside)
    frame[:, top:top + height, left:left + width] = values
    return frame
