"""Data gates by Great Expectations: one expectation a rule, and what it came to in words.

The only place that imports great_expectations, which takes seconds: import this module where a gate is run and nowhere
else. Options and verdict live in :mod:`hairline.gate`, the columns judged in :mod:`hairline.gate_columns`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation

from hairline.gate import RULES, Finding, GateOptions, Rule, Verdict
from hairline.samples import SPLITS

gxe: Any = gx.expectations  # whose names are not exported in the way type checkers ask for

WORDS: dict[Rule, tuple[str, str, str]] = {  # expected, value found at a sample, remedy
    "samples_found": ("at least one image", "", "see that the path and the layout of the data set are right"),
    "pairs_complete": ("every image, and every mask there is or must be, present and readable", "{pair}",
                       "add or replace the missing file, or set gates.require_masks for sets without masks"),
    "sizes_equal": ("every mask as large as its image", "image {size}, mask {mask_size}",
                    "replace the mask by the one that belongs to the image"),
    "mask_values": ("mask files with the levels 0 and 255 only", "levels {mask_levels}",
                    "run the ingest stage of this data set again; the file was changed or damaged after it"),
    "polarity": ("at most {max_crack_share_per_image:.4g} of an image marked as crack", "crack share {crack_share:.4f}",
                 "invert the mask if crack and background are exchanged, or raise gates.max_crack_share_per_image"),
    "crack_share": ("{min_crack_share:.4g} to {max_crack_share:.4g} of all masked pixels marked as crack", "",
                    "see whether the masks are inverted or empty, or change gates.min_crack_share / max_crack_share"),
    "empty_masks": ("at most {max_empty_masks:.4g} of the masks without crack", "no crack pixel",
                    "see whether the masks are read right, or raise gates.max_empty_masks"),
    "known_splits": (f"a split among {', '.join(SPLITS)}", "split {split!r}", "put the data set's split lists right"),
    "unique_ids": ("every id once", "from {source}", "rename one of the files"),
    "groups_across_splits": ("all images of a group in one split", "group {group} lies in {group_splits}",
                             "move the group to one split, or test scores come out too good"),
    "duplicates_across_splits": ("every picture in one split only", "same picture as {copies}",
                                 "keep one of the copies, or test scores come out too good"),
    "duplicates_within_split": ("every picture once in a split", "same picture as {copies}", "keep one of the copies"),
    "window_fits": ("images of at least {min_window_px} px on the shorter side", "image {size}",
                    "use larger images or smaller windows; small images are mirrored to a window's size"),
    "contrast": ("crack darker than its surface by {min_contrast:.4g} grey levels or more", "difference {contrast:.1f}",
                 "see whether the mask lies on the crack, is inverted, or belongs to another image"),
}  # fmt: skip
SHOWN = ("id", "source", "split", "pair", "size", "mask_size", "mask_levels", "crack_share", "contrast", "group",
         "group_splits", "copies")  # fmt: skip
OF_ALL_MASKS: tuple[Rule, ...] = ("crack_share", "empty_masks")


def check(table: pd.DataFrame, options: GateOptions) -> Verdict:
    """Evaluate every rule that is not off.

    Args:
        table: With the columns of :func:`hairline.gate_columns.computed`.
        options: Bounds, severities and waivers.

    Returns:
        A finding for every rule that could be evaluated: those about all masks together need a mask, all but
        ``samples_found`` need a sample.
    """
    lenient = {waiver.sample for waiver in options.waivers if waiver.rule == "empty_masks"}
    frame = table.assign(mask_empty=table["mask_empty"].where(~table["id"].isin(lenient), table["mask_empty"] * 0))
    expectations = _expectations(options)
    blind = () if table["has_mask"].any() else OF_ALL_MASKS if len(table) else set(RULES) - {"samples_found"}
    wanted = [rule for rule in RULES if rule not in blind and options.severities[rule] != "off"]
    raw = _evaluate(frame, {rule: expectations[rule] for rule in wanted})
    results = {result["expectation_config"]["meta"]["rule"]: result for result in raw["results"]}
    return Verdict(tuple(_finding(rule, results[rule], table, options) for rule in wanted), raw)


def _expectations(options: GateOptions) -> dict[Rule, Expectation]:
    whole = ["complete"] if options.require_masks else ["complete", "no mask"]
    return {
        "samples_found": gxe.ExpectTableRowCountToBeBetween(min_value=1),
        "pairs_complete": gxe.ExpectColumnValuesToBeInSet(column="pair", value_set=whole),
        "sizes_equal": gxe.ExpectColumnPairValuesToBeEqual(
            column_A="size", column_B="mask_size", ignore_row_if="either_value_is_missing"
        ),
        "mask_values": gxe.ExpectColumnValuesToBeInSet(column="mask_levels", value_set=["0", "255", "0 255"]),
        "polarity": gxe.ExpectColumnValuesToBeBetween(
            column="crack_share", max_value=options.max_crack_share_per_image
        ),
        "crack_share": gxe.ExpectColumnSumToBeBetween(
            column="crack_part", min_value=options.min_crack_share, max_value=options.max_crack_share
        ),
        "empty_masks": gxe.ExpectColumnMeanToBeBetween(column="mask_empty", max_value=options.max_empty_masks),
        "known_splits": gxe.ExpectColumnValuesToBeInSet(column="split", value_set=list(SPLITS)),
        "unique_ids": gxe.ExpectColumnValuesToBeUnique(column="id"),
        "groups_across_splits": gxe.ExpectColumnValuesToBeBetween(column="group_split_count", max_value=1),
        "duplicates_across_splits": gxe.ExpectColumnValuesToBeBetween(column="image_split_count", max_value=1),
        "duplicates_within_split": gxe.ExpectCompoundColumnsToBeUnique(column_list=["image_sha256", "split"]),
        "window_fits": gxe.ExpectColumnValuesToBeBetween(column="shortest_px", min_value=options.min_window_px),
        "contrast": gxe.ExpectColumnValuesToBeBetween(column="contrast", min_value=options.min_contrast),
    }


def _evaluate(frame: pd.DataFrame, expectations: Mapping[Rule, Expectation]) -> dict[str, Any]:
    """The engine's result on a table, with the rule in each expectation's ``meta``; nothing is stored or reported."""
    for rule, expectation in expectations.items():
        expectation.meta = {"rule": rule}
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    asset = context.data_sources.add_pandas("samples").add_dataframe_asset("samples")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
    suite = gx.ExpectationSuite(name="gate", expectations=list(expectations.values()))
    outcome = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(SHOWN)}
    )
    raw: dict[str, Any] = outcome.to_json_dict()  # type: ignore[no-untyped-call]
    for result in raw["results"]:
        if "element_count" not in result["result"] and "observed_value" not in result["result"]:
            raise RuntimeError(f"great_expectations could not evaluate a rule: {result['exception_info']}")
    raw["meta"] = {"great_expectations_version": gx.__version__}  # without the time, the same data give the same file
    return raw


def _finding(rule: Rule, result: Mapping[str, Any], table: pd.DataFrame, options: GateOptions) -> Finding:
    expected, value, remedy = WORDS[rule]
    if rule == "empty_masks":
        faults = table.loc[table["mask_empty"] == 1, list(SHOWN)].to_dict("records")
    else:
        faults = result["result"].get("unexpected_index_list") or []
    found = [(str(fault["id"]), value.format_map(fault)) for fault in faults]
    waivers = {waiver.sample: waiver for waiver in options.waivers if waiver.rule == rule}
    left = [(sample, text) for sample, text in found if sample not in waivers]
    failed = not result["success"] and (bool(left) or "observed_value" in result["result"])
    return Finding(
        rule=rule,
        severity=options.severities[rule],
        failed=failed,
        samples=tuple(sample for sample, _ in left) if failed else (),
        values=tuple(text for _, text in left) if failed else (),
        measured=_measured(result["result"], len(left)),
        expected=expected.format(**asdict(options)),
        remedy=remedy,
        waived=tuple(waivers[sample] for sample in dict.fromkeys(sample for sample, _ in found) if sample in waivers),
    )


def _measured(result: Mapping[str, Any], left: int) -> str:
    if "observed_value" in result:
        return f"{result['observed_value']:.4g}"
    looked_at = result["element_count"] - result["missing_count"]
    return f"{left} of {looked_at} samples" if looked_at else "nothing to look at"
