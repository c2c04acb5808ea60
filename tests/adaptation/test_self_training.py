"""Settings: what they refuse, and what follows for each round."""
import pytest

from mmdepthcls.adaptation import SelfTraining


def test_rounds_are_those_of_the_authors():
    settings = SelfTraining.of_config(dict(
        rounds=8, lr=1e-4, source_share=0.02, source_step=0.0025, source_max=0.03))
    assert [settings.portion_of(number) for number in range(1, 9)] == [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.5]
    assert [settings.source_share_of(number) for number in (1, 2, 5, 8)] == [0.02, 0.0225, 0.03, 0.03]
    assert settings.lr_of(1, 7) == 1e-4 and settings.lr_of(3, 7) == pytest.approx(0.5e-4)
    assert SelfTraining().lr_of(1, 7) == 7
    assert settings.reported == 8 and SelfTraining(report_round=2).reported == 2
    assert settings.source_seed_of(1) == settings.source_seed_of(2)
    drawn = SelfTraining(source_nested=False)
    assert drawn.source_seed_of(1) != drawn.source_seed_of(2)


@pytest.mark.parametrize(('key', 'value'), [
    ('rounds', 0), ('rounds', True), ('portion', 0), ('portion', 1.2), ('portion_step', -0.1), ('portion_max', 0.1),
    ('num_groups', 0), ('factor', 1.0), ('factor', float('inf')), ('rule', 'author'), ('max_depth', 0),
    ('max_depth', 300), ('ignore_top', 1), ('flip', 1), ('levels', 1), ('epochs', 0), ('lr', 0), ('lr_decay', 2),
    ('source_share', 0), ('source_max', 0.5), ('soft_labels', 0), ('mine_below', 2), ('report_round', 7),
    ('transductive', 'yes'), ('seed', -1), ('portion', 'a'), ('lr', '1e-4')])
def test_settings_without_sense_are_refused_by_name(key, value):
    with pytest.raises(ValueError, match=f'self_training.{key}: expected .*got'):
        SelfTraining.of_config({key: value})


def test_a_key_that_there_is_not_names_its_like():
    with pytest.raises(ValueError, match="no key 'potion'. Is 'portion' meant"):
        SelfTraining.of_config(dict(potion=0.3))
    with pytest.raises(ValueError, match="no key 'xyz'. There are rounds, portion"):
        SelfTraining.of_config(dict(xyz=0.3))
