"""Sparse times dense against dense matrices."""
import pytest
import torch

from mmdepthcls.crf import sparse_rows
from mmdepthcls.crf.sparse_rows import SparseRows, stack


def random_matrix(rows, columns, seed, share=0.3):
    """A sparse matrix and the same as a dense one; some rows are empty."""
    generator = torch.Generator().manual_seed(seed)
    dense = torch.randn(rows, columns, generator=generator)
    dense[torch.rand(rows, columns, generator=generator) > share] = 0
    dense[::5] = 0
    row, column = dense.nonzero(as_tuple=True)
    return SparseRows(column, row.bincount(minlength=rows), dense[row, column]), dense


@pytest.mark.parametrize('block_rows', [1, 7, 1000])
def test_the_product_is_the_dense_one_in_blocks_of_any_size(monkeypatch, block_rows):
    monkeypatch.setattr(sparse_rows, 'BLOCK_ROWS', block_rows)
    matrix, dense = random_matrix(21, 13, 0)
    values = torch.randn(13, 4)
    out = torch.full((21, 4), torch.nan)
    torch.testing.assert_close(matrix.times(values), dense @ values)
    assert matrix.times(values, out=out) is out
    torch.testing.assert_close(out, dense @ values)
    blocks = [matrix.rows(block, values) for block in range(len(matrix.ranges))]
    assert torch.equal(torch.cat(blocks), out)


def test_columns_are_scaled_and_matrices_stacked():
    (first, dense_first), (second, dense_second) = random_matrix(6, 5, 1), random_matrix(4, 3, 2)
    values, factors = torch.randn(8, 2), torch.rand(5)
    torch.testing.assert_close(first.scale_columns(factors).times(values[:5]), dense_first * factors @ values[:5])
    torch.testing.assert_close(stack([first, second], [0, 5]).times(values),
                               torch.block_diag(dense_first, dense_second) @ values)


def test_a_table_leaves_out_what_is_missing():
    table = torch.tensor([[0, 9, 2], [9, 9, 9], [1, 1, 9]])
    matrix = SparseRows.from_table(table, torch.tensor([1., 0.5, 0.25]), missing=9)
    expected = torch.tensor([[1, 0, 0.25], [0, 0, 0], [0, 1.5, 0]])
    assert torch.equal(matrix.times(torch.eye(3)), expected)
    assert len(matrix.columns) == 4
