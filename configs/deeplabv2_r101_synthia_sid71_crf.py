# The paper's whole network: with the fully connected CRF that DeepLab v2 ends with, at its published settings. Only
# testing differs: python tools/test.py configs/deeplabv2_r101_synthia_sid71_crf.py CHECKPOINT
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r101_synthia_sid71.py'
# paper silent: settings. Those of DeepLab v2 on ResNet-101; see docs/crf.md before you use them on ordered bins.
model = dict(crf=dict(type='DenseCRF'))
