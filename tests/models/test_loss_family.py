"""All losses with all decoders, and with pixel samplers: a certain depth is read right, or the model is not built."""
from functools import cache

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmdepthcls.bins import SIDBins
from mmdepthcls.models.decoders import Decoder

TRUE, K = 41.8, 16
BINS = SIDBins(1.0, 80.0, K)
SPARSE, SILOG = dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')
# By a short name: what stands in loss_decode.
LOSSES = {
    'sparse': SPARSE,
    'balanced': dict(type='BalancedCrossEntropyLoss'),
    'soft bins': dict(type='SoftLabelLoss'),
    'soft depth': dict(type='SoftLabelLoss', distance='depth'),
    'soft log': dict(type='SoftLabelLoss', distance='log_depth'),
    'focal depth': dict(type='FocalDepthLoss'),
    'ordinal': dict(type='OrdinalLoss'),
    'silog': SILOG,
    'silog log': dict(SILOG, space='log'),
    'silog scale-free': dict(SILOG, variance_focus=1.0),
    'regression': dict(type='RegressionSILogLoss'),
    'regression scale-free': dict(type='RegressionSILogLoss', variance_focus=1.0),
    'chamfer': dict(type='BinChamferLoss'),
    'sparse, silog': [SPARSE, SILOG],
    'sparse, silog log': [SPARSE, dict(SILOG, space='log')],
    'sparse of weight 0, silog': [dict(SPARSE, loss_weight=0.0), SILOG],
    'ordinal, silog': [dict(type='OrdinalLoss'), SILOG],
    'ordinal, sparse': [dict(type='OrdinalLoss'), SPARSE],
    'regression, silog': [dict(type='RegressionSILogLoss'), SILOG],
    'stock': dict(type='CrossEntropyLoss'),
    'stock, sparse, silog': [dict(type='CrossEntropyLoss'), SPARSE, SILOG],
    'stock sigmoid': dict(type='CrossEntropyLoss', use_sigmoid=True),
    'stock mask': dict(type='CrossEntropyLoss', use_mask=True),
    'dice': dict(type='DiceLoss'),
    'dice softmax': dict(type='DiceLoss', use_sigmoid=False),
    'lovasz': dict(type='LovaszLoss', reduction='none'),
    'lovasz binary': dict(type='LovaszLoss', loss_type='binary', reduction='none'),
    'tversky': dict(type='TverskyLoss'),
    'hausdorff': dict(type='HuasdorffDisstanceLoss'),
    'ohem': dict(type='OhemCrossEntropy'),
    'host silog': dict(type='SiLogLoss'),
    'boundary': dict(type='BoundaryLoss'),
}
DECODERS = {
    'default': None,
    'expectation': dict(type='ExpectationDecoder'),
    'expectation of log': dict(type='ExpectationDecoder', space='log'),
    'argmax': dict(type='ArgmaxDecoder'),
    'local': dict(type='LocalExpectationDecoder'),
    'median': dict(type='QuantileDecoder'),
    'ordinal': dict(type='OrdinalDecoder'),
    'regression': dict(type='RegressionDecoder'),
}
# Every loss that trains a bin goes with these.
OF_SOFTMAX = ('default', 'expectation', 'expectation of log', 'argmax', 'local', 'median')
FITTING = {
    'ordinal': ('default', 'ordinal'), 'silog': ('default', 'expectation'),
    'sparse of weight 0, silog': ('expectation', ), 'silog log': ('default', 'expectation of log'),
    'regression': ('regression', ),
    **dict.fromkeys((
        'silog scale-free', 'regression scale-free', 'chamfer', 'ordinal, silog', 'ordinal, sparse',
        'regression, silog', 'stock mask', 'lovasz binary', 'hausdorff', 'ohem', 'host silog', 'boundary'),
        ()),
}


class Backbone(torch.nn.Module):
    """Gives the image itself, so that a model is its head."""

    def forward(self, inputs):
        return (inputs, )


