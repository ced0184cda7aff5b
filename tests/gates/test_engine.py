from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from support.gates import labels, options, patches, samples

from hairline.data.passed_over import Entry, Survey
from hairline.data.samples import RawSample, ingest, read_binary_mask
from hairline.gates import drift, facts
from hairline.gates.engine import check
from hairline.gates.image_facts import computed, with_faint
from hairline.gates.rules import Verdict, Waiver, findings_json, message, verdict_json
from hairline.imaging.images import write_image, write_mask

RULES = tuple(rule.name for rule in samples.RULES)
OPTIONS = options(
    samples, min_crack_share=0.01, max_empty_masks=0.2, min_contrast=20, min_split_share={"train": 0.3, "test": 0.2}
)
ALL_READ = Survey(12, (), {})


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
    raw: list[RawSample] = []
    for index, picture in enumerate(pictures):
        image, mask = folder / "raw" / f"{index}.png", folder / "raw" / f"{index}_mask.png"
        write_image(image, picture.image)
        if picture.mask is not None:
            write_mask(mask, picture.mask)
        there = mask if picture.mask is not None else None
        twin = "_twin" if picture.id in {sample.id for sample in raw} else ""  # ingest itself refuses equal ids
        raw.append(RawSample(picture.id + twin, picture.split, picture.group, image, there, read_binary_mask))
    (folder / "set").mkdir(parents=True)
    table = ingest(raw, folder / "set")
    return table.assign(id=table["id"].str.removesuffix("_twin"))


def judged(
    table: pd.DataFrame,
    folder: Path,
    wanted: samples.Options = OPTIONS,
    waivers: tuple[Waiver, ...] = (),
    accepted: drift.Baseline | None = None,
    found: Survey = ALL_READ,
) -> Verdict:
    columns = computed(table, folder / "set", samples.for_lookalikes(wanted), overlapping=samples.for_overlaps(wanted))
    columns = with_faint(columns, wanted.min_brightness, wanted.min_spread)
    frames = {
        "samples": columns,
        "splits": facts.splits(table, wanted.min_split_share),
        "drift": drift.shifts(columns, accepted if accepted is not None else drift.baseline(columns)),
        "passed_over": facts.passed_over(found),
    }
    return check("samples", "walls", samples.RULES, frames, wanted, waivers)


def judge(
    folder: Path, pictures: list[Picture], wanted: samples.Options = OPTIONS, waivers: tuple[Waiver, ...] = ()
) -> Verdict:
    return judged(canonical(folder, pictures), folder, wanted, waivers)


def waiver(rule: str, sample: str, reason: str = "looked at") -> Waiver:
    return Waiver("samples", "walls", rule, sample, reason)


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


def two_black(pictures: list[Picture]) -> None:
    for picture in (pictures[1], pictures[4]):  # 12 bits read as 16
        picture.image = picture.image >> 4


def few_tests(pictures: list[Picture]) -> None:
    pictures[4].split = pictures[5].split = "val"


def turned_across(pictures: list[Picture]) -> None:
    first = pictures[0]
    pictures[4] = replace(pictures[4], image=first.image[::-1, ::-1].copy(), mask=first.mask[::-1, ::-1].copy())


def brighter_within(pictures: list[Picture]) -> None:
    pictures[1] = replace(pictures[1], image=pictures[0].image + np.uint8(9), mask=pictures[0].mask)


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
    "exposure": (two_black, ("001", "004")),
    "split_shares": (few_tests, ("test",)),
    "lookalikes_across_splits": (turned_across, ("000", "004")),
    "lookalikes_within_split": (brighter_within, ("000", "001")),
}


