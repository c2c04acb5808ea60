"""Pipeline transforms for depth."""
from ...compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthCrop': 'geometry',
    'DepthToBinLabel': 'labels',
    'KBCrop': 'geometry',
    'LoadDepth': 'loading',
    'LoadVelodyneDepth': 'loading',
    'PackDepthInputs': 'formatting',
    'RandomColorGain': 'color',
    'RandomDepthWarp': 'geometry',
    'RandomDepthZoom': 'geometry',
})
