"""Adapt a model to images of another domain by class-balanced self-training."""
import argparse

from ..running import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(
        description='Adapt a model to a domain of which there are images and no depth, by class-balanced '
        'self-training: label the images with the current weights, keep the surest pixels of each range of depth, '
        'train on the source and on them, and again with more. An adaptation that was stopped goes on when it is '
        'started again.')
    arguments.add_arguments(parser)
    parser.add_argument('--checkpoint', dest='start', metavar='FILE', help='weights of the model that was trained on '
                        "the source (default: the config's load_from)")
    parser.add_argument('--resume', action='store_true', help='go on with an adaptation that was stopped, as is done '
                        'without this, too')
    parser.add_argument('--curve', action='store_true', help="when all rounds are done, test each on the config's "
                        'test_dataloader, in metres and median-scaled. Only this reads depth of the target')
    args = parser.parse_args()
    arguments.check_arguments(args)
    if args.start is not None:
        arguments.check_checkpoint(args.start, '--checkpoint')
    return args


def main(args):
    from ..running import command_line, console, readiness
    from . import curve
    from .adaptation_plan import AdaptationPlan
    from .rounds import Rounds
    with program.refusing():
        cfg = command_line.load_config(args)
        if args.start is not None:
            cfg.load_from = args.start
        remark = command_line.fit_amp(cfg)
        if remark:
            command_line.say(remark)
        plan = AdaptationPlan(cfg)
        readiness.check_run(cfg, ('train', *(['test'] if args.curve else [])), training=True)
        if args.curve:
            curve.check_curve(cfg)
        plan.check_data()
        plan.begin()
    console.use_free_cpus()
    rounds = Rounds(plan)
    rounds.run()
    if args.curve:
        curve.write_curve(plan, rounds)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True, interrupted='Interrupted. The same command goes on from here.')