def test_every_rule_is_evaluated_and_a_clean_set_passes(tmp_path: Path) -> None:
    verdict = judge(tmp_path, clean_pictures())
    assert verdict.passed
    assert not verdict.findings
    assert tuple(finding.rule for finding in verdict.checks) == RULES
    assert verdict.unseen == ()
    assert sum(raw["statistics"]["evaluated_expectations"] for raw in verdict.raw.values()) == len(RULES)


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_fails_its_own_rule_and_names_the_samples(rule: str, tmp_path: Path) -> None:
    fault, ids = FAULTS[rule]
    pictures = clean_pictures()
    fault(pictures)
    generous = replace(OPTIONS, max_crack_share=0.3, min_split_share={"test": 0.1})
    if rule == "exposure":
        generous = replace(generous, min_contrast=0)
    if rule == "unique_ids":  # two rows of one id read the same file, which looks like itself
        generous = replace(generous, severities=generous.severities | {"lookalikes_within_split": "off"})
    assert failures(judge(tmp_path, pictures, generous)) == {rule: ids}


def test_every_rule_has_a_fault_tried_on_it() -> None:
    apart = {"mask_values", "mask_remarks", "exif_upright", "drift", "overlaps_across_splits", "files_passed_over",
             "copies_agree"}  # fmt: skip
    assert {*FAULTS, *apart} == set(RULES)


def test_a_picture_that_is_said_to_show_crack_and_none_is_a_fault(tmp_path: Path) -> None:
    pictures = clean_pictures()
    copied_within(pictures)
    pictures[1].mask = np.zeros_like(pictures[0].mask)
    found = failures(judge(tmp_path, pictures, replace(OPTIONS, max_crack_share=0.3)))
    assert found["copies_agree"] == ("000", "001")


def test_patches_of_one_picture_that_are_said_to_show_crack_and_none_are_a_fault(tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures()).assign(has_mask=False, image_label="crack", crack_pixels=0)
    table.loc[table["id"] == "001", "image_label"] = "no crack"
    table.loc[table["id"] == "001", "image_sha256"] = table.loc[table["id"] == "000", "image_sha256"].item()
    found = failures(judged(table, tmp_path, replace(OPTIONS, require_masks=False)))
    assert found["copies_agree"] == ("000", "001")


def test_unusual_mask_values_are_told(tmp_path: Path) -> None:
    pictures = clean_pictures()
    table = canonical(tmp_path, pictures)
    at = table["id"] == "004"
    table.loc[at, ["mask_unusual", "mask_unusual_pixels"]] = ["3 (112 px)", 112]
    verdict = judged(table, tmp_path)
    assert failures(verdict) == {"mask_values": ("004",)}
    assert verdict.findings[0].values == ("3 (112 px), together 5.00% of the mask",)
    assert judged(table, tmp_path, replace(OPTIONS, max_unusual_mask_values=0.05)).passed


