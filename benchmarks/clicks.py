r"""Clicks of a simulated annotator, who looks at masks: F1 of patches and ODS of labels against the number of clicks.

    python benchmarks/clicks.py benchmarks/results/clicks.json data/EXPERIMENT/sets/crack500:train \
        CRACK500=data/EXPERIMENT/sets/crack500:test CFD=data/EXPERIMENT/sets/cfd \
        DeepCrack=data/EXPERIMENT/sets/deepcrack

The sets are folders that the stage ``ingest`` wrote, with a split after a colon where not all of it is meant. Clicks
fall on patches of the first, which a :class:`hairline.clicking.choosing.Chooser` chooses or which come in its random
order; a patch is crack if any pixel of its mask is. With ``--wrong`` a share of the clicks says the opposite. After
each number of clicks the classifier is scored: F1 on all patches of the other sets and of the first, those clicked
among them, and what the chooser's own estimate said. With ``--labels N`` it labels N images of each
other set too, by ``multiscale`` with the options that ship, scored by ODS at any of 99 thresholds; the
network looks at an image once for all classifiers. ``all`` is the classifier of all patches of the first set.
Beside them stand the scores of the network that ships, which needs no clicks, and with ``--beside NAME=FOLDER`` labels
of the same images that the stage ``label`` wrote. Features are kept in ``--cache``.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.clicking import estimating
from hairline.clicking.choosing import Chooser
from hairline.clicking.features import Kept
from hairline.clicking.patches import Patch
from hairline.data.samples import evenly, image_path, load_image, load_mask, read_samples
from hairline.imaging.images import quantise, read_scores
from hairline.inspection.labeller import BATCH, STRIDE_PX
from hairline.io.atomic import write_json
from hairline.labelling.cache import Cache
from hairline.labelling.methods import multiscale
from hairline.metrics import thresholds
from hairline.nn.classifier import frozen
from hairline.nn.classifier.linear import Line
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import segmenter, shipped

METHODS: dict[str, tuple[Any, Any]] = {"multiscale": (multiscale, multiscale.EXAMPLE)}
CLICKS = (50, 100, 200, 500, 1000)
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
    parser.add_argument("--label-seeds", type=int, default=1)
    parser.add_argument("--label-clicks", type=int, nargs="*", default=CLICKS, help="of the classifiers that label")
    parser.add_argument(
        "--label-random", type=int, nargs="*", default=[200], help="likewise, of those of random clicks"
    )
    parser.add_argument("--label-wrong", type=int, nargs="*", default=[], help="likewise, of chosen clicks, some wrong")
    parser.add_argument("--beside", nargs="*", default=[], metavar="NAME=FOLDER", help="labels to score as well")
    parser.add_argument("--figure", type=Path, help="picture of F1 against clicks to draw")
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
    rows, lines = list[dict[str, Any]](), {("all", 0): every}
    for wrong in args.wrong:
        for seed in range(args.seeds):
            for how in ("chosen", "random"):
                for row, line in clicked(pool, how, seed, wrong):
                    row["f1"] = {name: test.f1(line) for name, test in tests.items()}
                    rows.append(row)
                    chosen = args.label_wrong if wrong else args.label_clicks
                    labelling = chosen if how == "chosen" else [] if wrong else args.label_random
                    if seed < args.label_seeds and row["clicks"] in labelling:
                        lines[f"{how} {row['clicks']}" + (f", {wrong:.0%} wrong" if wrong else ""), seed] = line
    told = {
        "command": "python benchmarks/clicks.py clicks.json …", 
        "network": None if network.model.origin is None else str(network.model.origin),
        "images": {"clicked": len(pool.ids), **{name: len(test.ids) for name, test in tests.items()}},
        "patches": {"clicked": len(pool.patches), **{name: len(test.patches) for name, test in tests.items()}},
        "crack_share": {"clicked": share(pool), **{name: share(test) for name, test in tests.items()}},
        "all": {name: test.f1(every) for name, test in tests.items()},
        "rows": rows,
    }  # fmt: skip
    write_json(args.out, told)
    print(table(rows, list(tests)))
    if args.figure:
        draw(told, list(tests), args.figure)
    if args.labels:
        beside = {name: Path(folder) for name, _, folder in (each.partition("=") for each in args.beside)}
        for told["labels"] in labelled(tests, lines, args.labels, network, beside):
            write_json(args.out, told)
        for name, found in told["labels"].items():
            for key, value in sorted(found["ods"].items()):
                print(name, key, mean(value))


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


def table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Means over seeds, Markdown."""
    lines = [f"| clicks | wrong | how | patches clicked from | {' | '.join(names)} | its estimate | enough |"]
    lines.append("| --- " * (len(names) + 6) + "|")
    keys = dict.fromkeys((row["wrong"], row["clicks"], row["how"]) for row in rows)
    for wrong, clicks, how in sorted(keys):
        some = [row for row in rows if (row["wrong"], row["clicks"], row["how"]) == (wrong, clicks, how)]
        cells = [
            mean(row["f1_clicked_set"] for row in some),
            *(mean(row["f1"][name] for row in some) for name in names),
        ]
        cells += [mean(row["estimate"] and row["estimate"]["f1"] for row in some),
                  str(sum(bool(row["estimate"] and row["estimate"]["enough"]) for row in some))]  # fmt: skip
        lines.append(f"| {clicks} | {wrong:g} | {how} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(told: Mapping[str, Any], names: Sequence[str], file: Path) -> None:
    """F1 against clicks, a panel a set: mean and standard deviation over seeds, and the classifier of all patches."""
    figure, panels = plt.subplots(1, len(names), figsize=(4 * len(names), 3.4), sharey=True, layout="constrained")
    for panel, name in zip(np.atleast_1d(panels), names, strict=True):
        for how, colour in (("chosen", "tab:blue"), ("random", "tab:orange")):
            for wrong, style in ((0.0, "-"), (0.05, ":")):
                rows = [row for row in told["rows"] if (row["how"], row["wrong"]) == (how, wrong)]
                by = [[row["f1"][name] for row in rows if row["clicks"] == clicks] for clicks in CLICKS]
                if all(by):
                    label = f"{how}, {wrong:.0%} wrong clicks"
                    middle, spread = np.mean(by, axis=1), np.std(by, axis=1)
                    panel.plot(CLICKS, middle, style, color=colour, marker="o", markersize=3, label=label)
                    panel.fill_between(CLICKS, middle - spread, middle + spread, color=colour, alpha=0.1, linewidth=0)
        panel.axhline(told["all"][name], color="grey", linewidth=1, label=f"all {told['patches']['clicked']:,} patches")
        panel.set(
            title=name, xlabel="clicks", xscale="log", xticks=CLICKS, xticklabels=[f"{count:,}" for count in CLICKS]
        )
        panel.minorticks_off()
    np.atleast_1d(panels)[0].set_ylabel("F1 of patches")
    np.atleast_1d(panels)[-1].legend(fontsize=7)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def mean(values: Any) -> str:
    """Mean and standard deviation of what is there."""
    there = [value for value in values if value is not None]
    return f"{statistics.fmean(there):.3f} ± {statistics.pstdev(there):.3f}" if there else "–"


def labelled(
    tests: Mapping[str, Clickable], lines: Mapping[tuple[str, int], Line], count: int, network: frozen.Frozen,
    beside: Mapping[str, Path],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """For each set how many images were labelled, and method and classifier → ODS of its labels, one a seed.

    After each image of each set what is known so far, so that little is lost where it ends early.
    """
    chosen = {name: [test.ids[place] for place in evenly(len(test.ids), count)] for name, test in tests.items()}
    for ids in chosen.values():
        np.random.default_rng(0).shuffle(ids)
    found = {name: defaultdict[tuple[str, int], list[Any]](list) for name in tests}
    for number in tqdm(range(count), "labels"):
        for name, test in tests.items():
            for key, histograms in of_image(test, chosen[name][number], lines, network, beside):
                found[name][key].append(histograms)
        yield {name: {"images": number + 1, "ods": ods(those)} for name, those in found.items()}


def of_image(
    data: Clickable, sample: str, lines: Mapping[tuple[str, int], Line], network: frozen.Frozen,
    beside: Mapping[str, Path],
) -> Iterator[tuple[tuple[str, int], Any]]:  # fmt: skip
    """Method and classifier, its seed, and the histograms of its label of an image, at which is looked once."""
    image, mask = load_image(data.folder, sample), load_mask(data.folder, sample)
    needs = [options.needs() for _, options in METHODS.values()]
    windows = tuple(dict.fromkeys(chain.from_iterable(need.windows_px for need in needs)))
    scales = tuple(dict.fromkeys(chain.from_iterable(need.scales for need in needs)))
    seen = network.look(image, windows, STRIDE_PX, scales, BATCH)
    with Cache(1 << 30) as cache:
        cache.name(image, sample)
        for (classifier, seed), line in lines.items():
            evidence = seen.evidence(line.weight, line.bias)
            for method, (module, options) in METHODS.items():
                scores = quantise(module.label(image, evidence, options))
                yield (f"{method}, {classifier}", seed), thresholds.histograms(scores, mask)
    own = segmenter.predict(segmenter.load(shipped.folder())[0], image, device.resolve(RUNTIME))
    yield ("the network that ships", 0), thresholds.histograms(quantise(own), mask)
    for name, folder in beside.items():
        yield (name, 0), thresholds.histograms(read_scores(folder / data.folder.name / f"{sample}.png"), mask)


def ods(found: Mapping[tuple[str, int], Sequence[Any]]) -> dict[str, list[float]]:
    """Method and classifier → ODS of its labels, one a seed."""
    answer = defaultdict[str, list[float]](list)
    for (key, _), histograms in found.items():
        counts = thresholds.counts(*(np.stack(part) for part in zip(*histograms, strict=True)))
        answer[key].append(float(thresholds.ods(thresholds.f1(counts))))
    return answer


if __name__ == "__main__":
    main()
