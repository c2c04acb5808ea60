"""Pictures of depth. ``depth_color`` and ``figures`` are pure."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthVisualizer': 'depth_visualizer',
    'color_bar': 'depth_color',
    'color_depth': 'depth_color',
    'contact_sheet': 'figures',
    'depth_figure': 'figures',
})
