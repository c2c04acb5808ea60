"""Bins against closed forms in exact arithmetic, and the rules at the edges."""
import pickle
from bisect import bisect_right
from decimal import Decimal, localcontext
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.commands.analyze_bins.bin_analysis import quantile_edges
from mmdepthcls.evaluation.protocol_scores import image_errors, score_map

RANGES = [(1, 80, 71), (Fraction(1, 1000), 80, 71), (1, 80, 32), (1, 80, 255), (2, 10, 2)]
IDS = ['sid71', 'wide', 'sid32', 'k255', 'k2']


def sid_edges(low, high, num_bins):
    """Eq. 2 with 50 digits: low * (high / low) ** (i / K)."""
    with localcontext() as context:
        context.prec = 50
        low, high = (Decimal(value.numerator) / Decimal(value.denominator) for value in (Fraction(low), Fraction(high)))
        return [low * ((high / low).ln() * i / num_bins).exp() for i in range(num_bins + 1)]


def ud_edges(low, high, num_bins):
    """Eq. 1 as fractions."""
    return [Fraction(low) + Fraction(high - low) * i / num_bins for i in range(num_bins + 1)]


def lid_edges(low, high, num_bins):
    widths = [Fraction(i + 1) for i in range(num_bins)]  # width i + 1 in units of the first
    unit = Fraction(high - low) / sum(widths)
    return [low + unit * sum(widths[:i], Fraction(0)) for i in range(num_bins + 1)]


def label_by_definition(depth, edges, below='first'):
    """Label of one depth from the written rules; ``depth`` and ``edges`` of any exact type."""
    if depth != depth or depth <= 0 or depth > edges[-1]:
        return 255
    if depth < edges[0]:
        return 0 if below == 'first' else 255
    return min(bisect_right(edges, depth) - 1, len(edges) - 2)


@pytest.mark.parametrize('low, high, num_bins', RANGES, ids=IDS)
@pytest.mark.parametrize('scheme, closed_form', [(SIDBins, sid_edges), (UDBins, ud_edges), (LIDBins, lid_edges)],
                         ids=['sid', 'ud', 'lid'])
def test_edges_are_the_closed_form(scheme, closed_form, low, high, num_bins):
    bins = scheme(float(low), high, num_bins)
    exact = [float(edge) for edge in closed_form(low, high, num_bins)]
    assert bins.edges.dtype == np.float64 and bins.edges.shape == (num_bins + 1, )
    np.testing.assert_allclose(bins.edges, exact, rtol=4e-15, atol=0)
    assert (bins.min_depth, bins.max_depth, bins.num_bins) == (float(low), high, num_bins)
    low_edges, high_edges = np.array(exact[:-1]), np.array(exact[1:])
    centers = np.sqrt(low_edges * high_edges) if scheme is SIDBins else (low_edges + high_edges) / 2
    np.testing.assert_allclose(bins.centers, centers, rtol=4e-15)


@pytest.mark.parametrize('num_bins', [2, 8, 49, 80, 98, 160, 255])
def test_edges_that_float64_can_hold_are_exact(num_bins):
    assert UDBins(0, num_bins, num_bins).edges.tolist() == list(range(num_bins + 1))
    triangle = num_bins * (num_bins + 1) // 2
    assert LIDBins(0, triangle, num_bins).edges.tolist() == [i * (i + 1) / 2 for i in range(num_bins + 1)]


SID71 = SIDBins(1.0, 80.0, 71)
KITTI_CASES = [
    pytest.param(SID71, sid_edges(1, 80, 71), id='sid71'),
    pytest.param(SIDBins(0.001, 80, 71), sid_edges(Fraction(1, 1000), 80, 71), id='sid71-wide'),
    pytest.param(SIDBins(1, 80, 255), sid_edges(1, 80, 255), id='sid255'),
    pytest.param(UDBins(0, 80, 71), ud_edges(0, 80, 71), id='ud71'),
    pytest.param(UDBins(0, 80, 80), ud_edges(0, 80, 80), id='ud80'),
    pytest.param(UDBins(1, 99, 98), ud_edges(1, 99, 98), id='ud98'),
    pytest.param(LIDBins(0, 60, 64), lid_edges(0, 60, 64), id='lid64'),
]


