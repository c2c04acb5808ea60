"""One camera for all pictures, after Metric3D (Yin et al., ICCV 2023)."""
from __future__ import annotations

from mmcv.transforms import BaseTransform
from mmseg.datasets.transforms import Resize
from mmseg.registry import TRANSFORMS

from ...camera import PictureCamera, missing_focal, resized_focal

WAYS = ('depth', 'image')
MOST_PIXELS = 2**26  # of an image that is resized


@TRANSFORMS.register_module()
class CanonicalCamera(BaseTransform):
    """Train and test as if one camera had taken all pictures (Yin et al., Metric3D, ICCV 2023), see docs/cameras.md::

        model = dict(canonical_focal_px=1000.0, ...)
        train_pipeline = [..., dict(type='CanonicalCamera', focal_px=1000.0), dict(type='PackDepthInputs')]

    Depth stays in the metres of the camera that took the picture; the model's ``canonical_focal_px``, which must be the
    same, is what its metres are of.

    Required Keys:

    - focal_px (float): of ``img`` as it is; the dataset gives it, and every step that is known keeps it up to date.

    Modified Keys, by 'image' only:

    - img, gt_depth_map (optional), gt_seg_map (optional) and others named in ``seg_fields``: to another size, maps by
      nearest neighbor.
    - img_shape, scale, scale_factor, focal_px

    Added Keys:

    - canonical_focal_px (float)

    Args:
        focal_px: of the canonical camera, pixels of the network's input.
        by: 'depth': labels are of canonical metres (``DepthToBinLabel``, which belongs behind it, and the model make
            them; the image stays as it is); 'image': images are resized, so that their focal length is the canonical
            one. Belongs behind all that resizes (by 'image': before crops).

    Raises:
        ValueError: for another ``by`` and a focal length that is none; for a sample of unknown focal length, and by
            'image' one that would become larger than 2**26 pixels: names the image.
    """

    def __init__(self, focal_px: float, by: str = 'depth') -> None:
        if by not in WAYS:
            raise ValueError(f'CanonicalCamera: by must be one of {WAYS}, got {by!r}')
        self.focal_px = PictureCamera(focal_px, source='CanonicalCamera').focal_px
        self.by = by

    def transform(self, results: dict) -> dict:
        """Note the canonical camera; by 'image' resize to it."""
        focal = results.get('focal_px')
        if focal is None:
            raise ValueError(missing_focal(results.get('img_path'), results.get('focal_lost')))
        results['canonical_focal_px'] = self.focal_px
        return results if self.by == 'depth' else self._resized(results, focal)

    def _resized(self, results, focal):
        if 'gt_seg_map' in results:
            raise ValueError("CanonicalCamera(by='image') resizes the image, so DepthToBinLabel must come after it in "
                             'the pipeline')
        height, width = results['img'].shape[:2]
        zoom = self.focal_px / focal
        size = max(round(width * zoom), 1), max(round(height * zoom), 1)
        if size[0] * size[1] > MOST_PIXELS:
            raise ValueError(f'{results.get("img_path")}: its focal length of {focal:g} px would need an image of '
                             f'{size[0]} x {size[1]} pixels to become {self.focal_px:g} px. Is it counted in pixels? '
                             "Or take a smaller canonical focal length, or by='depth'.")
        if size == (width, height):
            return results
        before = results.get('scale_factor', (1.0, 1.0))
        resize = Resize(scale=size, interpolation='area' if zoom < 1 else 'bilinear')
        results = resize.transform(results)
        scale = size[0] / width, size[1] / height
        results['scale_factor'] = tuple(old * new for old, new in zip(before, scale, strict=False))
        results['focal_px'] = resized_focal(focal, *scale)
        return results

    def __repr__(self):
        return f'CanonicalCamera(focal_px={self.focal_px:g}, by={self.by!r})'
