"""Stages that learn nothing: they stop with what was tried and kept, or go on with what is marked."""

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from support import places

import hairline
from hairline.config.paths import Paths, SegmenterName
from hairline.data import patch_index
from hairline.data.layouts import folder as layout
from hairline.data.patch_index import Options as Grid
from hairline.data.samples import ingest, load_image, load_mask, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import write_image, write_mask
from hairline.metrics import thresholds
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import segmenter
from pipeline import index_patches, label_manual, train_classifier, train_segmenter, validate_labels
from pipeline import ingest as ingest_stage

Write = Callable[[dict[str, Any]], Path]
PATHS = Paths(Path(), "tiny")
NAME = SegmenterName("manual", "unet", "synthetic")
PX, WINDOW_PX = 96, 32


def photo(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Grain, with a dark line through one column of patches."""
    grey, mask = rng.normal(150, 12, (PX, PX)), np.zeros((PX, PX), np.uint8)
    x = int(rng.integers(8, PX - 8))
    cv2.line(mask, (x, 0), (x + int(rng.integers(-6, 7)), PX), 255, 2)
    grey = np.where(mask > 0, 70, grey)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2), mask > 0


@pytest.fixture
def place(tmp_path: Path, values: dict[str, Any], empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A workspace with six photos to learn from and three held out; its values, by which nothing can be learned."""
    monkeypatch.chdir(tmp_path)
    Path("mlruns").mkdir()
    shutil.copy(empty_store, "mlruns")
    raw, rng, rows = tmp_path / "raw", np.random.default_rng(2), ["id,split"]
    for split, count in (("train", 6), ("val", 3)):
        for index in range(count):
            image, mask = photo(rng)
            write_image(raw / "images" / f"{split}{index}.png", image)
            write_mask(raw / "masks" / f"{split}{index}.png", mask)
            rows.append(f"{split}{index},{split}")
    (raw / "split.csv").write_text("\n".join(rows) + "\n")
    dataset = PATHS.dataset("synthetic")
    dataset.mkdir(parents=True)
    ingest(layout.read(raw, layout.Options({"train": 1.0}, [])), dataset)
    PATHS.patch_index("synthetic").parent.mkdir(parents=True)
    patches = patch_index.index(read_samples(dataset), dataset, Grid(WINDOW_PX, WINDOW_PX))
    patches.to_parquet(PATHS.patch_index("synthetic"), index=False)
    for verdict in (PATHS.patches_verdict("lite0"), PATHS.labels_verdicts("synthetic", "manual") / "part.json"):
        verdict.parent.mkdir(parents=True)
        verdict.write_text('{"waivers": []}')
    values["learned"] = "error"
    values["runtime"].update(precision="32", device="cpu")
    values["classifiers"]["lite0"]["recipe"].update(epochs=25, learning_rate=1e-9)
    values["architectures"]["unet"]["options"]["decoder_channels"] = [128, 64, 48, 32, 16]  # that learns in ten epochs
    values["segmenter"].update(crop_px=64, crops_per_image=2, weights="none")
    values["segmenter"]["recipe"].update(epochs=10, learning_rate=1e-9)
    return values


def classify() -> None:
    train_classifier.main(["--classifier", "lite0"])


def segment() -> None:
    train_segmenter.main(["--label-set", "manual", "--architecture", "unet", "--training-set", "synthetic"])


def labelled() -> None:
    """What a segmenter is trained on, and the classifier that the stage depends on."""
    label_manual.main([])
    places.list_training_images(PATHS, "manual")
    backbones.save(backbones.build("test_resnet", "none")[0], PATHS.classifier("lite0"), {})


def refused(train: Callable[[], None]) -> str:
    with pytest.raises(HairlineError, match="nothing was learned") as caught:
        train()
    return str(caught.value)


def named(message: str) -> tuple[list[str], float]:
    """Where the parameter to change first stands, and its new value."""
    found = re.search(r"change first, in params.yaml: ([\w.]+): \S+ → (\S+)", message)
    assert found
    return found[1].split("."), float(found[2])


def put(values: dict[str, Any], path: list[str], value: float) -> None:
    *sections, last = path
    for section in sections:
        values = values[section]
    values[last] = value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("train", "target"), [(classify, PATHS.classifier("lite0")), (segment, PATHS.segmenter(NAME))],
    ids=["classifier", "segmenter"],
)  # fmt: skip
def test_a_training_that_learned_nothing_stops_and_the_change_it_names_is_the_one_that_works(
    place: dict[str, Any], write_params: Write, train: Callable[[], None], target: Path
) -> None:
    write_params(place)
    if train is segment:
        labelled()
    message = refused(train)
    assert not target.exists()
    kept = Path(re.search(r"kept .*: (\S+)", message)[1])  # type: ignore[index]
    load = backbones.load if train is classify else segmenter.load
    assert load(kept)[1]["learned"]["verdict"] == "nothing"  # type: ignore[index]

    checkpoint = kept.parent / "last.ckpt"
    before, began = checkpoint.stat().st_mtime_ns, time.perf_counter()
    assert refused(train) == message
    assert checkpoint.stat().st_mtime_ns == before, "trained again"
    assert time.perf_counter() - began < 20

    path, value = named(message)
    assert path[-1] == "learning_rate"
    put(place, path, value)
    write_params(place)
    train()
    info = json.loads((target / "model.json").read_text())
    assert info["learned"]["verdict"] == "learned"
    assert info["learned"]["split"] == "val" and info["learned"]["photos"] == 3