@pytest.mark.parametrize('bins, exact_edges', KITTI_CASES)
def test_every_kitti_value_gets_its_exact_label(bins, exact_edges):
    number = type(exact_edges[0])
    units = [edge * 256 for edge in exact_edges]
    expected = np.array([label_by_definition(number(value), units) for value in range(65536)])
    assert set(expected) > {bins.num_bins // 2, bins.num_bins - 1, 255}
    depth = np.arange(65536) / 256
    np.testing.assert_array_equal(bins.encode(depth), expected)
    np.testing.assert_array_equal(bins.encode(depth.astype(np.float32)), expected)
    for dtype in (torch.float64, torch.float32):
        np.testing.assert_array_equal(bins.encode(torch.from_numpy(depth).to(dtype)).numpy(), expected)


@pytest.mark.parametrize('below', ['first', 'ignore'])
@pytest.mark.parametrize('dtype', [np.float64, np.float32, np.float16, torch.float64, torch.float32, torch.float16,
                                   torch.bfloat16], ids=str)
@pytest.mark.parametrize('scheme', [SIDBins, UDBins, LIDBins])
def test_every_type_agrees_with_the_definition(scheme, dtype, below):
    bins = scheme(1.0, 80.0, 71, below=below)
    near_edges = np.concatenate([np.nextafter(bins.edges, 0), bins.edges, np.nextafter(bins.edges, 99)])
    near_edges32 = near_edges.astype(np.float32)
    near_edges = np.concatenate([near_edges, np.nextafter(near_edges32, np.float32(0)), near_edges32,
                                 np.nextafter(near_edges32, np.float32(99)), np.linspace(-1, 90, 999)])
    if isinstance(dtype, torch.dtype):
        depth = torch.from_numpy(near_edges).to(dtype)
        seen = depth.double().numpy()  # what the type holds, without loss
    else:
        depth = near_edges.astype(dtype)
        seen = depth.astype(np.float64)
    expected = [label_by_definition(value, bins.edges.tolist(), below) for value in seen.tolist()]
    label = bins.encode(depth)
    assert label.dtype == (torch.int64 if isinstance(dtype, torch.dtype) else np.uint8)
    np.testing.assert_array_equal(np.asarray(label), expected)


@pytest.mark.parametrize('ignore_index', [255, 254])
@pytest.mark.parametrize('below', ['first', 'ignore'])
@pytest.mark.parametrize('make', [
    lambda **kw: SIDBins(1.0, 80.0, 71, **kw), lambda **kw: SIDBins(0.001, 80.0, 254, **kw),
    lambda **kw: UDBins(0.0, 80.0, 71, **kw), lambda **kw: UDBins(79.0, 79.1, 200, **kw),
    lambda **kw: LIDBins(0.0, 3e38, 32, **kw), lambda **kw: DepthBins([1, 1 + 1e-7, 2, 3], **kw),
], ids=['sid', 'sid254', 'ud', 'narrow', 'wide', 'two edges of one float'])
def test_large_maps_get_the_labels_of_small_ones(make, below, ignore_index):
    """Large float32 maps are labeled by look-up: every kind of number, dense around all edges."""
    bins = make(below=below)
    edges = bins.edges.astype(np.float32)
    tiny = np.float32(1e-45) * np.arange(20000, dtype=np.float32)
    with np.errstate(over='ignore'):
        near = [np.nextafter(edges, np.float32(side)) for side in (-np.inf, np.inf)]
    rng = np.random.default_rng(0)
    anything = rng.integers(0, 1 << 32, 40000, dtype=np.uint32).view(np.float32)  # NaN, infinity and negative too
    special = np.array([0, -0.0, np.inf, -np.inf, np.nan], np.float32)
    inside = rng.uniform(bins.min_depth, bins.max_depth, 20000).astype(np.float32)
    depth = np.concatenate([edges, *near, tiny, anything, special, inside])
    expected = np.concatenate([bins.encode(part, ignore_index) for part in np.array_split(depth, 50)])
    assert len(np.unique(expected)) > 3 and len(depth) > 1 << 15
    label = bins.encode(depth.reshape(1, -1), ignore_index)
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label[0], expected)
    np.testing.assert_array_equal(bins.encode(depth.reshape(-1, 1)[::-1], ignore_index)[:, 0], expected[::-1])


