"""Test-time augmentation for depth."""
import torch
from mmengine.model import BaseTTAModel
from mmseg.registry import MODELS


@MODELS.register_module()
class DepthTTAModel(BaseTTAModel):
    """Average the bin probabilities of augmented views of an image, then decode once.

    Args:
        module (dict or nn.Module): a :class:`DepthClassifier`; its logits are asked for.
        data_preprocessor (dict, optional): see :class:`mmengine.model.BaseTTAModel`.
    """

    def __init__(self, module, data_preprocessor=None):
        super().__init__(module, data_preprocessor)
        self.asked_for_logits = 'logits' in self.module.test_cfg['outputs']
        self.module.test_cfg['outputs'] = tuple(self.module.test_cfg['outputs']) + ('logits', )

    def merge_preds(self, data_samples_list):
        """Merge the views of each image.

        Args:
            data_samples_list (list[list[SegDataSample]]): for each image its views, at the original size and unflipped.

        Returns:
            list[SegDataSample]: one an image, as :class:`DepthClassifier` returns them.
        """
        return [self._merge(views) for views in data_samples_list]

    def _merge(self, views):
        probabilities = torch.stack([view.seg_logits.data.softmax(dim=0) for view in views]).mean(dim=0)
        merged = views[0].clone()
        # Logarithms of probabilities are logits again.
        logits = probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
        merged.seg_logits.data = logits
        self.module.decode_result(merged, logits)
        if not self.asked_for_logits:
            del merged.seg_logits
        return merged