def test_remarks_on_a_mask_are_told(tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    table.loc[table["id"] == "004", "mask_remarks"] = "annotation 7 draws no pixel"
    verdict = judged(table, tmp_path)
    assert failures(verdict) == {"mask_remarks": ("004",)}
    assert verdict.findings[0].values == ("annotation 7 draws no pixel",)


def test_a_crop_in_another_split_is_told(tmp_path: Path) -> None:
    pictures = clean_pictures()
    for picture in pictures:
        spots = np.random.default_rng(int(picture.id)).integers(100, 200, (30, 40), dtype=np.uint8)
        grey = cv2.resize(spots, (320, 240), interpolation=cv2.INTER_CUBIC)
        grey[100:104] = 40
        picture.image, picture.mask = np.repeat(grey[..., None], 3, axis=2), grey == 40
    pictures[4].image, pictures[4].mask = pictures[0].image[220:30:-1, 20:290], pictures[0].mask[220:30:-1, 20:290]
    assert failures(judge(tmp_path, pictures)) == {"overlaps_across_splits": ("000", "004")}
    off = replace(OPTIONS, severities=OPTIONS.severities | {"overlaps_across_splits": "off"})
    assert failures(judge(tmp_path / "off", pictures, off)) == {}
    pictures[4].group = pictures[0].group
    assert [*failures(judge(tmp_path / "group", pictures))] == ["groups_across_splits"]


def test_a_turned_image_with_a_mask_is_told(tmp_path: Path) -> None:
    pictures = clean_pictures()
    pictures[1].mask = None
    table = canonical(tmp_path, pictures)
    table.loc[table["id"].isin(["001", "003"]), "exif_orientation"] = 6
    verdict = judged(table, tmp_path, replace(OPTIONS, require_masks=False))
    assert failures(verdict) == {"exif_upright": ("003",)}


def test_drift_is_told_by_quantity(tmp_path: Path) -> None:
    pictures = clean_pictures()
    table = canonical(tmp_path, pictures)
    columns = computed(table, tmp_path / "set")
    accepted = drift.baseline(columns.assign(brightness=columns["brightness"] - 50))
    verdict = judged(table, tmp_path, accepted=accepted)
    assert failures(verdict) == {"drift": ("brightness",)}
    assert "shift 1.00" in verdict.findings[0].values[0]
    assert "exclude" not in message(verdict)  # a quantity cannot be left out
    assert "drift" in judged(table, tmp_path, accepted={"images": 0, "quantiles": {}}).unseen


def test_files_passed_over_are_told_but_not_those_left_out_by_choice(tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    files = (Entry("images/a.heic", ".heic", "convert them to JPEG"), Entry("images/b.png", "excluded", ""))
    verdict = judged(table, tmp_path, found=Survey(12, files, {"hidden": 3}))
    assert failures(verdict) == {"files_passed_over": ("images/a.heic",)}
    told = message(verdict)
    assert "images/a.heic: .heic; convert them to JPEG" in told
    assert "found     1 of 14" in told
    assert "options.exclude [" not in told
    waiver = Waiver("samples", "walls", "files_passed_over", "images/a.heic", "a duplicate")
    assert failures(judged(table, tmp_path, waivers=(waiver,), found=Survey(12, files, {}))) == {}
    unknown = check("samples", "walls", samples.RULES, frames_without_record(table, tmp_path), OPTIONS, ())
    assert unknown.unseen == ("files_passed_over",)


def frames_without_record(table: pd.DataFrame, folder: Path) -> dict[str, pd.DataFrame]:
    columns = computed(
        table, folder / "set", samples.for_lookalikes(OPTIONS), overlapping=samples.for_overlaps(OPTIONS)
    )
    columns = with_faint(columns, OPTIONS.min_brightness, OPTIONS.min_spread)
    return {
        "samples": columns,
        "splits": facts.splits(table, OPTIONS.min_split_share),
        "drift": drift.shifts(columns, drift.baseline(columns)),
        "passed_over": facts.passed_over(None),
    }


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
    verdict = judged(table, tmp_path)
    assert failures(verdict) == {rule: ("002",)}
    assert verdict.findings[0].values == (told,)


@pytest.mark.parametrize(("file", "rule"), [("images/002.png", "pairs_complete"), ("masks/002.png", "pairs_complete")])
def test_a_damaged_file_fails(file: str, rule: str, tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    (tmp_path / "set" / file).write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    verdict = judged(table, tmp_path)
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
    one, elsewhere = waiver("contrast", "002"), waiver("polarity", "004")
    verdict = judge(tmp_path / "a", pictures, waivers=(one, elsewhere))
    assert failures(verdict) == {"contrast": ("004",)}
    assert verdict.waived == (one,)
    assert judge(tmp_path / "b", pictures, waivers=(one, waiver("contrast", "004"))).passed


def test_a_waived_empty_mask_no_longer_counts(tmp_path: Path) -> None:
    pictures = clean_pictures()
    two_empty(pictures)
    on_purpose = waiver("empty_masks", "005", "a clean wall on purpose")
    verdict = judge(tmp_path, pictures, waivers=(on_purpose,))
    assert verdict.passed  # 1 of 6 is left, 0.2 allowed
    assert verdict.waived == (on_purpose,)


def test_json_and_message_tell_the_fault(tmp_path: Path) -> None:
    pictures = clean_pictures()
    short_mask(pictures)
    verdict = judge(tmp_path, pictures)
    assert verdict_json(verdict)["passed"] is False
    assert [error["rule"] for error in findings_json(verdict)["errors"]] == ["sizes_equal"]
    for part in ("walls", "sizes_equal", "002: image 56 x 40 px, mask 56 x 20 px", "datasets.walls.options.exclude"):
        assert part in message(verdict)


def test_the_same_data_give_the_same_result(tmp_path: Path) -> None:
    table = canonical(tmp_path, clean_pictures())
    assert judged(table, tmp_path) == judged(table, tmp_path)


def test_nothing_is_written_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pictures = clean_pictures()
    short_mask(pictures)
    judge(tmp_path, pictures)
    assert capfd.readouterr() == ("", "")


def patch_index(splits: dict[str, tuple[int, int]], side: int = 64) -> pd.DataFrame:
    rows = [
        (f"{split}{number}", split, 0, 0, side, number < cracks)
        for split, (cracks, patches) in splits.items()
        for number in range(patches)
    ]
    return pd.DataFrame(rows, columns=["sample", "split", "y", "x", "side", "crack"])


def judge_patches(index: pd.DataFrame) -> Verdict:
    wanted = options(patches, min_patches=5, min_crack_share=0.2, max_crack_share=0.8, max_scale=2)
    frames = {"splits": facts.patch_splits(index, 5), "samples": facts.patch_scales(index, 64)}
    return check("patches", "walls", patches.RULES, frames, wanted, ())


@pytest.mark.parametrize(
    ("index", "found"),
    [
        (patch_index({"train": (4, 10), "test": (3, 6)}), {}),
        (patch_index({"train": (4, 10), "test": (2, 4)}), {"patches_found": ("test",)}),
        (patch_index({"train": (9, 10), "test": (1, 6)}), {"class_balance": ("test", "train")}),
        (patch_index({"train": (2, 5)}, side=100), {}),
        (patch_index({"train": (2, 5)}, side=227), {"scale": tuple(f"train{number}" for number in range(5))}),
    ],
    ids=["fine", "few", "unbalanced", "resized", "another scale"],
)
def test_patches_are_judged(index: pd.DataFrame, found: dict[str, tuple[str, ...]]) -> None:
    assert failures(judge_patches(index)) == found


def judge_labels(crack_pixels: list[int]) -> Verdict:
    wanted = options(
        labels, max_small=0.5, max_black=0.25, max_full=0, full_share=0.9, min_crack_share=0.001, max_crack_share=0.5
    )
    table = pd.DataFrame({"id": [f"{number:02d}" for number in range(len(crack_pixels))], "crack_pixels": crack_pixels})
    pixels = pd.Series(1000, index=table.index)
    frames = {"labels": facts.label_flags(table, pixels, 100, wanted.full_share)}
    return check("labels", "konig", labels.RULES, frames, wanted, ())


@pytest.mark.parametrize(
    ("crack_pixels", "found"),
    [
        ([0, 99, 100, 300], {}),
        ([99, 99, 50, 300], {"small_labels": ("00", "01", "02")}),
        ([0, 0, 200, 300, 300], {"black_labels": ("00", "01")}),
        ([950, 100, 100, 300], {"full_labels": ("00",)}),
        ([800, 850, 700, 300], {"label_share": ()}),
        ([0, 0, 1, 2], {"small_labels": ("00", "01", "02", "03"), "black_labels": ("00", "01"), "label_share": ()}),
    ],
    ids=["fine", "small", "black", "full", "much", "nothing"],
)
def test_labels_are_judged(crack_pixels: list[int], found: dict[str, tuple[str, ...]]) -> None:
    assert failures(judge_labels(crack_pixels)) == found


def test_no_labels_are_nothing_to_look_at() -> None:
    verdict = judge_labels([])
    assert verdict.passed
    assert verdict.checks == ()