@pytest.mark.parametrize(("wish", "verdict"), [("warn", "nothing"), ("off", "not judged")])
def test_it_goes_on_where_that_is_wished_and_says_so_beside_the_weights(
    place: dict[str, Any], write_params: Write, caplog: pytest.LogCaptureFixture, wish: str, verdict: str
) -> None:
    place["learned"] = wish
    place["classifiers"]["lite0"]["recipe"]["epochs"] = 1
    write_params(place)
    classify()
    info = json.loads((PATHS.classifier("lite0") / "model.json").read_text())
    assert info["learned"]["verdict"] == verdict
    assert ("nothing was learned" in caplog.text) == (wish == "warn")
    record = json.loads(PATHS.classifier_record("lite0").read_text())
    assert record["tags"].get("learned") == (verdict if wish == "warn" else None)
    tables = [path.read_text() for path in Path("mlruns/artifacts").rglob("learned.csv")]
    assert ["learned/lead_over_darkness" in table for table in tables] == ([True] if wish == "warn" else [])


def test_a_segmenter_without_validation_images_is_judged_on_those_it_learned_from(
    place: dict[str, Any], write_params: Write, caplog: pytest.LogCaptureFixture
) -> None:
    place["learned"] = "warn"
    place["segmenter"]["recipe"]["epochs"] = 1
    write_params(place)
    labelled()
    source = PATHS.training_table("synthetic", "manual")
    table = pd.read_parquet(source)
    table[table["role"] == "train"].to_parquet(source, index=False)
    segment()
    info = json.loads((PATHS.segmenter(NAME) / "model.json").read_text())
    assert (info["learned"]["split"], info["learned"]["photos"]) == ("train", 6)
    assert info["threshold"] is None


def test_the_best_threshold_on_validation_images_is_kept(place: dict[str, Any], write_params: Write) -> None:
    place["learned"] = "off"
    place["segmenter"]["recipe"].update(epochs=2, learning_rate=3e-3)
    write_params(place)
    labelled()
    segment()
    kept = json.loads((PATHS.segmenter(NAME) / "model.json").read_text())["threshold"]
    network, dataset = hairline.load_segmenter(PATHS.segmenter(NAME)), PATHS.dataset("synthetic")
    pairs = [(network.predict(load_image(dataset, key)), load_mask(dataset, key))
             for key in read_samples(dataset, "val")["id"]]  # fmt: skip
    f1 = np.concatenate([thresholds.f1(thresholds.counts(*(part[None] for part in thresholds.histograms(*pair))))
                         for pair in pairs])  # fmt: skip
    assert kept["value"] == pytest.approx(thresholds.best_threshold(f1)) and kept["f1"] == pytest.approx(
        thresholds.ods(f1)
    )
    assert (kept["images"], kept["labels"]) == (3, "masks")


