"""The public names that scripts and configs rely on, frozen."""
import importlib

import pytest

NAMES = {
    'mmdepthcls.bins': ['SIDBins', 'UDBins', 'LIDBins'],
    'mmdepthcls.crf.dense_crf': ['dense_crf', 'label_compatibility'],
    'mmdepthcls.datasets': ['DepthDataset', 'DepthFolderDataset', 'KITTIDepthDataset', 'SYNTHIADepthDataset',
                            'MiniDriveDataset', 'eigen_split'],
    'mmdepthcls.commands.minidrive': ['make_minidrive', 'sample_scene', 'render', 'sparsify'],
    'mmdepthcls.datasets.velodyne': ['read_calibration', 'project_velodyne'],
    'mmdepthcls.datasets.depth_file': ['DepthFormat', 'read_depth', 'probe_depth'],
    'mmdepthcls.datasets.transforms': ['LoadDepth', 'LoadVelodyneDepth', 'DepthToBinLabel', 'RandomDepthWarp',
                                       'RandomDepthZoom', 'RandomColorGain', 'DepthCrop', 'KBCrop', 'PackDepthInputs'],
    'mmdepthcls.models': ['DepthClassifier', 'DeepLabV2Head', 'DepthDataPreProcessor', 'DepthTTAModel',
                          'ExpectationDecoder', 'ArgmaxDecoder', 'AdaptiveBinsHead', 'BinLogits', 'BinsUser', 'Decoder',
                          'ImageBins', 'ImageBinsHead'],
    'mmdepthcls.models.losses': ['CenterLoss', 'DepthLoss', 'SparseCrossEntropyLoss', 'ExpectationSILogLoss'],
    'mmdepthcls.evaluation': ['depth_errors', 'crop_region', 'best_constant', 'mean_depth_map', 'DepthEvaluator'],
    'mmdepthcls.hooks': ['FiniteLoaderHook', 'FiniteLossHook', 'ResumeBinsHook', 'WorkFolderHook'],
    'mmdepthcls.visualization': ['color_depth', 'depth_figure', 'DepthVisualizer'],
}
REGISTERED = {
    'DATASETS': ['DepthFolderDataset', 'KITTIDepthDataset', 'SYNTHIADepthDataset', 'MiniDriveDataset'],
    'TRANSFORMS': ['LoadDepth', 'LoadVelodyneDepth', 'DepthToBinLabel', 'RandomDepthWarp', 'RandomDepthZoom',
                   'RandomColorGain', 'DepthCrop', 'KBCrop', 'PackDepthInputs'],
    'MODELS': ['DepthClassifier', 'DeepLabV2Head', 'DepthDataPreProcessor', 'DepthTTAModel', 'ExpectationDecoder',
               'ArgmaxDecoder', 'AdaptiveBinsHead'],
    'TASK_UTILS': ['DepthBins', 'SIDBins', 'UDBins', 'LIDBins'],
    'METRICS': ['DepthEvaluator'],
    'VISUALIZERS': ['DepthVisualizer'],
    'HOOKS': ['FiniteLoaderHook', 'FiniteLossHook', 'ResumeBinsHook', 'WorkFolderHook'],
}


@pytest.mark.parametrize('module', NAMES)
def test_public_names(module):
    imported = importlib.import_module(module)
    for name in NAMES[module]:
        assert getattr(imported, name).__doc__, f'{module}.{name} has no docstring'


@pytest.mark.parametrize('registry', REGISTERED)
def test_importing_the_package_registers(registry):
    import mmseg.registry

    import mmdepthcls  # noqa: F401  (imported only to register)
    for name in REGISTERED[registry]:
        assert getattr(mmseg.registry, registry).get(name).__module__.startswith('mmdepthcls.')
