"""SYNTHIA's split as files for other programs."""
import pytest

from mmdepthcls.datasets import SYNTHIADepthDataset
from mmdepthcls.datasets.synthia_split import MARKER, write_split_files


@pytest.mark.parametrize('nested', [True, False], ids=['Depth/Depth', 'Depth'])
def test_split_files_give_the_samples_of_the_split(tmp_path, builders, nested):
    numbers = [0, 49, 399, 400, 449, 450, 499, 500]
    builders.synthia(tmp_path, numbers, nested)
    folder = 'Depth/Depth' if nested else 'Depth'
    paths = write_split_files(tmp_path, numbers, folder)
    assert sorted(path.name for path in paths) == ['test.txt', 'train.txt', 'val.txt']
    lines = (tmp_path / 'val.txt').read_text().splitlines()
    assert lines[0].startswith(MARKER)
    assert lines[1:] == [f'RGB/0000{number}.png {folder}/0000{number}.png' for number in (400, 449)]
    for split in ('train', 'val', 'test'):
        by_rule = SYNTHIADepthDataset(split=split, data_root=str(tmp_path)).load_data_list()
        by_file = SYNTHIADepthDataset(ann_file=f'{split}.txt', data_root=str(tmp_path)).load_data_list()
        assert by_file == by_rule and len(by_rule) == dict(train=4, val=2, test=2)[split]


def test_split_files_of_others_are_never_overwritten(tmp_path, builders):
    write_split_files(tmp_path, [0, 1], 'Depth')
    write_split_files(tmp_path, [0, 1, 450], 'Depth')  # its own are
    assert 'RGB/0000450.png' in (tmp_path / 'test.txt').read_text()
    (tmp_path / 'test.txt').write_text('my own split\n')
    before = builders.contents(tmp_path)
    with pytest.raises(FileExistsError, match='test.txt exists and was not written by this tool'):
        write_split_files(tmp_path, [7], 'Depth')
    assert builders.contents(tmp_path) == before