def test_half_precision_agrees_between_numpy_and_torch_at_any_cap():
    for max_depth in (80.1, 80.3, 33.3):
        bins = SIDBins(1, max_depth, 8)
        depth = np.arange(max_depth - 1, max_depth + 1, 1 / 32).astype(np.float16)
        np.testing.assert_array_equal(bins.encode(depth), bins.encode(torch.from_numpy(depth)).numpy())
    # The cap itself is inside in every precision that a depth map clipped to it may have.
    for dtype in (np.float32, np.float64):
        assert SIDBins(1, 80.3, 8).encode(np.array([80.3], dtype)) == 7


@pytest.mark.parametrize('make', [np.array, torch.tensor], ids=['numpy', 'torch'])
@pytest.mark.parametrize('below, in_front', [('first', 0), ('ignore', 255)])
def test_rules_at_the_edges(make, below, in_front):
    bins = SIDBins(1.0, 80.0, 71, below=below)
    table = {0.0: 255, -3.0: 255, float('inf'): 255, -float('inf'): 255, float('nan'): 255,
             1e-30: in_front, 0.999: in_front, 1.0: 0, 80.0: 70, 80.001: 255, 1e30: 255,
             bins.edges[1]: 1, np.nextafter(bins.edges[1], 0): 0, np.nextafter(80, 99): 255}
    # float64 throughout: torch.tensor of Python floats would be float32
    depth = make(np.array(list(table)))
    assert bins.encode(depth).tolist() == list(table.values())
    assert bins.encode(depth, ignore_index=200).tolist() == [200 if v == 255 else v for v in table.values()]


def test_integers_and_shapes():
    assert UDBins(0, 80, 80).encode(np.array([0, 1, 79, 80, 81, -1])).tolist() == [255, 1, 79, 79, 255, 255]
    assert UDBins(0, 80, 80).encode(torch.tensor([0, 1, 79, 80, 81, -1])).tolist() == [255, 1, 79, 79, 255, 255]
    for shape in ((), (0, ), (3, 1, 2)):
        assert SID71.encode(np.ones(shape)).shape == SID71.decode(np.ones(shape, int)).shape == shape
        assert SID71.encode(torch.ones(shape)).shape == SID71.decode(torch.ones(shape).long()).shape == shape


def test_decode():
    label = np.array([[0, 70], [71, 255], [-1, 3]])
    expected = [[SID71.centers[0], SID71.centers[70]], [0, 0], [0, SID71.centers[3]]]
    np.testing.assert_array_equal(SID71.decode(label), expected)
    np.testing.assert_array_equal(SID71.decode(torch.from_numpy(label)).numpy(), np.float32(expected))
    assert SID71.decode(label.astype(np.uint8)).dtype == np.float64
    assert SID71.decode(torch.tensor([255], dtype=torch.uint8)).dtype == torch.float32


