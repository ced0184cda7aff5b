"""An experiment with a leak of every kind planted in it, and one image on each set that nothing leaks to."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from conftest import tiny_values
from numpy.typing import NDArray

from hairline.gates import identities
from hairline.imaging.images import read_image, write_image, write_mask
from hairline.labelling.chosen_options import Choice, ChosenOn
from hairline.nn.segmenter import learned_images
from hairline.nn.segmenter.learned_images import Record, Way

Image = NDArray[np.uint8]
SIDE_PX, CRACK = 96, 20


def texture(seed: int, height: int = SIDE_PX, width: int = SIDE_PX) -> Image:
    """A rough surface with one crack, that no other seed gives anything like, RGB."""
    rng, grey = np.random.default_rng(seed), np.full((height, width), 128.0)
    for cell, depth in ((32, 25), (12, 18), (5, 12), (2, 8)):
        coarse = rng.standard_normal((height // cell + 2, width // cell + 2))
        grey += depth * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    row = rng.integers(10, height - 14)
    grey[row : row + 4, 10 : width - 16] = CRACK
    tint = np.clip(grey[..., None], CRACK, 255) + rng.normal(0, 2, (height, width, 3))
    return np.clip(tint, 0, 255).astype(np.uint8)


def saved_again(image: Image, quality: int = 75) -> Image:
    """An image as a JPEG file gives it back."""
    done, file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1], dtype=np.uint8)


def write(root: Path) -> None:
    """Write the published sets ``home``, ``away`` and ``copies`` below data/raw of a workspace.

    What an image of ``away`` or a test image of ``home`` owes to others is told by its name.
    """
    home = {f"train_{n}": texture(n) for n in range(5)} | {"photo1_left": texture(5)}
    val, test = {"val_0": texture(10)}, {f"test_{n}": texture(20 + n) for n in range(3)} | {"photo1_right": texture(24)}
    away = {
        "mirrored": home["train_0"][:, ::-1],
        "turned_jpeg": saved_again(np.rot90(home["train_1"])),
        "of_validation": val["val_0"],
        "of_a_choice": saved_again(np.rot90(texture(40)), 90),
        "alone": texture(41),
    }
    copies = {"other_name": test["test_0"], "more_0": texture(50), "more_1": texture(51)}
    _write(root / "data/raw/home", {"train": home, "val": val, "test": test})
    _write(root / "data/raw/away", {"test": away})
    _write(root / "data/raw/copies", {"train": copies})


def _write(root: Path, splits: dict[str, dict[str, Image]]) -> None:
    lines = ["id,split"]
    for split, images in splits.items():
        for name, image in images.items():
            mask = image.mean(axis=2) < 2 * CRACK
            write_image(root / "images" / f"{name}.png", np.ascontiguousarray(image))
            write_mask(root / "masks" / f"{name}.png", mask)
            lines.append(f"{name},{split}")
    (root / "split.csv").write_text("\n".join(lines) + "\n")


def choice(root: Path) -> Choice:
    """A choice of ``localization.cut`` on one image of ``away``, recorded before that was turned and saved again."""
    image = read_image(root / "data/raw/away/images/of_a_choice.png")
    known = identities.of_image(np.ascontiguousarray(np.rot90(image, -1)))
    on = ChosenOn("elsewhere", "x", "x", "0" * 64, known["strengths"].hex())
    return Choice("planted", "konig", {"localization.cut": 0.0}, True, 1, "2026-01-01", "a test", "", [on])


def record(folder: Path, made: Choice) -> None:
    """Write a choice to a folder of choices."""
    folder.mkdir(exist_ok=True)
    (folder / f"{made.name}.json").write_text(json.dumps(asdict(made)))


def start(folder: Path) -> None:
    """Write what a segmenter of elsewhere has seen: ``alone`` of ``away``, turned, by its mask."""
    turned = np.ascontiguousarray(np.rot90(texture(41)))
    pixels, strengths = identities.briefly(turned)
    folder.mkdir()
    ways = [Way("net learned from its mask", "trained on", "masks", [0])]
    learned_images.write(folder, Record(ways, [ChosenOn("elsewhere", "y", "y", pixels, strengths)]))


def values() -> dict[str, Any]:
    """The parameters: segmenters on masks and pseudo-labels, with and without early stopping, three training sets.

    One starts from the segmenter of :func:`start`, in the folder ``start``.
    """
    found = tiny_values()
    entry = {"layout": "synthetic", "options": {}}
    found["datasets"] = {name: {**entry, "root": f"data/raw/{name}"} for name in ("home", "away", "copies")}
    found["datasets"]["home"]["parent"] = r"photo\d"
    found["synthetic_sets"] = {}
    found["classifiers"]["lite0"]["dataset"] = "home"
    names = ["home", "away", "copies"]
    found["label_sets"]["other_cut"] = json.loads(json.dumps(found["label_sets"]["konig"]))
    found["label_sets"]["other_cut"]["options"]["localization"]["cut"] = 0.01
    part = {"dataset": "home", "split": "train"}
    found["training_sets"] = {
        "home": {"parts": [part], "paper": None},
        "semi": {"parts": [part, {"dataset": "away", "split": "test", "labels": "other_cut"}], "paper": None},
        "combined": {"parts": [part, {"dataset": "copies", "split": "train"}], "paper": None},
    }
    unet = found["architectures"]["unet"]
    unet["training"] = {"weights": "none"}
    stopping = {"monitor": "val/loss", "patience": 1}
    found["architectures"]["early"] = {**unet, "training": {"weights": "none", "recipe": {"stopping": stopping}}}
    found["architectures"]["continued"] = {**unet, "training": {"init": "start"}}
    found["matrix"].update(
        datasets=names, localized=names, test_sets=["home", "away"], label_sets=["manual", "other_cut"],
        architectures=["unet", "early", "continued"], training_sets=["home", "semi", "combined"],
    )  # fmt: skip
    study = found["studies"]["konig"]
    study.update(dataset="home", objective=["ods", "maskless"], label_set="other_cut",
                 tuning={"split": "test", "count": 1}, held_out={"split": "train", "count": 2})  # fmt: skip
    found["studies"] = {"both": study, "blind": {**study, "objective": ["maskless"]}}
    samples = {"min_split_share": {"train": 0}}
    found["gates"]["for_datasets"] = {name: {"samples": samples} for name in ("away",)}
    found["pooled_test_sets"] = {"all": ["home", "away"]}
    return found