@cache
def config(loss, decoder, sampler=()):
    head = dict(type='FCNHead', in_channels=3, in_index=0, channels=4, num_convs=1, kernel_size=1, dropout_ratio=0.0,
                num_classes=2, loss_decode=LOSSES[loss])
    if sampler:
        head['sampler'] = dict(type='OHEMPixelSampler', min_kept=7, **dict(sampler[1:]))
    cfg = dict(type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=K),
               data_preprocessor=dict(type='DepthDataPreProcessor', mean=[0.0] * 3, std=[255.0] * 3),
               backbone=dict(type='ImageItself'), decode_head=head)
    return cfg if DECODERS[decoder] is None else dict(cfg, decoder=DECODERS[decoder])


@pytest.fixture(autouse=True, scope='module')
def backbone():
    MODELS.register_module('ImageItself', module=Backbone, force=True)
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield
    MODELS.module_dict.pop('ImageItself')


def build(*names):
    torch.manual_seed(0)
    return MODELS.build(ConfigDict(config(*names)))


def batch(depth=TRUE):
    sample = SegDataSample(metainfo=dict(img_path='a.png', ori_shape=(6, 8), img_shape=(6, 8)))
    sample.gt_depth_map = PixelData(data=torch.full((1, 6, 8), depth))
    sample.gt_depth_map.data[0, :2] = 0  # not measured everywhere
    generator = torch.Generator().manual_seed(0)
    return dict(inputs=[torch.randint(0, 256, (3, 6, 8), generator=generator, dtype=torch.uint8)],
                data_samples=[sample])


