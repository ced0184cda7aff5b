"""Epochs of a stated length, whose items come from several parts by stated shares.

Which part each item of an epoch is of follows the quota method of Balinski and Young (1975): of the first n items, for
every n, a part has its share of n, rounded down or up. So batches have exact proportions wherever these are whole
numbers: 4 + 4 of 8 for shares of one half. Within a part items come in random order, each once until all have been
drawn, over the ends of epochs; then they are drawn anew, cut and changed in another way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby
from math import ceil, lcm

import numpy as np

from hairline.errors import HairlineError
from hairline.io import bounds
from hairline.nn.training.datasets import Key, in_batches


@dataclass(frozen=True)
class Mixture:
    """Which items of a data set an epoch has.

    Attributes:
        sizes: Items of each part; the parts follow each other in the data set.
        shares: Share of each part in an epoch; together 1.
        items: Items of an epoch.
        names: What messages call the parts; empty: by their numbers.
    """

    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    items: int
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if 0 in self.sizes:
            empty = self.sizes.index(0)
            raise HairlineError(
                f"{self._name(empty)} has a share of {self.shares[empty]:g} and no image to learn from; take it out, "
                "or see that it has trainable labels"
            )
        for number, (share, count) in enumerate(zip(self.shares, self.counts, strict=True)):
            if not count:
                raise HairlineError(
                    f"{self._name(number)}: a share of {share:g} gives it none of the {self.items} items of an epoch; "
                    f"{_more_of(share)}"
                )

    def _name(self, part: int) -> str:
        return self.names[part] if self.names else f"parts.{part} of this training set"

    @property
    def counts(self) -> list[int]:
        """Items of each part in an epoch."""
        order = part_of_items(self.shares, self.items)
        return [order.count(part) for part in range(len(self.shares))]

    def batches(self, batch: int, seed: int, epoch: int) -> list[list[Key]]:
        """Keys of the items of an epoch, in batches as long as those of :func:`hairline.nn.training.datasets.batches`.

        A key is not of the epoch but of the pass: an item that is drawn again, in whatever epoch, is another cut of its
        image. In a batch the parts lie one behind the other, so that ``[rank::ranks]`` gives each device its share.
        """
        keys = [
            iter(self._keys(part, range(epoch * count, (epoch + 1) * count), seed))
            for part, count in enumerate(self.counts)
        ]
        groups = in_batches(part_of_items(self.shares, self.items), batch)
        return [[next(keys[part]) for part in sorted(group)] for group in groups]

    def _keys(self, part: int, places: Iterable[int], seed: int) -> Iterator[Key]:
        """Pass and item for some places in the sequence of all items that are ever drawn of a part."""
        size, first = self.sizes[part], sum(self.sizes[:part])
        for turn, group in groupby(places, key=lambda place: place // size):
            order = np.random.default_rng([seed, turn, part, size]).permutation(size)
            for place in group:
                yield turn, first + int(order[place % size])


def _more_of(share: float) -> str:
    """What to do about a share that gives a part no item of an epoch."""
    least = ceil(1 / Fraction(repr(share)))
    if least <= bounds.IMAGES:
        return f"set segmenter.items_per_epoch to {least} or more"
    return f"give it {1 / bounds.IMAGES:.6f} or more, for no epoch has over {bounds.IMAGES} items, or take it out"


@cache
def part_of_items(shares: tuple[float, ...], items: int) -> tuple[int, ...]:
    """The part that each item of an epoch is of.

    >>> part_of_items((0.5, 0.25, 0.25), 8)
    (0, 1, 0, 2, 0, 1, 0, 2)
    """
    exact = [Fraction(repr(share)) for share in shares]
    whole = lcm(*(share.denominator for share in exact))
    weights = [int(share * whole) for share in exact]  # whole numbers: 0.1 + 0.2 is 0.3 here
    total, counts, order = sum(weights), [0] * len(shares), list[int]()
    for number in range(1, items + 1):
        below = [part for part, weight in enumerate(weights) if counts[part] * total < weight * number]
        part = max(below, key=lambda part: Fraction(weights[part], counts[part] + 1))
        counts[part] += 1
        order.append(part)
    return tuple(order)
