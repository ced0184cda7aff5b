"""Names of numbers for MLflow's chart page, which groups them by what stands before the last slash: the measure."""

SIDES = ("train", "val")
BATCH = "step"
"""What stands before numbers of single batches in what a training tells."""
SPEED, COST = ("images_per_second", "seconds_per_image"), "cost"
EPOCH = "learning_rate"
WATCHED, LAST = ("all_black", "all_white"), "watch"
"""Rates that are zero in a training that goes well, and their group, behind the others."""


def named(name: str) -> str:
    """What a number is called in MLflow: those of training and validation stand side by side, in one group.

    >>> [named(name) for name in ("train/loss", "val/loss", "step/loss", "learning_rate", "step/learning_rate")]
    ['loss/train', 'loss/val', 'loss/batch', 'learning_rate/epoch', 'learning_rate/batch']
    >>> named("images_per_second"), named("ods"), named("train/all_black")
    ('cost/images_per_second', 'ods', 'watch/all_black_train')
    """
    side, _, rest = name.partition("/")
    if rest in WATCHED:
        return f"{LAST}/{rest}_{side}"
    if rest and side in SIDES:
        return f"{rest}/{side}"
    if rest and side == BATCH:
        return f"{rest}/batch"
    return f"{COST}/{name}" if name in SPEED else f"{name}/epoch" if name == EPOCH else name
