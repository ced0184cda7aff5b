"""What a study is: which options of a label set it varies, how far, and towards what.

Nothing here searches (that is ``hairline.tuning``), so that ``hairline check`` tells of a faulty study without Optuna.
"""

import math
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hairline.data.names import Name
from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.tuning import maskless
from hairline.tuning.search_space import Dimension, grid_points

Objective = Literal["ods", "ois", "ap", "miou", "maskless"]


@checked_dataclass
class Images:
    """Which images a study uses: those with masks, or all where its objective needs none.

    Attributes:
        split: Split of the data set they are drawn from.
        count: How many at most.
    """

    split: Literal["train", "val", "test"]
    count: Annotated[int, Gt(0), Le(bounds.IMAGES)]


@checked_dataclass
class Pruning:
    """A trial is given up where its objective on the images so far is below the median of the finished trials there.

    Attributes:
        startup_trials: So many trials finish before any is given up.
        warmup_images: So many images are labelled before a trial is judged.
        every_images: It is judged after so many images each time.
    """

    startup_trials: Annotated[int, Ge(1), Le(bounds.TRIALS)]
    warmup_images: Annotated[int, Ge(1), Le(bounds.IMAGES)]
    every_images: Annotated[int, Ge(1), Le(bounds.IMAGES)]


@checked_dataclass
class Study:
    """A search for the best options of a label set.

    Attributes:
        label_set: Whose options are varied; its own values are trial 0.
        dataset: Whose images are labelled.
        objective: What is to be large on the tuning images; several give a Pareto front. ``maskless`` alone needs no
            masks, and is experimental.
        sampler: ``tpe`` (Optuna's), ``random``, or ``grid`` (every combination once, in random order).
        seed: Of sampler, choice and order of images.
        trials: How many, trial 0 included.
        tuning: Images the objective is taken on.
        held_out: Images the outcome is reported on; where the split is the same, no parent photo is in both.
        pruning: When trials are given up; ``null`` never does.
        workers: Processes on this machine; more than one makes ``tpe`` depend on their timing.
        memory_mb: Megabytes each worker keeps of what does not change from trial to trial.
        storage: ``sqlite`` (a file in state/) or the URL of a database; HAIRLINE_STUDY_STORAGE goes before it.
        heartbeat_s: A running trial tells so often that it is alive.
        grace_s: A trial not heard of for so long is lost and done again.
        tracked_trials: A study of more trials than this logs none of them as MLflow runs of their own.
        space: Option (``localization.cut``, ``otsu.0.window_px``) → the values it may take.
    """

    label_set: Name
    dataset: Name
    objective: Annotated[tuple[Objective, ...], MinLen(1)]
    sampler: Literal["tpe", "random", "grid"]
    seed: Annotated[int, Ge(0), Lt(2**32)]
    trials: Annotated[int, Gt(0), Le(bounds.TRIALS)]
    tuning: Images
    held_out: Images
    pruning: Pruning | None
    workers: Annotated[int, Ge(1), Le(bounds.PROCESSES)]
    memory_mb: Annotated[int, Ge(0), Le(bounds.MEGABYTES)]
    storage: str
    heartbeat_s: Annotated[int, Ge(1), Le(bounds.SECONDS)]
    grace_s: Annotated[int, Ge(1), Le(bounds.SECONDS)]
    tracked_trials: Annotated[int, Ge(0), Le(bounds.TRIALS)]
    space: Annotated[dict[str, Dimension], MinLen(1), MaxLen(bounds.SPACE)]

    def __post_init__(self) -> None:
        if self.pruning is not None and len(self.objective) > 1:
            raise ValueError("pruning needs a single objective; set it to null or choose one objective")
        if len(set(self.objective)) < len(self.objective):
            raise ValueError(f"objective names {', '.join(self.objective)}; name each once")
        if self.grace_s < 2 * self.heartbeat_s:
            raise ValueError(f"grace_s {self.grace_s} is less than two heartbeats of {self.heartbeat_s} s")
        points = grid_points(self.space) if self.sampler == "grid" else math.inf
        if self.trials > points:
            raise ValueError(f"the grid has {points:.0f} points, fewer than the {self.trials} trials; lower trials")

    @property
    def needs_masks(self) -> bool:
        """Whether its images must have masks."""
        return set(self.objective) != {maskless.NAME}

    @property
    def maskless(self) -> bool:
        """Whether one of its objectives is the experimental one without masks."""
        return maskless.NAME in self.objective
