"""The images and labels of a training set as one table, which stands for all of them, and how they are read by it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.budget import Budget, spent, takes_masks
from hairline.data.names import CORRECTED, MANUAL, MASKS, labels_stage
from hairline.data.samples import (
    IGNORED_PIXELS,
    NO_CRACK,
    digest,
    evenly,
    image_path,
    load_image,
    read_samples,
)
from hairline.data.splits import Split
from hairline.data.training_set import TrainingSet
from hairline.errors import HairlineError
from hairline.imaging.images import IGNORED, read_scores
from hairline.io.artefacts import FLAG, NUMBER, TEXT, WHOLE, read_parquet, repro
from hairline.io.hashing import content_hash

COLUMNS = ("dataset", "id", "group", "split", "role", "label_set", "label", "image_sha256", "label_sha256", "pixels",
           "crack_pixels", "crack_free", "trainable", "share")  # fmt: skip
KINDS = {name: WHOLE if name.endswith("pixels") else FLAG if name in ("crack_free", "trainable") else TEXT
         for name in COLUMNS} | {"share": NUMBER}  # fmt: skip
MM_PER_PX = "mm_per_px"
"""Column of tables with a data set of known pixel size, missing where a data set's is not known."""
WEIGHT = "weight"
"""Column of tables of training sets with weights that differ: how often the image is learned from, beside others."""
WIDE = "wide"
"""Column of tables with generated images of the style ``wide``, true of these."""
SEED = "seed"
"""Column of tables of a training set with a seed of its own."""
LABELS = {"id": TEXT, "crack_pixels": WHOLE, "trainable": FLAG}
"""Columns of the table of a label set's labels."""


def table(
    training_set: TrainingSet,
    label_set: str,
    data: Path,
    mm_per_px: Mapping[str, float | None] = MappingProxyType({}),
    wide: Collection[str] = (),
) -> pd.DataFrame:
    """The images of a training set with the labels of a label set, one row each, with :data:`COLUMNS`.

    ``role`` is ``train`` for the images of the parts, in their order, and ``val`` for the validation images of the same
    data sets, which are labelled as the first part of their data set, unless a part learns from them. ``label`` is a
    path below ``data``, empty where the label set has none for the image. ``share`` is that of the image's part, NaN
    where parts have none. The hashes stand for the contents: equal tables are equal training data. In a part with
    ``corrected``, images with a corrected mask have it in place of a pseudo-label, and its label set. ``pixels`` are
    those that the label says something of; a mask that says nothing of any is no label. Where a mask ignores pixels,
    the table has the column :data:`hairline.data.samples.IGNORED_PIXELS`; where weights differ, :data:`WEIGHT`.

    Args:
        training_set: Which images.
        label_set: Whose labels, where a part does not say.
        data: Folder with ``sets/DATASET`` and ``labels/LABEL_SET/DATASET``.
        mm_per_px: Data set → millimetres that a pixel shows, None where nobody knows. Where any of them is known, the
            table has the column :data:`MM_PER_PX`.
        wide: The data sets that are generated images of the style ``wide``. Where an image is of one, the table has the
            column :data:`WIDE`.

    Raises:
        HairlineError: If a part has no image, or labels are missing.
    """
    parts = [(part.dataset, part.split, part.labels or label_set) for part in training_set.parts]
    asked = [part.corrected for part in training_set.parts]
    learned, firsts = {part[:2] for part in parts}, {dataset: labels for dataset, _, labels in reversed(parts)}
    first_asked = dict(reversed([(part[0], each) for part, each in zip(parts, asked, strict=True)]))
    shares = [np.nan if part.share is None else part.share for part in training_set.parts]
    found = [
        _rows(data, *part, corrected=each).assign(role="train", share=share)
        for part, each, share in zip(parts, asked, shares, strict=True)
    ]
    for rows, (dataset, split, _) in zip(found, parts, strict=True):
        if rows.empty:
            raise HairlineError(
                f"{data / 'sets' / dataset}: no {split} image, which a part of a training set asks for; take the part "
                "out of training_sets or mend the splits of this data set"
            )
    found = [_budgeted(data, rows, *part, training_set.budget) for rows, part in zip(found, parts, strict=True)]
    found += [
        _rows(data, dataset, "val", firsts[dataset], first_asked[dataset]).assign(role="val", share=np.nan)
        for dataset in dict.fromkeys(dataset for dataset, *_ in parts)
        if (dataset, "val") not in learned
    ]
    whole = pd.concat(found, ignore_index=True)
    ignores = [IGNORED_PIXELS] if whole[IGNORED_PIXELS].any() else []
    whole = whole[[*COLUMNS, *ignores]]
    weights = whole["label_set"].map(training_set.weights.of)
    weighted = {WEIGHT: weights} if weights[whole["role"] == "train"].nunique() > 1 else {}
    sizes = whole["dataset"].map(lambda dataset: mm_per_px.get(dataset)).astype("float64")
    known = {MM_PER_PX: sizes} if sizes.notna().any() else {}
    generated = whole["dataset"].isin(list(wide))
    seeded = {} if training_set.seed is None else {SEED: training_set.seed}
    return whole.assign(**known, **({WIDE: generated} if generated.any() else {}), **seeded, **weighted)


