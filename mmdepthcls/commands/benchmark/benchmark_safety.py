"""Time what safe trainings cost: exact resuming, steps that are skipped, stopping; beside the same training without."""
import argparse
import time

from ..running import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('config', help='config file, whose data are there; pretrained weights are not loaded')
    arguments.add_config_options(parser)
    parser.add_argument('--rounds', type=int, default=10, help='blocks of each training')
    parser.add_argument('--block', type=int, default=0, metavar='N',
                        help="iterations a block; 0: the interval of the config's LoggerHook")
    program.add_arguments(parser)
    args = parser.parse_args()
    arguments.check_arguments(args)
    if args.rounds < 1 or args.block < 0:
        parser.error('--rounds must be at least 1, --block at least 0')
    return args


def main(args):
    from statistics import median
    from tempfile import TemporaryDirectory

    from ..running.readiness import check_run, read_config
    with program.refusing():
        cfg = read_config(args.config, args.cfg_options)
        cfg.model.pretrained = None
        cfg.model.backbone.init_cfg = None
        cfg.train_dataloader.update(num_workers=0, persistent_workers=False)
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.launcher = 'none'
        cfg.work_dir = '.'
        check_run(cfg, ('train', ))
    block = args.block or (cfg.default_hooks.get('logger') or {}).get('interval', 50)
    with TemporaryDirectory() as folder:
        trainings = {name: Steps(cfg, f'{folder}/{name}', name == 'with') for name in ('without', 'with')}
        for training in trainings.values():
            training.run(2)
        seconds = {name: [] for name in trainings}
        for number in range(args.rounds):
            # Whoever comes second finds warm caches.
            for name in sorted(trainings, reverse=bool(number % 2)):
                begin = time.process_time()
                trainings[name].run(block)
                seconds[name].append(time.process_time() - begin)
        for training in trainings.values():
            training.end()
    ratio = median(plain / safe for plain, safe in zip(*seconds.values(), strict=True))
    milliseconds = {name: median(values) / block * 1e3 for name, values in seconds.items()}
    print(f'{args.config}: {args.rounds} pairs of {block} iterations\n\n| | ms of CPU an iteration |\n|---|---:|\n'
          + ''.join(f'| {name} | {value:.1f} |\n' for name, value in milliseconds.items())
          + f'\nSpeed with / without, median of pairs: {ratio:.3f}')


class Steps:
    """A training that is begun, and goes on by as many iterations as one asks for.

    Args:
        cfg (Config): of the training.
        work_dir (str): for its logs.
        safe (bool): with all that makes it safe; or as MMEngine has it.
    """

    def __init__(self, cfg, work_dir, safe):
        import copy

        from mmengine.runner import Runner

        from ...config.config_class import class_name
        from ...hooks.run_hooks import RUN_HOOKS
        cfg = copy.deepcopy(cfg)
        cfg.work_dir = work_dir
        cfg.experiment_name = work_dir
        cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks') or [] if class_name(hook) not in RUN_HOOKS]
        self.runner = runner = Runner.from_cfg(cfg)
        if not safe:
            runner._hooks = [hook for hook in runner.hooks if type(hook).__name__ not in RUN_HOOKS]
        runner._train_loop = runner.build_train_loop(runner._train_loop)
        if not safe:
            loader = runner.build_dataloader(cfg.train_dataloader, seed=runner.seed)
            runner.train_loop.dataloader = loader
            runner.train_loop.dataloader_iterator = type(runner.train_loop.dataloader_iterator)(loader)
        runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
        runner.param_schedulers = runner.build_param_scheduler(runner.param_schedulers)
        runner.optim_wrapper.initialize_count_status(runner.model, 0, runner.max_iters)
        for name in ('before_run', 'before_train', 'before_train_epoch'):
            runner.call_hook(name)

    def run(self, iterations):
        """Train, as MMEngine's loop does."""
        loop = self.runner.train_loop
        for _ in range(iterations):
            self.runner.model.train()
            loop.run_iter(next(loop.dataloader_iterator))

    def end(self):
        """Let go what the training holds."""
        self.runner.call_hook('after_run')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
