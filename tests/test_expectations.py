from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hairline.expectations import check
from hairline.gate import RULES, GateOptions, Verdict, Waiver, message, verdict_json
from hairline.gate_columns import computed
from hairline.images import write_image, write_mask
from hairline.samples import RawSample, ingest, read_binary_mask

OPTIONS = GateOptions(
    require_masks=True,
    min_crack_share=0.01,
    max_crack_share=0.2,
    max_crack_share_per_image=0.5,
    max_empty_masks=0.2,
    min_window_px=32,
    min_contrast=20,
    severities=dict.fromkeys(RULES, "error"),
    waivers=(),
)


@dataclass
class Picture:
    id: str
    split: str
    group: str
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None


def clean_pictures() -> list[Picture]:
    rng = np.random.default_rng(5)
    pictures = []
    for index, split in enumerate(["train", "train", "val", "val", "test", "test"]):
        image = rng.integers(140, 200, (40, 56, 3), dtype=np.uint8)
        mask = np.zeros((40, 56), bool)
        mask[10 + index : 13 + index] = True
        image[mask] = 60
        pictures.append(Picture(f"{index:03d}", split, f"photo {index}", image, mask))
    return pictures


def canonical(folder: Path, pictures: list[Picture]) -> pd.DataFrame:
    samples = []
    for index, picture in enumerate(pictures):
        image, mask = folder / "raw" / f"{index}.png", folder / "raw" / f"{index}_mask.png"
        write_image(image, picture.image)
        if picture.mask is not None:
            write_mask(mask, picture.mask)
        there = mask if picture.mask is not None else None
        twin = "_twin" if picture.id in {sample.id for sample in samples} else ""  # ingest itself refuses equal ids
        samples.append(RawSample(picture.id + twin, picture.split, picture.group, image, there, read_binary_mask))
    (folder / "set").mkdir(parents=True)
    table = ingest(samples, folder / "set")
    return table.assign(id=table["id"].str.removesuffix("_twin"))


def judge(folder: Path, pictures: list[Picture], options: GateOptions = OPTIONS) -> Verdict:
    return check(computed(canonical(folder, pictures), folder / "set"), options)


def failures(verdict: Verdict) -> dict[str, tuple[str, ...]]:
    return {finding.rule: finding.samples for finding in verdict.findings}


def no_mask(pictures: list[Picture]) -> None:
    pictures[1].mask = None


def short_mask(pictures: list[Picture]) -> None:
    pictures[2].mask = pictures[2].mask[:20]


def inverted(pictures: list[Picture]) -> None:
    pictures[3].mask = np.ones((40, 56), bool)
    pictures[3].mask[:19] = False
    pictures[3].image[pictures[3].mask] = 60


def thin_everywhere(pictures: list[Picture]) -> None:
    for picture in pictures:
        picture.mask[:, 2:] = False


def two_empty(pictures: list[Picture]) -> None:
    pictures[0].mask[:] = False
    pictures[5].mask[:] = False


def strange_split(pictures: list[Picture]) -> None:
    pictures[4].split = "holdout"


def same_id(pictures: list[Picture]) -> None:
    pictures[1].id = "000"


def same_group(pictures: list[Picture]) -> None:
    pictures[4].group = pictures[0].group


def copied_across(pictures: list[Picture]) -> None:
    pictures[4] = replace(pictures[4], image=pictures[0].image, mask=pictures[0].mask)


def copied_within(pictures: list[Picture]) -> None:
    pictures[1] = replace(pictures[1], image=pictures[0].image, mask=pictures[0].mask)


def too_narrow(pictures: list[Picture]) -> None:
    pictures[2].image, pictures[2].mask = pictures[2].image[:31], pictures[2].mask[:31]


def too_faint(pictures: list[Picture]) -> None:
    pictures[2].image[pictures[2].mask] = 165


FAULTS: dict[str, tuple[Callable[[list[Picture]], None], tuple[str, ...]]] = {
    "samples_found": (list.clear, ()),
    "pairs_complete": (no_mask, ("001",)),
    "sizes_equal": (short_mask, ("002",)),
    "polarity": (inverted, ("003",)),
    "crack_share": (thin_everywhere, ()),
    "empty_masks": (two_empty, ("000", "005")),
    "known_splits": (strange_split, ("004",)),
    "unique_ids": (same_id, ("000", "000")),
    "groups_across_splits": (same_group, ("000", "004")),
    "duplicates_across_splits": (copied_across, ("000", "004")),
    "duplicates_within_split": (copied_within, ("000", "001")),
    "window_fits": (too_narrow, ("002",)),
    "contrast": (too_faint, ("002",)),
}


def test_every_rule_is_evaluated_and_a_clean_set_passes(tmp_path: Path) -> None:
    verdict = judge(tmp_path, clean_pictures())
    assert verdict.passed
    assert not verdict.findings
    assert tuple(finding.rule for finding in verdict.checks) == RULES
    assert verdict.raw["statistics"]["evaluated_expectations"] == len(RULES)


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_fails_its_own_rule_and_names_the_samples(rule: str, tmp_path: Path) -> None:
    fault, samples = FAULTS[rule]
    pictures = clean_pictures()
    fault(pictures)
    generous = replace(OPTIONS, max_crack_share=0.3)
    assert failures(judge(tmp_path, pictures, generous)) == {rule: samples}


def test_every_rule_has_a_fault_tried_on_it() -> None:
    assert {*FAULTS, "mask_values"} == set(RULES)


