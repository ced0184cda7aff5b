"""Kinds of faulty or unusual data sets: a good set of six walls, ways to spoil it, and what must come of each."""

import contextlib
import io
import logging
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import scipy.io
from PIL import Image

from hairline.config.paths import Paths
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.errors import HairlineError
from hairline.gates.samples_gate import RULES
from pipeline import ingest, validate
from support import parameters

IDS = {"a": "train", "b": "train", "c": "val", "d": "val", "e": "test", "f": "test"}
OPTIONS: dict[str, dict[str, Any]] = {
    "folder": {"shares": {"train": 0.5, "val": 0.2, "test": 0.3}, "exclude": []},
    "crack500": {"folders": {"traincrop": "train"}, "limit": {}, "exclude": []},
    "cfd": {"exclude": [], "test": ["e", "f"], "val": ["c", "d"]},
    "synthetic": {},
}
ARGUMENTS = ["--dataset", "walls"]
Spoil = Callable[[Path], object]


@dataclass(frozen=True)
class Refused:
    """Ingest stops with one HairlineError that has all these words; its output is as if it had not been run."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Imported:
    """Ingest takes the set; the sample's pixels are these (None: those of the good set); the gate tells these rules.

    A sample without a name says that nothing at all is left in the set.
    """

    image: Any = None
    mask: Any = None
    sample: str = "b"
    within: int = 0
    columns: Mapping[str, object] = field(default_factory=dict)
    gate: tuple[str, ...] = ()
    stops: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of fault: what is done to a good set of a layout, and what must come of it."""

    name: str
    spoil: Spoil
    outcome: Refused | Imported
    layout: str = "folder"


def refused(*words: str) -> Refused:
    return Refused(words)


def stopped(*rules: str, **found: Any) -> Imported:
    return Imported(gate=rules, stops=True, **found)


def warned(*rules: str, **found: Any) -> Imported:
    return Imported(gate=rules, **found)


def wall(name: str) -> np.ndarray:
    """A bright wall with its crack, RGB uint8 [48, 64, 3], another one for every name of IDS."""
    image = np.random.default_rng(ord(name)).integers(140, 200, (48, 64, 3), np.uint8)
    image[crack(name)] = 60
    return image


def crack(name: str) -> np.ndarray:
    """The crack of a wall, bool [48, 64], on neither symmetry axis."""
    mask = np.zeros((48, 64), bool)
    mask[8 + 2 * (ord(name) % 7) : 11 + 2 * (ord(name) % 7), 3:50] = True
    return mask


def grey(mask: np.ndarray) -> np.ndarray:
    return mask * np.uint8(255)


def encoded(content: Any, kind: str, **how: Any) -> bytes:
    """An image or array as the bytes of a file."""
    file = io.BytesIO()
    (content if isinstance(content, Image.Image) else Image.fromarray(content)).save(file, kind, **how)
    return file.getvalue()


def truth(labels: np.ndarray, **how: Any) -> bytes:
    """Labels as the bytes of a ground truth file of CFD."""
    struct, file = np.empty((1, 1), dtype=[("Segmentation", "O")]), io.BytesIO()
    struct[0, 0] = (labels,)
    scipy.io.savemat(file, {"groundTruth": struct}, **how)
    return file.getvalue()


