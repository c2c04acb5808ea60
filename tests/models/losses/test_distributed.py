"""Two processes, one of which may have nothing to learn from."""
import pytest
import torch
from mmengine.dist import get_rank
from mmseg.registry import MODELS
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from mmdepthcls.bins import SIDBins

KINDS = ('SparseCrossEntropyLoss', 'BalancedCrossEntropyLoss', 'SoftLabelLoss', 'OrdinalLoss', 'FocalDepthLoss',
         'ExpectationSILogLoss')


def images_and_labels(case):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, 4, 4, generator=generator)
    label = torch.randint(0, 5, (2, 9, 9), generator=generator)
    label[1, 1:] = 255  # the second process has fewer pixels ...
    if case != 'few':
        label[1] = 255  # ... or none ...
    if case == 'nowhere':
        label[:] = 255  # ... or there is none at all
    return images, label


def build(kind):
    torch.manual_seed(0)
    loss = MODELS.build(dict(type=kind))
    if kind in KINDS:
        loss.set_bins(SIDBins(1.0, 80.0, 5))
    return nn.Conv2d(3, 5, 1), loss


def gradients(case, part, wrap):
    images, label = images_and_labels(case)
    result = {}
    for kind in KINDS:
        network, loss = build(kind)
        wrapped = wrap(network)
        value = loss(wrapped(images[part]), label[part])
        value.backward()
        result[kind] = (value.detach(), network.weight.grad, network.bias.grad)
    network, loss = build('BinChamferLoss')
    wrapped = wrap(network)  # averages gradients while it lives
    centers = 40 + 20 * wrapped(images[part]).mean(dim=(2, 3))
    value = loss(centers, label[part] * 10.0, label[part] != 255)
    value.backward()
    result['BinChamferLoss'] = (value.detach(), network.weight.grad, network.bias.grad)
    return result


def train(rank, folder):
    torch.set_num_threads(1)
    distributed.init_process_group('gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2)
    results = {case: gradients(case, slice(get_rank(), get_rank() + 1), DistributedDataParallel)
               for case in ('few', 'none', 'nowhere')}
    torch.save(results, f'{folder}/{rank}.pth')
    distributed.destroy_process_group()


@pytest.fixture(scope='module')
def of_two_processes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('distributed')
    context = torch.multiprocessing.start_processes(
        train, (str(folder), ), nprocs=2, join=False, start_method='forkserver')
    for _ in range(25):  # less than the suite's limit for a test; a busy machine is slow
        if context.join(timeout=10):
            break
    else:
        for process in context.processes:
            process.kill()
        pytest.fail('The processes wait for each other.')
    return [torch.load(folder / f'{rank}.pth', weights_only=False) for rank in (0, 1)]


@pytest.mark.skipif(not distributed.is_available(), reason='this torch has no distributed package')
@pytest.mark.parametrize('case', ['few', 'none', 'nowhere'])
@pytest.mark.parametrize('kind', [*KINDS, 'BinChamferLoss'])
def test_loss_and_gradient_are_those_of_one_process_with_all_images(of_two_processes, case, kind):
    expected = gradients(case, slice(None), lambda network: network)[kind]
    for result in of_two_processes:
        for got, value in zip(result[case][kind], expected, strict=True):
            torch.testing.assert_close(got, value, rtol=1e-5, atol=1e-6)
