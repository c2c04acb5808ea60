"""Stops a training whose batches hold no depth: a wrong depth_format or calibration would go unnoticed otherwise."""
import logging

from mmengine.logging import print_log

# Batches in a row without a single labelled pixel: one may be bad luck with crops, this many are a fault of the data.
MAX_EMPTY_BATCHES = 20


class EmptyBatches:
    """Counts the batches in a row without a labelled pixel: warns of the first, and refuses to go on after many."""

    def __init__(self):
        self.in_a_row = 0

    def count(self, labelled, data_samples, bins):
        """Take note of a batch.

        Args:
            labelled (bool): whether a pixel of it has a label.
            data_samples (list[SegDataSample]): the batch, for the message.
            bins (DepthBins): the model's, likewise.

        Raises:
            ValueError: for the last of :data:`MAX_EMPTY_BATCHES` in a row.
        """
        self.in_a_row = 0 if labelled else self.in_a_row + 1
        if self.in_a_row in (1, MAX_EMPTY_BATCHES):
            paths = ', '.join(str(sample.get('img_path')) for sample in data_samples)
            message = (f'{self.in_a_row} batch(es) in a row without one pixel of depth in {bins!r}, the last of '
                       f'{paths}. Look at the ground truth, depth_format and the calibration.')
            if self.in_a_row == MAX_EMPTY_BATCHES:
                raise ValueError(message)
            print_log(message, logger='current', level=logging.WARNING)
