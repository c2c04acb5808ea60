import pytest
import torch
from mmseg.registry import OPTIM_WRAPPERS
from torch.testing import assert_close

from mmdepthcls.models.bfloat16_optim_wrapper import Bfloat16OptimWrapper

LOSSES = {
    'sparse': dict(type='SparseCrossEntropyLoss'), 'soft': dict(type='SoftLabelLoss', distance='log_depth'),
    'silog': dict(type='ExpectationSILogLoss'), 'host': dict(type='mmseg.CrossEntropyLoss', avg_non_ignore=True)}


@pytest.mark.parametrize('name', LOSSES)
def test_a_step_in_bfloat16_is_nearly_one_in_float32(build_model, make_batch, name):
    """Network in bfloat16, loss in float32, weights and predictions finite."""
    logged, dtypes = {}, []
    for kind in ('OptimWrapper', Bfloat16OptimWrapper.__name__):
        model = build_model(decode_head=dict(
            type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), loss_decode=LOSSES[name]))
        model.backbone.register_forward_hook(lambda backbone, inputs, output: dtypes.append(output[3].dtype))
        wrapper = OPTIM_WRAPPERS.build(dict(type=kind, optimizer=torch.optim.SGD(model.parameters(), lr=0.01)))
        before = model.backbone.conv1.weight.detach().clone()
        logged[kind] = model.train_step(make_batch(), wrapper)['loss']
        assert not torch.equal(model.backbone.conv1.weight, before)
        assert all(torch.isfinite(weight).all() and weight.dtype == torch.float32 for weight in model.parameters())
        with torch.no_grad(), wrapper.optim_context(model.eval()):
            result = model.test_step(make_batch(1))[0]
        assert torch.isfinite(result.pred_depth_map.data).all() and result.pred_depth_map.data.dtype == torch.float32
    assert dtypes == [torch.float32] * 2 + [torch.bfloat16] * 2
    assert all(loss.dtype == torch.float32 for loss in logged.values())
    assert_close(*logged.values(), rtol=0.02, atol=0.02)
