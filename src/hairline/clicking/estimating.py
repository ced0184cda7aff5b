"""How good a classifier of all clicks is on patches that nobody clicked, and whether more clicks would change much.

Patches that were chosen because a classifier was unsure of them are harder than others, so nothing is estimated from
them. All patches have a fixed random order (:func:`audit_order`); a share of each screen goes on in it. Those at its
front that are all labelled, whoever chose them, are a simple random sample without replacement, whatever was chosen
besides: how well a classifier predicts them needs no weights to be unbiased. (Weights by the probability of being
chosen would need one above 0 for every patch, which the most unsure ones of a classifier do not leave.)
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hairline.clicking.patches import Patch
from hairline.metrics.bootstrap import BootstrapOptions, resample_weights
from hairline.nn.classifier.linear import Line

Labels = Mapping[Patch, bool | None]
"""Patch → whether it shows a crack; None where nobody is sure, or somebody is looking at it."""
Groups = Mapping[str, str]
"""Photo → the first of those that show one place (:mod:`hairline.clicking.groups`); others are groups of their own."""
Fit = Callable[[Sequence[Patch]], Line | None]
Predict = Callable[[Line, Sequence[Patch]], NDArray[np.float64]]

FOLDS = 5
RESAMPLES, LEVEL = 1000, 0.95
LEAST_CRACKS = 20
"""Cracks among the random patches below which no end is told: so few say nothing of how many are missed."""
AGREEMENT = 0.94
"""Cohen's kappa of classifiers of half the clicks with that of all of them from which on more would change little: of
0.8, 0.9 and 0.92 to 0.97 the least that cost less than 0.02 of F1 on CRACK500's training crops (docs/choosing.md)."""


@dataclass(frozen=True)
class Estimate:
    """What is known of the classifier of all clicks so far.

    Attributes:
        precision: Share of patches called crack that are; None where none was called so.
        recall: Share of crack patches that are called so; None where there is none.
        f1: Harmonic mean of both; None where there is neither.
        low: Lower end of its 95 % interval.
        high: Upper end of its 95 % interval.
        clicks: Patches that somebody is sure of.
        drawn: Those of them that are a random sample of all patches, from which the above comes.
        enough: Whether more clicks would change little.
        why: What is enough or missing, a sentence.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None
    high: float | None
    clicks: int
    drawn: int
    enough: bool
    why: str


def audit_order(patches: Sequence[Patch], seed: int) -> list[Patch]:
    """All patches in a random order that depends on the seed and on each patch alone: new photos leave it as it is."""
    return sorted(patches, key=lambda patch: (_drawn(patch, seed), patch))


def _drawn(patch: Patch, seed: int) -> bytes:
    told = f"{seed}\n{patch.x}\n{patch.y}\n{patch.size}\n{patch.photo}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def audited(order: Sequence[Patch], labels: Labels) -> list[Patch]:
    """The patches at the front of the random order that are all labelled, without those that nobody is sure of."""
    front = itertools.takewhile(labels.__contains__, order)
    return [patch for patch in front if labels[patch] is not None]


def folds(patches: Sequence[Patch], seed: int, groups: Groups = MappingProxyType({})) -> dict[Patch, int]:
    """Patch → its fold: all of a group of photos in one; of one group, all of a photo; of one photo, bands of it."""
    photos = {patch: patch.photo for patch in patches}
    for whole in ({patch: groups.get(photo, photo) for patch, photo in photos.items()}, photos):
        names = sorted(set(whole.values()))
        if len(names) > 1:
            drawn = np.random.default_rng(seed).permutation(len(names))
            of = {name: int(place) % FOLDS for name, place in zip(names, drawn, strict=True)}
            return {patch: of[name] for patch, name in whole.items()}
    in_rows = sorted(patches, key=lambda patch: (patch.y, patch.x))
    return {patch: number * FOLDS // len(in_rows) for number, patch in enumerate(in_rows)}


def cross_validated(
    sure: Mapping[Patch, bool], drawn: Sequence[Patch], fit: Fit, predict: Predict, seed: int,
    groups: Groups = MappingProxyType({}),
) -> NDArray[np.bool_]:  # fmt: skip
    """What classifiers that did not see a patch's group of photos say of the drawn ones, bool [drawn].

    Where the other photos show one thing only, that is what is said.
    """
    fold, said = folds(list(sure), seed, groups), np.zeros(len(drawn), np.bool_)
    for number in sorted({fold[patch] for patch in drawn}):
        others = [patch for patch in sure if fold[patch] != number]
        places = [place for place, patch in enumerate(drawn) if fold[patch] == number]
        line = fit(others)
        if line is None:
            said[places] = bool(others) and sure[others[0]]
        else:
            said[places] = predict(line, [drawn[place] for place in places]) >= 0.5
    return said


def scores(said: NDArray[np.bool_], crack: NDArray[np.bool_]) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1; None where there is nothing to divide by."""
    hits, called, there = int((said & crack).sum()), int(said.sum()), int(crack.sum())
    return (
        hits / called if called else None,
        hits / there if there else None,
        2 * hits / (called + there) if called + there else None,
    )


def interval(
    said: NDArray[np.bool_], crack: NDArray[np.bool_], photos: Sequence[str], seed: int,
    groups: Groups = MappingProxyType({}),
) -> tuple[float, float]:  # fmt: skip
    """Of F1 at :data:`LEVEL`: a bootstrap over groups of photos, never narrower than if patches were independent.

    F1 = 2J / (1 + J) with J the share of hits among hits, misses and false calls. Jeffreys' interval of that share
    keeps the bootstrap from [1, 1] where a few patches are all right; for it, the photos of a group count as one, so
    that the same photo twice tells no more than once. Undefined F1 of a resample counts as 0.
    """
    from scipy.stats import beta

    hits, wrong = said & crack, said ^ crack
    found, total = int(hits.sum()), int(hits.sum() + wrong.sum())
    of = [groups.get(photo, photo) for photo in photos]
    share = len(set(of)) / len(set(photos))
    ends = beta.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], share * found + 0.5, share * (total - found) + 0.5)
    alone = 2 * ends / (1 + ends)
    times = resample_weights(of, BootstrapOptions(RESAMPLES, LEVEL, seed))
    twice, misses = 2 * (times @ hits), times @ wrong
    drawn = np.quantile(twice / np.maximum(twice + misses, 1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low = 0.0 if found == 0 else min(alone[0], drawn[0])
    high = 1.0 if found == total else max(alone[1], drawn[1])
    return float(low), float(high)


def kappa(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Cohen's kappa of two answers to the same patches; 1 where both always say the same one thing."""
    agree, one, other = float((first == second).mean()), float(first.mean()), float(second.mean())
    chance = one * other + (1 - one) * (1 - other)
    return 1.0 if chance == 1 else (agree - chance) / (1 - chance)


def halves(sure: Sequence[Patch], seed: int) -> tuple[list[Patch], list[Patch]]:
    """The clicks in two halves, at random."""
    order = audit_order(sure, seed + 1)
    return order[::2], order[1::2]
