"""What the options of tools/test.py change in a config, alone and together."""
import inspect
import os
import os.path as osp

from mmengine.config import ConfigDict
from mmengine.device import get_device
from mmseg.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS, VISBACKENDS

from ...config.config_class import class_name, class_of, is_a
from ...config.config_parts import depth_evaluators, evaluators_of, leaf_datasets, tested_model
from ...evaluation.protocols import build_protocols
from .option_pairs import check_options

# Which published rows stand beside a test on these data.
PUBLISHED_ON = {'KITTIDepthDataset': 'kitti_eigen', 'SYNTHIADepthDataset': 'synthia'}
# How the ground truths that protocols name are loaded on KITTI.
LOADING = {
    'annotated': dict(type='LoadDepth'),
    'velodyne': dict(type='LoadVelodyneDepth', convention='kitti'),
    'velodyne_monodepth': dict(type='LoadVelodyneDepth', convention='monodepth'),
}
LOADERS = ('LoadDepth', 'LoadVelodyneDepth')
# Which settings of a DepthEvaluator protocols have of their own.
OF_PROTOCOLS = ('min_depth', 'max_depth', 'crop')
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
    """Make the evaluator write its predictions into ``folder``: the first ``DepthEvaluator``, else every one that can.
    (Two would write over each other's files.)

    Args:
        cfg (Config): changed in place.
        folder (str): for the files.

    Raises:
        ValueError: if none of the config's test evaluators writes predictions.
    """
    evaluators = evaluators_of(cfg.test_evaluator)
    writing = [each for each in evaluators if is_a(each, METRICS, 'DepthEvaluator')][:1] or [
        each for each in evaluators if _takes(class_of(each, METRICS), 'output_dir')]
    if not writing:
        names = ', '.join(map(class_name, evaluators)) or 'no test_evaluator'
        raise ValueError(f"--out: {names} writes no predictions. Add dict(type='DepthEvaluator') to test_evaluator")
    for evaluator in _configs(writing, '--out'):
        evaluator.update(output_dir=folder, keep_results=True)


def score_protocols(cfg, names):
    """Test under these protocols: the evaluator, what the model gives, and on KITTI the ground truths that they need.

    Protocols of the KB crop have another input than all others. Where all of ``names`` are such, the test pipelines get
    a ``KBCrop``; else they are left unscored, and the table says so.

    Args:
        cfg (Config): changed in place.
        names (list[str]): presets, see :mod:`mmdepthcls.evaluation.protocols`.

    Returns:
        list[str]: which settings of the config's evaluator do not apply.

    Raises:
        ValueError: for an unknown preset; if the config's test evaluator is no ``DepthEvaluator``; if its model is one
            for test-time augmentation.
    """
    if is_a(cfg.model, MODELS, 'BaseTTAModel'):
        raise ValueError(f'--protocols: model.type is {class_name(cfg.model)}, as --tta makes it, but protocols say '
                         'themselves how a depth is predicted. Give the config of the training')
    protocols, remarks = build_protocols(names), []
    for evaluator in _configs(depth_evaluators(cfg, '--protocols'), '--protocols'):
        own = [f'{key}={evaluator.pop(key)!r}' for key in OF_PROTOCOLS if key in evaluator]
        if own:
            remarks.append(f"--protocols: the config's DepthEvaluator({', '.join(own)}) does not apply, every protocol "
                           'has a cap and a crop of its own')
        evaluator.protocols = list(names)
    if is_a(cfg.model, MODELS, 'DepthClassifier'):
        test_cfg = cfg.model.setdefault('test_cfg', ConfigDict(mode='whole'))
        test_cfg.outputs = tuple({*test_cfg.get('outputs', ()), 'views'})
        test_cfg.flip = any(protocol.flip for protocol in protocols)
    for dataset in leaf_datasets(cfg.test_dataloader.dataset):
        _fit_dataset(dataset, protocols)
    return remarks


