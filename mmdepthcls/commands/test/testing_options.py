"""What the options of tools/test.py change in a config, alone and together."""
import inspect
import os
import os.path as osp

from mmengine.config import ConfigDict
from mmengine.device import get_device
from mmseg.registry import HOOKS, METRICS, MODELS, TRANSFORMS, VISBACKENDS

from ...config.config_class import class_name, class_of, is_a
from ...config.config_parts import evaluators_of, leaf_datasets, tested_model
from .option_pairs import check_options
from .scoring import LOADERS, as_configs, score_aligned, score_protocols, write_report

SILENT_BACKENDS = ('agg', 'cairo', 'pdf', 'pgf', 'ps', 'svg', 'template')
# What each launcher sets for its processes.
STARTED_BY = {'pytorch': ('RANK', 'torchrun'), 'slurm': ('SLURM_PROCID', 'srun'),
              'mpi': ('OMPI_COMM_WORLD_LOCAL_RANK', 'mpirun')}


def apply_options(cfg, args):
    """Everything that the options of ``tools/test.py`` ask for, in an order in which none undoes another.

    Args:
        cfg (Config): changed in place.
        args (argparse.Namespace): its options.

    Returns:
        list[str]: what else the user should know, a line each.

    Raises:
        ValueError: for what cannot be done.
    """
    check_options(args)
    check_launcher(args.launcher)
    remarks = []
    if args.tta:
        enable_tta(cfg)
    if args.submission:
        if not osp.isdir(args.submission_images):
            raise ValueError(f'--submission-images: there is no folder {args.submission_images}')
        write_submission(cfg, args.submission, args.submission_images)
    if args.protocols:
        remarks += score_protocols(cfg, args.protocols)
    if args.aligned:
        score_aligned(cfg)
    if args.report:
        write_report(cfg, args.report, f'{osp.basename(args.config)}, {osp.basename(args.checkpoint)}')
    if args.out:
        write_predictions(cfg, args.out)
    if args.show or args.show_dir:
        draw_predictions(cfg, args.show, args.show_dir, args.wait_time)
    return remarks


def check_launcher(launcher):
    """Refuse a launcher that did not start this process, or that finds no GPU.

    Raises:
        ValueError: says how to start.
    """
    if launcher == 'none':
        return
    variable, command = STARTED_BY[launcher]
    if not os.environ.get(variable):
        raise ValueError(f'--launcher {launcher}: this process was not started by {command} ({variable} is not set). '
                         f'Start it with {command}, or leave --launcher out')
    if get_device() == 'cpu':
        raise ValueError(f'--launcher {launcher}: MMEngine gives every process a GPU, and there is none. Leave '
                         '--launcher out')


def enable_tta(cfg):
    """Test with the config's ``tta_pipeline`` and ``tta_model``.

    Raises:
        ValueError: if the config lacks one of them, or has those of a segmentation recipe.
    """
    if is_a(cfg.model, MODELS, 'BaseTTAModel'):  # a config that MMEngine wrote into the work folder of such a test
        return
    missing = [key for key in ('tta_pipeline', 'tta_model') if key not in cfg]
    if missing:
        raise ValueError(f'--tta: the config has no {" and no ".join(missing)}')
    if is_a(cfg.model, MODELS, 'DepthClassifier') and is_a(cfg.tta_model, MODELS, 'SegTTAModel'):
        raise ValueError("--tta: the config still has MMSegmentation's SegTTAModel, which knows no depth. Set "
                         "tta_model=dict(type='DepthTTAModel') and a tta_pipeline with LoadDepth, as "
                         'configs/segformer_mit-b0_kitti_sid71.py does.')
    for dataset in leaf_datasets(cfg.test_dataloader.dataset):
        dataset.pipeline = cfg.tta_pipeline
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)


