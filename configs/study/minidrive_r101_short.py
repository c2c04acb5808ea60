# A slice of minidrive_r101.py that a GPU does in minutes, and without ImageNet weights: four variants, one seed, sparse
# depth, 600 iterations from scratch.
# python tools/study.py configs/study/minidrive_r101_short.py --out docs/measurements/study_r101_short.md
_base_ = './minidrive_r101.py'
data = dict(num_train=480, num_val=20, num_test=60, height=420, width=800)
ground_truths = ('sparse', )
seeds = (0, )
iterations = 600
loader = dict(num_workers=6, persistent_workers=True)
options = {
    'model.backbone': dict(init_cfg=None, norm_cfg=dict(type='BN', requires_grad=True), norm_eval=False),
    'train_dataloader': loader,
    'val_dataloader': loader,
    'test_dataloader': loader,
    'optim_wrapper': dict(optimizer=dict(type='AdamW', lr=2e-4, weight_decay=1e-2, _delete_=True)),
    'train_cfg.max_iters': iterations,
    'param_scheduler': [
        dict(type='LinearLR', start_factor=0.1, begin=0, end=60, by_epoch=False),
        dict(type='PolyLR', power=0.9, eta_min=0.0, begin=60, end=iterations, by_epoch=False),
    ],
}

_ce = dict(type='SparseCrossEntropyLoss')


def _variant(scheme, loss, decoder='ExpectationDecoder'):
    return dict(
        bins=dict(type=scheme, min_depth=1.0, max_depth=80.0, num_bins=71),
        decode_head=dict(loss_decode=loss if isinstance(loss, list) else dict(loss, _delete_=True)),
        decoder=dict(type=decoder))


variants = {
    '_delete_': True,
    'SID 71, CE + SILog': _variant('SIDBins', [_ce, dict(type='ExpectationSILogLoss')]),
    'SID 71, CE': _variant('SIDBins', _ce),
    'SILog regression': _variant('SIDBins', dict(type='RegressionSILogLoss'), 'RegressionDecoder'),
    'UD 71, CE': _variant('UDBins', _ce),
}
comparisons = [
    ('SID beats UD (the paper)', 'SID 71, CE', 'UD 71, CE'),
    ('Classification beats regression (the paper)', 'SID 71, CE', 'SILog regression'),
    ('CE + SILog beats CE', 'SID 71, CE + SILog', 'SID 71, CE'),
]
