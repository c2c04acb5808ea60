"""The whole config of docs/data.md trains on anybody's two folders."""
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.runner import Runner

ROOT = Path(__file__).parents[2]


def test_the_config_of_the_docs_trains_and_scores(tmp_path, monkeypatch):
    block, = re.findall(r'```python\n(# configs/mine\.py.*?)```', (ROOT / 'docs/data.md').read_text('utf-8'), re.DOTALL)
    shutil.copytree(ROOT / 'configs/_base_', tmp_path / 'configs/_base_')
    (tmp_path / 'configs/mine.py').write_text(block)
    for part, count in (('train', 3), ('val', 2)):
        for index in range(count):
            rng = np.random.default_rng(index)
            depth = cv2.resize(rng.uniform(500, 10000, (6, 8)), (128, 96)).astype(np.uint16)
            for folder, pixels in (('image', rng.integers(0, 256, (96, 128, 3), np.uint8)), ('depth', depth)):
                path = tmp_path / f'data/mine/{folder}/{part}/{index}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), pixels)
    monkeypatch.chdir(tmp_path)
    cfg = Config.fromfile('configs/mine.py')
    cfg.merge_from_dict({'work_dir': 'out', 'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2,
                         'train_dataloader.batch_size': 2, 'env_cfg.mp_cfg.mp_start_method': 'fork',
                         **{f'{name}_dataloader.{key}': value for name in ('train', 'val', 'test')
                            for key, value in (('num_workers', 0), ('persistent_workers', False))}})
    runner = Runner.from_cfg(cfg)
    runner.train()
    depth = runner.val_dataloader.dataset[0]['data_samples'].gt_depth_map.data
    assert runner.iter == 2 and 0.5 <= depth[depth > 0].min() <= depth.max() <= 10
    assert list((tmp_path / 'out').glob('best_abs_rel*.pth'))
