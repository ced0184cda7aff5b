"""What a data gate asks, and how its verdict is told: rules, options and words, without the engine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Le

Share = Annotated[float, Ge(0), Le(1)]
Severity = Literal["error", "warn", "off"]
Rule = Literal[
    "samples_found", "pairs_complete", "sizes_equal", "mask_values", "polarity", "crack_share", "empty_masks",
    "known_splits", "unique_ids", "groups_across_splits", "duplicates_across_splits", "duplicates_within_split",
    "window_fits", "contrast",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)
NAMED = 8


@dataclass(frozen=True)
class Waiver:
    """A finding about one sample that a person has looked at and accepts.

    Attributes:
        rule: The rule that is waived.
        sample: The sample it is waived for.
        reason: Why; shown in the verdict.
    """

    rule: Rule
    sample: str
    reason: str


@dataclass(frozen=True)
class GateOptions:
    """What a data set must be like to be worked on.

    Attributes:
        require_masks: Whether every image must have a mask.
        min_crack_share: Lowest share of crack pixels over all masked images of the set together.
        max_crack_share: Highest share of crack pixels over all masked images of the set together.
        max_crack_share_per_image: Highest share of crack pixels in one image; more looks like an inverted mask.
        max_empty_masks: Highest share of masks without crack.
        min_window_px: Shortest side in pixels an image must have, the largest window that is to fit in.
        min_contrast: Lowest mean grey outside minus inside the crack, of 255; cracks are darker than their surface.
        severities: What each rule does: ``error`` stops, ``warn`` tells, ``off`` is not evaluated.
        waivers: Findings that are accepted.
    """

    require_masks: bool
    min_crack_share: Share
    max_crack_share: Share
    max_crack_share_per_image: Share
    max_empty_masks: Share
    min_window_px: Annotated[int, Ge(1)]
    min_contrast: Annotated[float, Ge(-255), Le(255)]
    severities: dict[Rule, Severity]
    waivers: tuple[Waiver, ...]

    def __post_init__(self) -> None:
        if self.min_crack_share > self.max_crack_share:
            raise ValueError(f"min_crack_share {self.min_crack_share} exceeds max_crack_share {self.max_crack_share}")
        unknown = {*self.severities, *(waiver.rule for waiver in self.waivers)} - set(RULES)
        missing = set(RULES) - set(self.severities)
        if unknown or missing:
            wrong = [f"unknown rule '{name}'" for name in sorted(unknown)]
            wrong += [f"no severity for '{name}'" for name in sorted(missing)]
            raise ValueError(f"{', '.join(wrong)}; the rules are {', '.join(RULES)}")


@dataclass(frozen=True)
class Finding:
    """What one rule came to.

    Attributes:
        rule: The rule.
        severity: ``error`` or ``warn``.
        failed: Whether something is left to find fault with after the waivers.
        samples: Ids at fault and not waived; empty for a rule about the set as a whole.
        values: What was found at each of ``samples``.
        measured: What was found, in short.
        expected: What was asked for.
        remedy: What a person can do.
        waived: The waivers that applied.
    """

    rule: Rule
    severity: Severity
    failed: bool
    samples: tuple[str, ...]
    values: tuple[str, ...]
    measured: str
    expected: str
    remedy: str
    waived: tuple[Waiver, ...]


@dataclass(frozen=True)
class Verdict:
    """The outcome of a gate.

    Attributes:
        checks: One finding for every rule evaluated, failed or not, in the order of :data:`RULES`.
        raw: The engine's own result, ready for JSON.
    """

    checks: tuple[Finding, ...]
    raw: Mapping[str, object]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The failed checks."""
        return tuple(check for check in self.checks if check.failed)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The failed checks that stop."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The failed checks that only tell."""
        return tuple(finding for finding in self.findings if finding.severity == "warn")

    @property
    def waived(self) -> tuple[Waiver, ...]:
        """The waivers that applied."""
        return tuple(waiver for check in self.checks for waiver in check.waived)

    @property
    def passed(self) -> bool:
        """Whether work may go on."""
        return not self.errors


def verdict_json(verdict: Verdict, dataset: str) -> dict[str, object]:
    """The verdict as the small mapping the next stages depend on: the same data and options give the same content."""

    def told(findings: tuple[Finding, ...]) -> list[dict[str, object]]:
        return [
            {"rule": f.rule, "measured": f.measured, "expected": f.expected, "samples": list(f.samples)}
            for f in findings
        ]

    return {
        "dataset": dataset,
        "passed": verdict.passed,
        "errors": told(verdict.errors),
        "warnings": told(verdict.warnings),
        "waivers": [{"rule": w.rule, "sample": w.sample, "reason": w.reason} for w in verdict.waived],
    }


def ways_out(finding: Finding, dataset: str) -> list[str]:
    """What to do about a finding, a line each: put it right, leave samples out, or accept them."""
    lines = [finding.remedy]
    if finding.samples:
        ids = [json.dumps(sample, ensure_ascii=False) for sample in dict.fromkeys(finding.samples)]
        more = ", …" if len(ids) > NAMED else ""
        waiver = f"{{rule: {finding.rule}, sample: {ids[0]}, reason: …}}"
        lines.append(f"or leave out: add to datasets.{dataset}.options.exclude [{', '.join(ids[:NAMED])}{more}]")
        lines.append(f"or accept what you have looked at: add to gates.waivers, a sample each, {waiver}")
    return lines


def message(verdict: Verdict, dataset: str) -> str:
    """The verdict in words for a terminal: what was found, where, what was expected and what to do."""
    held = f"stops at {_count(verdict.errors, 'error')}" if verdict.errors else "passes"
    lines = [f"data set '{dataset}': the gate {held}, with {_count(verdict.warnings, 'warning')}"]
    for finding in (*verdict.errors, *verdict.warnings):
        lines += ["", f"{finding.severity}: {finding.rule}", f"  found     {finding.measured}"]
        named = zip(finding.samples[:NAMED], finding.values, strict=False)
        lines += [f"              {sample}: {value}" for sample, value in named]
        if len(finding.samples) > NAMED:
            lines.append(f"              … and {len(finding.samples) - NAMED} more, all named on the gate's page")
        lines.append(f"  expected  {finding.expected}")
        first, *rest = ways_out(finding, dataset)
        lines += [f"  to do     {first}", *(f"            {line}" for line in rest)]
    return "\n".join(lines)


def _count(findings: tuple[Finding, ...], noun: str) -> str:
    return f"{len(findings)} {noun}{'' if len(findings) == 1 else 's'}"
