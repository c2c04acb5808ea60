"""Labels a small target in one of several processes, as a launcher starts them."""
from multiprocessing import get_context
from pathlib import Path

import torch

import mmdepthcls.registration  # noqa: F401


def label(folder, data, model_cfg, settings, number=1, **options):
    """Label the images of a folder with a random model, in this process.

    Args:
        folder (str): of the round.
        data (str): folder of images, named in ``split.txt``.
        model_cfg (dict): of the model.
        settings (dict): of the self-training.
        number (int): of the round.
        **options: of the data set.
    """
    from mmengine.registry import DefaultScope
    from mmseg.registry import DATASETS, MODELS

    from mmdepthcls.adaptation.self_training import SelfTraining
    from mmdepthcls.adaptation.target_labelling import TargetLabelling
    from mmdepthcls.adaptation.target_reader import TargetReader
    settings = SelfTraining(**settings)
    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.manual_seed(0)
        model = MODELS.build(model_cfg).eval()
        dataset = DATASETS.build(dict(
            type='DepthFolderDataset', ann_file='split.txt', data_root=data, images_only=True, pipeline=[
                dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')], **options))
        vary(model, dataset)
        TargetLabelling(TargetReader(model, settings), dataset, Path(folder), settings).run(number)
    return model, dataset


def vary(model, dataset):
    """Let a random model read different depths in different pixels."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        for weight in model.decode_head.parameters():
            torch.nn.init.normal_(weight, std=0.04)
        model.train()
        model.extract_feat(torch.stack([dataset[index]['inputs'] for index in range(2)]).float() / 255)
    model.eval()


def label_together(processes, *arguments):
    """The same in several processes."""
    context = get_context('forkserver')
    meeting = f'file://{arguments[0]}.meeting'
    started = [context.Process(target=_join, args=(meeting, rank, processes, arguments)) for rank in range(processes)]
    for process in started:
        process.start()
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [0] * processes


def _join(meeting, rank, processes, arguments):
    torch.set_num_threads(1)
    torch.distributed.init_process_group('gloo', init_method=meeting, rank=rank, world_size=processes)
    label(*arguments)
    torch.distributed.destroy_process_group()
