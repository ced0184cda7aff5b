r"""Numbers of README.md and docs/ from comparisons, each with the sign of what it has seen; what claims rest on.

    python tools/signs.py crack500-cpu=reports/crack500-cpu/comparison/comparison.csv …

reads each comparison.csv into ``results/RUN.json`` with the command, commit, machine and data that it is of, writes the
numbers and signs of every table that names one of the runs, and says which claims of the text have nothing to back
them. The results.json of a ledger (``tools/ledger_of.py``) gives its signs to the numbers that are there. Without
comparisons it does the same with what ``results/`` holds; ``--check`` writes nothing. ``tests/docs/test_signs.py`` asks
for the same.

A table says in a comment before it where its cells are from: the run, the kind of results, and for each column, or for
rows of a table with a column a metric, the test set. Labels and network of a row follow from its first cells:

    <!-- results {"run": "crack500-cpu", "kind": "segmenter", "columns": {"CFD (46)": "cfd"}} -->
    <!-- results {"run": "cfd-cpu", "rows": {"U-Net": ["segmenter", "cfd"]}} -->

Rows from one on may be of another run: ``"runs": {"taught further": "best-cpu"}``.

A sentence with one of the words of :data:`CLAIM` needs an entry in ``docs/claims.json``: the rows of runs that it is
about and what must be true of each, or, where it is not about numbers, the test that shows what it says.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import run_records

from hairline.data.seen import LABELS, SIGNS, WORDS, Seen
from hairline.errors import HairlineError
from hairline.io import terminal
from hairline.io.atomic import whole_file
from hairline.reporting import seen_signs

Fact = dict[str, Any]
KEPT = (
    "kind", "labels", "model", "test_set", "images", "ods", "ods_low", "ods_high", "ois", "ois_low", "ois_high", "ap",
    "seen", "seen_images", "images_unseen", "made_with", "seen_why",
)  # fmt: skip
NEEDED = {"kind", "labels", "test_set", "ods"}
"""Columns that every comparison has."""
METRICS = ("ods", "ois", "ap")
NETWORKS = {
    "U-Net": "unet", "DeepCrack (Liu)": "deepcrack_liu", "DeepCrack (Zou)": "deepcrack_zou", "OED": "oed",
    "taught further": "adapted", "U-Net, seed 2": "unet_2", "U-Net, seed 3": "unet_3",
    "taught further, seed 2": "adapted_2", "taught further, seed 3": "adapted_3", "at one scale": "one_scale",
    "unsure pixels left out": "ignoring", "from ImageNet": "from_imagenet", "from random weights": "from_nothing",
}  # fmt: skip
DIRECTIVE = re.compile(r"<!-- results (\{.*\}) -->")
NUMBER = re.compile(r"^\d\.\d{3}\b")
UNKNOWN = "?"
SIGN = re.compile(f" [{''.join(SIGNS.values())}?]")
CLAIM = re.compile(
    r"\b(?:(?:never|not) seen|unseen|made without|without (?:any )?masks?|free of masks|needs? no masks?|no masks)\b",
    re.IGNORECASE,
)


def pages(root: Path) -> list[Path]:
    """README.md and the pages below docs/."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def facts_of(table: pd.DataFrame) -> list[Fact]:
    """The scored rows of a comparison, what :data:`KEPT` names, four digits; missing values are left out."""
    rows = table[table["status"] == "scored"] if "status" in table else table
    found = ({name: _plain(row[name]) for name in KEPT if name in row} for row in rows.to_dict("records"))
    return [{name: value for name, value in fact.items() if value is not None} for fact in found]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() and value > 1 else round(float(value), 6)


def signed(text: str, facts: Mapping[str, Sequence[Fact]]) -> tuple[str, list[str]]:
    """A page with numbers and signs of its tables as the facts have them, and what of it the facts do not have."""
    lines: list[str] = []
    faults: list[str] = []
    directive, header, carried = None, list[str](), dict[str, Any]()
    for line in text.split("\n"):
        if found := DIRECTIVE.fullmatch(line.strip()):
            directive, header, carried = json.loads(found.group(1)), [], {}
        elif directive and line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not header:
                header = cells
            elif set(line) - set("|- :"):
                written, wrong = _row(cells, header, directive, carried, facts)
                line, faults = f"| {' | '.join(written)} |", [*faults, *wrong]
        elif header:
            directive, header = None, []
        lines.append(line)
    return "\n".join(lines), faults


def _row(
    cells: list[str], header: list[str], directive: Mapping[str, Any], carried: dict[str, Any],
    facts: Mapping[str, Sequence[Fact]],
) -> tuple[list[str], list[str]]:  # fmt: skip
    first = next((at for at, cell in enumerate(cells) if NUMBER.match(cell)), len(cells))
    _remember(" ".join(cells[:first]), directive, carried)
    written, faults = list(cells), []
    for at, (title, cell) in enumerate(zip(header, cells, strict=True)):
        metric = title.lower() if title.lower() in METRICS else "ods"
        test_set = directive.get("columns", {}).get(title, carried.get("test_set") if "rows" in directive else None)
        if test_set is None or not NUMBER.match(cell):
            continue
        wanted = {"kind": carried["kind"], "labels": carried["labels"], "test_set": test_set}
        if wanted["kind"] == "segmenter":
            wanted["model"] = carried.get("model", "unet")
        run = carried.get("run", directive["run"])
        found = [fact for fact in facts.get(run, ()) if wanted.items() <= fact.items()]
        if len(found) == 1:
            written[at] = _cell(cell, metric, found[0])
        else:
            faults.append(f"{run}: {len(found)} results for {', '.join(wanted.values())}: '{cell}'")
    return written, faults


