from .depth_color import DepthColors as DepthColors
from .depth_color import color_bar as color_bar
from .depth_color import color_depth as color_depth
from .depth_sheet import SheetRow as SheetRow
from .depth_sheet import prediction_sheet as prediction_sheet
from .depth_visualizer import DepthVisualizer as DepthVisualizer
from .figures import contact_sheet as contact_sheet
from .figures import depth_figure as depth_figure
