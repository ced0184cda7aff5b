"""How many photos are held out where a share of few photos comes to hardly any."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from hairline.data.grouping import arranged
from hairline.data.held_out import with_held_out
from hairline.data.layouts import clicks
from hairline.data.samples import LabelledPatch, RawSample
from hairline.data.splits import Shares, split_of

SHARES: Shares = {"train": 0.85, "val": 0.15}
CRACK, NONE = LabelledPatch(0, 0, 32, True), LabelledPatch(0, 32, 32, False)


def photos(count: int, *patches: LabelledPatch, name: str = "p", shares: Shares = SHARES) -> list[RawSample]:
    return [
        RawSample(f"{name}{n}", split_of(f"{name}{n}", shares), f"{name}{n}", Path(), None, clicks.no_mask,
                  shares=shares, patches=patches)
        for n in range(count)
    ]  # fmt: skip


def held_out(samples: list[RawSample]) -> set[str]:
    return {sample.id for sample in samples if sample.split == "val"}


@pytest.mark.parametrize(("count", "least"), [(3, 0), (4, 1), (8, 2), (19, 4), (20, 5), (40, 5)])
def test_so_many_photos_are_held_out_but_no_more_than_a_quarter(count: int, least: int) -> None:
    for name in "abcdefgh":  # other names, other hashes
        before = photos(count, CRACK, NONE, name=name)
        after = with_held_out(before, 5)
        by_share = held_out(before)
        assert by_share <= held_out(after) or held_out(after) < by_share
        assert len(held_out(after)) == (least if count <= 20 else max(least, len(by_share)))
        assert [replace(sample, split="") for sample in after] == [replace(sample, split="") for sample in before]
        assert with_held_out(before[::-1], 5)[::-1] == after


@pytest.mark.parametrize("count", range(1, 9))
def test_of_few_photos_all_held_out_by_their_hashes_most_are_learned_from(count: int) -> None:
    unlucky = [photo for photo in photos(200, CRACK, NONE) if photo.split == "val"][:count]
    assert len(unlucky) == count and len(held_out(with_held_out(unlucky, 5))) == count // 4
    halves = [replace(photo, shares={"train": 0.5, "val": 0.5}) for photo in unlucky]
    assert len(held_out(with_held_out(halves, 5))) == count // 2
    assert with_held_out(unlucky, 0) == unlucky
    listed = [replace(photo, shares=None) for photo in unlucky]
    assert with_held_out(listed, 5) == listed


def test_the_only_photo_with_a_crack_is_learned_from() -> None:
    one = next(photo for photo in photos(99, CRACK, NONE, name="crack") if photo.split == "val")
    for rest in range(1, 30):
        after = with_held_out([one, *photos(rest, NONE, name="plain")], 5)
        assert after[0].split == "train" and len(held_out(after)) <= max((rest + 1) // 4, 9)


def test_where_there_are_enough_nothing_changes() -> None:
    many = photos(100, CRACK, NONE)
    assert len(held_out(many)) > 5
    assert with_held_out(many, 5) == many
    assert with_held_out(photos(20, CRACK, NONE), 0) == photos(20, CRACK, NONE)


def test_more_photos_take_none_back_that_their_share_does_not_replace() -> None:
    few, more = (held_out(with_held_out(photos(count, CRACK, NONE), 5)) for count in (20, 21))
    assert len(few - more) <= 1


def test_photos_with_cracks_and_photos_without_are_both_held_out() -> None:
    samples = photos(24, NONE, name="plain") + photos(12, CRACK, name="crack") + photos(30, name="unseen")
    after = with_held_out(samples, 5)
    counts = Counter((sample.id.rstrip("0123456789"), sample.split) for sample in after)
    assert counts["crack", "val"] >= 3 and counts["plain", "val"] >= 5
    unseen = [sample for sample in samples if sample.id.startswith("unseen")]
    assert [sample for sample in after if sample.id.startswith("unseen")] == unseen


def test_groups_move_as_a_whole_and_those_of_a_list_or_of_test_stay() -> None:
    pairs = [replace(sample, group=f"g{number // 2}", split="train", patches=(CRACK,) if number % 2 else ())
             for number, sample in enumerate(photos(16))]  # fmt: skip
    after = with_held_out(pairs, 5)
    assert Counter(sample.split for sample in after) == {"train": 12, "val": 4}
    assert all(one.split == other.split for one, other in zip(after[::2], after[1::2], strict=True))
    listed = [replace(sample, shares=None) for sample in pairs]
    assert with_held_out(listed, 5) == listed
    tested = [replace(sample, split="test") for sample in pairs]
    assert with_held_out(tested, 5) == tested


def test_the_layout_of_clicks_asks_for_it_after_photos_were_joined() -> None:
    wanted = clicks.Options(labels={}, shares=SHARES, exclude=[], min_val=5)
    burst = photos(20, CRACK, NONE, name="wall_20240501_1000")  # names without seconds: no time, each its own photo
    assert len(held_out(arranged(burst, clicks, Path(), wanted))) >= 5
    joined = [
        replace(sample, id=f"20240501_1000{n:02}", group=f"20240501_1000{n:02}") for n, sample in enumerate(burst)
    ]
    after = arranged(joined, clicks, Path(), wanted, capture_s=10)
    assert len({(sample.group, sample.split) for sample in after}) == 1  # one place alone cannot be parted
    assert held_out(arranged(burst, clicks, Path(), replace(wanted, min_val=0))) == held_out(burst)
