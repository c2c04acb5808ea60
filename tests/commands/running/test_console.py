import io
import logging
import re

import pytest
from mmengine.logging import MMLogger, print_log

from mmdepthcls.commands.running import console, console_hook
from mmdepthcls.evaluation.metrics_table import metrics_table
from mmdepthcls.markdown_table import fold_tables


@pytest.fixture
def logger(tmp_path):
    logger = MMLogger(tmp_path.name, log_file=str(tmp_path / 'log'))
    console._hush(logger)
    logger.handlers[0].stream = logger.console = io.StringIO()
    yield logger
    logger.handlers[1].close()


def say(text, logger, level=logging.INFO, module='mmdepthcls.datasets.kitti'):
    """As a module of that name would."""
    exec('print_log(text, logger, level)', dict(__name__=module, print_log=print_log, text=text, logger=logger,
                                                level=level))


def test_the_console_shows_this_package_and_warnings_once_and_the_file_all(logger, tmp_path):
    say('3 samples have no ground truth', logger)
    say('Hooks will be executed', logger, module='mmengine.runner.runner')
    for _ in range(3):
        say('a size is odd', logger, logging.WARNING, 'mmseg.models')
    say('The prefix is not set in metric class X.', logger, logging.WARNING, 'mmengine.evaluator.metric')
    say('it broke', logger, logging.ERROR, 'mmengine.runner.runner')
    assert logger.console.getvalue().splitlines() == [
        '3 samples have no ground truth', 'Warning: a size is odd', 'Error: it broke']
    file = (tmp_path / 'log').read_text()
    for text in ('3 samples', 'Hooks will', 'a size is odd', 'The prefix', 'it broke'):
        assert text in file


def test_what_mmengine_says_where_this_package_calls_it_is_left_to_the_file(logger, tmp_path):
    exec('logger.info("Loads checkpoint", extra=extra)', dict(
        __name__='mmdepthcls.commands.adapt.rounds', logger=logger, extra={console.OF_HOST: True}))
    assert logger.console.getvalue() == '' and 'Loads checkpoint' in (tmp_path / 'log').read_text()


def test_tables_of_evaluators_are_left_to_the_file_where_a_line_says_it(logger):
    say('| a table |', logger, module='mmdepthcls.evaluation.depth_evaluator')
    console._hush(logger, tables=False)
    say('| another table |', logger, module='mmdepthcls.evaluation.depth_evaluator')
    say('bad pixels', logger, logging.WARNING, module='mmdepthcls.evaluation.depth_evaluator')
    assert logger.console.getvalue().splitlines() == ['| a table |', 'Warning: bad pixels']


def test_a_wide_table_is_folded_without_losing_a_cell():
    rows = {'a long name of a row': {f'metric{i}': float(i) for i in range(12)}, 'b': {'metric3': 3.5}}
    table = metrics_table(rows, [f'metric{i}' for i in range(12)])
    folded = fold_tables(f'above\n{table}\nbelow', 60)
    assert max(map(len, folded.splitlines())) <= 60
    assert sorted(re.findall(r'metric\d+', folded)) == sorted(re.findall(r'metric\d+', table))
    assert folded.count('| a long name of a row |') == len(re.findall(r'^\|-', folded, re.M)) > 1
    assert folded.startswith('above\n') and folded.endswith('\nbelow')
    assert fold_tables(table, 400) == table


def test_a_model_that_is_adapted_says_by_what_and_counts_itself_alone(build_model):
    plain, adapted = (console_hook._model(build_model(**changes)) for changes in (
        {}, dict(adaptation=dict(type='MeanTeacher'))))
    assert adapted == f'{plain}, adapted by MeanTeacher'
