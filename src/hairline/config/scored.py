"""What of an experiment is scored on which images, and which of all images show the same."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.config.uses import Made, elsewhere
from hairline.data import capture_times, grouping, patch_index
from hairline.data.ledger import Scored
from hairline.data.splits import ORDER, Split
from hairline.data.uses import Pictures, Use, kinds
from hairline.gates import identities, same_pictures
from hairline.io import plugins
from hairline.labelling.chosen_options import ChosenOn
from hairline.tuning import draws


def identified(params: Params, paths: Paths) -> pd.DataFrame:
    """The identities of all data sets, with ``dataset``, ``key`` and ``photo``.

    Data sets that are read from one place by one layout have their photos in common.
    """
    raw = params.raw("datasets")
    tables = []
    for name in params.matrix.datasets:
        table = identities.read(paths.identities(name))
        tables.append(placed(table, name, params.layout(name), Path(raw[name]["root"])))
    return pd.concat(tables, ignore_index=True)


def placed(table: pd.DataFrame, dataset: str, layout: str, root: Path) -> pd.DataFrame:
    """The identities of a data set with ``dataset``, ``key`` and ``photo``.

    Args:
        table: Of :mod:`hairline.gates.identities`.
        dataset: Name of the data set.
        layout: The layout that read it; choices on record name their images by it.
        root: Where the layout read it from.
    """
    photo = f"{layout}:{root}\n" + table["group"]
    return table.assign(dataset=dataset, key=dataset + "/" + table["id"], photo=photo)


def scored(
    params: Params, paths: Paths, made: Made, own: pd.DataFrame
) -> Iterator[tuple[Scored, Sequence[Use], list[str]]]:
    """What is scored, what took part in making it, and the keys of the images that it is scored on.

    Args:
        params: All values.
        paths: Where everything lies.
        made: What everything was made by.
        own: The identities of all data sets, as of :func:`identified`.
    """
    masked = own[own["has_mask"]]
    keys = {place: list(rows["key"]) for place, rows in masked.groupby(["dataset", "split"])}
    tested: list[tuple[str, Split]] = [(name, "test") for name in params.matrix.test_sets]
    for name, took in made.classifiers.items():
        dataset = params.classifier(name).dataset
        patches = patch_index.read(paths.patch_index(dataset))
        for split in ORDER[1:]:
            of_split = patches.loc[patches["split"] == split, "sample"].unique()
            yield Scored("classifier", name, "", "", dataset, split), took, [f"{dataset}/{each}" for each in of_split]
    for name in params.names("studies"):
        study = params.study(name)
        _, held_out = draws.drawn_for(study, paths.dataset(study.dataset))
        held = [f"{study.dataset}/{each}" for each in held_out["id"]]
        yield (
            Scored("study", name, "", "", study.dataset, study.held_out.split),
            made.label_sets[params.tuned(name)],
            held,
        )
    for dataset, split in dict.fromkeys([*training_sets.labelled(params), *tested]):
        for name, took in made.label_sets.items():
            yield Scored("label", name, "", "", dataset, split), took, keys.get((dataset, split), [])
    for segmenter, took in made.segmenters.items():
        for dataset, split in tested:
            what = Scored(
                "segmenter", segmenter.label_set, segmenter.architecture, segmenter.training_set, dataset, split
            )
            yield what, took, keys.get((dataset, split), [])


def pictures(made: Made, own: pd.DataFrame, keys: Collection[str], together_s: float) -> Pictures:
    """All images of the experiment and those that are on record beside them; where it matters, what they overlap.

    Args:
        made: What everything was made by.
        own: The identities of all data sets.
        keys: The images that anything is scored on.
        together_s: Photos taken at most so many seconds apart are one, those of choices too, by their names.
    """
    others = pd.DataFrame(
        [row for keys, images in elsewhere(made) for row in _known(keys, images)],
        columns=[*same_pictures.KNOWN, "strengths"],
    )
    named = own.loc[own["id"] != own["group"], "photo"].unique()  # where a name tells more than the image itself
    by_layout = defaultdict[str, list[str]](list)
    for photo in named:
        place, _, group = photo.partition("\n")
        by_layout[f"{place.partition(':')[0]}\n{group}"].append(photo)
    also = [(photo, one) for photo in others["photo"].unique() for one in by_layout[photo]]
    names = [*zip(own["photo"], own["id"], strict=True), *_named(made)]
    found = same_pictures.pictures(own, others, [*also, *_taken(names, together_s)])
    of_uses = kinds(found, made.all())[: len(own)]
    wanted = own["key"].isin(set(keys)).to_numpy() | (of_uses > 0)
    return same_pictures.with_overlaps(found, own, of_uses, np.asarray(wanted))


def together_s(params: Params) -> float:
    """Within how many seconds photos are one: the most that any data set of the experiment joins its own by."""

    def seconds(name: str) -> float:
        dataset = params.dataset(name)
        return grouping.seconds(
            plugins.resolve("hairline.data.layouts", dataset.layout), dataset.parent, dataset.capture_s
        )

    return max(map(seconds, params.matrix.datasets), default=0)


def _taken(names: Iterable[tuple[str, str]], seconds: float) -> Iterator[tuple[str, str]]:
    """Photos with the moment they were taken at, by their names: in whatever data sets, those of one moment are one.

    Args:
        names: Photo of each image, and a name that may hold the time.
        seconds: Moments at most so far apart are one; equal ones always are.
    """
    timed = [
        (photo, f"{time:%Y%m%d_%H%M%S}") for photo, name in names if (time := capture_times.taken(name)) is not None
    ]
    moment = capture_times.joined((time for _, time in timed), seconds)
    return ((photo, f"taken\n{moment[time]}") for photo, time in timed)


def _named(made: Made) -> Iterator[tuple[str, str]]:
    """Photo and name of the images that are of no data set here."""
    return ((_photo(image), image.id) for _, images in elsewhere(made) for image in images)


def _photo(image: ChosenOn) -> str:
    return f"{image.set}\n{image.group}"


def _known(keys: Iterable[str], images: Iterable[ChosenOn]) -> Iterator[tuple[str, str, str, bytes]]:
    for key, image in zip(keys, images, strict=True):
        yield key, _photo(image), image.pixels, bytes.fromhex(image.strengths)
