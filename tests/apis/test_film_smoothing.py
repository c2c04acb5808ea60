"""Films that are smoothed over time: closed forms, cuts, and through the inferencer."""
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.apis import DepthInferencer, ModelDescription, write_model_file
from mmdepthcls.apis.film_smoothing import FilmSmoother, Flicker, check_smoothing, film_of, is_cut
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.bins import SIDBins
from mmdepthcls.commands.publish.published_config import published_config
from mmdepthcls.models.bin_logits import LOG_PROBABILITIES, BinLogits
from mmdepthcls.models.decoders import ExpectationDecoder
from mmdepthcls.models.image_bins import ImageBins, onto_centers
from mmdepthcls.models.ordinal_decoder import OrdinalDecoder

BINS = SIDBins(1.0, 80.0, 6)
ORDINAL = dict(decoder=dict(type='OrdinalDecoder'), decode_head=dict(
    type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), loss_decode=dict(type='OrdinalLoss')))
REGRESSION = dict(decoder=dict(type='RegressionDecoder'), decode_head=dict(
    type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), loss_decode=dict(type='ExpectationSILogLoss')))
ADAPTIVE = dict(decode_head=dict(type='AdaptiveBinsHead', network=dict(embed_dims=16), head=dict(
    type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2))))


def shot(seed, height=36, width=64):
    """A picture with large shapes, as a scene has."""
    generator = np.random.default_rng(seed)
    block = np.ones((height // 6, width // 8, 1), np.uint8)
    return np.kron(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8), block)


def frame(index, film='a.mp4'):
    return PictureSource(f'{film}/{index:06d}', image=shot(0), film=film)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.1, 50), st.integers(1, 6))
def test_it_is_the_exponential_mean_of_probabilities(seed, frames, number):
    generator = torch.Generator().manual_seed(seed % 2**31)
    logits = torch.randn(number, 1, 6, 3, 4, generator=generator) * 3
    smoother, share = FilmSmoother(frames, BINS), math.exp(-1 / frames)
    expected = logits[0].double().softmax(1)
    for index in range(number):
        if index:
            expected = share * expected + (1 - share) * logits[index].double().softmax(1)
        got = smoother.smooth(BinLogits(logits[index]), frame(index), shot(0))
        assert got.kind == LOG_PROBABILITIES and got.image_bins is None
        assert torch.allclose(got.logits.double().exp(), expected, atol=1e-5)
    assert smoother.cuts == 0


def test_bins_of_an_image_go_to_the_models_first():
    own = ImageBins(torch.tensor([[1.0, 2, 4, 8, 16, 32, 80]]), torch.tensor([[1.5, 3, 6, 12, 24, 56]]))
    logits = torch.randn(1, 6, 2, 2, generator=torch.Generator().manual_seed(0))
    got = FilmSmoother(2.0, BINS).smooth(BinLogits(logits, own), frame(0), shot(0))
    fixed = torch.from_numpy(BINS.centers).float()
    assert torch.allclose(got.logits.exp(), onto_centers(logits.softmax(1), own.centers, fixed), atol=1e-6)


def test_it_begins_anew_at_cuts_and_films():
    smoother = FilmSmoother(5.0, BINS)
    logits = torch.randn(4, 1, 6, 3, 4, generator=torch.Generator().manual_seed(0))
    pictures = [shot(0), shot(1), shot(1), shot(1)]
    sources = [frame(0), frame(1), frame(2), frame(0, 'b.mp4')]
    begins = [True, True, False, True]
    for index, begin in enumerate(begins):
        got = smoother.smooth(BinLogits(logits[index]), sources[index], pictures[index]).logits.exp()
        assert torch.allclose(got, logits[index].softmax(1), atol=1e-6) == begin
        smoother.count(np.full((36, 64), 5.0 + index), np.full((36, 64), 5.0))
    assert smoother.cuts == 1 and smoother.before.count == 36 * 64  # of frames 1 and 2 alone
    assert smoother.before.mean == pytest.approx(math.log(7 / 6)) and smoother.after.mean == 0


def test_cuts_are_seen_in_pictures_alone():
    one, other = shot(0), shot(1)
    noise = np.random.default_rng(0).integers(-9, 10, one.shape)
    alike = (one.astype(int) + noise).clip(0, 255).astype(np.uint8)
    assert not is_cut(one, one) and not is_cut(one, alike) and not is_cut(one, (one * 0.6).astype(np.uint8))  # darker
    assert not is_cut(one, np.roll(one, 2, axis=1)) and is_cut(one, other) and is_cut(one, one[:20])
    black = np.zeros_like(one)
    assert is_cut(one, black) and is_cut(black, one) and not is_cut(black, black)


