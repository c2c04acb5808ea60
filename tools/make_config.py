"""Turn a segmentation recipe of MMSegmentation into a depth config, and prove that it works."""

__mmdepthcls_command__ = True  # it registers when its arguments are read

import argparse
import sys
from pathlib import Path

from mmdepthcls import program
from mmdepthcls.recipes.depth_data import DATA

EPILOG = """The file is written only if it works: it is loaded as tools/train.py does, all in it is built, and the model
(without pretrained weights) trains a step on random images and predicts. Example:

    python tools/make_config.py segformer/segformer_mit-b2_8xb2-160k_ade20k-512x512.py --dataset kitti --bins sid71"""


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('recipe', metavar='MMSEG_CONFIG',
                        help="a config that MMSegmentation ships, such as segformer/NAME.py or NAME (with or without "
                        "'mmseg::'), or any config file of a segmentation model")
    parser.add_argument('--dataset', choices=sorted(DATA), default='kitti', help='default: %(default)s')
    parser.add_argument('--bins', default='sid71', metavar='NAME',
                        help='scheme and number of bins: sid71, ud71, lid32, ... (default: %(default)s)')
    parser.add_argument('--min-depth', type=float, metavar='M', help='first edge, m (default: 1 for sid, else 0)')
    parser.add_argument('--max-depth', type=float, default=80.0, metavar='M', help='last edge, m (default: 80)')
    parser.add_argument('--crop', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
                        help="training crops (default: the recipe's, cut to the size of the images)")
    parser.add_argument('--out', type=Path, metavar='FILE',
                        help='file to write (default: MODEL_DATASET_BINS.py in the current folder)')
    parser.add_argument('--force', action='store_true', help='overwrite an existing file')
    parser.add_argument('--no-trial', action='store_true',
                        help='do not build and run the model, which may be too large for this machine')
    program.add_arguments(parser)
    return parser.parse_args()


def main(args):
    from mmdepthcls.recipes.depth_config import bins_of_name, save_verified, short_name, write_config
    from mmdepthcls.recipes.recipe import read_recipe
    with program.refusing():
        recipe = read_recipe(args.recipe)
        path = args.out or Path(f'{short_name(recipe.path)}_{args.dataset}_{args.bins}.py')
        bins = bins_of_name(args.bins, args.min_depth, args.max_depth)
        config = write_config(recipe, args.dataset, bins, path.absolute().parent, args.crop and tuple(args.crop))
    trial = save_verified(config, path, args.force, not args.no_trial)
    print(f'{recipe.path}\nbecomes {path}:')
    print(''.join(f'- {change}\n' for change in config.changes), end='')
    if trial is None:
        print('Loaded; the model was not built (--no-trial).')
    else:
        print(f'Tried: {trial.num_parameters / 1e6:.1f} million parameters, a training step at '
              f'{trial.size[0]} x {trial.size[1]} (loss {trial.losses["loss"]:.2f}) and a prediction.')


if __name__ == '__main__':
    sys.exit(program.run(parse_args, main, host=True))
