"""Trainings in several processes against one process that takes the whole batch."""

import numpy as np
import pytest
from support import ranks
from support.parallel_training import RECIPE, STEPS, assert_alike, learn

from hairline.errors import HairlineError
from hairline.nn.runtime.processes import OthersEndedError
from hairline.nn.runtime.recipes import Recipe, Stopping
from hairline.nn.training.gathering import rank


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """What one process learns."""
    return learn(tmp_path_factory.mktemp("parallel") / "one")


def assert_equal(one, other):
    assert one["history"] == other["history"]
    for name, values in one["weights"].items():
        np.testing.assert_array_equal(other["weights"][name], values, err_msg=name)


@pytest.mark.parametrize("count", [2, 4])
def test_any_number_of_processes_learns_what_one_learns(tmp_path, one, count):
    first, *others = ranks.answers(count, learn, tmp_path)
    assert_alike(one, first)
    for other in others:
        assert_equal(first, other)
        assert other["notes"].epochs == other["notes"].points == []
    assert [step for step, _ in first["notes"].points] == [10, 20, 30]
    assert all(each["history"][0]["val/kept"] == one["history"][0]["val/kept"] for each in (first, *others))


def test_what_was_killed_goes_on_to_the_same_bits(tmp_path):
    whole = ranks.answers(4, learn, tmp_path / "whole")[0]
    outcomes = ranks.outcomes(4, learn, tmp_path / "cut", RECIPE, (2, 13))
    assert outcomes[2] == (False, None)
    assert all(isinstance(error, OthersEndedError) for number, (_, error) in enumerate(outcomes) if number != 2)
    rest = ranks.answers(4, learn, tmp_path / "cut")[0]
    assert rest["steps"] == STEPS - 12
    assert_equal(whole, rest)


def test_another_number_of_processes_goes_on_behind_the_same_step(tmp_path, one):
    ranks.outcomes(4, learn, tmp_path, RECIPE, (0, 13))
    rest = ranks.answers(2, learn, tmp_path)[0]
    assert rest["steps"] == STEPS - 12
    assert_alike(one, rest)


def test_the_state_comes_from_the_first_process_alone(tmp_path):
    """As on nodes without a common disk."""
    ranks.outcomes(2, learn_apart, tmp_path, (1, 13))
    rest = ranks.answers(2, learn_apart, tmp_path)
    assert [each["steps"] for each in rest] == [STEPS - 12] * 2
    assert_equal(*rest)
    assert not list((tmp_path / "1").rglob("*"))


def learn_apart(folder, killed=None):
    return learn(folder / str(rank()) / "work", RECIPE, killed)


def test_processes_at_other_work_are_refused(tmp_path):
    outcomes = ranks.outcomes(2, learn_other, tmp_path)
    assert isinstance(outcomes[0][1], OthersEndedError)
    with pytest.raises(HairlineError, match="process 1 of this training has other parameters, inputs or source"):
        raise outcomes[1][1]


def learn_other(folder):
    return learn(folder / f"work{rank()}")


def test_processes_stop_early_together(tmp_path):
    recipe = Recipe(6, 6, 1, "sgd", 0.1, 0.9, 0.0, "cosine", 1, 10.0, Stopping("val/f1", 2))
    found = ranks.answers(2, learn, tmp_path, recipe)
    assert [(len(each["history"]), each["kept"]) for each in found] == [(3, 1)] * 2


def test_a_loss_that_is_no_number_is_told_once(tmp_path):
    first, second = ranks.outcomes(2, learn, tmp_path, RECIPE, None, 8)
    with pytest.raises(HairlineError, match="loss became nan in epoch 2 of 6, batch 3"):
        raise first[1]
    assert isinstance(second[1], OthersEndedError)


def test_more_processes_than_items_of_a_batch_are_refused(tmp_path):
    with pytest.raises(HairlineError, match=r"recipe\.batch is 2.* there are 3 processes; raise it to 3 or start 2"):
        raise ranks.outcomes(3, learn, tmp_path, Recipe(6, 2, 1, "sgd", 0.1, 0.9, 0.0, "cosine", 1, 10.0, None))[0][1]
