r"""Choose the options that ship with our methods anew, on CRACK500's training crops alone.

    python benchmarks/choose_defaults.py data/labels-cpu models/labels-cpu/classifiers state/chosen --method multiscale

The rule, fixed before any other set was looked at. Two classifiers learn from one half each of the 591 training crops,
``rn_a`` from ``half_a``, ``rn_b`` from ``half_b``; crops of photos taken within 10 s of each other are in one half.
Each crop's evidence is the *other* half's classifier's, so that nobody has seen it. ``COUNT`` crops of each half are
drawn, evenly spaced, and every crop counts twice, as it is and at half its size (its evidence taken anew): the cracks
of CRACK500 are wide, and labels are for thin ones too. The objective is the mean of the two ODS. Options that are
searched lie on the few round values of ``SPACES``, and the search knows nothing of the values that shipped before. The
best trial is taken, whatever it is; ``gamma``, which changes no ranking, then moves the best threshold to 0.5.
``--others`` scores it on as many other crops, which tells what is owed to the search.
"""

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import optuna
from label_gains import told
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.config.params import Params
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.imaging.images import quantise
from hairline.io import plugins
from hairline.io.atomic import whole_file
from hairline.labelling.cache import Cache
from hairline.labelling.localization import Evidence
from hairline.metrics import thresholds
from hairline.tuning.search_space import replaced, value_at

HALVES = {"half_a": "rn_b", "half_b": "rn_a"}
"""Half of the training crops → the classifier that learned from the other."""

COUNT = 30
"""Crops of each half."""

MEMORY = 2 << 30

Space = Mapping[str, Sequence[Any]]
SPACES: Mapping[str, tuple[str, Space]] = {
    "multiscale": ("multiscale", {
        "cams.0.weight": (0.5, 1, 2), "cams.1.weight": (0.5, 1, 2), "cells.0.weight": (0.5, 1, 2),
        "votes.0.weight": (0.5, 1, 2), "gate_power": (0, 0.25, 0.5, 0.75, 1), "cut": (0, 0.05, 0.1, 0.15),
        "localization_power": (0.4, 0.55, 0.7, 0.85, 1), "bilateral.radius_px": (2, 4),
        "otsu.0.window_px": (32, 64, 96), "otsu.0.weight": (0.5, 1, 2),
        "contrast.0.weight": (0.5, 1, 2), "contrast.1.weight": (0.5, 1, 2), "contrast.2.weight": (0.5, 1, 2),
        "darkness_power": (0.5, 0.75, 1, 1.25, 1.5), "line_px": (31, 45, 61),
        "line_power": (0.5, 0.75, 1, 1.25, 1.5), "closing_px": (3, 5, 7, 9), "full_percentile": (99, 99.5, 99.8),
        "extent_px": (100, 150, 200, 300), "extent_power": (0.5, 1, 1.5, 2), "align": ("centre", "corner"),
    }),
    "multiscale_rest": ("multiscale", {
        "extent_levels": ((0.05, 0.1, 0.15), (0.1, 0.15, 0.2), (0.1, 0.2, 0.3), (0.2, 0.3, 0.4)),
        "line_contrast_px": (31, 61, 121), "otsu_strides": (2, 4, 8), "classes": (2, 3),
    }),
    "konig_wide": ("konig_wide", {
        "localization.cut": (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
        "thresholding.window_px": (32, 48, 64, 96, 128), "thresholding.stride_px": (8, 16),
        "fusion.closing_px": (3, 5, 7, 9, 11, 13), "localization.align": ("centre", "corner"),
    }),
    "crf": ("crf", {"neutral": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), "align": ("centre", "corner")}),
}  # fmt: skip
"""Search → its label set and what its options may be. ``multiscale_rest`` is what ``multiscale`` left, that chosen.
ODS on crops that all have cracks knows of no reason for ``cam_guard``: see :func:`guards`."""

