r"""Clicks of a simulated annotator, who looks at masks: F1 of patches and ODS of labels against the number of clicks.

    python benchmarks/clicks.py benchmarks/results/clicks.json data/EXPERIMENT/sets/crack500:train \
        CRACK500=data/EXPERIMENT/sets/crack500:test CFD=data/EXPERIMENT/sets/cfd \
        DeepCrack=data/EXPERIMENT/sets/deepcrack

The sets are folders that the stage ``ingest`` wrote, with a split after a colon where not all of it is meant. Clicks
fall on patches of the first, which a :class:`hairline.clicking.choosing.Chooser` chooses or which come in its random
order; a patch is crack if any pixel of its mask is. With ``--wrong`` a share of the clicks says the opposite. After
each number of clicks the classifier is scored: F1 on all patches of the other sets and of the first, those clicked
among them, and what the chooser's own estimate said. With ``--labels N`` it labels N images of each
other set too, by ``multiscale`` and ``konig`` with the options that ship, scored by ODS at any of 99 thresholds; the
network looks at an image once for all classifiers. ``all`` is the classifier of all patches of the first set.
Beside them stand the scores of the network that ships, which needs no clicks, and with ``--trained FOLDER`` labels by a
classifier that the stage ``train_classifier`` wrote. Features and what each label scored are kept in ``--cache``, so
that a run goes on where it was stopped. ``benchmarks/click_tables.py`` makes tables and figure of the result.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click_labels
import numpy as np
from click_tables import CLICKS
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.clicking import estimating
from hairline.clicking.choosing import Chooser
from hairline.clicking.features import Kept
from hairline.clicking.patches import Patch
from hairline.data.samples import evenly, image_path, load_image, load_mask, read_samples
from hairline.inspection.patch_classifier import BATCH, STRIDE_PX
from hairline.io.atomic import write_json
from hairline.labelling.methods import multiscale
from hairline.nn.classifier import frozen
from hairline.nn.classifier.linear import Line

SCREEN, LARGE_SCREEN, LARGE_FROM = 25, 100, 200
SIDE_PX = 128


class Clickable:
    """The patches of a set, and what its masks say of each."""

    def __init__(self, told: str, images: int, network: frozen.Frozen, cache: Path) -> None:
        folder, _, split = told.partition(":")
        self.folder = Path(folder)
        table = read_samples(self.folder, *([split] if split else []))
        ids = list(table.loc[table["has_mask"], "id"])
        self.ids = [ids[place] for place in evenly(len(ids), images)] if images else ids
        self.truth = dict[Patch, bool]()
        for name in self.ids:
            mask = load_mask(self.folder, name)
            for top in starts(mask.shape[0]):
                for left in starts(mask.shape[1]):
                    crack = bool(mask[top : top + SIDE_PX, left : left + SIDE_PX].any())
                    self.truth[Patch(name, left, top, SIDE_PX)] = crack
        self.patches = list(self.truth)
        files = {name: image_path(self.folder, name) for name in self.ids}
        kept = Kept(files, self.patches, network, cache)
        self.emphasis = network.emphasis
        self.features = {name: kept(name) for name in tqdm(self.ids, f"features {self.folder.name}")}

    def says(self, line: Line) -> NDArray[np.bool_]:
        """What a classifier says of all patches, bool [patches]."""
        return np.concatenate([line.probabilities(self.features[name]) >= 0.5 for name in self.ids])

    def f1(self, line: Line) -> float | None:
        """F1 on all patches."""
        return estimating.scores(self.says(line), np.array(list(self.truth.values())))[2]


def main() -> None:
    """Click, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("clicked", metavar="FOLDER[:SPLIT]")
    parser.add_argument("sets", nargs="*", metavar="NAME=FOLDER[:SPLIT]")
    parser.add_argument("--images", type=int, default=0, help="of each other set at most, evenly spaced; 0: all")
    parser.add_argument("--clicked-images", type=int, default=0, help="of the first set at most, likewise")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--wrong", type=float, nargs="*", default=[0.0, 0.05])
    parser.add_argument("--labels", type=int, default=0, help="images of each set to label")
    parser.add_argument("--trained", type=Path, metavar="FOLDER", help="a classifier that labels as well")
    parser.add_argument("--cache", type=Path, default=Path("state/clicks"))
    parser.add_argument("--speed", action="store_true", help="tell only how long features and classifiers take")
    args = parser.parse_args()
    network = frozen.Frozen(frozen.network())
    pool = Clickable(args.clicked, args.clicked_images, network, args.cache)
    if args.speed:
        return speed(network, pool)
    tests = {name: Clickable(told, args.images, network, args.cache)
             for name, _, told in (each.partition("=") for each in args.sets)}  # fmt: skip
    chooser = Chooser(pool.patches, pool.features.__getitem__, 0, emphasis=pool.emphasis)
    every = chooser.classifier(pool.truth)
    assert every is not None
    rows, lines = list[dict[str, Any]](), {"all": every}
    for wrong in args.wrong:
        for seed in range(args.seeds):
            for how in ("chosen", "random"):
                for row, line in clicked(pool, how, seed, wrong):
                    row["f1"] = {name: test.f1(line) for name, test in tests.items()}
                    lines[str(len(rows))] = line
                    rows.append(row)
    told: dict[str, Any] = {
        "command": "python benchmarks/clicks.py clicks.json …",
        "network": None if network.model.origin is None else str(network.model.origin),
        "images": {"clicked": len(pool.ids), **{name: len(test.ids) for name, test in tests.items()}},
        "patches": {"clicked": len(pool.patches), **{name: len(test.patches) for name, test in tests.items()}},
        "crack_share": {"clicked": share(pool), **{name: share(test) for name, test in tests.items()}},
        "labelled_images": args.labels,
        "all": {"f1": {name: test.f1(every) for name, test in tests.items()}},
        "rows": rows,
    }
    if args.labels:
        labels = click_labels.Labels(network, lines, args.trained, args.cache / "labels")
        sets = {name: (test.folder, test.ids) for name, test in tests.items()}
        for (method, name), found in click_labels.ods(labels, sets, args.labels).items():
            row = rows[int(name)] if name.isdigit() else told.setdefault(name, {})
            row.setdefault("ods", {})[method] = found
    write_json(args.out, told)


