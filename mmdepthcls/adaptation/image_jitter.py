"""Strong changes of an image's looks that leave its depth as it is, on the device that has it. Pure."""
import torch
import torch.nn.functional as F

# A Gaussian of one pixel, in one direction.
_TAPS = (0.0545, 0.2442, 0.4026, 0.2442, 0.0545)


def jitter(images, strength):
    """Brightness, contrast, the weight of each channel, blur and noise, drawn for each image.

    Args:
        images (Tensor): (N, 3, H, W) normalised: of mean about 0 and deviation about 1.
        strength (float): 0 changes nothing; 1 moves brightness by up to 1 (of the normalised values), contrast and
            channels by up to a factor 1.65, adds noise of up to 0.2 and blurs with a deviation of up to a pixel.

    Returns:
        Tensor: the same shape and type.
    """
    if strength == 0:
        return images
    number, channels = images.shape[:2]
    draws = torch.rand(number, 4 + channels, 1, 1, device=images.device, dtype=torch.float32)
    signed = strength * (2 * draws - 1)
    values = images.float()
    center = values.mean(dim=(1, 2, 3), keepdim=True)
    values = (values - center) * (0.5 * (signed[:, :1] + signed[:, 4:])).exp() + center + signed[:, 1:2]
    # Towards the blurred image, by any share.
    values = values + (strength * draws[:, 2:3]).clamp_max(1) * (_blurred(values) - values)
    values = values + 0.2 * strength * draws[:, 3:4] * torch.randn_like(values)
    return values.to(images.dtype)


def _blurred(images):
    channels = images.shape[1]
    taps = torch.stack([torch.full((), tap, device=images.device) for tap in _TAPS])
    with torch.autocast(images.device.type, enabled=False):
        for shape, padding in (((1, 1, -1, 1), (0, 0, 2, 2)), ((1, 1, 1, -1), (2, 2, 0, 0))):
            kernel = taps.view(shape).expand(channels, -1, -1, -1)
            images = F.conv2d(F.pad(images, padding, mode='replicate'), kernel, groups=channels)
    return images
