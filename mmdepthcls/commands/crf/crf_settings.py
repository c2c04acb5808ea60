"""What of the CRF is tuned, and by what. Pure, and quick to import."""
from ...evaluation.errors import ALL_NAMES

# Chen et al. (2018) fix the smoothness kernel and search these.
SEARCHED = ('appearance_weight', 'appearance_width', 'color_width')
# Those whose least value is the best.
METRICS_TO_TUNE = tuple(name for name in ALL_NAMES if name not in ('d1', 'd2', 'd3'))
