"""Shipped studies, made so small that a test trains them."""
from pathlib import Path

ADAPTATIONS = Path(__file__).parents[1] / 'configs' / 'study' / 'adaptation.py'
# A few iterations of a tiny network.
SMALL_ADAPTATIONS = f"""
_base_ = {str(ADAPTATIONS)!r}
base = {str(ADAPTATIONS.parents[1] / 'deeplabv2_r18_minidrive_sid71.py')!r}
worlds = dict(source=dict(_delete_=True, num_train=4, num_val=0, num_test=0, height=32, width=64),
              target=dict(_delete_=True, num_train=3, num_val=0, num_test=2, height=32, width=64, look='varied'))
_size = [dict(type='DepthCrop', crop_size=(32, 64)), dict(type='PackDepthInputs')]
pipelines = dict({{name: [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), *_size]
                  for name in ('source', 'target')}}, test=[
    dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')])
options = {{'train_cfg.max_iters': 4, 'train_dataloader.batch_size': 4, 'model.backbone.base_channels': 8,
           'model.decode_head.in_channels': 64}}
start_options = {{'train_cfg.max_iters': 2}}
rows = {{name: dict(self_training=dict(rounds=2)) for name in ('ST', 'CBST')}}
"""
