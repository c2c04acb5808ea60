"""What a depth classifier writes into data samples: its maps at the size of the original image, in metres of the camera
that took it, pasted into the frame that they are a part of."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from ..bins import BINS_SCALE, DEPTH_RANGE, IGNORE_INDEX, DepthBins
from .bin_logits import BinLogits
from .canonical_metres import CanonicalMetres
from .decoded_maps import logits_of_model_bins, predict_maps, resized
from .decoders import Decoder
from .frame import as_host_sees, paste_into_frame


class ResultMaps(NamedTuple):
    """Writes results into data samples.

    Args:
        bins, decoder, metres, test_cfg, align_corners: the classifier's.
    """
    bins: DepthBins
    decoder: Decoder
    metres: CanonicalMetres
    test_cfg: Mapping[str, Any]
    align_corners: bool

    def write(self, result: SegDataSample, logits: BinLogits, input_size: Sequence[int],
              write_decoded: Callable[[SegDataSample, BinLogits], Any]) -> None:
        """Write all that ``test_cfg`` asks for but views.

        Args:
            result: changed in place.
            logits: (K, h, w) of the image.
            input_size: height and width of the network's input.
            write_decoded: :meth:`write_decoded` as the classifier has it, for the logits at the size of the output.
        """
        at_output, outputs = self.test_cfg['decode_at'] == 'output', self.test_cfg['outputs']
        result.set_metainfo({DEPTH_RANGE: self.metres.depth_range or (self.bins.min_depth, self.bins.max_depth),
                             BINS_SCALE: self.metres.factor(result.metainfo)})
        if at_output or 'logits' in outputs:
            upsampled = logits._replace(logits=self._at_output(logits.logits, result.metainfo, input_size).float())
            if at_output:
                write_decoded(result, upsampled)
            if 'logits' in outputs:
                result.set_data(dict(seg_logits=PixelData(data=logits_of_model_bins(upsampled, self.bins))))
        if not at_output:
            maps = self._in_metres(logits, result.metainfo, outputs)
            _paste(result, {name: self._at_output(each, result.metainfo, input_size) for name, each in maps.items()})

    def write_decoded(self, result: SegDataSample, logits: BinLogits) -> None:
        """Write the maps of full-size logits (K, H, W), and remove what nobody asked for."""
        outputs = self.test_cfg['outputs']
        _paste(result, self._in_metres(logits, result.metainfo, outputs))
        if 'logits' not in outputs:
            result.pop('seg_logits', None)

    def write_view(self, result: SegDataSample, logits: BinLogits, input_size: Sequence[int], name: str) -> None:
        """Write depth at the size of the network's input, without padding, the right way round, as a field."""
        depth = self._in_metres(logits, result.metainfo, ())['pred_depth_map']
        depth = resized(depth, input_size, self.align_corners)
        result.set_data({name: PixelData(data=as_host_sees(depth, result.metainfo))})

    def _in_metres(self, logits, metainfo, outputs):
        """Maps of one image, see :func:`.predict_maps`, in metres of the camera that took it."""
        maps = predict_maps(logits, self.bins, self.decoder, outputs)
        return self.metres.in_metres(maps, self.metres.factor(metainfo))

    def _at_output(self, values, metainfo, input_size):
        return at_output(values, metainfo, input_size, self.align_corners)


def at_output(values: torch.Tensor, metainfo: Mapping[str, Any], input_size: Sequence[int],
              align_corners: bool) -> torch.Tensor:
    """A map at the size of the original image: without padding, the right way round.

    Args:
        values: (C, h, w).
        metainfo: of the sample.
        input_size: height and width of the network's input.
        align_corners: of the model.

    Returns:
        (C, H, W).
    """
    values = as_host_sees(resized(values, input_size, align_corners), metainfo)
    return resized(values, metainfo.get('ori_shape', values.shape[1:]), align_corners)


def _paste(result, maps):
    """Add maps (C, h, w) to a data sample, pasted into the frame that they are a part of."""
    for name, values in maps.items():
        unseen = IGNORE_INDEX if name == 'pred_sem_seg' else 0  # where nothing was predicted
        result.set_data({name: PixelData(data=paste_into_frame(values, result.metainfo, unseen))})
