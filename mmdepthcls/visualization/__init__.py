"""Pictures of depth. ``colour`` and ``figures`` are pure."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthVisualizer': 'depth_visualizer',
    'colour_bar': 'colour',
    'colour_depth': 'colour',
    'contact_sheet': 'figures',
    'depth_figure': 'figures',
})