def trained(model, steps=150):
    """Weights after training to one certain depth."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(steps):
        losses = model.train()(**model.data_preprocessor(batch(), training=True), mode='loss')
        optimizer.zero_grad()
        sum(value.mean() for name, value in losses.items() if 'loss' in name).backward()
        optimizer.step()
    return model


weights_of = {}


def read(loss, decoder, *sampler):
    """Depth that a model of this pair says after it was trained to be certain. Every loss is trained once."""
    model = build(loss, decoder, *sampler)
    if (loss, *sampler) not in weights_of:
        weights_of[(loss, *sampler)] = trained(model).state_dict()
    model.load_state_dict(weights_of[(loss, *sampler)])
    return model.eval().test_step(batch())[0].pred_depth_map.data[0, 2:]


def is_right(depth):
    """In the true bin or a neighbour of it: SoftLabelLoss is centered, not certain."""
    width = BINS.edges[1] / BINS.edges[0]
    return bool(((depth / TRUE < width) & (TRUE / depth < width)).all())


@pytest.mark.sliced(every=17)
@pytest.mark.parametrize('decoder', DECODERS)
@pytest.mark.parametrize('loss', LOSSES)
def test_a_certain_depth_is_read_right_or_the_pair_is_refused(loss, decoder):
    if decoder in FITTING.get(loss, OF_SOFTMAX):
        assert is_right(read(loss, decoder))
    else:
        with pytest.raises(ValueError, match='Set |Use |take a loss|only an AdaptiveBinsHead|Leave it out'):
            build(loss, decoder)


def test_a_silog_alone_leaves_the_mode_anywhere():
    """Why it goes with no other decoder: free logits whose expectation is right to 1 %."""
    loss = MODELS.build(SILOG)
    loss.set_bins(BINS)
    logits = torch.zeros(1, K, 2, 2, requires_grad=True)
    label = torch.full((1, 2, 2), int(BINS.encode(torch.tensor([TRUE]))))
    for _ in range(500):
        gradient, = torch.autograd.grad(loss(logits, label, depth=torch.full((1, 2, 2), TRUE)), logits)
        logits = (logits - gradient).detach().requires_grad_()
    centers = torch.tensor(BINS.centers.copy(), dtype=torch.float32)
    depths = {name: MODELS.build(DECODERS[name])(logits.detach(), centers) for name in OF_SOFTMAX[1:4]}
    assert depths['expectation'].allclose(torch.tensor(TRUE), rtol=0.01)
    assert not is_right(depths['argmax']) and not is_right(depths['expectation of log'])


def test_auxiliary_heads_may_train_another_family_with_as_many_logits():
    cfg = config('sparse', 'median')
    auxiliary = dict(cfg['decode_head'], loss_decode=LOSSES['ordinal'])
    assert MODELS.build(ConfigDict(cfg, auxiliary_head=[auxiliary]))
    for bad in ('regression', 'boundary', 'chamfer', 'stock mask'):
        with pytest.raises(ValueError, match=r'only an AdaptiveBinsHead|auxiliary_head\[0\].loss_decode'):
            MODELS.build(ConfigDict(cfg, auxiliary_head=[dict(auxiliary, loss_decode=LOSSES[bad])]))


def test_one_of_an_ordinal_pair_brings_the_other():
    assert type(build('ordinal', 'default').decoder).__name__ == 'OrdinalDecoder'
    cfg = config('sparse', 'ordinal')
    head = {name: value for name, value in cfg['decode_head'].items() if name != 'loss_decode'}
    model = MODELS.build(ConfigDict(dict(cfg, decode_head=head)))
    assert type(model.decode_head.loss_decode).__name__ == 'OrdinalLoss'


def test_decoders_of_ones_own():
    """What declares its family is compared; of what only says that it reads no softmax nothing is known."""
    class Own(Decoder):
        of_softmax = False

        def decode(self, logits, centers, edges):
            return logits[:, :1]

    class Declared(Own):
        family = 'ordinal'

    try:
        for kind in (Own, Declared):
            MODELS.register_module(module=kind)
        cfg = config('sparse', 'default')
        assert MODELS.build(ConfigDict(cfg, decoder=dict(type='Own')))
        with pytest.raises(ValueError, match='SparseCrossEntropyLoss does not train what Declared reads'):
            MODELS.build(ConfigDict(cfg, decoder=dict(type='Declared')))
        assert MODELS.build(ConfigDict(config('ordinal', 'default'), decoder=dict(type='Declared')))
    finally:
        for kind in (Own, Declared):
            MODELS.module_dict.pop(kind.__name__, None)


# ---------------------------------------------------------------------------------------------------------- samplers
SUMS = ('sparse', 'balanced', 'soft bins', 'soft depth', 'soft log', 'focal depth', 'stock')


@pytest.mark.sliced(every=5)
@pytest.mark.parametrize('thresh', [None, 0.7])
@pytest.mark.parametrize('loss', LOSSES)
def test_a_sampler_chooses_pixels_or_is_refused(loss, thresh):
    fits = loss in SUMS or (loss == 'ordinal' and thresh is None) or (loss == 'stock sigmoid' and thresh is not None)
    sampler = ('OHEM', ('thresh', thresh))
    if fits:
        assert is_right(read(loss, 'default', sampler))
    else:
        with pytest.raises(ValueError, match='Set |Use |use |Take |take |only an AdaptiveBinsHead|Leave |with nothing'):
            build(loss, 'default', sampler)


def test_without_thresh_the_pixels_of_the_greatest_loss_train():
    """Compared with the sum by hand, also of two losses."""
    losses = [dict(SPARSE, loss_weight=2.0, loss_name='loss_a'), dict(type='SoftLabelLoss', loss_name='loss_b')]
    cfg = config('sparse', 'default', ('OHEM', ('thresh', None)))
    torch.manual_seed(0)
    model = MODELS.build(ConfigDict(dict(cfg, decode_head=dict(cfg['decode_head'], loss_decode=losses))))
    data = model.data_preprocessor(batch(), training=True)
    logits = model(data['inputs'], mode='tensor').detach()
    label = torch.as_tensor(BINS.encode(batch()['data_samples'][0].gt_depth_map.data))
    given = model.train()(**data, mode='loss')
    valid = label[0] != 255
    entropy = torch.nn.functional.cross_entropy(logits, label.long().masked_fill(~valid, 0), reduction='none')[0]
    position = torch.arange(float(K))
    soft = (-0.5 * (position[:, None] - position)**2).softmax(1)[label.long().masked_fill(~valid, 0)[0]]
    soft = -(soft.permute(2, 0, 1) * logits[0].log_softmax(0)).sum(0)
    chosen = (2 * entropy + soft)[valid].topk(7).indices
    for name, values in (('a', 2 * entropy), ('b', soft)):
        assert given[f'decode.loss_{name}'].item() == pytest.approx(
            values[valid][chosen].sum().item() / int(valid.sum()), rel=1e-5)