def _remember(told: str, directive: Mapping[str, Any], carried: dict[str, Any]) -> None:
    """What a row is of, by its first cells; what they leave out is as in the row before."""
    for name, network in NETWORKS.items():
        carried |= {"model": network} if name in told else {}
    carried |= {"kind": directive["kind"]} if "kind" in directive else {}
    for begins, (kind, test_set) in directive.get("rows", {}).items():
        carried |= {"kind": kind, "test_set": test_set} if begins in told else {}
    for begins, run in directive.get("runs", {}).items():
        carried |= {"run": run} if begins in told else {}
    if "masks (FSV)" in told:
        carried["labels"] = "manual"
    elif names := re.findall(
        r"\b(?:konig|crf|multi_otsu|local_otsu|otsu|multiscale|niblack|sauvola|reference)\w*", told
    ):
        carried["labels"] = names[0]


def _cell(cell: str, metric: str, fact: Fact) -> str:
    """The numbers that a cell shows, of one metric or of all three, with intervals where it has one, and the sign."""
    parts = SIGN.sub("", cell).split(" / ")
    told = [
        _told(fact, name, "[" in part)
        for part, name in zip(parts, METRICS if len(parts) > 1 else [metric], strict=True)
    ]
    return " / ".join(told) + f" {SIGNS.get(fact.get('seen', ''), UNKNOWN)}"


def _told(fact: Fact, metric: str, bracketed: bool) -> str:
    ends = [f"{fact[f'{metric}_{end}']:.3f}" for end in ("low", "high")] if bracketed else []
    return f"{fact[metric]:.3f}" + (f" [{', '.join(ends)}]" if ends else "")


def unsigned(text: str) -> list[str]:
    """Cells with a number and a sign in tables that name no run, which nobody can check."""
    kept, open_ = [], False
    for line in text.split("\n"):
        if DIRECTIVE.fullmatch(line.strip()):
            open_ = True
        elif not line.startswith("|"):
            open_ = False
        elif not open_:
            kept += [cell.strip() for cell in line.split("|") if NUMBER.match(cell.strip()) and SIGN.search(cell)]
    return kept


def bare(text: str) -> list[str]:
    """Cells of tables with a score of ours, three digits behind the point, and no sign."""
    found: list[str] = []
    header: list[str] | None = None
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        ours = list(zip(header, cells, strict=False)) if header and cells else []
        found += [cell for title, cell in ours if NUMBER.match(cell) and not SIGN.search(cell) and "paper" not in title]
        header = (header or cells) if cells else None
    return found


def claims(text: str) -> Iterator[str]:
    """Sentences, and cells of tables, that hold a word of :data:`CLAIM`; code and comments are passed over."""
    plain = re.sub(r"^```.*?^```|<!--.*?-->", "", text, flags=re.MULTILINE | re.DOTALL)
    for block in re.split(r"\n\s*\n", plain):
        table = block.lstrip().startswith("|")
        lines = block.split("\n") if table else [" ".join(block.split())]
        for line in lines:
            for part in line.split("|") if table else re.split(r"(?<=[.;:?!])\s+", line):
                if CLAIM.search(part):
                    yield part.strip()


def unbacked(
    page: str, text: str, register: Sequence[Mapping[str, Any]], facts: Mapping[str, Sequence[Fact]], root: Path
) -> Iterator[str]:
    """What is claimed in a page without backing, and entries of the register that back nothing of it."""
    entries = [entry for entry in register if entry["page"] == page]
    found = list(claims(text))
    for claim in found:
        if not any(entry["says"] in claim for entry in entries):
            yield f"{page}: nothing in docs/claims.json backs '{claim}'"
    for entry in entries:
        if not any(entry["says"] in claim for claim in found):
            yield f"{page}: docs/claims.json backs '{entry['says']}', which no claim says"
        yield from _lost(entry, facts, root)


def _lost(entry: Mapping[str, Any], facts: Mapping[str, Sequence[Fact]], root: Path) -> Iterator[str]:
    where = f"{entry['page']}: '{entry['says']}'"
    if ("test" in entry) == ("results" in entry):
        yield f"{where} needs either a test or results"
    if "test" in entry:
        path, _, name = entry["test"].partition("::")
        if not (root / path).is_file() or f"def {name}(" not in (root / path).read_text(encoding="utf-8"):
            yield f"{where} rests on {entry['test']}, which is not there"
    for asked in entry.get("results", ()):
        wanted = {key: value for key, value in asked.items() if key not in ("run", "seen", "made_with")}
        rows = [fact for fact in facts.get(asked["run"], ()) if wanted.items() <= fact.items()]
        if not rows:
            yield f"{where} rests on results that {asked['run']} does not have: {wanted}"
        for row in rows:
            if not _holds(row, asked):
                told = f"{row.get('seen', UNKNOWN)}, {row.get('made_with', UNKNOWN)}"
                yield f"{where} is not true of {row['labels']} on {row['test_set']}: {told}"


