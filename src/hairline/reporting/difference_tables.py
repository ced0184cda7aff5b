"""What a comparison rests on: every result under every convention of scoring, every pair of results with its test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pandas as pd

from hairline.metrics import conventions, significance
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.metrics.significance import Scored
from hairline.reporting.comparison import Result, result_called, several_training_sets
from hairline.reporting.formatting import ABSENT, bracketed, number

OVER_SEEDS = "segmenter over seeds"
"""Kind of pairs whose sides are the mean over trainings that differ in the seed alone."""
PLACE = ("kind", "labels", "model", "training_set", "test_set")
"""Columns that say which result a row of conventions is of."""


def every_convention(results: Sequence[Result]) -> pd.DataFrame:
    """Rows of :func:`hairline.metrics.conventions.table` of every scored result, behind :data:`PLACE`."""
    columns = [*PLACE, *conventions.COLUMNS]
    parts = [
        conventions.table(result.table).assign(
            kind=result.kind,
            labels=result.label_set,
            model=result.architecture,
            training_set=result.training_set,
            test_set=result.dataset,
        )
        for result in results
        if result.table is not None
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def every_pair(results: Sequence[Result], bootstrap: BootstrapOptions) -> pd.DataFrame:
    """Differences in ODS of results on the same images that differ in one thing: labels, network or training set.

    Pairs of one kind on one test set are one family of Holm's correction. Where segmenters were trained with several
    seeds, they follow as pairs of kind :data:`OVER_SEEDS`, all seeds of one as one side. Columns ``kind``
    and ``test_set``, then those of :func:`hairline.metrics.significance.compared`. Results are called LABELS · MODEL;
    the training set follows where there are several.

    Raises:
        HairlineError: If two results on one test set were scored on different images.
    """
    parts, told = [], _names(results)
    for kind, test_set in dict.fromkeys(
        (result.kind, result.dataset) for result in results if result.table is not None
    ):
        family = [each for each in results if (each.kind, each.dataset) == (kind, test_set) and each.table is not None]
        for name, cells in ((kind, _single(family, told)), (OVER_SEEDS, _over_seeds(family, told))):
            found = significance.compared(_pairs(cells), bootstrap)
            parts.append(found.assign(kind=name, test_set=test_set))
    columns = ["kind", "test_set", *significance.COLUMNS]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)


Cell = tuple[Result, Scored]
"""What is compared, and the result it stands for: of several seeds the first."""


def _single(family: Sequence[Result], told: Mapping[str, str]) -> list[Cell]:
    return [(result, Scored(told[result.name], [result.table])) for result in family if result.table is not None]


def _over_seeds(family: Sequence[Result], told: Mapping[str, str]) -> list[Cell]:
    """Segmenters with all their seeds; none where there is one seed of each."""
    seeds: dict[tuple[str, str, str], list[Result]] = {}
    for each in family:
        if each.kind == "segmenter":
            key = (each.label_set, each.replicate_of or str(each.architecture), each.training_set)
            seeds.setdefault(key, []).append(each)
    if all(len(each) == 1 for each in seeds.values()):
        return []
    return [
        (replace(each[0], architecture=key[1]),
         Scored(f"{told[each[0].name]}, {len(each)} seed{'s' * (len(each) > 1)}",
                [result.table for result in each if result.table is not None]))
        for key, each in seeds.items()
    ]  # fmt: skip


def _pairs(cells: Sequence[Cell]) -> list[tuple[Scored, Scored]]:
    """Those that differ in one thing."""
    return [
        (mine, theirs)
        for (one, mine), (other, theirs) in combinations(cells, 2)
        if sum(mine != theirs for mine, theirs in zip(_parts(one), _parts(other), strict=True)) == 1
    ]


def _parts(result: Result) -> tuple[str | None, ...]:
    """What results of one kind on one test set may differ in; the backbone behind labels belongs to the labels."""
    return (
        (result.label_set, result.architecture, result.training_set)
        if result.kind == "segmenter"
        else (result.label_set,)
    )


def _names(results: Sequence[Result]) -> dict[str, str]:
    """Name of each result → what to call it in a table of its test set."""
    told = several_training_sets(results)
    return {each.name: result_called(each, told) for each in results}


def tables(results: Sequence[Result], pairs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Readable tables of the segmenters, heading to cells of text: conventions, then differences, a test set each.

    Args:
        results: Results of the comparison.
        pairs: Of :func:`every_pair`.
    """
    return dict([*_convention_tables(results), *_pair_tables(pairs)])


def _convention_tables(results: Sequence[Result]) -> Iterator[tuple[str, pd.DataFrame]]:
    """A row a convention, a column a result; images with empty masks left out too, where there are any."""
    columns: dict[str, dict[str, pd.Series]] = {}
    told = _names(results)
    for result in results:
        if result.kind == "segmenter" and result.table is not None:
            columns.setdefault(result.dataset, {})[told[result.name]] = _values(conventions.table(result.table))
    for test_set, found in columns.items():
        yield (
            f"One result under every convention: {test_set}",
            pd.DataFrame(found).fillna(ABSENT).reset_index(names="ODS by convention"),
        )


def _values(rows: pd.DataFrame) -> pd.Series:
    """Convention → its ODS, or its value at the paper's threshold where it has none of its own, as text."""
    same = rows["images"].nunique() == 1
    shown = rows[rows["empty_masks"] == conventions.COUNTED] if same else rows
    left_out = shown["empty_masks"] == conventions.LEFT_OUT
    names = shown["convention"] + left_out.map({True: " (empty masks left out)", False: ""})
    values = shown["ods"].fillna(shown["at_paper_threshold"])
    return pd.Series([number(value, ".3f") for value in values], index=list(names), dtype=str)


def _pair_tables(pairs: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for kind, heading in (("segmenter", "Differences in ODS"), (OVER_SEEDS, "Differences in ODS over seeds")):
        told = pairs[pairs["kind"] == kind]
        for test_set in told["test_set"].unique():
            lines = [_line(row) for row in told[told["test_set"] == test_set].to_dict("records")]
            yield f"{heading}: {test_set}", pd.DataFrame(lines)


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "First": str(row["first"]),
        "Second": str(row["second"]),
        "ODS of first − second": bracketed(row["difference"], row["difference_low"], row["difference_high"], "+.3f"),
        "p": _p(row),
        "p (Holm)": number(row["p_holm"], ".3f"),
        "Effect d_z": number(row["effect"], "+.2f"),
    }


def _p(row: Mapping[str, Any]) -> str:
    """The p-value, with the error of its Monte Carlo draws where it has any that can be seen; or why there is none."""
    if row["unsure"]:
        return str(row["unsure"])
    error = number(row["p_error"], ".3f")
    return number(row["p"], ".3f") + ("" if error in ("0.000", ABSENT) else f" ± {error}")
