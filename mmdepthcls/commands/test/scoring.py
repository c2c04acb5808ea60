"""How a test is scored, as options of tools/test.py say it: under which protocols, aligned, with a report; of one data
set, or of several that are scored apart."""
from mmengine.config import ConfigDict
from mmseg.registry import DATASETS, METRICS, MODELS, TRANSFORMS

from ...config.config_class import class_name, is_a
from ...config.config_parts import depth_evaluators, evaluators_of, leaf_datasets, tested_model
from ...evaluation.protocols import build_protocols

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
OF_SET = ':'  # between the name of a set and that of a protocol


def score_protocols(cfg, names):
    """Test under these protocols: the evaluator, what the model gives, and on KITTI the ground truths that they need.

    Protocols of the KB crop have another input than all others. Where all that a data set is scored under are such, its
    test pipeline gets a ``KBCrop``; else they are left unscored, and the table says so.

    Args:
        cfg (Config): changed in place.
        names (list[str]): presets, see :mod:`mmdepthcls.evaluation.protocols`; 'SET:PRESET' is of one set of a
            ``PerSetEvaluator``. Sets for which none is named keep the config's settings.

    Returns:
        list[str]: which settings of the config's evaluator do not apply.

    Raises:
        ValueError: for an unknown preset or set; if the config's test evaluator scores no depth; if its model is one
            for test-time augmentation.
    """
    if is_a(cfg.model, MODELS, 'BaseTTAModel'):
        raise ValueError(f'--protocols: model.type is {class_name(cfg.model)}, as --tta makes it, but protocols say '
                         'themselves how a depth is predicted. Give the config of the training')
    evaluators = metres_evaluators(cfg, '--protocols')
    chosen = _by_set(names, _set_names(cfg, evaluators))
    remarks = []
    for evaluator in evaluators:
        if is_a(evaluator, METRICS, 'PerSetEvaluator'):
            for name, settings in _each_set(cfg, evaluator).items():
                remarks += _replace_settings(settings, chosen.get(name, chosen[None]), f'sets.{name}')
        else:
            remarks += _replace_settings(evaluator, chosen[None], 'DepthEvaluator')
    protocols = build_protocols(list(dict.fromkeys(name for each in chosen.values() for name in each)))
    if is_a(cfg.model, MODELS, 'DepthClassifier'):
        test_cfg = cfg.model.setdefault('test_cfg', ConfigDict(mode='whole'))
        test_cfg.outputs = tuple({*test_cfg.get('outputs', ()), 'views'})
        test_cfg.flip = any(protocol.flip for protocol in protocols)
    for dataset in leaf_datasets(cfg.test_dataloader.dataset):
        mine = chosen.get(dataset.get('set_name'), chosen[None])
        if mine:
            _fit_dataset(dataset, build_protocols(mine))
    return remarks


def score_aligned(cfg):
    """Score each protocol of the test's evaluators also aligned to the ground truth, of each set where there are
    several.

    Args:
        cfg (Config): changed in place.

    Raises:
        ValueError: if the config's test evaluator scores no depth.
    """
    for evaluator in metres_evaluators(cfg, '--aligned'):
        several = is_a(evaluator, METRICS, 'PerSetEvaluator')
        for settings in _each_set(cfg, evaluator).values() if several else [evaluator]:
            settings['aligned'] = True


def write_report(cfg, folder, title):
    """Make the test's first evaluator of depth write a report into ``folder``; one a set where there are several.

    Args:
        cfg (Config): changed in place.
        folder (str): for the report.
        title (str): what is evaluated.

    Raises:
        ValueError: if the config's test evaluator scores no depth.
    """
    published: dict = {}
    for dataset in leaf_datasets(cfg.test_dataloader.dataset):
        tested = str(dataset.get('split')).startswith('test')
        published.setdefault(dataset.get('set_name'), set()).add(
            PUBLISHED_ON.get(class_name(dataset)) if tested else None)
    evaluator = metres_evaluators(cfg, '--report')[0]
    if is_a(evaluator, METRICS, 'PerSetEvaluator'):
        published = {name: next(iter(tables)) for name, tables in published.items() if len(tables) == 1}
        published = {name: table for name, table in published.items() if name is not None and table is not None}
    else:
        tables = set().union(*published.values())
        published = tables.pop() if len(tables) == 1 else None
    evaluator.update(report_dir=folder, report_title=title, bins=tested_model(cfg).get('bins'), published=published)


