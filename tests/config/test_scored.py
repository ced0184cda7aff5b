"""Which images of an experiment are of one photo, over data sets that name their photos differently."""

import numpy as np
import pandas as pd
import pytest
from support.leaks import texture

from hairline.config import scored
from hairline.config.uses import Made
from hairline.data.uses import Ledger, Use
from hairline.gates import identities
from hairline.labelling import chosen_options
from hairline.labelling.chosen_options import Choice, ChosenOn

PLACES = {  # data set and id → photo that the set gives it to
    "patches/crack/20160222_081011_1_361_0_128": "20160222_081011",
    "crops/20160222_081011_1_721": "20160222_081005",  # the first of a chain of photos
    "crops/20160222_081005_1_1": "20160222_081005",
    "crops/20160222_081100_1_1": "20160222_081100",
    "others/wall_1": "wall",
}


def own() -> pd.DataFrame:
    rows = [
        {**identities.of_image(texture(number, 96, 128)), "id": key.partition("/")[2], "key": key,
         "group": group, "photo": f"{key.partition('/')[0]}\n{group}", "dataset": key.partition("/")[0]}
        for number, (key, group) in enumerate(PLACES.items())
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_patch_and_a_crop_of_another_set_are_of_one_photo_where_their_names_tell_one_second() -> None:
    patch, *rest = PLACES
    use = Use("a classifier learned from it", "trained on", "patch labels", frozenset({patch}))
    found = Ledger(scored.pictures(Made({"c": (use,)}, {}, {}), own(), rest, 0))
    assert found.words([use], rest) == ["same photo", "same photo", "unseen", "unseen"]
    assert np.all(np.array(found.words([use], [patch])) == "trained on")


def test_photos_within_seconds_of_one_that_a_choice_was_made_on_are_told_though_it_is_not_in_the_experiment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on = ChosenOn("crack500", "20160222_081016_1_1", "20160222_081016", "0" * 64, "00" * 64)
    choice = Choice("planted", "konig", {"cut": 0.3}, True, 1, "2026-01-01", "a test", "", [on])
    monkeypatch.setattr(chosen_options, "shipped", lambda: (choice,))
    use = Use("options were chosen on it", "chosen on", "masks to choose options", frozenset({"planted:0"}))
    made, crops = Made({}, {"konig": (use,)}, {}), [key for key in PLACES if key.startswith("crops/")]
    for seconds, words in ((10, ["same photo", "same photo", "unseen"]), (0, ["unseen"] * 3)):
        assert Ledger(scored.pictures(made, own(), crops, seconds)).words([use], crops) == words