TILE_PX = 256
LOSS = 0.01
"""ODS that a guard may cost."""


@dataclass(frozen=True)
class Case:
    """A crop, as it is or at half its size."""

    name: str
    half_size: bool
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    evidence: Evidence


def main() -> None:
    """Search, write the choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("classifiers", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--method", choices=[*SPACES, "guard"], required=True)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--others", action="store_true")
    args = parser.parse_args()
    label_set, space = SPACES.get(args.method, ("multiscale", {}))
    params = Params(args.params)
    options = params.raw("label_sets")[label_set]["options"]
    methods = plugins.resolve("hairline.labelling.methods", params.label_set(label_set).method)
    parse = params.options_of(label_set)
    folder = args.out / args.method
    folder.mkdir(parents=True, exist_ok=True)
    if args.others:
        return told_of_others(args, options, json.loads((folder / "chosen.json").read_text()), methods, parse)
    cases = loaded(args.data, args.classifiers, args.out / "evidence", params, 0)
    if args.method == "guard":
        return guards(cases, args, params, options, methods, parse)
    (folder / "ids.txt").write_text("".join(f"{case.name}\n" for case in cases if not case.half_size))
    cache = named(cases)

    def objective(trial: optuna.Trial) -> float:
        changes = {path: trial.suggest_categorical(path, list(values)) for path, values in space.items()}
        label = partial(methods.label, options=parse(replaced(options, changes)))
        whole, half = scores(label, cases, cache)
        trial.set_user_attr("ods", [whole[0], half[0]])
        trial.set_user_attr("thresholds", [whole[1], half[1]])
        return (whole[0] + half[0]) / 2

    count = math.prod(map(len, space.values()))
    few = count <= args.trials
    sampler = optuna.samplers.GridSampler(space, seed=20) if few else optuna.samplers.TPESampler(
        seed=20, multivariate=True, n_startup_trials=30)  # fmt: skip
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=min(args.trials, count), timeout=args.seconds)
    study.trials_dataframe().to_csv(folder / "trials.csv", index=False)
    chosen = dict(study.best_params)
    if "gamma" in options:
        at = float(np.mean(study.best_trial.user_attrs["thresholds"]))
        chosen["gamma"] = round(float(options["gamma"]) * math.log(0.5) / math.log(at) * 20) / 20
    (folder / "chosen.json").write_text(json.dumps(chosen, indent=1))
    print(f"{len(study.trials)} trials; best {study.best_value:.4f}, {study.best_trial.user_attrs}\n{chosen}")


def guards(
    cases: Sequence[Case],
    args: argparse.Namespace,
    params: Params,
    options: Mapping[str, Any],
    method: Any,
    parse: Callable[..., Any],
) -> None:
    """Print what each ``cam_guard`` costs and saves.

    The rule: of those that cost at most :data:`LOSS` of the best mean ODS, the one under which the fewest pixels of
    tiles without any crack, cut from the same crops, are labelled at 0.5.
    """
    where = {name: args.classifiers / HALVES[half] for half in HALVES
             for name in read_samples(args.data / "sets" / half)["id"]}  # fmt: skip
    tiles = []
    for case in cases:
        height, width = (side // TILE_PX * TILE_PX for side in case.mask.shape)
        for top in range(0, height, TILE_PX):
            for left in range(0, width, TILE_PX):
                here = slice(top, top + TILE_PX), slice(left, left + TILE_PX)
                if not case.half_size and not case.mask[here].any():
                    archive = args.out / "tiles" / f"{case.name}-{top}-{left}.npz"
                    tile = np.ascontiguousarray(case.image[here])
                    tiles.append((tile, asked(where[case.name], tile, archive, params)))
    for guard in ("none", "image", "image_or_windows"):
        label = partial(method.label, options=parse(replaced(options, {"cam_guard": guard})))
        whole, half = scores(label, cases, named(cases))
        false = [float((label(*each) >= 0.5).mean()) for each in tiles]
        print(f"{guard}: mean ODS {(whole[0] + half[0]) / 2:.4f}, {len(tiles)} tiles, "
              f"{np.mean(false):.2%} of their pixels", flush=True)  # fmt: skip


def told_of_others(
    args: argparse.Namespace,
    options: Mapping[str, Any],
    chosen: Mapping[str, Any],
    method: Any,
    parse: Callable[..., Any],
) -> None:
    """Print ODS of the options of params.yaml and of the chosen ones on crops that were not searched on."""
    cases = loaded(args.data, args.classifiers, args.out / "evidence", Params(args.params), 1)
    for what, changes in (("params.yaml", {}), ("chosen", chosen)):
        found = scores(partial(method.label, options=parse(replaced(options, changes))), cases, named(cases))
        print(what, changes or {path: value_at(options, path) for path in chosen})
        print(f"  whole {found[0][0]:.4f} at {found[0][1]:.2f}, half size {found[1][0]:.4f} at {found[1][1]:.2f}")


def named(cases: Sequence[Case]) -> Cache:
    """A cache that knows all images and evidence."""
    cache = Cache(MEMORY)
    for case in cases:
        cache.name(case.image, ("image", case.name, case.half_size))
        cache.name(case.evidence, ("evidence", case.name, case.half_size))
    return cache


def scores(label: Callable[..., NDArray[np.float32]], cases: Sequence[Case], cache: Cache) -> list[tuple[float, float]]:
    """ODS and its threshold over the crops as they are and over those of half the size."""
    found: dict[bool, list[Any]] = {False: [], True: []}
    with cache:
        for case in cases:
            found[case.half_size].append(thresholds.histograms(quantise(label(case.image, case.evidence)), case.mask))
    tables = [thresholds.f1(thresholds.counts(*(np.stack(part) for part in zip(*each, strict=True))))
              for each in found.values()]  # fmt: skip
    return [(thresholds.ods(f1), thresholds.best_threshold(f1)) for f1 in tables]


def loaded(data: Path, classifiers: Path, kept: Path, params: Params, part: int) -> list[Case]:
    """The crops of both halves and their versions of half the size; ``part`` 1 has the crops between those of 0."""
    cases = list[Case]()
    for half, classifier in HALVES.items():
        samples = read_samples(data / "sets" / half)
        ids = list(samples.loc[samples["has_mask"], "id"])
        step = len(ids) / COUNT
        for name in tqdm([ids[int((each + part / 2) * step)] for each in range(COUNT)], half):
            image, mask = load_image(data / "sets" / half, name), load_mask(data / "sets" / half, name)
            archive = data / "evidence" / classifier / half / f"{name}.npz"
            cases.append(Case(name, False, image, mask, told(Evidence.load(archive), "resnet18")))
            height, width = image.shape[0] // 2, image.shape[1] // 2
            small = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
            share = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
            about = asked(classifiers / classifier, small, kept / f"{name}.npz", params)
            cases.append(Case(name, True, small, share >= 0.5, about))
    return cases


_MODELS: dict[Path, Any] = {}


def asked(classifier: Path, image: NDArray[np.uint8], archive: Path, params: Params) -> Evidence:
    """Evidence about an image that no stage has asked about, kept."""
    if not archive.is_file():
        from hairline.nn.classifier import backbones, evidence, folding
        from hairline.nn.runtime import device

        if classifier not in _MODELS:
            _MODELS[classifier] = folding.folded(backbones.load(classifier)[0])
        asks, placement = params.localize, device.resolve(params.runtime)
        found = evidence.collect(_MODELS[classifier], image, asks.vote_windows_px, asks.vote_stride_px,
                                 asks.cam_scales, asks.tile_px, asks.batch, placement)  # fmt: skip
        archive.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(archive) as partial_file:
            found.save(partial_file)
    return Evidence.load(archive)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
