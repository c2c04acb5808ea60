"""What docs tell to subclass: a part of one's own needs no more than its class says."""
import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch.testing import assert_close

from mmdepthcls.bins import SIDBins
from mmdepthcls.models import BinsUser, Decoder, ImageBins, ImageBinsHead
from mmdepthcls.models.losses import CenterLoss, DepthLoss

BINS = SIDBins(1.0, 80.0, 8)
SPARSE = dict(type='SparseCrossEntropyLoss')


class SquaredLoss(DepthLoss):
    def per_pixel(self, logits, label, depth=None):
        return (1 - logits.softmax(dim=1).gather(1, label[:, None])[:, 0])**2


class HarmonicDecoder(Decoder):
    def decode(self, logits, centers, edges):
        return 1 / (logits.softmax(dim=1) / centers).sum(dim=1, keepdim=True)


class MeanLoss(CenterLoss):
    def per_image(self, centers, depth):
        return (centers.mean() - depth.mean())**2


class ScaledBinsHead(ImageBinsHead):
    """All bins of an image are the model's times a factor: from 0.5 to 1.5."""

    def __init__(self, num_classes, **kwargs):
        super().__init__(num_classes, **kwargs)
        self.classify, self.scale = torch.nn.Conv2d(64, num_classes, 1), torch.nn.Linear(64, 1)

    def forward(self, inputs):
        return self.classify(inputs[-1])

    def predict_bins(self, inputs):
        factor = 0.5 + self.scale(inputs[-1].mean(dim=(2, 3))).sigmoid()
        edges, centers = self.bins.tensors(factor.device, factor.dtype)
        return ImageBins(factor * edges, factor * centers)


class Told(BinsUser, torch.nn.Module):
    pass


class NoDecoder(torch.nn.Module):
    of_softmax = True


@pytest.fixture(autouse=True)
def registered():
    kinds = (SquaredLoss, HarmonicDecoder, MeanLoss, ScaledBinsHead, NoDecoder)
    for kind in kinds:
        MODELS.register_module(module=kind)
    yield
    for kind in kinds:
        MODELS.module_dict.pop(kind.__name__)


def test_a_loss_and_a_decoder(build_model, make_batch, small_model_cfg):
    head = dict(small_model_cfg()['decode_head'], loss_decode=dict(type='SquaredLoss', loss_name='loss_squared'))
    model = build_model(decode_head=head, decoder=dict(type='HarmonicDecoder')).eval()
    assert model.decode_head.loss_decode.bins == BINS
    data = model.data_preprocessor(make_batch(), True)
    logits = F.interpolate(model(data['inputs'], mode='tensor'), (32, 48), mode='bilinear')
    label = BINS.encode(torch.stack([sample.gt_depth_map.data[0] for sample in data['data_samples']]))
    own = logits.softmax(1).gather(1, label.clamp_max(7)[:, None])[:, 0]
    losses = model(**data, mode='loss')
    assert set(losses) == {'decode.loss_squared', 'decode.acc_seg'}
    assert_close(losses['decode.loss_squared'], ((1 - own)**2)[label != 255].mean())
    with torch.no_grad():
        results = model.test_step(make_batch())
    centers = torch.tensor(BINS.centers).float().view(-1, 1, 1)
    for result, each in zip(results, logits, strict=True):
        assert_close(result.pred_depth_map.data[0], 1 / (each.softmax(0) / centers).sum(0))


@pytest.mark.parametrize('test_cfg', [dict(mode='whole'), dict(mode='slide', crop_size=(32, 48), stride=(8, 8))])
def test_a_head_with_bins_of_its_own(build_model, make_batch, test_cfg):
    losses = [dict(type='ExpectationSILogLoss'), dict(type='MeanLoss')]
    model = build_model(decode_head=dict(type='ScaledBinsHead', loss_decode=losses), test_cfg=test_cfg).eval()
    assert type(model.decoder).__name__ == 'ExpectationDecoder' and model.decoder.space == 'depth'
    data = model.data_preprocessor(make_batch(), True)
    given = model(**data, mode='loss')
    assert set(given) == {'decode.loss_silog', 'decode.loss_centers', 'decode.acc_seg'}
    features = model.extract_feat(data['inputs'])
    centers = model.decode_head.predict_bins(features).centers
    depth = [sample.gt_depth_map.data[sample.gt_depth_map.data.gt(0) & sample.gt_depth_map.data.le(80)]
             for sample in data['data_samples']]
    expected = sum((own.mean() - each.mean())**2 for own, each in zip(centers, depth, strict=True)) / 2
    assert_close(given['decode.loss_centers'], expected)
    sum(value for name, value in given.items() if 'loss' in name).backward()
    assert model.decode_head.scale.weight.grad.any() and model.decode_head.classify.weight.grad.any()
    with torch.no_grad():
        results = model.test_step(make_batch())
        logits = F.interpolate(model.decode_head(features), (32, 48), mode='bilinear')
    fixed = torch.tensor(BINS.centers).float()
    for result, each, own in zip(results, logits, centers, strict=True):
        own = own.clamp(fixed[0], fixed[-1]) if test_cfg['mode'] == 'slide' else own
        assert_close(result.pred_depth_map.data[0], (each.softmax(0) * own.view(-1, 1, 1)).sum(0))


def test_whatever_needs_the_bins_is_told(build_model, small_model_cfg):
    from mmdepthcls.models.head_loss import connect_losses
    model = build_model()
    model.decode_head.told = Told()
    connect_losses(model, BINS)
    assert model.decode_head.told.bins is BINS


@pytest.mark.parametrize('changes, message', [
    (dict(decoder=dict(type='NoDecoder')), 'NoDecoder is no decoder. Derive .* mmdepthcls.models.Decoder'),
    (dict(decode_head=dict(type='ScaledBinsHead', loss_decode=SPARSE)), 'ScaledBinsHead: none .* trains the widths'),
    (dict(decode_head=dict(type='ScaledBinsHead', loss_decode=dict(type='SquaredLoss'))), 'SquaredLoss is for fixed'),
    (dict(decode_head=dict(type='ScaledBinsHead', loss_decode=dict(type='MeanLoss'))), 'none .* trains the logits'),
])
def test_what_does_not_fit_is_refused(build_model, changes, message):
    with pytest.raises(ValueError, match=message):
        build_model(**changes)


def test_a_decoder_that_reads_no_softmax_refuses_probabilities(build_model):
    """Also where the config, which was checked, is changed afterwards."""
    head = dict(type='FCNHead', in_channels=64, in_index=3, channels=8, loss_decode=dict(type='OrdinalLoss'))
    model = build_model(decode_head=head).eval()
    model.test_cfg.update(mode='slide', crop_size=(32, 32), stride=(16, 16))
    with torch.no_grad(), pytest.raises(ValueError, match="OrdinalDecoder reads logits .* Set test_cfg.mode='whole'"):
        model.predict(torch.rand(1, 3, 32, 48))