def _budgeted(
    data: Path, rows: pd.DataFrame, dataset: str, split: Split, label_set: str, budget: Budget | None
) -> pd.DataFrame:
    if budget is None or not takes_masks(budget, label_set):
        return rows
    masks, *beside = (
        _rows(data, dataset, split, name).assign(role="train", share=np.nan) for name in (MANUAL, *budget.beside)
    )
    return spent(rows, masks, beside, budget, data)


def _rows(data: Path, dataset: str, split: Split, label_set: str, corrected: bool = False) -> pd.DataFrame:
    """The images of a split with their labels, corrected masks in place of pseudo-labels where that is asked."""
    rows = _labelled(data, dataset, split, label_set)
    if not corrected or label_set in MASKS:
        return rows
    masks = _labelled(data, dataset, split, CORRECTED)
    there = masks["listed"]
    return rows.where(~there, masks).astype(rows.dtypes)


def _labelled(data: Path, dataset: str, split: Split, label_set: str) -> pd.DataFrame:
    samples, folder = read_samples(data / "sets" / dataset, split), Path("labels", label_set, dataset)
    source = data / folder / "labels.parquet"
    if not source.is_file():
        made = f"; 'dvc repro' makes it where params.yaml says corrected: {{{dataset}: {{root: FOLDER}}}}"
        todo = made if label_set == CORRECTED else f"; make the labels of '{label_set}' first (dvc repro)"
        raise HairlineError(f"{source}: not found{todo}")
    labels = read_parquet(source, LABELS, repro(labels_stage(label_set))).set_index("id").reindex(samples["id"])
    listed = labels["trainable"].notna().to_numpy()
    ignored = labels.get(IGNORED_PIXELS, pd.Series(0, labels.index)).fillna(0).to_numpy("int64")
    counted = (samples["height"] * samples["width"]).to_numpy() - ignored
    made = listed & (counted > 0)
    paths = [str(folder / f"{name}.png") if there else "" for name, there in zip(samples["id"], made, strict=True)]
    refuse_missing(data, [path for path in paths if path], source)
    return samples[["id", "group", "split", "image_sha256"]].assign(
        dataset=dataset,
        label_set=label_set,
        label=paths,
        label_sha256=[content_hash(data / path) if path else "" for path in paths],
        pixels=counted,
        crack_pixels=labels["crack_pixels"].fillna(0).to_numpy("int64"),
        crack_free=samples["image_label"] == NO_CRACK,
        trainable=made & (labels["trainable"] == True).to_numpy(bool),  # noqa: E712 missing is not trainable
        listed=listed,
        **{IGNORED_PIXELS: ignored},
    )


