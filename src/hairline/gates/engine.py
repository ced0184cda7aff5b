"""Data gates by Great Expectations: one expectation a rule, and what it came to in words.

The only place that imports great_expectations, which takes seconds: import this module where a gate is run and nowhere
else. What the gates ask stands in :mod:`hairline.gates`.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from hairline.gates.rules import Finding, Gate, Rule, Verdict, Waiver

gxe: Any = gx.expectations  # whose names are not exported in the way type checkers ask for


def check(
    gate: Gate,
    subject: str,
    rules: Sequence[Rule],
    frames: Mapping[str, pd.DataFrame],
    options: Any,
    waivers: Sequence[Waiver],
) -> Verdict:
    """Evaluate every rule that is not off and has something to look at.

    Args:
        gate: Which gate, for the verdict.
        subject: What is judged, for the verdict.
        rules: What the gate asks.
        frames: Name → table as the rules name them; each has a column ``id`` of text.
        options: The gate's options: bounds and severities.
        waivers: Accepted findings of this gate and subject.
    """
    wanted = [rule for rule in rules if options.severities[rule.name] != "off" and _sees(rule, frames)]
    results, raw = dict[str, Any](), dict[str, Any]()
    for name in dict.fromkeys(rule.frame for rule in wanted):
        of_frame = [rule for rule in wanted if rule.frame == name]
        raw[name] = _evaluate(_lenient(frames[name], of_frame, waivers), of_frame, options)
        results |= {result["expectation_config"]["meta"]["rule"]: result for result in raw[name]["results"]}
    checks = tuple(_finding(rule, results[rule.name], frames[rule.frame], options, waivers) for rule in wanted)
    seen = {rule.name for rule in wanted}
    return Verdict(gate, subject, checks, tuple(rule.name for rule in rules if rule.name not in seen), raw)


def _sees(rule: Rule, frames: Mapping[str, pd.DataFrame]) -> bool:
    return rule.always or bool(frames[rule.frame][rule.column].notna().any())


def _lenient(frame: pd.DataFrame, rules: Sequence[Rule], waivers: Sequence[Waiver]) -> pd.DataFrame:
    """The frame with row numbers, where what is waived no longer counts in a share."""
    frame = frame.assign(row=range(len(frame)))
    for rule in rules:
        if rule.share:
            waived = frame["id"].isin([waiver.sample for waiver in waivers if waiver.rule == rule.name])
            frame[rule.column] = frame[rule.column].where(~waived, frame[rule.column] * 0)
    return frame


def _evaluate(frame: pd.DataFrame, rules: Sequence[Rule], options: Any) -> dict[str, Any]:
    """The engine's result on a table, with the rule in each expectation's ``meta``; nothing is stored or reported."""
    expectations = []
    for rule in rules:
        expectation = getattr(gxe, rule.expectation)(**rule.arguments(options))
        expectation.meta = {"rule": rule.name}
        expectations.append(expectation)
    batch = _tables().get_batch(batch_parameters={"dataframe": frame})
    outcome = batch.validate(
        gx.ExpectationSuite(name="gate", expectations=expectations),
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["id", "row"]},
    )
    raw: dict[str, Any] = outcome.to_json_dict()
    for result in raw["results"]:
        if "element_count" not in result["result"] and "observed_value" not in result["result"]:
            raise RuntimeError(f"great_expectations could not evaluate a rule: {result['exception_info']}")
    raw["meta"] = {"great_expectations_version": gx.__version__}  # without the time, the same data give the same file
    return raw


@cache
def _tables() -> Any:
    """What a table is handed to, in memory; made once, since it costs a sixth of what judging a small table does."""
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    return asset.add_batch_definition_whole_dataframe("all")


def _finding(
    rule: Rule, result: Mapping[str, Any], frame: pd.DataFrame, options: Any, waivers: Sequence[Waiver]
) -> Finding:
    found = [(str(fault["id"]), rule.value.format_map(fault)) for fault in _faults(rule, result, frame)]
    accepted = {waiver.sample: waiver for waiver in waivers if waiver.rule == rule.name}
    left = [(sample, text) for sample, text in found if sample not in accepted]
    failed = not result["success"] and (bool(left) or "observed_value" in result["result"])
    return Finding(
        rule=rule.name,
        severity=options.severities[rule.name],
        failed=failed,
        samples=tuple(sample for sample, _ in left) if failed else (),
        values=tuple(text for _, text in left) if failed else (),
        measured=_measured(result["result"], len(left)),
        expected=rule.expected.format(**asdict(options)),
        remedy=rule.remedy,
        waived=tuple(accepted[sample] for sample in dict.fromkeys(sample for sample, _ in found) if sample in accepted),
        excludable=rule.frame == "samples",
    )


def _faults(rule: Rule, result: Mapping[str, Any], frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows that a rule finds fault with; most find none, and a table without rows is slow to ask."""
    if rule.share:
        rows = (frame[rule.column] == 1).to_numpy(bool, na_value=False).nonzero()[0].tolist()
    else:
        rows = [fault["row"] for fault in result["result"].get("unexpected_index_list") or []]
    return frame.iloc[rows].to_dict("records") if rows else []


def _measured(result: Mapping[str, Any], left: int) -> str:
    if "observed_value" in result:
        return f"{result['observed_value']:.4g}"
    looked_at = result["element_count"] - result["missing_count"]
    return f"{left} of {looked_at}" if looked_at else "nothing to look at"