def _holds(row: Fact, asked: Mapping[str, Any]) -> bool:
    """Whether a result has seen no more, and was made with no dearer labels, than is claimed."""
    if not {"seen", "made_with"} <= row.keys():
        return False
    seen = WORDS.index(row["seen"]) <= WORDS.index(asked.get("seen", WORDS[-1]))
    return seen and LABELS.index(row["made_with"]) <= LABELS.index(asked.get("made_with", LABELS[-1]))


def main(argv: Sequence[str] | None = None) -> int:
    """Take in comparisons, write the pages, say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comparisons", nargs="*", help="RUN=comparison.csv or RUN=results.json", metavar="RUN=FILE")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the repository")
    args = parser.parse_args(argv)
    store, docs = args.root / "results", args.root / "docs"
    records = run_records.read(store)
    facts: dict[str, list[Fact]] = {run: list(record["results"]) for run, record in records.items()}
    for each in args.comparisons:
        _take_in(each, facts)
    # before anything changes here, lest the commit be one of changed pages
    wanted = () if args.check else (each.split("=", 1) for each in args.comparisons)
    told = {run: run_records.origin(run, records.get(run), Path(path)) for run, path in wanted}
    register = json.loads((docs / "claims.json").read_text(encoding="utf-8"))
    faults = []
    for page in pages(args.root):
        name, text = str(page.relative_to(args.root)), page.read_text(encoding="utf-8")
        written, wrong = signed(text, facts)
        faults += [f"{name}: {each}" for each in wrong]
        faults += [f"{name}: '{cell}' has a sign, and its table names no run" for cell in unsigned(written)]
        if page.name in ("README.md", "results.md"):
            faults += [f"{name}: '{cell}' has no sign" for cell in bare(written)]
        faults += unbacked(name, written, register, facts, args.root)
        if written != text and args.check:
            faults.append(f"{name}: numbers or signs are not those of results/; run python tools/signs.py")
        if written != text and not args.check:
            with whole_file(page) as partial:
                partial.write_text(written, encoding="utf-8")
    for run, where_from in told.items():
        run_records.write(store / f"{run}.json", where_from, facts[run])
    print("\n".join(faults) or "every number with a sign and every claim is backed")
    return 1 if faults else 0


def _take_in(told: str, facts: dict[str, list[Fact]]) -> None:
    """Make the facts of a run those of a comparison, or sign those that are there by a ledger.

    Args:
        told: ``RUN=comparison.csv`` or ``RUN=results.json``.
        facts: Of every run.

    Raises:
        HairlineError: If it is not of that form, or the file is not such a one.
    """
    run, _, path = told.partition("=")
    if not run or not Path(path).is_file():
        raise HairlineError(f"'{told}': expected RUN=FILE with a file that is there, comparison.csv or results.json")
    if path.endswith(".json") and run not in facts:
        raise HairlineError(f"'{told}': results/ has no '{run}' to sign; take in its comparison.csv first")
    try:
        if path.endswith(".json"):
            _take_over(json.loads(Path(path).read_text(encoding="utf-8"))["results"], facts[run])
            return
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], encoding="utf-8")
    except (KeyError, TypeError, ValueError) as error:
        first = f"{type(error).__name__}: {error}".splitlines()[0]
        raise HairlineError(
            f"{path}: is not as the stages ledger and compare write it ({first}); name another"
        ) from None
    if lacking := sorted(NEEDED - set(table)):
        raise HairlineError(
            f"{path}: has no column {', '.join(lacking)}; expected what the stage compare writes; name that"
        )
    facts[run] = facts_of(table)


def _take_over(entries: Iterable[Mapping[str, Any]], rows: Iterable[Fact]) -> None:
    """Signs of a ledger into facts that are known already; those of which it has nothing stay as they are."""
    known = {}
    for each in entries:
        of_split = each["dataset"] if each["kind"] == "segmenter" else f"{each['dataset']}-{each['split']}"
        known[each["kind"], each["name"], each["architecture"], of_split] = each
    for row in rows:
        segmenter = row["kind"] == "segmenter"
        entry = known.get((row["kind"], row["labels"], row["model"] if segmenter else "", row["test_set"]))
        if entry is not None:
            seen = Seen(entry["images"], entry["labels"], tuple(entry["why"]))
            row.update(zip(seen_signs.COLUMNS, seen_signs.columns(seen).values(), strict=True))


if __name__ == "__main__":
    try:
        with terminal.as_long_as_read():
            sys.exit(main())
    except HairlineError as error:
        sys.exit(f"signs: {error}")
