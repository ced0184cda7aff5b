"""The ledger as files: results.json, what every result has seen, and images.parquet, the word of each of its images."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from hairline.data.seen import Labels, Seen, Word
from hairline.io.artefacts import TEXT, read_json, read_parquet, repro
from hairline.io.atomic import write_json

RESULTS, IMAGES = "results.json", "images.parquet"
MAKER = repro("ledger")


@dataclass(frozen=True)
class Scored:
    """What is scored on what.

    Attributes:
        kind: ``classifier``, ``study``, ``label`` or ``segmenter``.
        name: Of the classifier, study or label set; of a segmenter, of the label set it learned from.
        architecture: Of a segmenter, else empty.
        training_set: Of a segmenter, else empty.
        dataset: The data set.
        split: The split of it.
    """

    kind: str
    name: str
    architecture: str
    training_set: str
    dataset: str
    split: str


COLUMNS = {**dict.fromkeys((*Scored.__dataclass_fields__, "id", "word"), TEXT)}


@dataclass
class _Row:
    kind: str
    name: str
    architecture: str
    training_set: str
    dataset: str
    split: str
    images: dict[Word, int]
    labels: Labels
    why: list[str]


@dataclass
class _Results:
    results: list[_Row]


def write(folder: Path, found: Iterable[tuple[Scored, Seen, Mapping[str, Word]]]) -> None:
    """Write the ledger into a folder.

    Args:
        folder: One that exists.
        found: What is scored, what it has seen, and the word of each of its images by id.
    """
    results, images = [], []
    for scored, seen, words in found:
        results.append({**asdict(scored), **asdict(seen)})
        images.append(pd.DataFrame({**asdict(scored), "id": list(words), "word": list(words.values())}, dtype=str))
    table = pd.concat(images, ignore_index=True) if images else pd.DataFrame(columns=list(COLUMNS), dtype=str)
    write_json(folder / RESULTS, {"results": results})
    table.to_parquet(folder / IMAGES, index=False)


def read(folder: Path) -> dict[Scored, Seen]:
    """What every result has seen.

    Raises:
        HairlineError: If the folder holds no ledger.
    """
    rows = read_json(folder / RESULTS, _Results, MAKER)["results"]
    return {
        Scored(*(row[name] for name in Scored.__dataclass_fields__)):
            Seen(row["images"], row["labels"], tuple(row["why"]))
        for row in rows
    }  # fmt: skip


def read_words(folder: Path) -> dict[Scored, Mapping[str, Word]]:
    """The word of every image of each result, by id.

    Raises:
        HairlineError: If the folder holds no ledger.
    """
    table = read_parquet(folder / IMAGES, COLUMNS, MAKER)
    return {
        Scored(*map(str, key)): dict(zip(rows["id"], rows["word"], strict=True))
        for key, rows in table.groupby(list(Scored.__dataclass_fields__))
        if isinstance(key, tuple)
    }
