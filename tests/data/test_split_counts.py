"""What is told of a set's splits, above all that shares may leave one of few photos without any."""

from pathlib import Path

from hairline.data.masks import Mask
from hairline.data.samples import RawSample
from hairline.data.split_counts import told
from hairline.data.splits import Shares, split_of

SHARES: Shares = {"train": 0.7, "val": 0.1, "test": 0.2}


def unread(path: Path) -> Mask:
    raise AssertionError(path)


def samples(count: int, shares: Shares | None) -> list[RawSample]:
    names = [f"wall{index:02}" for index in range(count)]
    return [RawSample(name, split_of(name, SHARES), name, Path(name), None, unread, shares=shares) for name in names]


def test_a_split_that_its_share_leaves_empty_is_told() -> None:
    assert told(samples(10, SHARES)).startswith("train 9, val 0, test 1; val is empty, though its share is not 0: ")
    assert told(samples(10, None)) == "train 9, val 0, test 1"
    assert "empty" not in told(samples(100, SHARES))
    assert "empty" not in told(samples(10, {"train": 0.8, "test": 0.2}))