@pytest.mark.parametrize(("grey", "told"), [(1, "levels 0 1"), (200, "levels 0 200")])
def test_a_mask_file_with_other_levels_fails(grey: int, told: str, tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    write_image(tmp_path / "set/masks/004.png", np.uint8(grey) * np.eye(40, 56, dtype=np.uint8))
    verdict = check(computed(table, tmp_path / "set"), replace(OPTIONS, min_contrast=-255))
    assert failures(verdict) == {"mask_values": ("004",)}
    assert verdict.findings[0].values == (told,)


@pytest.mark.parametrize(
    ("file", "rule", "told"),
    [
        ("images/002.png", "pairs_complete", "image missing"),
        ("masks/002.png", "pairs_complete", "mask missing"),
    ],
)
def test_a_missing_file_fails(file: str, rule: str, told: str, tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    (tmp_path / "set" / file).unlink()
    verdict = check(computed(table, tmp_path / "set"), OPTIONS)
    assert failures(verdict) == {rule: ("002",)}
    assert verdict.findings[0].values == (told,)


@pytest.mark.parametrize(("file", "rule"), [("images/002.png", "pairs_complete"), ("masks/002.png", "mask_values")])
def test_a_damaged_file_fails(file: str, rule: str, tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    (tmp_path / "set" / file).write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    verdict = check(computed(table, tmp_path / "set"), OPTIONS)
    assert failures(verdict) == {rule: ("002",)}
    assert "unreadable" in verdict.findings[0].values[0]


def test_a_set_without_masks_passes_where_none_are_required(tmp_path: Path) -> None:
    pictures = clean_pictures()
    for picture in pictures:
        picture.mask = None
    verdict = judge(tmp_path, pictures, replace(OPTIONS, require_masks=False))
    assert verdict.passed
    assert {"crack_share", "empty_masks"}.isdisjoint(finding.rule for finding in verdict.checks)


def test_the_share_of_empty_masks_counts_masks_not_images(tmp_path: Path) -> None:
    pictures = clean_pictures()
    pictures[0].mask[:] = False
    pictures[1].mask = pictures[2].mask = None
    options = replace(OPTIONS, require_masks=False, max_empty_masks=0.25)
    assert judge(tmp_path / "a", pictures, options).passed  # 1 of 4 is just allowed
    assert failures(judge(tmp_path / "b", pictures, replace(options, max_empty_masks=0.24))) == {
        "empty_masks": ("000",)
    }


def test_a_set_of_inverted_masks_fails_as_a_whole(tmp_path: Path) -> None:
    pictures = clean_pictures()
    for picture in pictures:
        picture.mask = ~picture.mask
    found = failures(judge(tmp_path, pictures))
    assert set(found) == {"polarity", "crack_share", "contrast"}
    assert len(found["polarity"]) == len(found["contrast"]) == 6


def test_a_warning_lets_the_set_pass_and_off_is_not_evaluated(tmp_path: Path) -> None:
    pictures = clean_pictures()
    too_faint(pictures)
    same_group(pictures)
    severities = OPTIONS.severities | {"contrast": "warn", "groups_across_splits": "off"}
    verdict = judge(tmp_path, pictures, replace(OPTIONS, severities=severities))
    assert verdict.passed
    assert [finding.rule for finding in verdict.warnings] == ["contrast"]
    assert "groups_across_splits" not in {finding.rule for finding in verdict.checks}


def test_all_rules_off_passes(tmp_path: Path) -> None:
    pictures = clean_pictures()
    same_id(pictures)
    verdict = judge(tmp_path, pictures, replace(OPTIONS, severities=dict.fromkeys(RULES, "off")))
    assert verdict.passed
    assert verdict.checks == ()


def test_a_waiver_accepts_one_sample_under_one_rule_only(tmp_path: Path) -> None:
    pictures = clean_pictures()
    too_faint(pictures)
    pictures[4].image[pictures[4].mask] = 165
    waiver = Waiver("contrast", "002", "wet patch, looked at")
    elsewhere = Waiver("polarity", "004", "another rule")
    verdict = judge(tmp_path / "a", pictures, replace(OPTIONS, waivers=(waiver, elsewhere)))
    assert failures(verdict) == {"contrast": ("004",)}
    assert verdict.waived == (waiver,)
    both = (waiver, replace(waiver, sample="004"))
    assert judge(tmp_path / "b", pictures, replace(OPTIONS, waivers=both)).passed


def test_a_waived_empty_mask_no_longer_counts(tmp_path: Path) -> None:
    pictures = clean_pictures()
    two_empty(pictures)
    waiver = Waiver("empty_masks", "005", "a clean wall on purpose")
    verdict = judge(tmp_path, pictures, replace(OPTIONS, waivers=(waiver,)))
    assert verdict.passed  # 1 of 6 is left, 0.2 allowed
    assert verdict.waived == (waiver,)


def test_json_and_message_tell_the_fault(tmp_path: Path) -> None:
    pictures = clean_pictures()
    short_mask(pictures)
    verdict = judge(tmp_path, pictures)
    told = verdict_json(verdict, "walls")
    assert told["passed"] is False
    assert [error["rule"] for error in told["errors"]] == ["sizes_equal"]
    for part in ("walls", "sizes_equal", "002: image 56 x 40 px, mask 56 x 20 px", "datasets.walls.options.exclude"):
        assert part in message(verdict, "walls")


def test_the_same_data_give_the_same_result(tmp_path: Path) -> None:
    table = computed(canonical(tmp_path, clean_pictures()), tmp_path / "set")
    assert check(table, OPTIONS) == check(table, OPTIONS)


def test_nothing_is_written_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = clean_pictures()
    short_mask(pictures)
    judge(tmp_path, pictures)
    assert capfd.readouterr() == ("", "")
