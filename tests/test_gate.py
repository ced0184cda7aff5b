import json
import re
import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from hairline.gate import RULES, Finding, GateOptions, Verdict, Waiver, message, verdict_json

VALUES = {
    "require_masks": True,
    "min_crack_share": 0.0,
    "max_crack_share": 0.2,
    "max_crack_share_per_image": 0.5,
    "max_empty_masks": 0.2,
    "min_window_px": 32,
    "min_contrast": 0.0,
    "severities": dict.fromkeys(RULES, "error"),
    "waivers": [{"rule": "contrast", "sample": "007", "reason": "looked at"}],
}


def finding(rule="polarity", severity="error", failed=True, samples=("007",), waived=()):
    values = tuple(f"value of {sample}" for sample in samples)
    return Finding(rule, severity, failed, samples, values, "1 of 9 samples", "less", "invert it", waived)


def test_options_are_read_from_plain_values():
    options = TypeAdapter(GateOptions).validate_python(VALUES)
    assert options.waivers == (Waiver("contrast", "007", "looked at"),)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"min_crack_share": 0.5}, "exceeds max_crack_share"),
        ({"max_empty_masks": 1.5}, "max_empty_masks"),
        ({"min_window_px": 0}, "min_window_px"),
        ({"severities": {**VALUES["severities"], "polarity": "fatal"}}, "polarity"),
        ({"severities": {**VALUES["severities"], "polaritee": "warn"}}, "polaritee"),
        ({"severities": {rule: "warn" for rule in RULES if rule != "contrast"}}, "no severity for 'contrast'"),
        ({"waivers": [{"rule": "contrasts", "sample": "007", "reason": ""}]}, "waivers"),
    ],
)
def test_wrong_options_are_refused(change, told):
    with pytest.raises(ValidationError, match=re.escape(told)):
        TypeAdapter(GateOptions).validate_python(VALUES | change)


def test_a_rule_that_is_not_one_is_named_with_those_there_are():
    options = TypeAdapter(GateOptions).validate_python(VALUES)
    severities = {**options.severities, "colour": "warn"}
    with pytest.raises(ValueError, match=r"unknown rule 'colour'.*window_fits"):
        GateOptions(**{**vars(options), "severities": severities})


def test_only_errors_stop():
    warning, error, fine = finding(severity="warn"), finding(), finding(failed=False, samples=())
    assert Verdict((warning, fine), {}).passed
    assert not Verdict((warning, error, fine), {}).passed
    assert Verdict((warning, error, fine), {}).findings == (warning, error)


def test_json_holds_errors_warnings_and_waivers_apart():
    waiver = Waiver("contrast", "009", "shadow")
    checks = (
        finding(),
        finding("window_fits", "warn"),
        finding("contrast", failed=False, samples=(), waived=(waiver,)),
    )
    told = json.loads(json.dumps(verdict_json(Verdict(checks, {}), "walls")))
    assert told["dataset"] == "walls"
    assert [error["rule"] for error in told["errors"]] == ["polarity"]
    assert [warning["rule"] for warning in told["warnings"]] == ["window_fits"]
    assert told["waivers"] == [{"rule": "contrast", "sample": "009", "reason": "shadow"}]


def test_message_says_what_where_expected_and_what_to_do():
    text = message(Verdict((finding(samples=tuple(f"{index:03d}" for index in range(20))),), {}), "walls")
    for part in ("'walls'", "1 error", "polarity", "1 of 9 samples", "000: value of 000", "less", "invert it"):
        assert part in text
    assert 'datasets.walls.options.exclude ["000", "001"' in text
    assert '{rule: polarity, sample: "000", reason: …}' in text
    assert "and 12 more" in text
    assert "019" not in text


def test_a_finding_about_the_whole_set_offers_no_exclusion():
    text = message(Verdict((finding("crack_share", samples=()),), {}), "walls")
    assert "invert it" in text
    assert "exclude" not in text
    assert "waivers" not in text


def test_options_load_without_the_engine():
    code = "import sys, hairline.gate; print('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