@st.composite
def any_bins(draw):
    """Bins of any scheme, and the metric in which their centers are in the middle."""
    low, ratio, num_bins = draw(st.floats(0.01, 10)), draw(st.floats(1.5, 100)), draw(st.integers(2, 255))
    scheme = draw(st.sampled_from(['sid', 'shifted', 'ud', 'lid', 'ud from 0', 'arithmetic', 'geometric', 'quantile']))
    if scheme == 'shifted':
        shift = draw(st.floats(-0.9, -0.01) | st.floats(0.01, 100)) * low
        low = draw(st.sampled_from([low, 0.0])) if shift > 0 else low
        return SIDBins(low, low * ratio + 1, num_bins, shift=shift), lambda depth: np.log(depth + shift)
    if scheme in ('arithmetic', 'geometric'):
        edges = np.cumsum([low, *draw(st.lists(st.floats(1e-3, 10), min_size=2, max_size=40))])
        return DepthBins(edges, scheme), np.log if scheme == 'geometric' else np.asarray
    if scheme == 'quantile':
        depth = draw(st.lists(st.sampled_from([low, low * 1.1, low * ratio]) | st.floats(low, low * ratio), min_size=1))
        return DepthBins(quantile_edges(np.array(depth), num_bins, low, low * ratio), 'geometric'), np.log
    if scheme == 'sid':
        return SIDBins(low, low * ratio, num_bins), np.log
    if scheme == 'lid':
        return LIDBins(low, low * ratio, num_bins), np.asarray
    return UDBins(low if scheme == 'ud' else 0.0, low * ratio, num_bins), np.asarray


@settings(deadline=None, max_examples=400)
@given(any_bins(), st.lists(st.floats(0, 1), min_size=1, max_size=20), st.data())
def test_round_trip_is_within_half_a_bin(case, positions, data):
    bins, metric = case
    edge = bins.edges[data.draw(st.integers(0, bins.num_bins))]
    near_edge = [edge, np.nextafter(edge, 0), np.nextafter(edge, np.inf)]
    depth = bins.min_depth + (bins.max_depth - bins.min_depth) * np.array(positions)
    depth = np.clip([*depth, *near_edge], bins.min_depth or 1e-9, bins.max_depth)
    label = bins.encode(depth)
    assert (label < bins.num_bins).all()
    decoded = bins.decode(label)
    half = (metric(bins.edges[1:]) - metric(bins.edges[:-1]))[label] / 2
    assert (np.abs(metric(decoded) - metric(depth)) <= half * (1 + 1e-9) + 1e-12).all()
    np.testing.assert_array_equal(bins.encode(decoded), label)  # a center lies in its own bin
    tensor = torch.from_numpy(depth)
    np.testing.assert_array_equal(bins.encode(tensor).numpy(), label)
    np.testing.assert_array_equal(bins.decode(bins.encode(tensor)).numpy(), decoded.astype(np.float32))


@pytest.mark.parametrize('low, high, num_bins, shift', [
    (0, 80, 71, 1), (Fraction(1, 2), 10, 68, Fraction(1, 2)), (1, 80, 71, 20), (2, 80, 71, -1)])
def test_shifted_edges_are_those_of_the_shifted_range(low, high, num_bins, shift):
    bins = SIDBins(float(low), high, num_bins, shift=float(shift))
    exact = sid_edges(low + shift, high + shift, num_bins)
    offset = Decimal(Fraction(shift).numerator) / Decimal(Fraction(shift).denominator)
    np.testing.assert_allclose(bins.edges, [float(edge - offset) for edge in exact], rtol=1e-13, atol=1e-14)
    middles = [float((first * second).sqrt() - offset) for first, second in zip(exact, exact[1:], strict=False)]
    np.testing.assert_allclose(bins.centers, middles, rtol=1e-13, atol=1e-14)
    assert bins.shift == shift and bins.edges[0] == low and bins.edges[-1] == high


def test_no_shift_changes_no_bit_and_a_large_one_is_uniform():
    low, high = SID71.edges[:-1], SID71.edges[1:]
    assert SIDBins(1.0, 80.0, 71, shift=0) == SID71
    np.testing.assert_array_equal(SID71.centers, np.sqrt(low * high))
    np.testing.assert_allclose(SIDBins(1, 80, 71, shift=1e6).edges, UDBins(1, 80, 71).edges, rtol=1e-4)


