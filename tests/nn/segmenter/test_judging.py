"""What a segmenter's threshold is chosen on: validation images, and others beside them where those are few."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hairline.data.training_table import Images
from hairline.metrics import learned
from hairline.nn.segmenter import judging


@pytest.mark.parametrize(
    ("val", "label", "pseudo", "added"),
    [
        (5, "multiscale", 40, 15),
        (5, "multiscale", 7, 7),
        (0, "multiscale", 7, 7),  # none held out
        (30, "multiscale", 40, 0),  # enough
        (5, "manual", 40, 0),  # masks to be trusted
        (5, "multiscale", 0, 0),  # nothing but masks to learn from
    ],
)
def test_images_with_pseudo_labels_are_added_where_few_are_held_out(
    val: int, label: str, pseudo: int, added: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [f"val{number}" for number in range(val)]
    own = [f"mask{number}" for number in range(9)] + [f"own{number}" for number in range(pseudo)]
    sets = [label] * val + ["manual"] * 9 + ["multiscale"] * pseudo
    images = Images(pd.DataFrame({"label_set": sets}, index=[*held, *own]), Path(), Path())

    def scored(model: Any, images: Images, ids: list[str], placement: Any) -> pd.DataFrame:
        return pd.DataFrame(
            {"id": ids, "group": ids, learned.CRACK: [[1]] * len(ids), learned.BACKGROUND: [[1]] * len(ids)}
        )

    monkeypatch.setattr(judging, "scored", scored)
    model: Any = None
    table, learned_from = judging.with_own(model, images, own, scored(model, images, held, None), model)
    assert learned_from == added and len(table) == val + added and table["id"].is_unique
    assert table["id"][:val].to_list() == held and table["id"][val:].str.startswith("own").all()
