"""How many images of a set each split has, in words."""

from collections import Counter
from collections.abc import Iterable

from hairline.data.samples import RawSample
from hairline.data.splits import ORDER

EMPTY = "is empty, though its share is not 0: name its images in the set's list of splits, or give it a larger share"


def told(samples: Iterable[RawSample]) -> str:
    """The counts of a set's splits, and those that got none though shares ask for some.

    ``train 9, val 0, test 1; val is empty, though its share is not 0: …``
    """
    samples = list(samples)
    counts = Counter(sample.split for sample in samples)
    asked = {split for sample in samples for split, share in (sample.shares or {}).items() if share > 0}
    line = ", ".join(f"{split} {counts[split]}" for split in ORDER)
    empty = [f"; {split} {EMPTY}" for split in ORDER if split in asked and not counts[split]]
    return line + "".join(empty)