def sets_of_test(cfg):
    """Names of the sets that a test scores apart; none where it does not.

    Args:
        cfg (Config): a test evaluator that names no sets names them all from now on.

    Returns:
        list[str]
    """
    return _set_names(cfg, [each for each in evaluators_of(cfg.get('test_evaluator')) if isinstance(each, dict)])


def metres_evaluators(cfg, option):
    """What scores metres in a test, as configs that can be changed.

    Raises:
        ValueError: if there is none, or it is built already.
    """
    return as_configs(depth_evaluators(cfg, option, kinds=('DepthEvaluator', 'PerSetEvaluator')), option)


def as_configs(evaluators, option):
    """Evaluators that are configs still.

    Raises:
        ValueError: if one is none.
    """
    built = [each for each in evaluators if not isinstance(each, dict)]
    if built:
        raise ValueError(f'{option}: test_evaluator holds a {class_name(built[0])} that is built already and cannot be '
                         "changed. Give it as a config, dict(type='...')")
    return evaluators


def _set_names(cfg, evaluators):
    """Names of the sets that a ``PerSetEvaluator`` scores apart; none without one."""
    return list(dict.fromkeys(name for evaluator in evaluators if is_a(evaluator, METRICS, 'PerSetEvaluator')
                              for name in _each_set(cfg, evaluator)))


def _each_set(cfg, evaluator):
    """The settings of each set of a ``PerSetEvaluator``, all of them named from now on."""
    named = [dataset.get('set_name') for dataset in leaf_datasets(cfg.test_dataloader.dataset)]
    if None in named:
        raise ValueError('test_dataloader has a data set without a set_name, and PerSetEvaluator scores by it. Give it '
                         "one: set_name='kitti'")
    if not evaluator.get('sets'):  # it takes whatever sets come
        evaluator.sets = ConfigDict({name: ConfigDict() for name in named})
    for name, settings in evaluator.sets.items():
        evaluator.sets[name] = ConfigDict() if settings is None else settings
    return evaluator.sets


def _by_set(names, sets):
    """Protocols of each set by its name, and under None those that are of all (and of what is no set)."""
    given: dict = {None: [name for name in names if OF_SET not in name]}
    for name in (name for name in names if OF_SET in name):
        of, _, preset = name.partition(OF_SET)
        if of not in sets:
            known = f'sets are {", ".join(map(repr, sets))}' if sets else (
                'the test evaluator scores no sets apart (PerSetEvaluator does)')
            raise ValueError(f'--protocols {name}: there is no set {of!r}; {known}')
        given.setdefault(of, []).append(preset)
    build_protocols(sorted({preset for each in given.values() for preset in each}))  # refuses what is unknown
    of_all = given[None]
    return {of: list(dict.fromkeys([*(of_all if of is not None else ()), *presets])) for of, presets in given.items()}


def _replace_settings(settings, names, whose):
    """Let protocols take the place of what one evaluator, or one of its sets, says; what does not apply any more."""
    if not names:
        return []
    own = [f'{key}={settings.pop(key)!r}' for key in OF_PROTOCOLS if key in settings]
    settings['protocols'] = list(names)
    return [f"--protocols: the config's {whose}({', '.join(own)}) does not apply, every protocol has a cap and a crop "
            'of its own'] if own else []


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


def _with_loading(pipeline, loading):
    """A pipeline that loads depth where it did before, but by other steps."""
    first = next((index for index, step in enumerate(pipeline) if is_a(step, TRANSFORMS, *LOADERS)), len(pipeline) - 1)
    return [step for step in (*pipeline[:first], *loading, *pipeline[first:])
            if not is_a(step, TRANSFORMS, *LOADERS) or any(step is added for added in loading)]
