"""Loaders that a loop cannot use, with real runners."""
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset


class Numbers(Dataset):
    """Three samples."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return torch.tensor([float(index)])


class Line(BaseModel):
    """One weight."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, *inputs, mode='loss'):
        return dict(loss=(self.weight * torch.stack(inputs) - 1).square().mean())


def train(folder, batch_size, sampler='DefaultSampler', **loop):
    runner = Runner(Line(), str(folder), default_scope='mmseg', train_dataloader=dict(
        dataset=Numbers(), batch_size=batch_size, drop_last=True, sampler=dict(type=sampler), num_workers=0),
        train_cfg=loop, optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)), log_level='WARNING')
    runner.train()
    return runner.iter


@pytest.mark.parametrize('loop', [dict(by_epoch=True, max_epochs=2), dict(by_epoch=False, max_iters=2)])
def test_a_loader_without_a_batch_is_refused_and_others_train(tmp_path, loop):
    with pytest.raises(ValueError, match='the train_dataloader has no batch: 3 samples .* batch_size=4.*drop_last'):
        train(tmp_path, 4, **loop)
    assert train(tmp_path, 3, **loop) == 2


def test_an_endless_loader_fills_its_batches(tmp_path):
    assert train(tmp_path, 4, 'InfiniteSampler', by_epoch=False, max_iters=2) == 2
    with pytest.raises(ValueError, match='EpochBasedTrainLoop waits for the end of the train_dataloader'):
        train(tmp_path, 2, 'InfiniteSampler', by_epoch=True, max_epochs=1)