@settings(deadline=None)
@given(st.lists(st.floats(width=32), max_size=30))
def test_labels_never_leave_their_range(depth):
    label = SID71.encode(np.array(depth, np.float32))
    assert ((label < 71) | (label == 255)).all()
    np.testing.assert_array_equal(label, SID71.encode(torch.tensor(depth, dtype=torch.float32)).numpy())


def test_known_mistakes_of_others_are_not_ours():
    assert np.isfinite(SID71.edges).all() and SID71.edges[-1] == 80  # logspace(min, max) is 10 ** 80
    for depth in (5.0, 10.0):  # label + 1 in the decoder: 5 m -> 6.31 m, 10 m -> 11.72 m
        assert abs(SID71.decode(SID71.encode(np.array(depth))) / depth - 1) < (80 ** (0.5 / 71) - 1) * 1.0001
    for scheme in (SIDBins, UDBins, LIDBins):  # depth == max in the ignore bin
        assert scheme(1, 80, 71).encode(np.array(80.0)) == 70


@pytest.mark.parametrize('bins, abs_rel, rmse, rmse_log, used', [
    pytest.param(SID71, '.0155', '.405', '.0179', 45, id='sid71'),
    pytest.param(SIDBins(0.001, 80, 71), '.0397', '1.031', '.0459', 18, id='sid71-wide'),
    pytest.param(UDBins(0, 80, 71), '.0223', '.325', '.0291', 67, id='ud71'),
    pytest.param(SIDBins(1, 80, 32), '.0342', '.898', '.0395', 20, id='sid32'),
])
def test_quantization_of_a_real_frame(kitti_sample, bins, abs_rel, rmse, rmse_log, used):
    path = (f'{kitti_sample}/annotated/train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/'
            '0000000050.png')
    units = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    assert units.dtype == np.uint16 and (units > 0).mean() > 0.1
    depth = units / 256
    depth[depth >= 80] = 0
    label = bins.encode(depth)
    score = score_map(bins.decode(label), depth)
    assert score.num_bad == 0
    got = [f'{image_errors(score)[name]:.{digits}f}'.removeprefix('0')
           for name, digits in (('abs_rel', 4), ('rmse', 3), ('rmse_log', 4))]
    assert got == [abs_rel, rmse, rmse_log]
    assert len(np.unique(label[label != 255])) == used


def test_equality_and_repr():
    same = SIDBins(1, 80, 71)
    assert same == SID71 and hash(same) == hash(SID71) and repr(same) == repr(SID71)
    custom = DepthBins([1, 2, 8, 80])
    others = [UDBins(1, 80, 71), SIDBins(1, 80, 70), SIDBins(1, 80, 71, below='ignore'), SIDBins(1, 80.00001, 71),
              DepthBins(SID71.edges), custom, DepthBins([1, 3, 8, 80]), DepthBins([1, 2, 8, 80], center='geometric'),
              LIDBins(1, 80, 71), SIDBins(1, 80, 71, shift=0.5), SIDBins(1, 80, 71, shift=-0.5),
              SIDBins(1, 80, 71, below='ignore', shift=0.5), 'SIDBins']
    assert all(other != SID71 for other in others)
    # The repr travels with labels: it has to tell any two bins apart, and makes the bins again.
    assert len({repr(bins) for bins in others}) == len(others)
    for bins in (SID71, *others[:-1]):
        assert eval(repr(bins)) == bins
    assert DepthBins(SID71.edges, center='geometric') == SID71
    assert pickle.loads(pickle.dumps(SID71)) == SID71


def test_edges_cannot_be_changed():
    source = np.array([1.0, 2.0, 3.0])
    bins = DepthBins(source)
    source[1] = 2.5
    assert bins.edges.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match='read-only'):
        bins.edges[0] = 0
    with pytest.raises(ValueError, match='read-only'):
        bins.centers[0] = 0


