"""A sparse matrix that weighs and adds rows of a dense one, on any device, in one PyTorch kernel.

Shapes: R rows of the sparse matrix, E entries, C columns (rows of the dense matrix), K values in each of them.
"""
import torch
import torch.nn.functional as F

BLOCK_ROWS = 32768  # on the CPU: small enough for its last cache, large enough to share among its threads


class SparseRows:
    """``out[r] = sum of weights[e] * values[columns[e]]`` over the entries e of row r.

    ``F.embedding_bag`` does it: one thread adds one row in the order of its entries, so the result does not depend on
    the number of threads. It runs over blocks of rows and copies each, still in the cache, to where the caller wants
    it; a fresh result of full size would cost more, in page faults, than the sums.

    Args:
        columns (Tensor): (E,) indices of any integer type, row after row.
        counts (Tensor): (R,) number of entries of each row.
        weights (Tensor): (E,) float32.
    """

    def __init__(self, columns, counts, weights):
        self.columns, self.counts, self.weights = columns.int(), counts, weights
        ends = F.pad(counts.cumsum(0), (1, 0))
        self.ranges = row_ranges(len(counts), columns.device)
        entries = ends[[0, *(end for _, end in self.ranges)]].tolist()
        # Offsets count from the beginning of each block.
        self._offsets = [(ends[start:end + 1] - first).int()
                         for (start, end), first in zip(self.ranges, entries, strict=False)]
        self._entries = [slice(*pair) for pair in zip(entries, entries[1:], strict=False)]

    @classmethod
    def from_table(cls, table, weights, missing):
        """Rows of at most T entries each.

        Args:
            table (Tensor): (R, T) columns, ``missing`` where there is none.
            weights (Tensor): (T,) float32, the same in all rows.
            missing (int): no column's index.
        """
        there = table != missing
        entries = there.flatten().nonzero()[:, 0]
        return cls(table.flatten()[entries], there.sum(1), weights[entries % len(weights)])

    def scale_columns(self, factors):
        """The product with a diagonal matrix, factors (C,), on the right."""
        return SparseRows(self.columns, self.counts, self.weights * factors[self.columns])

    def rows(self, block, values):
        """Rows of one of ``ranges``, (rows, K), of the product with values (C, K)."""
        entries = self._entries[block]
        return F.embedding_bag(self.columns[entries], values, self._offsets[block], mode='sum',
                               per_sample_weights=self.weights[entries], include_last_offset=True)

    def times(self, values, out=None):
        """The product with values (C, K) float32, in ``out`` (R, K) if given. ``out`` must not be ``values``."""
        out = values.new_empty(len(self.counts), values.shape[1]) if out is None else out
        for block, (start, end) in enumerate(self.ranges):
            out[start:end] = self.rows(block, values)
        return out


def stack(matrices, column_offsets):
    """One below the other, the columns of each moved by its offset."""
    return SparseRows(
        torch.cat([matrix.columns + offset for matrix, offset in zip(matrices, column_offsets, strict=True)]),
        torch.cat([matrix.counts for matrix in matrices]), torch.cat([matrix.weights for matrix in matrices]))


def row_ranges(rows, device):
    """Pairs (start, end) of the blocks that rows are processed in."""
    step = BLOCK_ROWS if device.type == 'cpu' else 32 * BLOCK_ROWS
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]