@pytest.mark.parametrize(
    ("part", "told"),
    [(0.0, "the labels mark nothing"), (0.001, "none of the labels passes"), (0.6, "more than half of every photo")],
)
def test_labels_that_teach_nothing_stop_at_their_gate(
    place: dict[str, Any], write_params: Write, caplog: pytest.LogCaptureFixture, part: float, told: str
) -> None:
    place["gates"]["labels"]["max_crack_share"] = 1
    write_params(place)
    labelled()
    table = pd.read_parquet(PATHS.training_table("synthetic", "manual"))
    marked = table.assign(crack_pixels=(table["pixels"] * part).astype("int64"), trainable=part > 0.01)
    marked.to_parquet(PATHS.training_table("synthetic", "manual"), index=False)
    judge = ["--label-set", "manual", "--training-set", "synthetic"]
    verdict = PATHS.labels_verdicts("synthetic", "manual") / "synthetic-train.json"
    with pytest.raises(HairlineError, match=told):
        validate_labels.main(judge)
    assert not verdict.exists()
    write_params({**place, "learned": "warn"})
    validate_labels.main(judge)
    assert verdict.is_file() and told in caplog.text


def wall(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A photo of concrete, 320 × 240: clouds, grain, pores, and a faint crack 1 or 2 pixels wide across it."""
    height, width = 240, 320
    clouds = cv2.resize(rng.standard_normal((9, 11)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 0.8)
    grey, mask = 150 + 8 * clouds + 20 * grain, np.zeros((height, width), np.uint8)
    for x, y in zip(rng.integers(0, width, 15).tolist(), rng.integers(0, height, 15).tolist(), strict=True):
        cv2.circle(grey, (x, y), int(rng.integers(1, 4)), float(rng.uniform(80, 120)), cv2.FILLED)
    place, heading = np.array([0.0, rng.uniform(60, 180)]), rng.uniform(-0.4, 0.4)
    while 0 <= place[0] < width and 0 <= place[1] < height:
        heading = np.clip(heading + rng.normal(0, 0.25), -1.1, 1.1)
        further = place + 6 * np.array([np.cos(heading), np.sin(heading)])
        ends = np.rint([place, further]).astype(int).tolist()
        cv2.line(mask, ends[0], ends[1], 255, int(rng.integers(1, 3)))
        place = further
    cover = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.7)
    grey *= 1 - 0.35 * cover
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2), mask > 0


@pytest.mark.slow
def test_twenty_photos_four_with_masks_are_told_what_to_change_and_it_works(
    tmp_path: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw, rng = tmp_path / "mine", np.random.default_rng(5)
    for index in range(20):
        image, mask = wall(rng)
        write_image(raw / "images" / f"wall{index:02}.png", image)
        if index < 4:
            write_mask(raw / "masks" / f"wall{index:02}.png", mask)
    values["learned"] = "error"
    values["datasets"]["synthetic"] = {
        "layout": "folder", "root": str(raw), "options": {"shares": {"train": 0.8, "val": 0.2}, "exclude": []},
    }  # fmt: skip
    values["classifiers"]["lite0"]["recipe"].update(epochs=8, batch=32)
    values["patches"] = {"window_px": 64, "stride_px": 64}  # few of which fit on four photos
    write_params(values)
    ingest_stage.main(["--dataset", "synthetic"])
    PATHS.patches_verdict("lite0").parent.mkdir(parents=True)
    PATHS.patches_verdict("lite0").write_text('{"waivers": []}')
    index_patches.main(["--dataset", "synthetic"])
    path, value = named(refused(classify))
    assert path == ["patches", "stride_px"]
    put(values, path, int(value))
    write_params(values)
    index_patches.main(["--dataset", "synthetic"])
    classify()
    info = json.loads((PATHS.classifier("lite0") / "model.json").read_text())
    assert info["learned"]["score"] > 0.6
