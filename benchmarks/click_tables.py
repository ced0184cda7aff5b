r"""Tables and figure of docs/choosing.md, from what ``benchmarks/clicks.py`` wrote.

    python benchmarks/click_tables.py benchmarks/results/clicks.json docs/choosing.md docs/pictures/clicks.png

A table takes the place of the one under the comment that names it, ``<!-- clicks: f1 -->``.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from hairline.io.atomic import whole_file, write_texts

CLICKS = (50, 100, 200, 500, 1000)
ORDERS = {"chosen": "tab:blue", "random": "tab:orange"}
WRONG = {0.0: "-", 0.05: ":"}
TITLES = {"CRACK500": "CRACK500 validation", "CFD": "CFD", "DeepCrack": "DeepCrack train"}
METHODS = ("multiscale", "konig")
SHARED = (50, 200)
STAGES = "a classifier that the stages trained"

Told = Mapping[str, Any]
Value = Callable[[Told], float]


def main() -> None:
    """Write tables into the page and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("figure", type=Path)
    args = parser.parse_args()
    told = json.loads(args.results.read_text())
    write_texts({args.page: written(args.page.read_text(), told)})
    with whole_file(args.figure) as partial, partial.open("wb") as file:
        draw(told, file)


def written(page: str, told: Told) -> str:
    """A page with its tables made anew.

    Raises:
        ValueError: If it lacks the comment of one.
    """
    tables = {"f1": f1(told), "goal": goal(told)} | {method: labels(told, method) for method in METHODS}
    for name, lines in tables.items():
        before, comment, after = page.partition(f"<!-- clicks: {name} -->\n")
        if not comment:
            raise ValueError(f"the page has no comment <!-- clicks: {name} -->; put it before the table")
        _, blank, rest = after.partition("\n\n")
        page = before + comment + "\n".join(lines) + blank + rest
    return page


def f1(told: Told) -> list[str]:
    """F1 of patches."""
    lines = headed(["clicks", "wrong", "order", *TITLES.values()])
    for wrong, clicks, how, rows in annotators(told):
        values = (mean(row["f1"][name] for row in rows) for name in TITLES)
        lines.append(line([f"{clicks:,}", share(wrong), how, *values]))
    return [*lines, line([every(told), "", "", *(f"{told['all']['f1'][name]:.3f}" for name in TITLES)])]


def labels(told: Told, method: str) -> list[str]:
    """ODS of a method's labels by classifiers of clicks, and of what stands beside them."""
    lines = headed(["clicks", "wrong", "order", *TITLES.values()])
    for wrong, clicks, how, rows in annotators(told):
        values = (mean(row["ods"][method][name] for row in rows) for name in TITLES)
        lines.append(line([f"{clicks:,}", share(wrong), how, *values]))
    beside = {every(told): told["all"]["ods"][method], STAGES: told["trained"]["ods"][method],
              "no label: the network that ships, scale 1": told["shipped"]["ods"]["alone"]}  # fmt: skip
    return lines + [line([name, "", "", *(f"{of[each]:.3f}" for each in TITLES)]) for name, of in beside.items()]


def goal(told: Told) -> list[str]:
    """What share of the ODS of labels by all patches those of chosen clicks have, with the least of the seeds."""
    lines = headed(["clicks", "wrong", "against", *(f"`{method}`, {title}" for method in METHODS
                                                    for title in TITLES.values())])  # fmt: skip
    for key, name in (("all", every(told)), ("trained", STAGES)):
        for wrong, clicks, how, rows in annotators(told):
            if how == "chosen" and clicks in SHARED:
                lines.append(line([f"{clicks:,}", share(wrong), name, *shares(rows, told[key])]))
    return lines


def shares(rows: Sequence[Told], of: Told) -> list[str]:
    """Mean and least share for each method and set."""
    found = [[row["ods"][method][name] / of["ods"][method][name] for row in rows]
             for method in METHODS for name in TITLES]  # fmt: skip
    return [f"{statistics.fmean(each):.2f} ({min(each):.2f})" for each in found]