def test_flicker_counts_pixels_that_stay():
    before, now = shot(0), shot(0)
    now[:, :32] = 255 - now[:, :32]
    now[:, 32:] += (now[:, 32:] < 200).astype(np.uint8) * 3  # noise of a camera
    depths = np.full((36, 64), 10.0), np.full((36, 64), 10.0)
    depths[1][:, :32], depths[1][:, 40:] = 99.0, 20.0
    depths[0][:5] = 0
    still = np.abs(before.astype(int) - now).max(2) <= 4
    flicker = Flicker()
    assert math.isnan(flicker.mean)
    flicker.add((before, now), depths)
    counted = still & (depths[0] > 0)
    assert flicker.count == counted.sum() and flicker.seen == 31 * 64
    assert flicker.mean == pytest.approx(np.abs(np.log(depths[1][counted] / 10)).mean()) and flicker.mean > 0.4


def test_what_is_a_film():
    assert film_of(frame(0)) == 'a.mp4' and film_of(PictureSource('a.png', 'x/a.png')) is None
    assert film_of(PictureSource('camera_0/now/000001', image=shot(0))) == 'camera_0/now'


@pytest.mark.parametrize(('arguments', 'words'), [
    ((0.0, ExpectationDecoder(), False), 'frames > 0'), ((math.nan, ExpectationDecoder(), False), 'frames > 0'),
    ((2.0, OrdinalDecoder(), False), 'OrdinalDecoder reads logits that are none'),
    ((2.0, ExpectationDecoder(), True), 'give --smooth or --tta')])
def test_refusals(arguments, words):
    with pytest.raises(ValueError, match=words):
        check_smoothing(*arguments)


@pytest.fixture
def write(build_model, small_model_cfg, tmp_path):
    """Writes a model file with logits that differ from place to place."""
    def make(**changes):
        model = build_model(**changes).eval()
        for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
            torch.nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(0))
        path = tmp_path / 'model.safetensors'
        write_model_file(path, model, ModelDescription(published_config(small_model_cfg(**changes))))
        return path

    return make


@pytest.mark.parametrize('changes', [{}, dict(test_cfg=dict(mode='whole', decode_at='logits')), ADAPTIVE],
                         ids=['output', 'logits', 'adaptive'])
def test_through_the_inferencer(write, changes):
    path = write(**changes)
    scene = shot(0)
    generator = np.random.default_rng(0)
    frames = [(scene + generator.integers(-4, 5, scene.shape)).clip(0, 255).astype(np.uint8) for _ in range(6)]
    plain = list(DepthInferencer(path, device='cpu').stream(iter(frames), outputs=['interval']))
    smooth = DepthInferencer(path, device='cpu', smooth_frames=4.0)
    results = list(smooth.stream(iter(frames), outputs=['interval'], batch_size=3))
    if changes is not ADAPTIVE:  # there the model's bins are others than the image's
        assert results[0].depth == pytest.approx(plain[0].depth, rel=1e-4)
        assert results[0].interval == pytest.approx(plain[0].interval, rel=1e-3)
    assert smooth.smoother.before.count > 0 and smooth.smoother.after.mean < 0.7 * smooth.smoother.before.mean
    with pytest.raises(ValueError, match='std was not asked for'):
        results[0].std  # noqa: B018
    again = DepthInferencer(path, device='cpu', smooth_frames=1e-3)  # forgets at once
    last = list(again.stream(iter(frames)))[-1]
    assert last.depth == pytest.approx(plain[-1].depth, rel=1e-4 if changes is not ADAPTIVE else 0.1)


def test_models_without_probabilities_and_pictures_in_files(write, tmp_path):
    with pytest.raises(ValueError, match='OrdinalDecoder'):
        DepthInferencer(write(**ORDINAL), device='cpu', smooth_frames=2.0)
    with pytest.raises(ValueError, match='RegressionDecoder'):
        DepthInferencer(write(**REGRESSION), device='cpu', smooth_frames=2.0)
    import cv2
    path = write()
    for index in range(2):
        cv2.imwrite(str(tmp_path / f'{index}.png'), shot(index))
    names = [str(tmp_path / f'{index}.png') for index in range(2)]
    smooth = DepthInferencer(path, device='cpu', smooth_frames=9.0)(names)
    plain = DepthInferencer(path, device='cpu')(names)
    assert all(np.array_equal(one.depth, other.depth) for one, other in zip(smooth, plain, strict=True))
