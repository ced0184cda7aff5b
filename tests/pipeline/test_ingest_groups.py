"""The stage `ingest` with the groups and splits that an entry of `datasets` asks for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import parameters
from support.pictures import picture

from hairline.config.data_roots import lines
from hairline.config.params import Params
from hairline.data import grouping
from hairline.data.published_splits import Entry, Manifest
from hairline.data.samples import read_samples
from hairline.errors import HairlineError
from pipeline import ingest

CROPS = {"traincrop": ["20160222_081011_1_1", "20160222_090000_1_1"], "valcrop": ["20160222_081017_1_1"]}
SHAPE = np.eye(6, 8, dtype=bool)


@pytest.fixture
def entry(tmp_path: Path, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The entry of a tiny CRACK500, in the folder that stages run in."""
    monkeypatch.chdir(tmp_path)
    for folder, names in CROPS.items():
        for name in names:
            picture(Path("data/raw/mine", folder, f"{name}.jpg"))
            picture(Path("data/raw/mine", folder, f"{name}.png"), SHAPE)
    values["datasets"]["mine"] = {
        "layout": "crack500", "root": "data/raw/mine",
        "options": {"folders": {"traincrop": "train", "valcrop": "val"}, "limit": {}, "exclude": []},
    }  # fmt: skip
    values["matrix"]["datasets"] = [*values["matrix"]["datasets"], "mine"]
    entry: dict[str, Any] = values["datasets"]["mine"]
    entry["values"] = values
    return entry


def ingested(entry: dict[str, Any], tmp_path: Path) -> list[tuple[str, str, str]]:
    values = entry.pop("values")
    parameters.write(tmp_path, values)
    lines(Params(Path("params.yaml")))
    ingest.main(["--dataset", "mine"])
    table = read_samples(Path("data", values["experiment"], "sets", "mine"))
    return [(row.id, row.split, row.group) for row in table.itertuples()]


@pytest.mark.parametrize(
    ("stated", "group"),
    [({}, "20160222_081011"), ({"capture_s": 5}, "20160222_081017"), ({"capture_s": 0}, "20160222_081017")],
)
def test_photos_of_one_place_are_one_group(
    stated: dict[str, float], group: str, entry: dict[str, Any], tmp_path: Path
) -> None:
    entry |= stated
    assert ingested(entry, tmp_path) == [
        ("20160222_081011_1_1", "train", "20160222_081011"),
        ("20160222_081017_1_1", "val", group),
        ("20160222_090000_1_1", "train", "20160222_090000"),
    ]


def test_a_published_split_takes_the_place_of_the_layout_s(
    entry: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"20160222_081011_1_1": "test", "20160222_081017_1_1": "test"}
    rows = tuple(Entry(name, split, "", "", *[""] * 5) for name, split in listed.items())
    monkeypatch.setattr(grouping, "read_split", lambda name: Manifest(name, "", "", rows))
    entry |= {"split": "crack500-disjoint-1"}
    assert [(name, split) for name, split, _ in ingested(entry, tmp_path)] == list(listed.items())


def test_a_published_split_of_images_that_are_not_there_is_refused_by_check_and_stage(
    entry: dict[str, Any], tmp_path: Path
) -> None:
    entry |= {"split": "crack500-disjoint-1"}
    with pytest.raises(
        HairlineError, match=r"datasets\.mine: the split crack500-disjoint-1 lists 939 images, of which"
    ):
        ingested(entry, tmp_path)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"split": "crack500-disjont-1"}, "no split 'crack500-disjont-1'; did you mean 'crack500-disjoint-1'?"),
        ({"split": "../mine.csv"}, "no split '../mine.csv'; there are crack500-1, "),
        ({"capture_s": -1}, "datasets.mine.capture_s: expected a number greater than or equal to 0, found -1"),
        ({"capture_s": "10"}, "datasets.mine.capture_s: expected a number, found '10'; take the quotes away"),
    ],
)
def test_wrong_values_are_refused(stated: dict[str, Any], told: str, entry: dict[str, Any], tmp_path: Path) -> None:
    entry |= stated
    values = entry.pop("values")
    with pytest.raises(HairlineError) as caught:
        Params(parameters.write(tmp_path, values)).dataset("mine")
    assert told in str(caught.value)
