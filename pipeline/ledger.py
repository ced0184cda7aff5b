"""Tell what every result has seen of the images that it is scored on (docs/ledger.md)."""

import logging
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from hairline.config import training_sets, uses
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data import ledger, patch_index
from hairline.data.ledger import Scored
from hairline.data.uses import Ledger, Pictures, Use, kinds
from hairline.gates import identities
from hairline.io.atomic import whole_folder
from hairline.labelling.chosen_options import Choice
from hairline.metrics.classification import SPLITS
from pipeline import stage

_log = logging.getLogger("hairline.ledger")


def main(argv: Sequence[str] | None = None) -> None:
    """Write results.json and images.parquet; warn of what is scored on images whose masks it learned from."""
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    made = uses.made(params, paths)
    own = identified(params, paths)
    scored = list(_scored(params, paths, made, own))
    found = Ledger(_pictures(params, made, own, {key for _, _, keys in scored for key in keys}))
    with whole_folder(paths.ledger) as folder:
        ledger.write(folder, (
            (what, found.seen(took, keys), dict(zip(_ids(keys), found.words(took, keys), strict=True)))
            for what, took, keys in scored
        ))  # fmt: skip
    for what, took, keys in scored:
        masks = [use for use in took if use.labels == "masks" and use.word == "trained on"]
        count = sum(word == "trained on" for word in found.words(masks, keys))
        if count:
            _log.warning(
                "%s trained on %s (labels: %s) learned from the masks of %d of the %d images of %s that it is scored "
                "on; its numbers there carry the sign of it",
                what.architecture, what.training_set, what.name, count, len(keys), what.dataset,
            )  # fmt: skip


def identified(params: Params, paths: Paths) -> pd.DataFrame:
    """The identities of all data sets, with ``dataset``, ``key`` and ``photo``.

    Data sets that are read from one place by one layout have their photos in common.
    """
    raw = params.raw("datasets")
    tables = []
    for name in params.matrix.datasets:
        table = identities.read(paths.identities(name))
        place = f"{params.layout(name)}:{raw[name]['root']}"
        tables.append(table.assign(dataset=name, key=name + "/" + table["id"], photo=place + "\n" + table["group"]))
    return pd.concat(tables, ignore_index=True)


def _scored(
    params: Params, paths: Paths, made: uses.Made, own: pd.DataFrame
) -> Iterator[tuple[Scored, Sequence[Use], list[str]]]:
    """What is scored, what took part in making it, and the images with masks that it is scored on."""
    masked = own[own["has_mask"]]
    keys = {place: list(rows["key"]) for place, rows in masked.groupby(["dataset", "split"])}
    tested = [(name, "test") for name in params.matrix.test_sets]
    for name, took in made.classifiers.items():
        dataset = params.classifier(name).dataset
        patches = patch_index.read(paths.patch_index(dataset))
        for split in SPLITS:
            of_split = patches.loc[patches["split"] == split, "sample"].unique()
            yield Scored("classifier", name, "", "", dataset, split), took, [f"{dataset}/{each}" for each in of_split]
    for dataset, split in dict.fromkeys([*training_sets.used(params), *tested]):
        for name, took in made.label_sets.items():
            yield Scored("label", name, "", "", dataset, split), took, keys.get((dataset, split), [])
    for segmenter, took in made.segmenters.items():
        for dataset, split in tested:
            what = Scored(
                "segmenter", segmenter.label_set, segmenter.architecture, segmenter.training_set, dataset, split
            )
            yield what, took, keys.get((dataset, split), [])


def _pictures(params: Params, made: uses.Made, own: pd.DataFrame, scored: set[str]) -> Pictures:
    """All images of the experiment and those that options were chosen on; where it matters, what they overlap."""
    others = pd.DataFrame(
        [row for choice in uses.choices(made) for row in _chosen(choice)], columns=[*identities.KNOWN, "strengths"]
    )
    places = set(own["photo"].str.partition("\n")[0])
    also = [
        (photo, f"{place}\n{group}")
        for photo in others["photo"].unique()
        for layout, _, group in [photo.partition("\n")]
        for place in places
        if place.startswith(f"{layout}:")
    ]
    found = identities.pictures(own, others, also)
    of_uses = kinds(found, made.all())[: len(own)]
    wanted = own["key"].isin(scored).to_numpy() | (of_uses > 0)
    return identities.with_overlaps(found, own, of_uses, np.asarray(wanted))


def _chosen(choice: Choice) -> Iterator[tuple[str, str, str, bytes]]:
    for key, image in zip(uses.chosen_keys(choice), choice.images, strict=True):
        yield key, f"{image.set}\n{image.group}", image.pixels, bytes.fromhex(image.strengths)


def _ids(keys: Sequence[str]) -> list[str]:
    return [key.partition("/")[2] for key in keys]


if __name__ == "__main__":
    stage.run(main)
