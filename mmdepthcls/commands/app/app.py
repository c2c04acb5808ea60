"""A page in the browser: drop a picture, see its depth, how sure it is, and its points in space."""
import argparse
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ...invocation import PROGRAM
from ...shipped_files import is_checkout
from ..running import program
from .surroundings import LOOPBACK

HOST, PORT = '127.0.0.1', 7860
EPILOG = ('Pictures stay in the memory of this program until another one takes their place or their page is closed. '
          'Nothing is sent elsewhere. Ctrl-C ends it.')


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    parser.add_argument('--model', nargs='+', metavar='FILE', help='model files of publish, or .onnx and .xml of '
                        'export; of several the page offers a choice (default: the model of this package)')
    parser.add_argument('--device', help='such as cpu or cuda:0 (default: a GPU where there is one)')
    group = parser.add_argument_group('page')
    group.add_argument('--host', default=HOST, metavar='NAME', help='address to listen at (default: %(default)s, which '
                       'only this machine reaches; 0.0.0.0: everybody who reaches it, without a password)')
    group.add_argument('--port', type=int, default=PORT, help='(default: %(default)s; 0: any that is free)')
    group.add_argument('--open', action='store_true', help='open it in a browser')
    group.add_argument('--max-size', type=float, default=50, metavar='MB', help="of a picture's file (default: "
                       '%(default)g)')
    group.add_argument('--max-megapixels', type=float, default=40, metavar='N', help='of a picture, in millions of '
                       'pixels (default: %(default)g, which take 1 GB)')
    group.add_argument('--max-crf', type=float, default=50, metavar='N', help='pixels that the network sees, times '
                       'bins, that a dense CRF sharpens, in millions (default: %(default)g, which take half a minute '
                       'of one core and 4 GB; others wait meanwhile)')
    program.add_arguments(parser)
    args = parser.parse_args()
    check_arguments(parser, args)
    return args


def check_arguments(parser, args):
    """Look at the arguments before anything is loaded.

    Raises:
        UsageError: names the first that cannot be used.
    """
    if not 0 <= args.port <= 65535:
        parser.error(f'--port must be 0 to 65535, got {args.port}')
    for name in ('max_size', 'max_megapixels', 'max_crf'):
        if not 0 < getattr(args, name) < 10_000:
            parser.error(f'--{name.replace("_", "-")} must be positive, and below 10000, got {getattr(args, name):g}')
    for path in args.model or ():
        if not os.path.isfile(path):
            raise program.UsageError(f'--model {path} ' + ('is a folder' if os.path.isdir(path) else 'does not exist'))
    if find_spec('gradio') is None:
        from ...compat import installed_stack
        stack = installed_stack()
        install = f"-c requirements/{stack}.txt -e '.[{stack},app]'" if is_checkout() else "'mmdepthcls[app]'"
        raise program.UsageError('the page needs Gradio, which the extra "app" brings, and it is not installed here: '
                                 f'pip install {install}')


def main(args):
    from ..running import console
    from .offered_model import load_models
    from .surroundings import address_of, listen, prepare_environment
    from .visit import Visits
    from .workbench import MEGA, Workbench
    with tempfile.TemporaryDirectory(prefix=f'{PROGRAM}-app-') as folder:
        served, private = Path(folder, 'served'), Path(folder, 'private')
        served.mkdir()
        private.mkdir()
        with listen(args.host, args.port) as listener:
            with program.refusing():
                models = load_models(args.model, args.device)
            console.use_free_cpus()
            prepare_environment(served)
            from .server import serve  # with it comes Gradio, which reads the environment
            bench = Workbench(models, private, Visits(served), int(args.max_size * MEGA),
                              int(args.max_megapixels * MEGA), int(args.max_crf * MEGA))
            say(models, address_of(listener), args)
            serve(bench, listener, args.host)


def say(models, address, args):
    """Print what is offered, and where."""
    for model in models:
        print(f'Model {model.name}, on {model.inferencer.device}')
    if args.host not in LOOPBACK:
        print(f'Whoever reaches {args.host} can use the page: it asks for no password')
    print(f'The page is at {address}  (Ctrl-C ends it)', flush=True)
    if args.open:
        import webbrowser
        webbrowser.open(address)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True, interrupted='Stopped.')
