"""Turn a segmentation recipe of MMSegmentation into a depth config, and prove that it works."""
import argparse
from dataclasses import replace

from ...invocation import command
from ..running import program
from ..running.terminal import fitted
from .depth_data import DATA
from .recipe_file import find_recipe, short_name

EPILOG = """The file is written only if it works: it is loaded as for a training, all in it is built, and the model
(without pretrained weights) trains a step on random images and predicts. Examples:

    {command} segformer/segformer_mit-b2_8xb2-160k_ade20k-512x512.py \\
        --dataset kitti --bins sid71
    {command} segformer_mit-b0_8xb2-160k_ade20k-512x512 \\
        --dataset folder --data-root data/mine \\
        --images rgb --depth depth --depth-scale 1000 --make-split --min-depth 0.5 --max-depth 10"""

OWN = ('images', 'depth', 'depth_scale', 'make_split')


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG.format(command=command('make-config')),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('recipe', metavar='MMSEG_CONFIG',
                        help="a config that MMSegmentation ships, such as segformer/NAME.py or NAME (with or without "
                        "'mmseg::'), or any config file of a segmentation model")
    parser.add_argument('--dataset', choices=sorted(DATA), default='kitti', metavar='NAME',
                        help=f'{", ".join(sorted(DATA))} (default: %(default)s)')
    parser.add_argument('--bins', default='sid71', metavar='NAME',
                        help='scheme and number of bins: sid71, ud71, lid32, ... (default: %(default)s)')
    parser.add_argument('--min-depth', type=float, metavar='M', help='first edge, m (default: 1 for sid, 0.5 for '
                        'rooms, else 0)')
    parser.add_argument('--max-depth', type=float, metavar='M', help='last edge, m (default: 80, for rooms 10)')
    parser.add_argument('--crop', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
                        help="training crops (default: the recipe's, cut to the size of the images)")
    parser.add_argument('--data-root', metavar='DIR',
                        help="folder of the data (default: what the data set's environment variable says)")
    own = parser.add_argument_group('own data', 'with --dataset folder and --data-root')
    own.add_argument('--images', metavar='FOLDER', help='folder of images below DIR (default: image)')
    own.add_argument('--depth', metavar='FOLDER', help='folder of depth maps of equal names below DIR (default: depth)')
    own.add_argument('--depth-scale', type=float, metavar='N',
                     help='stored units per metre: 1000 for millimetres (default: 256 for whole numbers, else 1)')
    own.add_argument('--make-split', action='store_true',
                     help='write train.txt, val.txt and test.txt into DIR, of the pairs in these two folders')
    parser.add_argument('--out', metavar='PATH',
                        help='file to write, or its folder (default: MODEL_DATASET_BINS.py in the current folder)')
    parser.add_argument('--force', action='store_true', help='overwrite existing files')
    parser.add_argument('--no-trial', action='store_true',
                        help='do not build and run the model, which may be too large for this machine')
    program.add_arguments(parser)
    args = parser.parse_args()
    given = [f'--{name.replace("_", "-")}' for name in OWN if getattr(args, name)]
    if given and (args.dataset != 'folder' or not args.data_root):
        parser.error(f'{given[0]} goes with --dataset folder and --data-root DIR')
    if args.depth_scale is not None and not 0 < args.depth_scale < float('inf'):
        parser.error(f'--depth-scale must be > 0, got {args.depth_scale:g}')
    with program.refusing():
        check_arguments(args)
    return args


def check_arguments(args):
    """Find the recipe, the bins and the file to write, and look at the folders: all that needs no model.

    Args:
        args (argparse.Namespace): with ``recipe``, which becomes a path, and what becomes ``path`` and ``bin_config``.

    Raises:
        ValueError, OSError: with what is wrong.
    """
    from .named_bins import bins_of_name
    from .output_file import output_path
    args.recipe, args.bins = find_recipe(args.recipe), args.bins.lower()
    args.path = output_path(args.out, f'{short_name(args.recipe)}_{args.dataset}_{args.bins}.py', args.force)
    nearest, farthest = DATA[args.dataset].depth_range
    args.bin_config = bins_of_name(args.bins, args.min_depth, farthest if args.max_depth is None else args.max_depth,
                                   nearest)
    if args.data_root:
        from .own_folders import USUAL_FOLDERS, check_folders, check_root
        check_root(args.data_root)
        args.images, args.depth = args.images or USUAL_FOLDERS[0], args.depth or USUAL_FOLDERS[1]
        if args.make_split:
            check_folders(args.data_root, (args.images, args.depth))


def find_data(args):
    """DepthData of the arguments, and own data with the lists that are to be written, where that is asked for."""
    if not args.data_root:
        return DATA[args.dataset].as_found(), None, {}
    if args.dataset != 'folder':
        return DATA[args.dataset].in_folder(args.data_root).as_found(), None, {}
    from .own_data import OwnData
    own = OwnData(args.data_root, args.images, args.depth, args.depth_scale)
    lists = own.make_lists(args.force) if args.make_split else {}
    data = replace(own.data(lists), image_size=own.image_size(bool(lists)), measured=True)
    own.check_range((args.bin_config['min_depth'], args.bin_config['max_depth']), bool(lists))
    return data, own, lists


def main(args):
    from .adaptation import exchanged_crop
    from .depth_config import write_config
    from .recipe import read_recipe
    from .verification import save_verified
    with program.refusing():
        recipe = read_recipe(args.recipe)
        data, own, lists = find_data(args)
        config = write_config(recipe, data, args.bin_config, args.path.absolute().parent,
                              args.crop and tuple(args.crop))
    trial = save_verified(config, args.path, args.force, not args.no_trial)
    if own:
        own.write(lists)
    exchanged = exchanged_crop(config.crop, config.image_size)
    remarks = [*(own.remarks if own else ()), *([exchanged] if exchanged else ())]
    print(fitted('\n'.join([
        str(recipe.path), f'becomes {args.path}:', *(f'- {change}' for change in config.changes),
        'Loaded; the model was not built (--no-trial).' if trial is None else
        f'Tried: {trial.num_parameters / 1e6:.1f} million parameters, a training step at {trial.size[0]} x '
        f'{trial.size[1]} (loss {trial.losses["loss"]:.2f}) and a prediction.',
        f'Data: {data.where}', *(f'Note: {remark}.' for remark in remarks)])))
    if args.data_root:
        print_samples(args.path, lists)
    print(f'Next: {command("check-data")} {args.path}\n      {command("train")} {args.path}')


def print_samples(path, lists):
    if lists:
        print(f'Written: {", ".join(lists)}')
    from .verification import count_samples
    try:
        counts = count_samples(path)
    except (OSError, ValueError) as error:
        print(fitted(f'The data cannot be used yet: {error}'))
    else:
        print(f'Samples: {", ".join(f"{count} for {part}" for part, count in counts.items())}; all files looked at')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
