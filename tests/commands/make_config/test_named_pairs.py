"""Pairs are found by one word that all names have, and by nothing that is not clear."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.make_config.named_pairs import pair_by_word

NAMES = st.lists(st.tuples(st.sampled_from(['', 'a/', 'b/c/']), st.integers(0, 99)), min_size=1, unique=True)


@given(NAMES, st.sampled_from(['_depth', '-range', '.d']), st.sampled_from(['depth_', 'd-']), st.booleans(),
       st.booleans())
def test_a_word_before_or_behind_pairs_what_belongs_together(names, behind, front, is_behind, of_depth):
    plain = [f'{folder}{number:03d}' for folder, number in names]
    worded = [f'{folder}{number:03d}{behind}' if is_behind else f'{folder}{front}{number:03d}'
              for folder, number in names]
    images, depths = (plain, worded) if of_depth else (worded, plain)
    images, depths = [f'{name}.jpeg' for name in images], [f'{name}.png' for name in depths]
    pairs = pair_by_word(images, depths[::-1])
    assert pairs.depth_of == dict(zip(images, depths, strict=True))
    one, other = ('depth map', 'image') if of_depth else ('image', 'depth map')
    word = f'{behind!r} behind' if is_behind else f'{front!r} in front'
    assert pairs.remark == f'each {one} is named as its {other} with {word}'


def test_folders_count():
    assert pair_by_word(['a/0.png', 'b/0.png'], ['b/0_depth.png']).depth_of == {'b/0.png': 'b/0_depth.png'}


@pytest.mark.parametrize('images, depths, why', [
    (['0.png', '1.png'], ['0_depth.png', '1_depth.png', '0_raw.png', '1_raw.png'],
     "there are words such as '_depth' behind (0_depth.png), '_raw' behind (0_raw.png)"),
    (['0.png', '1.png'], ['0_depth.png', '0_depth.npy'], '2 images, 2 depth maps, such as 0.png and 0_depth.png'),
    ([f'{i}.png' for i in range(9)], [f'frame{i}_x.png' for i in range(7)] + ['8_x.png'], '9 images'),
    (['rgb_0.png'], ['depth_0.png'], 'such as rgb_0.png and depth_0.png'), (['0.png'], [], 'such as 0.png)')])
def test_what_is_not_clear_is_no_pair(images, depths, why):
    pairs = pair_by_word(images, depths)
    assert not pairs.depth_of and why in pairs.why
