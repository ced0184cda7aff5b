"""Training, validation and test: by lists, or by a hash of the group, so that adding images moves no other image."""

import hashlib
import itertools
import math
from collections.abc import Collection, Mapping
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Le

from hairline.io.file_names import Names

Split = Literal["train", "val", "test"]
ORDER: tuple[Split, ...] = get_args(Split)
OTHERS = "*"
"""In the list of a split: every id that the other list does not name."""
Shares = dict[Split, Annotated[float, Ge(0), Le(1)]]


def refuse_shares(shares: Mapping[Split, float]) -> None:
    """Raise ValueError unless the shares sum to 1."""
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise ValueError(f"shares must sum to 1, found {dict(shares)}")


def position(group: str) -> float:
    """Where a group lies among all by its hash, in [0, 1)."""
    return int.from_bytes(hashlib.sha256(group.encode(errors="surrogatepass")).digest()[:8]) / 2**64


def split_of(group: str, shares: Mapping[Split, float]) -> Split:
    """Split of a group: the first, in the order train, val, test, whose cumulated share exceeds the group's hash."""
    place = position(group)
    chosen = [split for split in ORDER if shares.get(split, 0) > 0]
    totals = itertools.accumulate(shares[split] for split in chosen)
    return next((split for split, total in zip(chosen, totals, strict=True) if place < total), chosen[-1])


def refuse_both(test: Collection[str], val: Collection[str]) -> None:
    """Raise ValueError if the lists of the test and the validation split share ids."""
    names = Names(val)
    both = sorted(name for name in set(test) if names.all(name))
    if both:
        raise ValueError(f"test and val must not share ids, both name {', '.join(both)}")


def spelt(wanted: Collection[str], ids: Collection[str]) -> list[str]:
    """The ids of a list as the set has them, however the list writes them; what the set lacks stays as it is."""
    names = Names(ids)
    return [names.find(name) or name for name in wanted]


def listed(name: str, test: Collection[str], val: Collection[str]) -> Split:
    """Split of an id by the lists of two splits; what is in neither is for training.

    A list that holds :data:`OTHERS` also has the ids that the other one does not name.
    """
    if name in test or (OTHERS in test and name not in val):
        return "test"
    return "val" if name in val or OTHERS in val else "train"
