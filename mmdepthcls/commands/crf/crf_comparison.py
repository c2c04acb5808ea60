"""Scores one checkpoint under several CRFs at once: the network runs once for all of them."""
import cv2
import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import METRICS, MODELS

from ...config.config_class import class_name, is_a
from ...config.config_parts import evaluators_of
from ...evaluation.edges import EDGE_NAMES
from ...parallel import ProgressLine
from ..running.console import build_runner

METRIC_NAMES = ('abs_rel', 'rmse', 'rmse_log', 'd1', *EDGE_NAMES)


@torch.no_grad()
def compare_crfs(cfg, checkpoint, crfs, num_pictures=3):
    """Test several CRFs in one pass: every image goes through the network once.

    Args:
        cfg (Config): of a ``DepthClassifier`` whose ``test_evaluator`` is a ``DepthEvaluator``, or begins with one;
            changed.
        checkpoint (str): weights.
        crfs (dict[str, dict or None]): name -> config of ``model.crf``.
        num_pictures (int): images to keep, spread over the split.

    Returns:
        tuple[dict, list]: name -> metrics (:data:`METRIC_NAMES`), and for each kept image a dict of its panels: 'image'
        (H, W, 3) uint8 RGB, 'truth' (0 without ground truth) and one for each CRF, (H, W) metres.

    Raises:
        ValueError: for another model or evaluator.
    """
    first = evaluators_of(cfg.test_evaluator)[:1]
    if not is_a(cfg.model, MODELS, 'DepthClassifier') or not first or not is_a(first[0], METRICS, 'DepthEvaluator'):
        raise ValueError(f'expected a DepthClassifier and a DepthEvaluator, got {class_name(cfg.model)} and '
                         f'{class_name(first[0]) if first else "nothing"}')
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    built = {name: None if crf is None else MODELS.build(dict(crf)) for name, crf in crfs.items()}
    cfg.load_from, cfg.resume = checkpoint, False
    loader = Runner.build_dataloader(dict(cfg.test_dataloader, batch_size=1))
    runner = build_runner(cfg, tables=False)
    runner.load_or_resume()
    model = runner.model.eval()
    evaluators = {name: [METRICS.build(dict(first[0])), METRICS.build(dict(type='EdgeEvaluator'))] for name in crfs}
    kept = set(np.linspace(0, len(loader.dataset) - 1, num_pictures).astype(int).tolist()) if num_pictures else ()
    pictures = []
    progress = ProgressLine('Test', len(loader), 'images')
    for index, data in enumerate(loader):
        results = _results(model, data, built)
        for name, result in results.items():
            for evaluator in evaluators[name]:
                evaluator.process({}, [result.to_dict()])
        if index in kept:
            pictures.append(_panels(results))
        progress.advance()
    return {name: {key: value for evaluator in each for key, value in evaluator.evaluate(len(loader.dataset)).items()}
            for name, each in evaluators.items()}, pictures


def _results(model, data, crfs):
    data = model.data_preprocessor(data, False)
    inputs, samples = data['inputs'], data['data_samples']
    metainfos = [sample.metainfo for sample in samples]
    logits = model.inference(inputs, metainfos)
    results = {}
    for name, crf in crfs.items():
        refined = logits if crf is None else model.refine(logits, inputs, metainfos, crf)
        results[name] = model.postprocess_result(refined, [samples[0].clone()], inputs.shape[2:])[0]
    return results


def _panels(results):
    first = next(iter(results.values()))
    image = cv2.cvtColor(cv2.imread(first.img_path), cv2.COLOR_BGR2RGB)
    maps = {name: result.pred_depth_map.data[0].cpu().numpy() for name, result in results.items()}
    truth = first.gt_depth_map.data[0].cpu().numpy() if 'gt_depth_map' in first else np.zeros(
        first.pred_depth_map.shape, np.float32)
    return dict(image=image, truth=truth, **maps)
