"""The base of losses that train where an image's own bins lie. Shapes: N images, K bins, H x W labels."""
import torch
from torch import nn

from .depth_loss import mean_over_processes
from .measured_pixels import positions


class CenterLoss(nn.Module):
    """A loss of the centers of images' own bins, for an :class:`mmdepthcls.models.ImageBinsHead`; it does not look at
    logits, and is computed in float32 also under autocast.

    It is the mean over the images, of all processes, that have depth; 0, with a gradient, where there is none. In
    distributed training every process must compute it.

    Subclasses implement :meth:`per_image`.

    Args:
        loss_weight (float): factor. Default 1.
        loss_name (str): name in the logs; starts with 'loss'.
    """

    def __init__(self, loss_weight: float = 1.0, loss_name: str = 'loss_centers') -> None:
        super().__init__()
        self.loss_weight, self.loss_name = loss_weight, loss_name

    def forward(self, centers: torch.Tensor, depth: torch.Tensor, valid: torch.Tensor,
                numbers: list[int] | None = None) -> torch.Tensor:
        """The loss of a batch.

        Args:
            centers (Tensor): (N, K) m, with gradient.
            depth (Tensor): (N, H, W) m.
            valid (Tensor): (N, H, W) bool, where depth was measured.
            numbers (list[int], optional): of measured pixels of each image, if they are known. Counting them waits for
                the device.

        Returns:
            Tensor: 0-dimensional.
        """
        if numbers is None:
            numbers = valid.flatten(1).sum(dim=1).tolist()
        with torch.autocast(centers.device.type, enabled=False):
            centers = centers if centers.dtype == torch.float64 else centers.float()
            values = [
                self.per_image(own, each.flatten().index_select(0, positions(mask, number)).to(own))
                for own, each, mask, number in zip(centers, depth, valid, numbers, strict=True) if number]
            # Without an image the mean is that of no number, which hangs on the centers nevertheless.
            return self.loss_weight * mean_over_processes(torch.stack(values) if values else centers.flatten()[:0])

    def per_image(self, centers: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        """The loss of an image.

        Args:
            centers (Tensor): (K, ) m, K > 0, with gradient; float32 or float64.
            depth (Tensor): (P, ) m, P > 0 measured pixels, in the same type.

        Returns:
            Tensor: 0-dimensional.
        """
        raise NotImplementedError
