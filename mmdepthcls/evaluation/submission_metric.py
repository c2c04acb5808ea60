"""The KITTI benchmark's submission, written while testing."""
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from .files.submission import SubmissionWriter


@METRICS.register_module()
class KITTISubmission(BaseMetric):
    """Writes every prediction as the KITTI depth benchmark wants it, and the zip to upload when all 500 are there.

    Args:
        output_dir (str): folder for the PNGs and ``submission.zip``.
        collect_device (str): see :class:`mmengine.evaluator.BaseMetric`.
        prefix (str, optional): see there.

    Raises:
        ValueError: for images that are not the benchmark's 500 of 352 x 1216, and bad predictions.

    Metrics: ``num_images``.
    """

    def __init__(self, output_dir, collect_device='cpu', prefix=None):
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.writer = SubmissionWriter(output_dir)

    def process(self, data_batch, data_samples):
        """Write one batch.

        Args:
            data_batch (dict): not used.
            data_samples (list[dict]): with ``pred_depth_map`` (1, 352, 1216) metres and ``img_path``.
        """
        for sample in data_samples:
            depth = sample['pred_depth_map']['data'].detach().cpu().float().numpy()[0]
            self.results.append(self.writer.add(sample['img_path'], depth))

    def compute_metrics(self, results):
        """Make the zip and read it back.

        Args:
            results (list[tuple[str, int]]): name and checksum of each image, of all processes.

        Returns:
            dict[str, int]
        """
        path = self.writer.finish(dict(tuple(pair) for pair in results))
        print_log(f'KITTI submission: {path}', logger='current')
        return dict(num_images=len(results))
