r"""Tables of docs/speed.md from what `benchmarks/gpu.py` measured.

    python benchmarks/gpu_table.py benchmarks/results/gpu-*.json --into docs/speed.md

Replaces what stands between the markers; without ``--into`` the tables are printed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- gpu tables: begin -->", "<!-- gpu tables: end -->"
NONE = "–"

Row = Sequence[object]
Section = Mapping[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Print or replace the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--into", type=Path, default=None)
    args = parser.parse_args(argv)
    text = "\n\n".join(page(json.loads(path.read_text())) for path in args.results)
    if args.into is None:
        print(text)
        return 0
    before, begin, rest = args.into.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"{args.into}: expected a line {BEGIN} and a line {END}; put both there", file=sys.stderr)
        return 1
    args.into.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
    return 0


def page(found: Mapping[str, Any]) -> str:
    """All tables of one run."""
    parts = [head(found)]
    for name, section in found["sections"].items():
        parts.append(f"**{TITLES[name]}** ({section['seconds']:g} s)" if section["seconds"] else f"**{TITLES[name]}**")
        parts.extend(text for text in TABLES[name](section["results"]) if text)
        parts.extend(failures(section))
    if found.get("gave_up"):
        parts.append("The run did not end within its minutes and was given up.")
    return "\n\n".join(parts)


def head(found: Mapping[str, Any]) -> str:
    """What was measured on what."""
    machine, versions = found["machine"], found["versions"]
    card = f"{machine['gpu']} ({machine['gpu_gib']} GiB)" if machine["gpu"] else "no GPU: figures of the CPU"
    what = "tiny synthetic pictures, to try the script out" if found["dry"] else f"{found['images']} pictures"
    libraries = ", ".join(f"{name} {versions[name]}" for name in ("python", "torch", "triton", "timm", "numpy"))
    return (
        f"### {card}\n\n{machine['cpu']}; {libraries}; {what}; {found['date'][:10]}, commit "
        f"`{found['commit'][:10]}`, {found['seconds']:.0f} s in all."
    )


def failures(section: Section) -> list[str]:
    """What failed or was left out, in words."""
    lines = [f"Failed: {name}: {problem.splitlines()[0][:200]}" for name, problem in section["errors"].items()]
    if section["skipped"]:
        lines.append(f"No time was left for {', '.join(section['skipped'])}.")
    if "under_way" in section:
        lines.append(f"Did not end: {section['under_way']}.")
    return lines


def table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table; nothing where there are no rows."""
    lines = [f"| {' | '.join(told(cell) for cell in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(columns)} |", "| " + " | ".join("---" for _ in columns) + " |", *lines])


def told(value: object) -> str:
    """A cell: three digits that count, counts in full."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def correctness(results: Mapping[str, Any]) -> list[str]:
    """How far from the CPU."""
    keys = ("votes", "cells", "cam_share", "probability", "label_pixels_apart_percent", "more_than_a_level_percent")
    evidence = [
        (name.removeprefix("evidence, "), *(each[key] for key in keys))
        for name, each in results.items()
        if name.startswith("evidence")
    ]
    other = [
        (name, f"scores apart by {told(each['scores'])} at most")
        for name, each in results.items()
        if name.startswith("segmenter")
    ]
    if "multi-Otsu" in results:
        otsu = results["multi-Otsu"]
        words = f"{otsu['windows_apart']} of {otsu['windows']} thresholds and {otsu['pixels_apart']} pixels differ"
        other.append(("multi-Otsu on the device against the CPU", words))
    if "deterministic" in results:
        other.append(("the same training twice, weights equal", told(results["deterministic"]["equal"])))
    if "resume" in results:
        other.append(("interrupted and resumed, weights equal", told(results["resume"]["equal"])))
    columns = ("evidence against the CPU in 32 bit", "votes", "cells", "map over its maximum", "image's probability")
    return [table([*columns, "label pixels that differ %", "by more than a level %"], evidence),
            table(["what", "outcome"], other)]  # fmt: skip


def labels(results: Mapping[str, Any]) -> list[str]:
    """Images a second to labels."""
    rows, steps = [], []
    for name, each in results.items():
        if "images_per_second" in each:
            device = each.get("device_ms", {})
            times = [device.get(part) for part in ("map 1", "votes 32", "dark pixels")]
            shares = [each.get(key) for key in ("device_share", "processor_ms", "processor_share", "peak_gib")]
            what = f"evidence alone, {name}" if name.startswith("batches") else f"labels, {name}"
            rows.append((what, each["images_per_second"], *times, *shares))
    steps = [(name.removesuffix(" ms"), ms) for name, ms in results.get("processor steps", {}).items()]
    forms = results.get("networks", {})
    windows = forms.get("windows")
    columns = ["what", "images/s", "map ms", "votes ms", "dark pixels ms", "device busy", "CPU ms", "CPU busy", "GiB"]
    networks = [
        (name.removesuffix(": ms"), ms, forms.get(f"{name.removesuffix(': ms')}: first s"))
        for name, ms in forms.items()
        if name.endswith(": ms")
    ]
    return [
        table(columns, rows),
        table(["step on one thread of the CPU", "ms an image"], steps),
        table([f"ResNet-50, {windows} windows, kernels started one by one", "ms", "first time s"], networks),
    ]


def training(results: Mapping[str, Any]) -> list[str]:
    """Images a second of training."""
    names = list(dict.fromkeys(name.partition(": ")[0] for name in results if ": " in name))
    rows = []
    for name in names:
        ways = [results.get(f"{name}: {way}", {}) for way in ("engine", "from memory", "NCHW", "compiled")]
        rows.append((name, *(way.get("images_per_second") for way in ways), ways[0].get("peak_gib")))
    classifier = results.get("classifier")
    if classifier:
        rates = (classifier.get("engine"), classifier.get("from memory"), None, None, classifier.get("peak_gib"))
        rows.insert(0, ("classifier, patches/s", *rates))
    columns = ["network", "engine images/s", "from memory", "from memory, NCHW", "from memory, compiled", "GiB"]
    return [table(columns, rows)]


def large(results: Mapping[str, Any]) -> list[str]:
    """The large photo."""
    rows = [
        (name, each.get("megapixels_per_second"), each.get("first megapixels_per_second"), each.get("peak_gib"))
        for name, each in results.items()
    ]
    return [table(["64 megapixels", "megapixels/s", "the first time", "GiB"], rows)]


def real(results: Mapping[str, Any]) -> list[str]:
    """The real training."""
    rows: list[Row] = []
    for name, each in results.items():
        if "ods" in each:
            score = [each[key] for key in ("ods", "ois", "ap")]
            cost = [each[key] for key in ("images", "epochs", "train_s", "images_per_second")]
            rows.append((name, *score, each["val_images"], *cost, each["predict_images_per_second"]))
        elif "labels_ods" in each:
            score = [each[f"labels_{key}"] for key in ("ods", "ois", "ap")]
            cost = [None, each["epochs"], each["train_s"], None]
            name = f"labels of konig ({each['backbone']}, F1 of patches {told(each['patch_f1'])})"
            rows.append((name, *score, each["labels_val_images"], *cost, each["labels_images_per_second"]))
    columns = ["what", "ODS", "OIS", "AP", "validation images", "training images", "epochs", "s", "images/s"]
    return [table([*columns, "predicted or labelled images/s"], rows)]


TITLES = {
    "correctness": "Against the CPU", "labels": "From decoded images to labels, 640 × 360", "training": "Training",
    "large": "A large photo", "real": "A real training",
}  # fmt: skip
TABLES: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "correctness": correctness, "labels": labels, "training": training, "large": large, "real": real,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
