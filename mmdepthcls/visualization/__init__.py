"""Pictures of depth. ``color`` and ``figures`` are pure."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthVisualizer': 'depth_visualizer',
    'color_bar': 'color',
    'color_depth': 'color',
    'contact_sheet': 'figures',
    'depth_figure': 'figures',
})