def speed(network: frozen.Frozen, pool: Clickable) -> None:
    """Print seconds of a core for features of photos, and for classifiers of clicks."""
    for height, width in ((360, 640), (3000, 4000)):
        photo, begun = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8), time.process_time()
        network.features(photo, [(0, 0, SIDE_PX)])
        print(f"features of {width} x {height} px: {time.process_time() - begun:.2f} s")
    image, needs, begun = load_image(pool.folder, pool.ids[0]), multiscale.EXAMPLE.needs(), time.process_time()
    seen = network.look(image, needs.windows_px, STRIDE_PX, needs.scales, BATCH)
    looked = time.process_time()
    multiscale.label(image, seen.evidence(np.zeros(network.length), 0.0), multiscale.EXAMPLE)
    print(f"label of {image.shape[1]} x {image.shape[0]} px: {looked - begun:.2f} s to look, "
          f"{time.process_time() - looked:.2f} s for each classifier")  # fmt: skip
    patches = estimating.audit_order(pool.patches, 0)
    for clicks in CLICKS:
        chooser = Chooser(pool.patches, pool.features.__getitem__, 0, emphasis=pool.emphasis)
        chooser.classifier({patch: pool.truth[patch] for patch in patches[: CLICKS[0]]})  # features are asked for here
        begun = time.process_time()
        chooser.classifier({patch: pool.truth[patch] for patch in patches[:clicks]} | {patches[-1]: True})
        print(f"classifier of {clicks} clicks: {time.process_time() - begun:.3f} s")


def starts(length: int) -> list[int]:
    """Where patches begin along a side: side by side, the last ending with it."""
    last = max(length - SIDE_PX, 0)
    return list(dict.fromkeys([*range(0, last, SIDE_PX), last]))


def share(data: Clickable) -> float:
    """Share of patches that show a crack."""
    return statistics.fmean(data.truth.values())


def clicked(data: Clickable, how: str, seed: int, wrong: float) -> Iterator[tuple[dict[str, Any], Line]]:
    """Rows of one annotator, and the classifier at each number of clicks."""
    draws = np.random.default_rng(seed)
    says = {patch: crack != (draws.random() < wrong) for patch, crack in data.truth.items()}
    chooser = Chooser(data.patches, data.features.__getitem__, seed, emphasis=data.emphasis)
    order, labels = estimating.audit_order(data.patches, seed), dict[Patch, bool]()
    for stop in CLICKS:
        while len(labels) < stop:
            count = min(SCREEN if len(labels) < LARGE_FROM else LARGE_SCREEN, stop - len(labels))
            begun = time.perf_counter()
            found = chooser.next(labels, count) if how == "chosen" else order[len(labels) : len(labels) + count]
            seconds = time.perf_counter() - begun
            labels |= {patch: says[patch] for patch in found}
        line = chooser.classifier(labels)
        if line is None:
            continue
        estimate = asdict(chooser.estimate(labels)) if how == "chosen" and not wrong else None
        row = {"how": how, "seed": seed, "wrong": wrong, "clicks": stop, "crack_clicks": sum(labels.values()),
               "photos": len({patch.photo for patch in labels}), "f1_clicked_set": data.f1(line),
               "estimate": estimate, "seconds_a_screen": seconds}  # fmt: skip
        yield row, line


if __name__ == "__main__":
    main()