def score_aligned(cfg):
    """Score each protocol of the test's ``DepthEvaluator``s also aligned to the ground truth.

    Args:
        cfg (Config): changed in place.

    Raises:
        ValueError: if the config's test evaluator is no ``DepthEvaluator``.
    """
    for evaluator in _configs(depth_evaluators(cfg, '--aligned'), '--aligned'):
        evaluator.aligned = True


def _fit_dataset(dataset, protocols):
    """Load the ground truths of the protocols, and crop the input if all of them do."""
    pipeline = list(dataset.pipeline)
    if is_a(dataset, DATASETS, 'KITTIDepthDataset'):
        needed = {protocol.ground_truth for protocol in protocols} - {None}
        dataset.ground_truth = [name for name, wanted in (('annotated', 'annotated' in needed),
                                                          ('velodyne', needed - {'annotated'})) if wanted]
        pipeline = _with_loading(pipeline, [step for name, step in LOADING.items() if name in needed])
    if (all(protocol.input_crop == 'kb' for protocol in protocols)
            and not any(is_a(step, TRANSFORMS, 'KBCrop') for step in pipeline)):
        loading = [index for index, step in enumerate(pipeline) if is_a(step, TRANSFORMS, 'LoadImageFromFile')]
        if not loading:
            raise ValueError('--protocols: the test pipeline has no LoadImageFromFile after which to crop; put a '
                             'KBCrop into it')
        pipeline.insert(loading[0] + 1, dict(type='KBCrop'))
    dataset.pipeline = [dict(step, type='PackDepthInputs') if class_name(step) == 'PackSegInputs' else step
                        for step in pipeline]


def write_report(cfg, folder, title):
    """Make the test's first ``DepthEvaluator`` write a report into ``folder``.

    Args:
        cfg (Config): changed in place.
        folder (str): for the report.
        title (str): what is evaluated.

    Raises:
        ValueError: if the config's test evaluator is no ``DepthEvaluator``.
    """
    published = {PUBLISHED_ON.get(class_name(dataset)) if str(dataset.get('split')).startswith('test') else None
                 for dataset in leaf_datasets(cfg.test_dataloader.dataset)}
    evaluator = _configs(depth_evaluators(cfg, '--report'), '--report')[0]
    evaluator.update(report_dir=folder, report_title=title, bins=tested_model(cfg).get('bins'),
                     published=published.pop() if len(published) == 1 else None)


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


def _with_loading(pipeline, loading):
    """A pipeline that loads depth where it did before, but by other steps."""
    first = next((index for index, step in enumerate(pipeline) if is_a(step, TRANSFORMS, *LOADERS)), len(pipeline) - 1)
    return [step for step in (*pipeline[:first], *loading, *pipeline[first:])
            if not is_a(step, TRANSFORMS, *LOADERS) or any(step is added for added in loading)]


def _without_loading(steps):
    """A pipeline that loads no depth, not within its TestTimeAug either."""
    kept = []
    for step in steps:
        if isinstance(step, (list, tuple)):  # one of the alternatives of a TestTimeAug
            kept += [_without_loading(step)] if _without_loading(step) else []
        elif not is_a(step, TRANSFORMS, *LOADERS):
            kept.append(dict(step, transforms=_without_loading(step['transforms'])) if 'transforms' in step else step)
    return kept


def _configs(evaluators, option):
    """Evaluators that are configs still."""
    built = [each for each in evaluators if not isinstance(each, dict)]
    if built:
        raise ValueError(f'{option}: test_evaluator holds a {class_name(built[0])} that is built already and cannot be '
                         "changed. Give it as a config, dict(type='...')")
    return evaluators


def _takes(kind, name):
    """Whether a class has an argument of this name."""
    return any(name in inspect.signature(ancestor.__init__).parameters
               for ancestor in getattr(kind, '__mro__', ()) if '__init__' in vars(ancestor))
