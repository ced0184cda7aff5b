"""Images a second: what is counted for which label set, and how wall time is shared out among parts."""

import pytest

from hairline.config.params import Params
from hairline.labelling import timing

SECONDS = {timing.READING: 0.4, "map 1": 2.0, "map 0.5": 1.0, "votes 32": 8.0, "votes 64": 4.0}
EVIDENCE = {"images": 4, "machine": "a GPU, a CPU, 1 of 8 cores", "seconds": SECONDS}


def labels(evidence: list[str], images: int = 10) -> dict[str, object]:
    return {
        "evidence": evidence,
        "machine": "a CPU, 8 of 8 cores",
        "datasets": {"x": {"images": images, "seconds": 5.0}},
    }


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ([], 0.5),
        ([timing.READING, "map 1"], 0.5 + 2.4 / 4),
        ([timing.READING, "map 1", "votes 32"], 0.5 + 10.4 / 4),
        ([timing.READING, "map 1", "map 0.5", "votes 64"], 0.5 + 7.4 / 4),
    ],
)
def test_a_label_set_is_charged_its_label_and_the_evidence_it_asks_for(asked: list[str], seconds: float) -> None:
    found = timing.measured(EVIDENCE, labels(asked), "x")
    assert found is not None
    assert found.images_per_second == pytest.approx(1 / seconds)
    assert found.label_s == 0.5
    assert found.machine == ("a GPU, a CPU, 1 of 8 cores; " if asked else "") + "a CPU, 8 of 8 cores"


def test_what_was_not_done_in_the_run_has_no_rate() -> None:
    resumed = {"images": 0, "seconds": {}, "machine": "a CPU"}
    assert timing.measured(resumed, labels([timing.READING, "map 1"]), "x") is None
    assert timing.measured(resumed, labels([]), "x") is not None  # asks for no evidence
    assert timing.measured(EVIDENCE, labels([timing.READING, "map 1"], images=0), "x") is None


def test_wall_time_is_shared_in_proportion() -> None:
    told = [("map 1", 1.0), ("votes 32", 2.0), ("votes 32", 4.0), ("map 1", 1.0)]
    assert timing.shared(told, 5.0) == {"map 1": pytest.approx(1.25), "votes 32": pytest.approx(3.75)}
    assert timing.shared([], 5.0) == {}


def test_the_parts_are_those_of_the_options(values, write_params) -> None:
    params = Params(write_params(values))
    asked = {name: timing.parts(params.label_set(name).options) for name in ("konig", "crf", "otsu")}
    assert asked == {
        "konig": [timing.READING, "map 1", "votes 32"], "crf": [timing.READING, "map 1"], "otsu": [],
    }  # fmt: skip


def test_a_machine_is_named() -> None:
    assert timing.machine("a GPU", 1).startswith("a GPU, ")
    assert " of " in timing.machine(None, 2) and timing.machine(None, 2).endswith(" cores")
