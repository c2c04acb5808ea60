"""7-Scenes: its sequences, as each scene's lists divide them."""
import pytest
from small_sets import write_seven_scenes

from mmdepthcls.datasets import SevenScenesDepthDataset


def sequences(root, **options):
    samples = SevenScenesDepthDataset(data_root=str(root), **options).load_data_list()
    return [tuple(sample['img_path'].split('/')[-3:-1]) for sample in samples]


def test_the_splits_of_each_scene(tmp_path):
    write_seven_scenes(tmp_path)
    (tmp_path / 'fire/TrainSplit.txt').write_text('sequence3\r\n')
    (tmp_path / 'fire/TestSplit.txt').write_text('sequence1\nsequence2')
    assert sequences(tmp_path, split='train') == [('chess', 'seq-01'), ('chess', 'seq-02'), ('fire', 'seq-03')]
    assert sequences(tmp_path, split='test') == [('chess', 'seq-03'), ('fire', 'seq-01'), ('fire', 'seq-02')]
    assert len(sequences(tmp_path)) == 6 and len(sequences(tmp_path, scenes='fire')) == 3


def test_mistakes(tmp_path):
    write_seven_scenes(tmp_path)
    with pytest.raises(ValueError, match="split must be 'train', 'test' or None, got 'val'"):
        sequences(tmp_path, split='val')
    (tmp_path / 'fire/TestSplit.txt').write_text('sequence4\n')
    with pytest.raises(FileNotFoundError, match=r"TestSplit.txt names \['seq-04'\], which is not in .*fire"):
        sequences(tmp_path, split='test')
    (tmp_path / 'fire/TestSplit.txt').unlink()
    with pytest.raises(FileNotFoundError, match="fire/TestSplit.txt does not exist, so that nothing says which"):
        sequences(tmp_path, split='test')
    with pytest.raises(FileNotFoundError, match=rf'There are such in {tmp_path}: set data_root'):
        sequences(tmp_path / 'chess')
