# The study on the paper's network (ResNet-101) and size (420 x 800), for a GPU:
# python tools/study.py configs/study/minidrive_r101.py --out docs/study_r101.md
_base_ = './minidrive.py'
base = 'deeplabv2_r101_minidrive.py'
data = dict(num_train=4000, num_val=200, num_test=400, height=420, width=800)
iterations = 10000
loader = dict(num_workers=4, persistent_workers=True)
options = {
    'train_dataloader': loader,
    'val_dataloader': loader,
    'test_dataloader': loader,
    'train_cfg.max_iters': iterations,
    'param_scheduler': [dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=iterations, by_epoch=False)],
}
conclusion = ''
