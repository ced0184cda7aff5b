"""Tell what every result has seen of the images that it is scored on (docs/ledger.md)."""

import logging
from collections.abc import Iterable, Sequence

from hairline.config import scored, uses
from hairline.data import ledger
from hairline.data.ledger import Scored
from hairline.data.uses import Ledger, Use
from hairline.io.atomic import whole_folder
from pipeline import stage

NAMED = 8
_log = logging.getLogger("hairline.ledger")


def main(argv: Sequence[str] | None = None) -> None:
    """Write results.json and images.parquet; warn of what is scored on images whose masks it learned from."""
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    made, own = uses.made(params, paths), scored.identified(params, paths)
    rows = list(scored.scored(params, paths, made, own))
    tested = {key for _, _, keys in rows for key in keys}
    found = Ledger(scored.pictures(made, own, tested, scored.together_s(params)))
    with whole_folder(paths.ledger) as folder:
        ledger.write(folder, (
            (what, found.seen(took, keys), dict(zip(map(_id, keys), found.words(took, keys), strict=True)))
            for what, took, keys in rows
        ))  # fmt: skip
    for line in dict.fromkeys(_learned_masks(found, rows)):
        _log.warning("%s", line)


def _learned_masks(found: Ledger, rows: Iterable[tuple[Scored, Sequence[Use], list[str]]]) -> Iterable[str]:
    for what, took, keys in rows:
        masks = [use for use in took if use.labels == "masks" and use.word == "trained on"]
        learned = [_id(key) for key, word in zip(keys, found.words(masks, keys), strict=True) if word == "trained on"]
        if learned:
            named = ", ".join(learned[:NAMED]) + (", …" if len(learned) > NAMED else "")
            yield (
                f"segmenters trained on {what.training_set} (labels: {what.name}) learned from the masks of "
                f"{len(learned)} of the {len(keys)} test images of {what.dataset}, or of copies of them ({named}); "
                "their numbers there are signed 'trained on': leave these images out of one of the two, or read "
                "ods_unseen in the comparison, which is of the other images alone"
            )


def _id(key: str) -> str:
    return key.partition("/")[2]


if __name__ == "__main__":
    stage.run(main)