def write_predictions(cfg, folder):
    """Make the evaluator write its predictions into ``folder``: the first that scores depth, else every one that
    can. (Two would write over each other's files.)

    Args:
        cfg (Config): changed in place.
        folder (str): for the files.

    Raises:
        ValueError: if none of the config's test evaluators writes predictions.
    """
    evaluators = evaluators_of(cfg.test_evaluator)
    writing = [each for each in evaluators if is_a(each, METRICS, 'DepthEvaluator', 'PerSetEvaluator')][:1] or [
        each for each in evaluators if _takes(class_of(each, METRICS), 'output_dir')]
    if not writing:
        names = ', '.join(map(class_name, evaluators)) or 'no test_evaluator'
        raise ValueError(f"--out: {names} writes no predictions. Add dict(type='DepthEvaluator') to test_evaluator")
    for evaluator in as_configs(writing, '--out'):
        evaluator.update(output_dir=folder, keep_results=True)


def write_submission(cfg, folder, images):
    """Predict the KITTI benchmark's test images instead of the config's, and write its submission into ``folder``.

    Args:
        cfg (Config): changed in place.
        folder (str): for the PNGs and the zip.
        images (str): folder of the 500 test images.
    """
    dataset = leaf_datasets(cfg.test_dataloader.dataset)[0]
    cfg.test_dataloader.dataset = dict(
        type='DepthFolderDataset', data_prefix=dict(img_path=images, depth_map_path=None), test_mode=True,
        pipeline=_without_loading(dataset.pipeline))
    cfg.test_evaluator = dict(type='KITTISubmission', output_dir=folder)


def draw_predictions(cfg, show, folder, wait_time):
    """Turn on the visualization hook.

    Args:
        cfg (Config): changed in place.
        show (bool): whether to open windows.
        folder (str, optional): for picture files.
        wait_time (float): how long each window stays, s.

    Raises:
        ValueError: if the config has no such hook; if there is no display to show windows on.
    """
    hook = cfg.get('default_hooks', {}).get('visualization')
    if hook is None or not is_a(hook, HOOKS, 'SegVisualizationHook'):
        raise ValueError("--show and --show-dir need default_hooks.visualization=dict(type='SegVisualizationHook')")
    if show:
        _check_display()
    hook.update(draw=True, show=show, wait_time=wait_time)
    hook.setdefault('interval', 1)  # upstream draws every 50th image else
    if not cfg.get('visualizer'):
        bins = tested_model(cfg).get('bins') or {}
        cfg.visualizer = dict(type='DepthVisualizer', name='visualizer', **{
            key: bins[key] for key in ('min_depth', 'max_depth') if bins.get(key)})
    if folder:
        cfg.visualizer.save_dir = folder
        backends = cfg.visualizer.get('vis_backends') or []
        backends = list(backends) if isinstance(backends, (list, tuple)) else [backends]
        if not any(is_a(backend, VISBACKENDS, 'LocalVisBackend') for backend in backends):
            cfg.visualizer.vis_backends = [*backends, dict(type='LocalVisBackend')]


def _check_display():
    from matplotlib import pyplot
    if pyplot.get_backend().lower() in SILENT_BACKENDS:
        raise ValueError(f"--show: there is no display (matplotlib's backend is {pyplot.get_backend()}). Give "
                         '--show-dir DIR, which writes the pictures')


def _without_loading(steps):
    """A pipeline that loads no depth, not within its TestTimeAug either."""
    kept = []
    for step in steps:
        if isinstance(step, (list, tuple)):  # one of the alternatives of a TestTimeAug
            kept += [_without_loading(step)] if _without_loading(step) else []
        elif not is_a(step, TRANSFORMS, *LOADERS):
            kept.append(dict(step, transforms=_without_loading(step['transforms'])) if 'transforms' in step else step)
    return kept


def _takes(kind, name):
    """Whether a class has an argument of this name."""
    return any(name in inspect.signature(ancestor.__init__).parameters
               for ancestor in getattr(kind, '__mro__', ()) if '__init__' in vars(ancestor))