def every(told: Told) -> str:
    """What the classifier of all patches is called."""
    return f"all {told['patches']['clicked']:,} patches"


def share(wrong: float) -> str:
    """A share of wrong clicks."""
    return f"{wrong:.0%}".replace("%", " %") if wrong else "0"


def annotators(told: Told) -> Iterable[tuple[float, int, str, list[Told]]]:
    """Share of wrong clicks, number of clicks, order, and a row for each seed."""
    for wrong in WRONG:
        for clicks in CLICKS:
            for how in ORDERS:
                key = {"wrong": wrong, "clicks": clicks, "how": how}
                rows = [row for row in told["rows"] if {name: row[name] for name in key} == key]
                if rows:
                    yield wrong, clicks, how, rows


def headed(cells: Sequence[str]) -> list[str]:
    """Head of a table."""
    return [line(cells), line(["---"] * len(cells))]


def line(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def mean(values: Iterable[float]) -> str:
    """Mean and standard deviation."""
    there = list(values)
    return f"{statistics.fmean(there):.3f} ± {statistics.pstdev(there):.3f}"


def draw(told: Told, file: Any) -> None:
    """F1 and ODS against clicks, a column a set: mean and standard deviation over seeds, and what stands beside."""
    measures: dict[str, Callable[[Told, str], float]] = {"F1 of patches": lambda row, name: row["f1"][name]}
    for method in METHODS:
        measures[f"ODS of {method} labels"] = lambda row, name, method=method: row["ods"][method][name]  # type: ignore[misc]
    figure, panels = plt.subplots(len(measures), len(TITLES), figsize=(12, 9.5), sharex=True, layout="constrained")
    for row, (measure, value) in zip(panels, measures.items(), strict=True):
        row[0].set_ylabel(measure)
        for panel, name in zip(row, TITLES, strict=True):
            curves(panel, told, lambda each, value=value, name=name: value(each, name))  # type: ignore[misc]
            panel.axhline(value(told["all"], name), color="black", linewidth=1, label=every(told))
            if measure.startswith("ODS"):
                own = value(told["trained"], name)
                panel.axhline(own, color="grey", linewidth=1, linestyle="--", label=STAGES)
                panel.axhline(0.9 * own, color="tab:red", linewidth=1, linestyle="--", label="0.9 times that: the goal")
        as_high(row)
    for panel, title in zip(panels[0], TITLES.values(), strict=True):
        panel.set_title(title)
    for panel in panels[-1]:
        panel.set(xlabel="clicks", xscale="log", xticks=CLICKS, xticklabels=[f"{count:,}" for count in CLICKS])
        panel.minorticks_off()
    handles, names = panels[-1][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=9)
    figure.savefig(file, dpi=100, format="png", metadata={"Software": None})
    plt.close(figure)


def as_high(panels: Sequence[Any]) -> None:
    """Let a step up be as long in each panel of a row, about the middle of what it shows, but not above 1."""
    limits = np.array([panel.get_ylim() for panel in panels])
    half = (limits[:, 1] - limits[:, 0]).max() / 2
    for panel, middle in zip(panels, np.minimum(limits.mean(axis=1), 1 - half), strict=True):
        panel.set_ylim(middle - half, middle + half)


def curves(panel: Any, told: Told, value: Value) -> None:
    """A curve for each order, with and without wrong clicks."""
    for how, colour in ORDERS.items():
        for wrong, style in WRONG.items():
            of = [(clicks, [value(row) for row in rows]) for share, clicks, order, rows in annotators(told)
                  if (share, order) == (wrong, how)]  # fmt: skip
            clicks, values = [count for count, _ in of], [each for _, each in of]
            middle, spread = (np.array([one(each) for each in values]) for one in (statistics.fmean, statistics.pstdev))
            panel.plot(clicks, middle, style, color=colour, marker="o", markersize=3,
                       label=f"{how} clicks, {wrong:.0%} wrong")  # fmt: skip
            panel.fill_between(clicks, middle - spread, middle + spread, color=colour, alpha=0.1, linewidth=0)


if __name__ == "__main__":
    main()
