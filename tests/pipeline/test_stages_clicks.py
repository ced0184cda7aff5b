"""Clicks on patches of photos drive the chain: the classifier learns from them, and the same photos get labels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import tiny_values
from support import workspace
from support.clicking import wall

from hairline.clicking import workspace as workspaces
from hairline.clicking.session import Session
from hairline.data.samples import read_samples
from hairline.imaging.images import read_scores, write_image

DATASET = {
    "layout": "clicks", "root": "data/raw/walls",
    "options": {"labels": {}, "shares": {"train": 0.6, "val": 0.4}, "exclude": []},
}  # fmt: skip


@pytest.mark.slow
def test_from_clicks_to_labels(tmp_path: Path) -> None:
    values = tiny_values()
    values["synthetic_sets"], values["datasets"], values["studies"] = {}, {"walls": DATASET}, {}
    values["matrix"].update(
        datasets=["walls"], localized=["walls"], label_sets=["konig"], training_sets=["walls"], test_sets=["walls"]
    )
    values["gates"]["for_datasets"] = {"walls": {"samples": {"require_masks": False}}}
    values["classifiers"]["lite0"]["dataset"] = "walls"
    values["training_sets"] = {"walls": {"parts": [{"dataset": "walls", "split": "train"}]}}
    folder = workspace.make(tmp_path, values)
    for number in range(6):
        write_image(folder / "data/raw/walls/images" / f"day {number % 2}" / f"{number}.png", wall(96, 128, number))
    place = workspaces.of(folder, None, None)
    session = Session(place.images, place.clicks, place.size)
    clicked = session.screen("anna", 40, [])
    for number, patch in enumerate(clicked):
        session.click("anna", patch, ("crack", "no_crack", "no_crack", "unsure")[number % 4])
    session.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("MLFLOW_TRACKING_URI", raising=False)
        commands = workspace.commands(folder)
        wanted = ("code", "ingest@", "validate@", "index_patches@", "validate_patches@", "train_classifier@",
                  "localize@", "label@konig")  # fmt: skip
        for name, command in commands.items():
            if name.startswith(wanted):
                workspace.run_stage(command)
    samples = read_samples(folder / "data/tiny/sets/walls").set_index("id")
    index = pd.read_parquet(folder / "data/tiny/patches/walls.parquet")
    assert len(samples) == 6 and not samples["has_mask"].any()
    assert len(index) == 30 and index["crack"].sum() == 10
    assert (index["split"].to_numpy() == samples.loc[index["sample"], "split"].to_numpy()).all()
    meant = {(f"{patch.photo[:-4].replace('/', '_')}", patch.x, patch.y) for patch in clicked[::4]}
    cracked = index[index["crack"]]
    assert set(zip(cracked["sample"], cracked["x"], cracked["y"], strict=True)) == meant
    assert not list((folder / "data/tiny/patches").rglob("*.png"))
    for name in samples.index:
        label = read_scores(folder / "data/tiny/labels/konig/walls" / f"{name}.png")
        assert label.shape == (96, 128) and label.dtype == np.uint8
