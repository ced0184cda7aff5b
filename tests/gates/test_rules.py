import json
import re
import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError
from support.gates import SECTION

from hairline.gates import labels_gate, patches_gate, samples_gate
from hairline.gates.rules import Finding, Gates, Verdict, Waiver, findings_json, message, verdict_json
from hairline.tracking.waivers import waived


def finding(rule="polarity", severity="error", failed=True, ids=("007",), waivers=()):
    values = tuple(f"value of {sample}" for sample in ids)
    return Finding(rule, severity, failed, ids, values, "1 of 9", "less", "invert it", waivers)


def verdict(*checks, gate="samples", subject="walls"):
    return Verdict(gate, subject, checks, (), {})


@pytest.mark.parametrize("gate", [samples_gate, patches_gate, labels_gate], ids=lambda gate: gate.__name__)
def test_the_default_profile_fits_the_options(gate):
    values = SECTION[gate.__name__.rpartition(".")[2].removesuffix("_gate")]
    options = TypeAdapter(gate.Options).validate_python(values)
    assert list(options.severities) == [rule.name for rule in gate.RULES]
    for rule in gate.RULES:
        assert rule.expected.format(**vars(options))
        assert rule.arguments(options)


@pytest.mark.parametrize(
    ("gate", "change", "told"),
    [
        (samples_gate, {"min_crack_share": 0.5}, "exceeds max_crack_share"),
        (samples_gate, {"max_empty_masks": 1.5}, "max_empty_masks"),
        (samples_gate, {"min_window_px": 0}, "min_window_px"),
        (samples_gate, {"min_split_share": {"holdout": 0.1}}, "min_split_share"),
        (samples_gate, {"severities": {"polarity": "fatal"}}, "polarity"),
        (samples_gate, {"severities": {"polaritee": "warn"}}, "unknown rule 'polaritee', no severity for"),
        (patches_gate, {"max_scale": 0.5}, "max_scale"),
        (patches_gate, {"min_crack_share": 0.95}, "exceeds max_crack_share"),
        (labels_gate, {"full_share": 0}, "full_share"),
        (labels_gate, {"severities": {}}, "no severity for 'black_labels'"),
    ],
)
def test_wrong_options_are_refused(gate, change, told):
    values = SECTION[gate.__name__.rpartition(".")[2].removesuffix("_gate")] | change
    with pytest.raises(ValidationError, match=re.escape(told)):
        TypeAdapter(gate.Options).validate_python(values)


def test_the_section_reads_waivers():
    waiver = {"gate": "samples", "subject": "cfd", "rule": "contrast", "sample": "042", "reason": "looked at"}
    assert TypeAdapter(Gates).validate_python(SECTION | {"waivers": [waiver]}).waivers == (Waiver(**waiver),)
    with pytest.raises(ValidationError, match="gate"):
        TypeAdapter(Gates).validate_python(SECTION | {"waivers": [waiver | {"gate": "weights"}]})


def test_only_errors_stop_and_come_first():
    warning, error, fine = finding(severity="warn"), finding(), finding(failed=False, ids=())
    assert verdict(warning, fine).passed
    assert not verdict(warning, error, fine).passed
    assert verdict(warning, error, fine).findings == (error, warning)


def test_the_verdict_holds_waivers_and_no_sentence_and_findings_are_told_apart(tmp_path):
    waiver = Waiver("samples", "walls", "contrast", "009", "shadow")
    checks = (finding(), finding("window_fits", "warn"), finding("contrast", failed=False, ids=(), waivers=(waiver,)))
    text = json.dumps(verdict_json(verdict(*checks)))
    told = json.loads(text)
    assert (told["gate"], told["subject"]) == ("samples", "walls")
    assert told.keys() == {"gate", "subject", "passed", "waivers"}
    assert told["waivers"] == [vars(waiver)]
    found = findings_json(verdict(*checks))
    assert [(kind, each["rule"]) for kind in found for each in found[kind]] == [
        ("errors", "polarity"), ("warnings", "window_fits")
    ]  # fmt: skip
    assert found["errors"][0]["samples"] == list(checks[0].samples)
    (tmp_path / "verdict.json").write_text(text)
    assert waived([tmp_path / "verdict.json"]) == "samples walls contrast 009: shadow"
    (tmp_path / "verdict.json").write_text(json.dumps(verdict_json(verdict(finding()))))
    assert waived([tmp_path / "verdict.json"]) == "none"


def test_message_says_what_where_expected_and_what_to_do():
    text = message(verdict(finding(ids=tuple(f"{index:03d}" for index in range(20)))))
    for part in ("'walls'", "1 error", "polarity", "1 of 9", "000: value of 000", "less", "invert it"):
        assert part in text
    assert 'datasets.walls.options.exclude ["000", "001"' in text
    assert '{gate: samples, subject: walls, rule: polarity, sample: "000", reason: …}' in text
    assert "and 12 more" in text
    assert "019" not in text


def test_labels_cannot_be_excluded_but_accepted():
    text = message(verdict(finding("full_labels"), gate="labels", subject="konig"))
    assert "exclude" not in text
    assert "{gate: labels, subject: konig, rule: full_labels" in text


def test_a_finding_about_the_whole_set_offers_no_exclusion():
    text = message(verdict(finding("crack_share", ids=())))
    assert "invert it" in text
    assert "exclude" not in text
    assert "waivers" not in text


def test_options_load_without_the_engine():
    code = (
        "import sys, hairline.gates.samples_gate, hairline.gates.patches_gate, hairline.gates.labels_gate\n"
        "print('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
