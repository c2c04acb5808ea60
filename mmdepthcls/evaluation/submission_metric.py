"""The KITTI benchmark's submission, written while testing."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from .files.submission import SubmissionWriter


@METRICS.register_module()
class KITTISubmission(BaseMetric):
    """Writes every prediction as the KITTI depth benchmark wants it, and the zip to upload when all 500 are there.

    Args:
        output_dir: folder for the PNGs and ``submission.zip``.
        collect_device: see :class:`mmengine.evaluator.BaseMetric`.
        prefix: see there.

    Raises:
        ValueError: for images that are not the benchmark's 500 of 352 x 1216, and bad predictions.

    Metrics: ``num_images``.
    """

    def __init__(self, output_dir: str, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.writer = SubmissionWriter(output_dir)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Write one batch.

        Args:
            data_batch: not used.
            data_samples: with ``pred_depth_map`` (1, 352, 1216) metres and ``img_path``.
        """
        for sample in data_samples:
            depth = sample['pred_depth_map']['data'].detach().cpu().float().numpy()[0]
            self.results.append(self.writer.add(sample['img_path'], depth))

    def compute_metrics(self, results: list[tuple[str, int]]) -> dict[str, int]:
        """Make the zip and read it back.

        Args:
            results: name and checksum of each image, of all processes.
        """
        path = self.writer.finish(dict(results))
        print_log(f'KITTI submission: {path}', logger='current')
        return dict(num_images=len(results))
