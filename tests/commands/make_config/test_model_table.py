"""docs/models.md agrees with the MMSegmentation that is installed, and a cheap sample of it with a new trial."""
from pathlib import Path

import pytest

import mmdepthcls  # noqa: F401  (imported only to register)
from mmdepthcls.commands.make_config.model_table import COLUMNS, judge_model, parts_of, read_table, write_table
from mmdepthcls.commands.make_config.recipe_file import shipped_models
from mmdepthcls.compat import installed_stack

TEXT = (Path(__file__).parents[3] / 'docs' / 'models.md').read_text('utf-8')
TABLE = read_table(TEXT)
# A second or less each: every kind of answer.
SAMPLE = ('segformer_mit-b0.py', 'fast_scnn.py', 'cgnet.py', 'stdc.py', 'fcn_unet_s5-d16.py', 'upernet_beit.py',
          'pointrend_r50.py', 'ccnet_r50-d8.py', 'upernet_convnext.py', 'vpd_sd.py')
pytestmark = pytest.mark.usefixtures('mmseg_scope')


def test_the_table_has_every_model_that_is_shipped_and_no_other():
    assert sorted(TABLE) == [path.name for path in shipped_models()]
    for path in shipped_models():
        row = TABLE[path.name]
        assert (row['backbone'], row['heads']) == parts_of(path)
        assert all(row[key].startswith(('works', 'refused: ')) for key in ('onedl', 'openmmlab'))


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('name', [pytest.param(name, marks=pytest.mark.long) if 'beit' in name else name
                                  for name in SAMPLE])
def test_a_new_trial_says_what_the_table_says(name):
    path = next(path for path in shipped_models() if path.name == name)
    expected = TABLE[name][installed_stack()]
    if 'is not installed' in expected or 'compiled operator' in expected:  # a fuller environment may have it
        assert judge_model(path).startswith((expected, 'works'))
    else:
        assert judge_model(path) == expected


def test_the_text_counts_what_the_table_holds():
    works = [sum(row[key].startswith('works') for row in TABLE.values()) for key in ('onedl', 'openmmlab')]
    assert works[0] == works[1] and f'{works[0]} of {len(TABLE)}' in TEXT


def test_a_table_is_written_as_it_is_read():
    assert write_table(TEXT, TABLE) == TEXT
    rows = dict(TABLE, **{'new.py': dict(backbone='A', heads='B', onedl='works')})
    written = write_table(TEXT, rows)
    assert read_table(written)['new.py'] == dict(backbone='A', heads='B', onedl='works', openmmlab='not tried')
    assert written.splitlines()[0] == TEXT.splitlines()[0] and written.splitlines()[-1] == TEXT.splitlines()[-1]
    with pytest.raises(ValueError, match=COLUMNS[0]):
        write_table('no table', TABLE)