@pytest.mark.parametrize('make, message', [
    pytest.param(lambda: SIDBins(1, 80, 256), r'num_bins must be an integer in 2\.\.255.*got 256', id='256 bins'),
    pytest.param(lambda: UDBins(1, 80, 1), 'num_bins.*got 1', id='1 bin'),
    pytest.param(lambda: UDBins(1, 80, 71.0), 'num_bins.*got 71.0', id='float bins'),
    pytest.param(lambda: UDBins(1, 80, True), 'num_bins.*got True', id='bool bins'),
    pytest.param(lambda: SIDBins(0, 80, 71), r'SIDBins: min_depth \+ shift must be > 0', id='sid from 0'),
    pytest.param(lambda: SIDBins(2, 80, 71, shift=-2.0), 'min_depth=2, shift=-2.0', id='shifted to 0'),
    pytest.param(lambda: SIDBins(1, 80, 71, shift=np.inf), 'finite.*shift=inf', id='infinite shift'),
    pytest.param(lambda: SIDBins(1, 80, 71, shift=np.nan), 'finite.*shift=nan', id='nan shift'),
    pytest.param(lambda: SIDBins(1, 80, 71, shift=1e18), 'strictly increasing', id='shift drowns the bins'),
    pytest.param(lambda: DepthBins([0, 3, 4], center='geometric'), "'geometric' needs a first edge > 0", id='center 0'),
    pytest.param(lambda: UDBins(-1, 80, 71), 'min_depth=-1', id='negative'),
    pytest.param(lambda: LIDBins(80, 80, 71), 'min_depth=80, max_depth=80', id='empty range'),
    pytest.param(lambda: SIDBins(1, np.inf, 71), 'finite', id='infinite'),
    pytest.param(lambda: UDBins(np.nan, 1, 71), 'finite', id='nan'),
    pytest.param(lambda: SIDBins(1, 80, 71, below='last'), "below must be.*'last'", id='below'),
    pytest.param(lambda: DepthBins([1, 2, 3], center='harmonic'), "center must be.*'harmonic'", id='center'),
    pytest.param(lambda: DepthBins([1, 3, 3]), 'strictly increasing', id='equal edges'),
    pytest.param(lambda: DepthBins([-1, 3, 4]), 'not negative', id='negative edge'),
    pytest.param(lambda: DepthBins([1, np.nan, 4]), 'finite', id='nan edge'),
    pytest.param(lambda: DepthBins([[1, 2], [3, 4]]), 'edges must be', id='two-dimensional'),
    pytest.param(lambda: DepthBins([]), 'edges|num_bins', id='no edges'),
    pytest.param(lambda: DepthBins(range(1, 258)), 'num_bins.*got 256', id='257 edges'),
    pytest.param(lambda: SID71.encode(np.ones(1), ignore_index=70), r'must be in 71\.\.255', id='collides'),
    pytest.param(lambda: SID71.encode(np.ones(1), ignore_index=256), 'got 256', id='ignore too large'),
    pytest.param(lambda: SID71.encode(np.ones(1), ignore_index=-1), 'got -1', id='ignore negative'),
])
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_255_bins_work():
    bins = UDBins(0, 255, 255)
    depth = np.arange(255) + 0.5
    assert bins.encode(depth).tolist() == list(range(255))
    assert bins.encode(np.array([255.0, 0.0])).tolist() == [254, 255]
    np.testing.assert_array_equal(bins.decode(bins.encode(depth)), depth)


@given(scale=st.floats(0.1, 10))
@pytest.mark.parametrize('bins', [SIDBins(1.0, 80.0, 20), SIDBins(0.0, 80.0, 20, shift=1.0), UDBins(1.0, 80.0, 20)])
def test_scaled_bins_label_scaled_depth_alike(bins, scale):
    scaled, depth = bins.scaled(scale), np.random.default_rng(0).uniform(0, 90, 200)
    assert np.allclose(scaled.edges, scale * bins.edges) and np.allclose(scaled.centers, scale * bins.centers)
    assert (scaled.encode(depth * scale) == bins.encode(depth)).mean() > 0.99  # but for rounding at an edge
    assert bins.scaled(1.0) == bins
