"""From the features of an image to changes of its bins' widths. Pure. Shapes: N images, C channels, K bins."""
import torch
import torch.nn.functional as F
from torch import nn


class BinWidthNetwork(nn.Module):
    """A small transformer over pooled patches.

    Features are averaged over a grid of fixed size, so the cost does not grow with the image and features of any size
    will do, 1 x 1 also. A token that is learned reads the patches: which of them say how far a scene reaches differs
    from scene to scene, which a mean over the image would not see. The last layer begins at 0.

    Args:
        in_channels (int): C.
        num_bins (int): K.
        embed_dims (int): width of the transformer, a multiple of ``num_heads``.
        num_heads (int): of the attention.
        num_layers (int): of the transformer.
        grid (tuple[int]): rows and columns of patches.
    """

    def __init__(self, in_channels, num_bins, embed_dims=128, num_heads=4, num_layers=2, grid=(4, 8)):
        super().__init__()
        self.grid = tuple(grid)
        self.embed = nn.Linear(in_channels, embed_dims)
        self.position = nn.Parameter(torch.randn(1, grid[0] * grid[1], embed_dims) * 0.02)
        self.reader = nn.Parameter(torch.randn(1, 1, embed_dims) * 0.02)
        layer = nn.TransformerEncoderLayer(
            embed_dims, num_heads, 2 * embed_dims, dropout=0.0, activation='gelu', batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers, nn.LayerNorm(embed_dims), enable_nested_tensor=False)
        self.changes = nn.Linear(embed_dims, num_bins)
        nn.init.zeros_(self.changes.weight)
        nn.init.zeros_(self.changes.bias)

    def forward(self, features):
        """Changes (N, K) of features (N, C, h, w)."""
        patches = F.adaptive_avg_pool2d(features, self.grid).flatten(2).transpose(1, 2)
        patches = self.embed(patches) + self.position
        tokens = torch.cat([self.reader.expand(patches.shape[0], -1, -1).to(patches.dtype), patches], dim=1)
        return self.changes(self.encoder(tokens)[:, 0])
