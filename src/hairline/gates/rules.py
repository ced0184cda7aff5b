"""What a data gate is: rules, severities, waivers, findings, and how a verdict is told; without the engine."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from hairline.io.artefacts import read_json
from hairline.io.options import checked_dataclass

Share = Annotated[float, Ge(0), Le(1)]
Severity = Literal["error", "warn", "off"]
Gate = Literal["samples", "patches", "labels"]
NAMED = 8


@dataclass(frozen=True)
class Rule:
    """One thing a gate asks.

    Attributes:
        name: As in ``severities`` and ``waivers``.
        frame: The table that is judged; it has a column ``id``.
        column: The column that is judged; without a value in it the rule is not evaluated.
        expectation: Class of great_expectations that evaluates the rule.
        arguments: From the gate's options, what the expectation is given.
        expected: What is asked for, to be formatted with the options.
        value: What was found at a row, to be formatted with the row.
        remedy: What a person can do.
        share: The column is 1 at a fault and 0 elsewhere, and its mean is judged.
        always: Evaluated even where there is nothing to look at.
    """

    name: str
    frame: str
    column: str
    expectation: str
    arguments: Callable[[Any], Mapping[str, object]]
    expected: str
    value: str
    remedy: str
    share: bool = False
    always: bool = False


@checked_dataclass
class Waiver:
    """A finding about one sample that a person has looked at and accepts.

    Attributes:
        gate: ``samples``, ``patches`` or ``labels``.
        subject: The data set, or for labels the label set.
        rule: The rule that is waived.
        sample: What it is waived for, as the finding names it.
        reason: Why; shown in the verdict, in the report and in MLflow.
    """

    gate: Gate
    subject: str
    rule: str
    sample: str
    reason: str


@checked_dataclass
class Gates:
    """The section ``gates``, of gates.yaml; the values of each gate are checked by its own options.

    Attributes:
        samples: Options of :mod:`hairline.gates.samples_gate`.
        patches: Options of :mod:`hairline.gates.patches_gate`.
        labels: Options of :mod:`hairline.gates.labels_gate`.
        for_datasets: Data set → gate → values that differ there.
        waivers: Findings that are accepted.
    """

    samples: dict[str, Any]
    patches: dict[str, Any]
    labels: dict[str, Any]
    for_datasets: dict[str, dict[Gate, dict[str, Any]]]
    waivers: tuple[Waiver, ...]


def refuse_severities(severities: Mapping[str, Severity], rules: Iterable[Rule]) -> None:
    """Raise ValueError unless there is one severity for each rule and none for anything else."""
    names = [rule.name for rule in rules]
    wrong = [f"unknown rule '{name}'" for name in sorted(set(severities) - set(names))]
    wrong += [f"no severity for '{name}'" for name in sorted(set(names) - set(severities))]
    if wrong:
        way_out = "; 'hairline upgrade' adds what gates.yaml lacks" if set(names) - set(severities) else ""
        raise ValueError(f"{', '.join(wrong)}; the rules are {', '.join(names)}{way_out}")


def refuse_crossed(low: float, high: float) -> None:
    """Raise ValueError if the lowest share of crack exceeds the highest."""
    if low > high:
        raise ValueError(f"min_crack_share {low} exceeds max_crack_share {high}")


@dataclass(frozen=True)
class Finding:
    """What one rule came to.

    Attributes:
        rule: Name of the rule.
        severity: ``error`` or ``warn``.
        failed: Whether something is left to find fault with after the waivers.
        samples: Ids at fault and not waived; empty for a rule about the whole.
        values: What was found at each of ``samples``.
        measured: What was found, in short.
        expected: What was asked for.
        remedy: What a person can do.
        waived: The waivers that applied.
        excludable: Whether ``samples`` are samples of a data set, which can be left out of it.
    """

    rule: str
    severity: Severity
    failed: bool
    samples: tuple[str, ...]
    values: tuple[str, ...]
    measured: str
    expected: str
    remedy: str
    waived: tuple[Waiver, ...]
    excludable: bool = True


@dataclass(frozen=True)
class Verdict:
    """The outcome of a gate.

    Attributes:
        gate: Which gate.
        subject: What was judged: a data set, or for labels a label set.
        checks: One finding for every rule evaluated, failed or not, in the order of the rules.
        unseen: Rules that were off or had nothing to look at.
        raw: The engine's own result, ready for JSON.
    """

    gate: Gate
    subject: str
    checks: tuple[Finding, ...]
    unseen: tuple[str, ...]
    raw: Mapping[str, object]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The failed checks, errors first."""
        return (*self.errors, *self.warnings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The failed checks that stop."""
        return tuple(check for check in self.checks if check.failed and check.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The failed checks that only tell."""
        return tuple(check for check in self.checks if check.failed and check.severity == "warn")

    @property
    def waived(self) -> tuple[Waiver, ...]:
        """The waivers that applied."""
        return tuple(waiver for check in self.checks for waiver in check.waived)

    @property
    def passed(self) -> bool:
        """Whether work may go on."""
        return not self.errors


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """The verdict as the small mapping the next stages depend on: no sentence in it, so that none reruns a training."""
    return {
        "gate": verdict.gate,
        "subject": verdict.subject,
        "passed": verdict.passed,
        "waivers": [asdict(waiver) for waiver in verdict.waived],
    }


def findings_json(verdict: Verdict) -> dict[str, object]:
    """What failed, for the report: rule, what was measured, and the samples at fault."""

    def told(findings: Sequence[Finding]) -> list[dict[str, object]]:
        return [{"rule": f.rule, "measured": f.measured, "samples": list(f.samples)} for f in findings]

    return {"errors": told(verdict.errors), "warnings": told(verdict.warnings)}


@dataclass
class _WaiverFile:
    gate: str
    subject: str
    rule: str
    sample: str
    reason: str


@dataclass
class _VerdictFile:
    gate: str
    subject: str
    passed: bool
    waivers: list[_WaiverFile]


@dataclass
class _FoundFile:
    rule: str
    measured: str
    samples: list[str]


@dataclass
class _FindingsFile:
    errors: list[_FoundFile]
    warnings: list[_FoundFile]


def read_verdict(path: Path, maker: str) -> dict[str, Any]:
    """What :func:`verdict_json` gave, from its file.

    Args:
        path: The file.
        maker: The command that makes it, for messages.

    Raises:
        HairlineError: If the file holds something else.
    """
    return dict(read_json(path, _VerdictFile, maker))


def read_findings(path: Path, maker: str) -> dict[str, Any]:
    """What :func:`findings_json` gave, from its file; arguments and errors as for :func:`read_verdict`."""
    return dict(read_json(path, _FindingsFile, maker))


def ways_out(finding: Finding, verdict: Verdict) -> list[str]:
    """What to do about a finding, a line each: put it right, leave samples out, or accept them."""
    lines = [finding.remedy]
    if finding.samples:
        ids = [json.dumps(sample, ensure_ascii=False) for sample in dict.fromkeys(finding.samples)]
        more = ", …" if len(ids) > NAMED else ""
        if verdict.gate == "samples" and finding.excludable:
            lines.append(
                f"or leave out: add to datasets.{verdict.subject}.options.exclude [{', '.join(ids[:NAMED])}{more}]"
            )
        waiver = (
            f"{{gate: {verdict.gate}, subject: {verdict.subject}, rule: {finding.rule}, sample: {ids[0]}, reason: …}}"
        )
        lines.append(f"or accept what you have looked at: add to gates.waivers, a sample each, {waiver}")
    return lines


def message(verdict: Verdict) -> str:
    """The verdict in words for a terminal: what was found, where, what was expected and what to do."""
    held = f"stops at {_count(verdict.errors, 'error')}" if verdict.errors else "passes"
    lines = [f"{verdict.gate} of '{verdict.subject}': the gate {held}, with {_count(verdict.warnings, 'warning')}"]
    for finding in verdict.findings:
        lines += ["", f"{finding.severity}: {finding.rule}", f"  found     {finding.measured}"]
        named = zip(finding.samples[:NAMED], finding.values, strict=False)
        lines += [f"              {sample}: {value}" for sample, value in named]
        if len(finding.samples) > NAMED:
            lines.append(f"              … and {len(finding.samples) - NAMED} more, all named on the gate's page")
        lines.append(f"  expected  {finding.expected}")
        first, *rest = ways_out(finding, verdict)
        lines += [f"  to do     {first}", *(f"            {line}" for line in rest)]
    return "\n".join(lines)


def _count(findings: Sequence[Finding], noun: str) -> str:
    return f"{len(findings)} {noun}{'' if len(findings) == 1 else 's'}"
