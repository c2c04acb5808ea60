# The paper's schedule: SGD, initial learning rate 2.5e-4, momentum 0.9, weight decay 5e-4, poly decay with power 0.9
# over 100 000 iterations.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
    # paper silent: head lr. Ten times the backbone's, as in DeepLab v2: the head starts from noise.
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))))
# paper silent: final learning rate. Zero.
param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=100000, by_epoch=False)]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=100000, val_interval=10000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
