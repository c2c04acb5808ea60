# The small model on generated scenes, tested with a fully connected CRF, which works at the size of the network's input
# (here half the image's).
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r18_minidrive_sid71.py'
model = dict(crf=dict(type='DenseCRF'))
test_evaluator = [dict(type='DepthEvaluator'), dict(type='EdgeEvaluator')]