def put(where: str, content: bytes | str) -> Spoil:
    """Put a file in place of every file of the same stem in its folder."""

    def spoil(root: Path) -> None:
        drop(str(Path(where).with_suffix(".*")))(root)
        (root / where).write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def drop(pattern: str) -> Spoil:
    """Remove files and folders."""

    def spoil(root: Path) -> None:
        for path in list(root.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """One after the other."""
    return lambda root: [spoil(root) for spoil in spoils]


def good_folder(root: Path) -> None:
    for name in IDS:
        for folder, pixels in (("images", wall(name)), ("masks", grey(crack(name)))):
            (root / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(root / folder / f"{name}.png")
    (root / "split.csv").write_text("id,split\n" + "".join(f"{name},{split}\n" for name, split in IDS.items()))


def good_crack500(root: Path) -> None:
    (root / "traincrop").mkdir(parents=True)
    for name in IDS:
        (root / "traincrop" / f"{name}.jpg").write_bytes(encoded(wall(name), "PNG"))  # no loss, for exact comparison
        (root / "traincrop" / f"{name}.png").write_bytes(encoded(crack(name), "PNG"))
    (root / "train.txt").write_text("".join(f"traincrop/{name}.jpg traincrop/{name}.png\n" for name in IDS))


def good_cfd(root: Path) -> None:
    for folder in ("image", "groundTruth"):
        (root / folder).mkdir(parents=True)
    for name in IDS:
        (root / "image" / f"{name}.jpg").write_bytes(encoded(wall(name), "PNG"))
        (root / "groundTruth" / f"{name}.mat").write_bytes(truth(crack(name) + np.uint8(1)))


GOOD = {"folder": good_folder, "synthetic": good_folder, "crack500": good_crack500, "cfd": good_cfd}


def write_params(folder: Path, values: dict[str, Any], layout: str) -> Path:
    """Parameters that know the layout's set as ``walls`` and a gate that walls pass without a word."""
    values["datasets"]["walls"] = {"layout": layout, "root": str(folder / "raw"), "options": OPTIONS[layout]}
    values["gates"]["samples"].update(max_crack_share=0.4, min_contrast=20, min_split_share={})
    return parameters.write(folder, values)


def sets(folder: Path) -> Path:
    """Where data sets are ingested to."""
    return Paths(folder, "tiny").sets


def run(stage: ModuleType, folder: Path, params: str = "params.yaml") -> None:
    """Run a stage on the set, in a folder."""
    with contextlib.chdir(folder):
        stage.main([*ARGUMENTS, "--params", params])


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file of a folder with its bytes, every folder with None; empty where the folder is missing."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def try_out(kind: Kind, folder: Path, values: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Ingest a good set, spoil it, ingest it again as a user would, and see that what must come of it does."""
    params = write_params(folder, values, kind.layout)
    (folder / "elsewhere.yaml").write_text(params.read_text().replace("experiment: tiny", "experiment: elsewhere"))
    GOOD[kind.layout](folder / "raw")
    run(ingest, folder)
    before = contents(sets(folder))
    kind.spoil(folder / "raw")
    if isinstance(kind.outcome, Refused):
        for name, target, left in (
            ("params.yaml", sets(folder), before),
            ("elsewhere.yaml", Paths(folder, "elsewhere").sets, {}),
        ):
            with pytest.raises(HairlineError) as error:
                run(ingest, folder, name)
            assert [word for word in kind.outcome.words if word not in str(error.value)] == [], str(error.value)
            assert contents(target) == left
    else:
        run(ingest, folder)
        _compare(kind.outcome, sets(folder) / "walls")
        _judge(kind.outcome, folder, caplog)


def _compare(outcome: Imported, folder: Path) -> None:
    table = read_samples(folder).set_index("id")
    if not outcome.sample:
        assert table.empty
        return
    row = table.loc[outcome.sample]
    assert {name: row[name] for name in outcome.columns} == outcome.columns
    image = wall(outcome.sample) if outcome.image is None else outcome.image
    found = load_image(folder, outcome.sample)
    assert found.shape == image.shape == (row["height"], row["width"], 3)
    assert np.abs(found.astype(int) - image.astype(int)).max() <= outcome.within
    if row["has_mask"]:
        mask = crack(outcome.sample) if outcome.mask is None else outcome.mask
        assert np.array_equal(load_mask(folder, outcome.sample), mask)
        assert row["crack_pixels"] == mask.sum()
    for name in set(IDS) & set(table.index) - {outcome.sample}:
        assert np.array_equal(load_image(folder, name), wall(name))


def _judge(outcome: Imported, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    if outcome.stops:
        with pytest.raises(HairlineError) as error:
            run(validate, folder)
        told = str(error.value)
    else:
        with caplog.at_level(logging.INFO, "hairline"):
            run(validate, folder)
        told = "\n".join(record.getMessage() for record in caplog.records)
    assert Paths(folder, "tiny").samples_verdict("walls").exists() != outcome.stops
    assert {rule.name for rule in RULES if re.search(rf"\b{rule.name}\b", told)} == set(outcome.gate), told
    assert not outcome.gate or re.search(rf"\b{re.escape(outcome.sample)}\b", told)
