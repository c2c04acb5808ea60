"""What the paper's figures are called and what stands below them. Pure."""
from ...bins import SIDBins, UDBins
from ...visualization.depth_color import FIRST_OF_ZERO, SCALES

CAPTIONS, INTERVALS = 'figures.md', 'figure_2.png'
OF_SYNTHIA = 'SYNTHIADepthDataset'
EQUAL = dict(zip(SCALES, ('ratios of depth', 'differences of depth', 'differences of 1/depth'), strict=True))


def compared_bins(bins):
    """Bins of Figure 2: uniform and spatially increasing ones of the model's range and number, and the model's own.

    Args:
        bins (DepthBins): the model's.

    Returns:
        dict[str, DepthBins]: title -> bins, from top to bottom. SID cannot begin at 0 m: there at a 100th of the end.
    """
    low, high, number = bins.min_depth, bins.max_depth, bins.num_bins
    compared = {'UD': UDBins(low, high, number), 'SID': SIDBins(low or high / FIRST_OF_ZERO, high, number)}
    own = [name for name, each in compared.items() if (each.edges == bins.edges).all()]
    if own:
        return {f'{name} (the model)' if name in own else name: each for name, each in compared.items()}
    return {**compared, f'{type(bins).__name__} (the model)': bins}


def sheet_name(datasets):
    """Name of the file of predictions: Figure 4 is of SYNTHIA, Figure 3 of KITTI and here of all other data."""
    return 'figure_4.png' if set(datasets) == {OF_SYNTHIA} else 'figure_3.png'


def captions(title, bins, colors, sheet, predictions, enlarged):
    """Captions of the figures, as Markdown.

    Args:
        title (str): config and checkpoint.
        bins (dict[str, DepthBins]): of Figure 2.
        colors (DepthColors): of the sheet.
        sheet (str): its file.
        predictions (list[SheetRow]): its rows.
        enlarged (bool): whether points of the ground truth are drawn larger than they are.

    Returns:
        str
    """
    strips = '; '.join(f'{name}: {each.num_bins} bins on [{each.min_depth:g}, {each.max_depth:g}] m'
                       for name, each in bins.items())
    number = sheet.removesuffix('.png').replace('_', ' ').capitalize()
    notes = ['']
    notes += ['Measured points of the ground truth are drawn larger than a pixel.'] if enlarged else []
    if not all(each.measured for each in predictions):
        notes.append('Where there is no ground truth, the panel says so.')
    rows = '\n'.join(f'{row}. `{each.name}`' for row, each in enumerate(predictions, 1))
    return f"""# Figures: {title}

After Oluwafemi et al. (2019).

## Figure 2: intervals

![Intervals]({INTERVALS})

{strips}. The paper draws a few intervals as a sketch; these are all that the model has, to scale.

## {number}: predictions

![Predictions]({sheet})

Image, ground truth and prediction of this model. One color scale for all, {colors.min_depth:g} to
{colors.max_depth:g} m, from the model's bins: {colors.colormap}, in which equal {EQUAL[colors.scale]} are
equally far apart. The legend names the color of pixels without depth.{' '.join(notes)}

{rows}

In the paper's Figures 3 (KITTI) and 4 (SYNTHIA) blue is nearer: `--colormap turbo` is blue near and red far.
"""
