"""Pages with one of everything that a report and the page of a gate can show."""

from pathlib import Path

import numpy as np
import pandas as pd

from hairline.gates.rules import Finding, Verdict, Waiver
from hairline.reporting import gate_page, html, run_tables, seen_signs
from hairline.reporting.figures import agreement, image_browser
from hairline.reporting.figures.image_browser import Shown

MARKS = [seen_signs.mark(word) for word in seen_signs.WORDS]


def report(folder: Path) -> Path:
    """A report in ``report/`` of a folder: its page."""
    page = folder / "report" / "index.html"
    page.parent.mkdir()
    html.write(page, _report(page.parent))
    return page


def _report(folder: Path) -> html.Page:
    photo = image_browser.photo(np.full((60, 90, 3), 120, dtype=np.uint8))
    crack = image_browser.score_map(np.eye(60, 90, dtype=np.bool_))
    best = f"unet {MARKS[2]}"
    glance = pd.DataFrame({"Test set": ["walls"], "FSV": [f"0.7 {MARKS[0]}"], "konig": [f"0.8 {MARKS[2]} (+0.1 ▲)"]})
    rows = pd.DataFrame({"Labels": list("abcdefg"), "Seen": [*MARKS, "? not known", "–"], "ODS": list("1234567")})
    run = pd.DataFrame({"Run": ["train"], "MLflow run": [run_tables.Link("f00", "http://127.0.0.1:5000/#/runs/f00")]})
    shown = [Shown(name, "walls", {"unet": 0.5}, {"image": photo, "mask": crack, "unet": crack}) for name in "abc"]
    gates = [html.Gate("walls", True, [], ["contrast: 3"], []), html.Gate("roads", False, ["size: 9"], [], ["a: b"])]
    return html.Page(
        "A report",
        f"Labels reach ODS 0.8 {MARKS[2]}.",
        [
            html.Signs(dict.fromkeys(MARKS, "in a few words")),
            html.Table("Against FSV", glance, best={(0, 2)}, stacked=True),
            html.Table("Why", rows, folded=True),
            html.Notes(["What the marks mean."]),
        ],
        [
            html.Section("Numbers", [html.Table("Rows", rows), html.Drawings("Curves", {"a curve": "<svg></svg>"})]),
            html.Section("Images", [
                image_browser.browser(shown, folder), html.Picture("a gallery", "images", photo, "webp"),
                html.Picture("steps", "every step", photo, "webp", folded=True),
            ]),
            html.Section("Runs", [html.Table("Runs", run, names=["run-f00"]), html.Facts({"seed": "7"})]),
            html.Section("Gates", [html.Gates(gates)]),
        ],
        html.Stage("A test image.", "Photo a", photo, {"mask": crack, "labels": crack, best: crack}, agreement.LEGEND),
    )  # fmt: skip


def gate(folder: Path) -> Path:
    """The page of a gate in ``gate/`` of a folder: passed, warned, stopped and waived."""
    waiver = Waiver("samples", "walls", "contrast", "c", "dark as it is")
    checks = (
        Finding("polarity", "error", True, ("a",), ("90 %",), "90 % crack", "less", "invert it", ()),
        Finding("contrast", "warn", True, ("b",), ("3",), "3 levels", "more", "look at it", (waiver,)),
        Finding("sizes", "error", False, (), (), "all alike", "alike", "", ()),
    )
    verdict = Verdict("samples", "walls", checks, ("drift",), {})
    picture = image_browser.webp(image_browser.exact(np.full((30, 30, 3), 120, dtype=np.uint8)))
    page = folder / "gate" / "index.html"
    page.parent.mkdir()
    told = gate_page.page(verdict, "3 images (train 3)", {"a": "raw/a.png"}, {"a": picture})
    page.write_text(told, encoding="utf-8")
    return page