def may_show_crack(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that have a label and are not of images known to be crack-free."""
    return rows[~rows["crack_free"] & (rows["label"] != "")]


def refuse_missing(data: Path, paths: Iterable[str], listing: Path) -> None:
    """Raise HairlineError if files below a folder are not there; one message for all of them.

    Args:
        data: The folder.
        paths: Paths below it.
        listing: What lists them, for the message.
    """
    wanted = list(paths)
    missing = [path for path in wanted if not (data / path).is_file()]
    if missing:
        folders = " ".join(dict.fromkeys(str((data / path).parent) for path in missing))
        raise HairlineError(
            f"{data / missing[0]}: not found, nor {len(missing) - 1} others of the {len(wanted)} files that {listing} "
            f"lists; fetch them (dvc checkout, or dvc pull from a remote) or make them again (dvc repro): {folders}"
        )


@dataclass(frozen=True)
class Images:
    """Images and labels of a table, by key: ``DATASET/ID``.

    Attributes:
        table: As :func:`table` made it, indexed by key.
        data: The folder that holds them.
        source: Where the table was read from.
    """

    table: pd.DataFrame
    data: Path
    source: Path

    @property
    def label_sets(self) -> list[str]:
        """The label sets that labels come from."""
        return list(self.table["label_set"].unique())

    @property
    def pseudo(self) -> frozenset[str]:
        """Keys of the images whose label is no mask."""
        return frozenset(self.table.index[~self.table["label_set"].isin(MASKS)])

    def training(self, max_images: int) -> list[str]:
        """Keys to learn from: of the training images, evenly spaced where there may be fewer, the trainable ones.

        The choice is the same for every label set. Parts follow each other, and in them images of one weight.
        """
        rows = self.table[self.table["role"] == "train"]
        chosen = rows.iloc[evenly(len(rows), max_images or len(rows))]
        kept = chosen[chosen["trainable"]]
        if WEIGHT not in kept or kept.empty:
            return list(kept.index)
        return [key for _, rows in kept.groupby(["dataset", "split", WEIGHT], sort=False) for key in rows.index]

    def shares(self, keys: Sequence[str]) -> list[tuple[str, int, float]]:
        """Name, number and share of the images among some keys that are learned from equally often.

        These are the parts, in their order, or, where weights differ, the images of one weight in a part; none where
        neither shares nor weights say anything.

        Args:
            keys: Those that are learned from, as :meth:`training` gives them.
        """
        rows = self.table[self.table["role"] == "train"]
        rows = rows.assign(learned=rows.index.isin(keys))
        if WEIGHT in rows:
            return list(_weighted(rows))
        rows = rows[rows["share"].notna()]
        return [
            (f"{dataset} ({split})", int(part["learned"].sum()), float(part["share"].iloc[0]))
            for (dataset, split), part in rows.groupby(["dataset", "split"], sort=False)
        ]

    def validation(self) -> list[str]:
        """Keys to judge a training on: every labelled validation image."""
        return list(self.table.index[(self.table["role"] == "val") & (self.table["label"] != "")])

    @property
    def seed(self) -> int | None:
        """Seed of trainings on them; None where the training set has none of its own."""
        return int(self.table[SEED].iloc[0]) if SEED in self.table else None

    @property
    def wide(self) -> bool:
        """Whether generated images of the style ``wide`` are among them."""
        return WIDE in self.table

    @property
    def mm_per_px(self) -> float | None:
        """Millimetres that a pixel of the training images shows, their geometric mean; None unless known of each."""
        if MM_PER_PX not in self.table:
            return None
        sizes = self.table.loc[self.table["role"] == "train", MM_PER_PX].astype("float64")
        return None if sizes.isna().any() else float(np.exp(np.log(sizes).mean()))

    def image(self, key: str) -> NDArray[np.uint8]:
        """Image, RGB uint8 [height, width, 3].

        Raises:
            HairlineError: If it is another one than the table was made of.
        """
        row = self._row(key)
        pixels = load_image(self.data / "sets" / row["dataset"], row["id"])
        self._refuse_changed(key, digest(pixels), row["image_sha256"])
        return pixels

    def target(self, key: str) -> NDArray[np.float32]:
        """Label, float32 [height, width] in [0, 1]; 0 where a mask ignores pixels.

        Raises:
            HairlineError: If it is another one than the table was made of.
        """
        levels = self._levels(key)
        if self._ignores(key):
            levels = np.where(levels == IGNORED, np.uint8(0), levels)
        return levels.astype(np.float32) / np.float32(255)

    def ignored(self, key: str) -> NDArray[np.bool_] | None:
        """Pixels that a mask says nothing of, bool [height, width]; None where there are none.

        Raises:
            HairlineError: If it is another mask than the table was made of.
        """
        return self._levels(key) == IGNORED if self._ignores(key) else None

    def _ignores(self, key: str) -> bool:
        return int(self._row(key).get(IGNORED_PIXELS, 0)) > 0

    def _levels(self, key: str) -> NDArray[np.uint8]:
        row = self._row(key)
        path = self.data / row["label"]
        self._refuse_changed(key, content_hash(path), row["label_sha256"])
        return read_scores(path)

    def _row(self, key: str) -> Mapping[str, Any]:
        return {str(name): value for name, value in self.table.loc[key].items()}

    def _refuse_changed(self, key: str, found: str, listed: str) -> None:
        if found != listed:
            raise HairlineError(
                f"{self.data}: image or label of '{key}' changed since {self.source} was made; make the table again "
                "(dvc repro list_training_images)"
            )


def _weighted(rows: pd.DataFrame) -> Iterator[tuple[str, int, float]]:
    """Name, number and share of the images of each weight in each part, among those that are ``learned`` from."""
    learned, shared = rows[rows["learned"]], bool(rows["share"].notna().any())
    if not shared and learned[WEIGHT].nunique() < 2:
        return
    for (dataset, split), part in rows.groupby(["dataset", "split"], sort=False):
        name, own, share = (
            f"{dataset} ({split})",
            part[part["learned"]],
            float(part["share"].iloc[0]) if shared else 1.0,
        )
        if shared and own.empty:
            yield name, 0, share
        whole = float((own if shared else learned)[WEIGHT].sum())
        for weight in own[WEIGHT].unique().tolist():
            count = int((own[WEIGHT] == weight).sum())
            yield f"{name}, weight {weight:g}", count, share * weight * count / whole


def read(source: Path, data: Path) -> Images:
    """The images and labels that a table lists.

    Raises:
        HairlineError: If files that it lists are not there.
    """
    found = listed(source, data)
    table = found.table
    images = [
        str(image_path(Path("sets", dataset), name))
        for dataset, name in zip(table["dataset"], table["id"], strict=True)
    ]
    refuse_missing(data, [*images, *table.loc[table["label"] != "", "label"]], source)
    return found


def listed(source: Path, data: Path) -> Images:
    """As :func:`read`, for whoever asks for names alone: files that the table lists may be missing."""
    table = read_parquet(source, KINDS, repro("list_training_images"))
    return Images(table.set_index(table["dataset"] + "/" + table["id"]), data, source)
