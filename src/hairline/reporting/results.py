"""What is compared: segmenters on every test set and on several together, labels, classifiers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data import ledger
from hairline.data.ledger import Scored
from hairline.data.names import labels_stage
from hairline.data.samples import read_samples
from hairline.data.seen import Seen
from hairline.data.training_set import TrainingSet
from hairline.io.artefacts import COUNTS, FLAG, NUMBER, TEXT, WHOLE, read_json, read_parquet, repro, spoilt
from hairline.io.reading import there
from hairline.labelling import timing as label_timing
from hairline.metrics import published
from hairline.metrics.classification import scores
from hairline.metrics.lines import LINES
from hairline.metrics.score_table import ABOVE, HISTOGRAMS, SHAPE_THRESHOLD
from hairline.metrics.tolerance import TOLERANCES
from hairline.reporting import comparison
from hairline.reporting.comparison import Result, Scale, Status, Training
from hairline.reporting.paper_tables import ClassifierResult

NARROW = {"id": TEXT, "group": TEXT, **dict.fromkeys(HISTOGRAMS, COUNTS)}
SCORES = {
    **NARROW, **dict.fromkeys((*ABOVE, *(name for each in TOLERANCES for name in each.columns)), COUNTS),
    "height_px": WHOLE, "width_px": WHOLE,
    **dict.fromkeys(("cldice_half", "hd95_half", "cldice_ods", "hd95_ods", SHAPE_THRESHOLD, "squared_errors"), NUMBER),
    **dict.fromkeys(("score_sums", *(f"{line.start}_{at}" for line in LINES for at in ("half", "ods"))), COUNTS),
}  # fmt: skip
PATCHES = {"sample": TEXT, "group": TEXT, "split": TEXT, "crack": FLAG, "probability": NUMBER}


@dataclass
class _Evaluated:
    """What status.json says of a segmenter on a test set."""

    status: Literal["scored", "no masks", "no images", "not trainable"]
    reason: str
    training: Training | None
    scale: Scale | None = None
    fused: float = 0.0


@dataclass
class _Taught:
    """What status.json says of a classifier."""

    training: Training | None


@dataclass
class _EvidenceTiming:
    images: int
    seconds: dict[str, float]
    machine: str


@dataclass
class _Labelled:
    images: int
    seconds: float


@dataclass
class _LabelsTiming:
    evidence: list[str]
    machine: str
    datasets: dict[str, _Labelled]


Sign = Callable[[Result], Result]
"""Adds what a result has seen."""


def compared(params: Params, paths: Paths) -> Iterator[Result]:
    """All segmenters, then all label sets, each with what it has seen."""
    sign = signer(paths)
    yield from segmenters(params, paths, sign)
    yield from map(sign, labels(params, paths))


def signer(paths: Paths) -> Sign:
    """Adds what the ledger says: :attr:`Result.seen`, and the column ``unseen`` of the table.

    What it gives raises HairlineError where the ledger tells nothing of an image that was scored.
    """
    entries, words = ledger.read(paths.ledger), ledger.read_words(paths.ledger)

    def sign(result: Result) -> Result:
        if result.table is None:
            return result
        what = _scored(result)
        of_images = result.table["id"].map(words.get(what, {}))
        if what not in entries or of_images.isna().any():
            told = f"tells nothing of {result.name}, or not of all its {len(of_images)} images"
            raise spoilt(paths.ledger, told, "every image that is scored", ledger.MAKER)
        return replace(result, seen=entries[what], table=result.table.assign(unseen=of_images == "unseen"))

    return sign


def _scored(result: Result) -> Scored:
    if result.kind == "segmenter":
        network = result.architecture or ""
        return Scored("segmenter", result.label_set, network, result.training_set, result.dataset, "test")
    dataset, _, split = result.dataset.rpartition("-")
    return Scored("label", result.label_set, "", "", dataset, split)


def segmenters(params: Params, paths: Paths, sign: Sign = lambda result: result) -> Iterator[Result]:
    """Every segmenter on every test set, then on every pooled one, without another evaluation.

    Args:
        params: All values.
        paths: Where everything lies.
        sign: Adds what each has seen, before they are pooled.
    """
    matrix = params.matrix
    results = {name: [sign(result) for result in _on(params, paths, name)] for name in matrix.test_sets}
    for found in results.values():
        yield from found
    for name, members in params.pooled_test_sets.items():
        for same in zip(*(results[member] for member in members), strict=True):
            yield comparison.pooled(name, same)


def _on(params: Params, paths: Paths, test_set: str) -> Iterator[Result]:
    matrix = params.matrix
    for name, training_set in training_sets.chosen(params).items():
        for label_set in matrix.label_sets:
            for architecture in matrix.architectures:
                segmenter = SegmenterName(label_set, architecture, name)
                folder = paths.segmenter_scores(segmenter, test_set)
                maker = repro(f"evaluate_segmenter@{segmenter}-{test_set}")
                told = _told(folder, f"{segmenter}-{test_set}", maker)
                scored = told["status"] == "scored"
                table = read_parquet(folder / "scores.parquet", SCORES, maker) if scored else None
                yield Result("segmenter", label_set, architecture, _printed(training_set, label_set), test_set,
                           told["status"], told["reason"], table, training_set=name,
                           network=params.raw("architectures")[architecture]["network"],
                           training=_training(told), replicate_of=_first_alike(params, architecture),
                           scale=_scale(told))  # fmt: skip


def _first_alike(params: Params, architecture: str) -> str:
    """The first architecture of the matrix that is the same but for the seed of its training.

    One with the seed of another before it is the same training again, no further seed: it stands for itself.
    """

    def recipe(name: str) -> tuple[object, ...]:
        found = params.architecture(name)
        return found.network, found.options, {**params.training(name)[1], "seed": None}

    def seed(name: str) -> object:
        own = params.training(name)[0].seed
        return params.raw("runtime")["seed"] if own is None else own

    alike = [name for name in params.matrix.architectures if recipe(name) == recipe(architecture)]
    again = seed(architecture) in map(seed, alike[: alike.index(architecture)])
    return architecture if again else alike[0]


def _told(folder: Path, name: str, maker: str) -> Any:
    """What an evaluation says; where it was left out, that it was."""
    path = folder / "status.json"
    if there(path):
        return read_json(path, _Evaluated, maker)
    return {"status": "not run", "reason": f"dvc repro evaluate_segmenter@{name}", "training": None}


def labels(params: Params, paths: Paths) -> Iterator[Result]:
    """Label scores on the images that segmenters train on (table II) and on every test split."""
    tested = [(name, "test") for name in params.matrix.test_sets]
    for dataset, split in dict.fromkeys([*training_sets.labelled(params), *tested]):
        for label_set, base in params.labelled().items():
            asked = params.label_set(base).classifier
            classifier = params.classifier(asked)
            maker = repro(labels_stage(label_set))
            about = repro(f"localize@{asked}-{dataset}")
            evidence = read_json(paths.evidence_timing(asked, dataset), _EvidenceTiming, about)
            own = read_json(paths.labels_timing(label_set), _LabelsTiming, maker)
            if dataset not in own["datasets"]:
                raise spoilt(paths.labels_timing(label_set), f"tells nothing of '{dataset}'", "every data set", maker)
            timing = label_timing.measured(evidence, own, dataset)
            path = paths.label_scores(label_set) / f"{dataset}-{split}.parquet"
            made = labels_stage(label_set) if label_set != base else f"score_labels@{label_set}"
            masked = read_samples(paths.dataset(dataset), split)["has_mask"].any()
            table = read_parquet(path, NARROW, repro(made)) if masked else None
            status: Status = "no masks" if table is None else "scored"
            reason = f"no {split} image has a mask" if table is None else ""
            training = _training(_about(paths, asked))
            if training is not None and not own["evidence"]:  # labels of the image alone owe nothing to the classifier
                training = replace(training, learned="")
            yield Result("label", label_set, classifier.backbone, _trained_on(params, classifier.dataset),
                       f"{dataset}-{split}", status, reason, table, timing, training=training)  # fmt: skip


def classifiers(params: Params, paths: Paths) -> Iterator[ClassifierResult]:
    """Every classifier on the patches of each split that it did not learn from (table I)."""
    bootstrap, entries = params.comparison, ledger.read(paths.ledger)
    for name in params.matrix.classifiers:
        options = params.classifier(name)
        file = paths.classifier_scores(name) / "patches.parquet"
        table = read_parquet(file, PATCHES, repro(f"evaluate_classifier@{name}"))
        for split, rows in table.groupby("split"):
            seen = entries.get(Scored("classifier", name, "", "", options.dataset, str(split)))
            yield ClassifierResult(name, options.backbone, _trained_on(params, options.dataset),
                                 f"{options.dataset}-{split}", scores(rows, bootstrap), rows["sample"].nunique(),
                                 _training(_about(paths, name)), seen)  # fmt: skip


def studied(params: Params, paths: Paths) -> dict[str, Seen]:
    """What the best labels of every study have seen of the images that it held out."""
    entries = ledger.read(paths.ledger)
    told = ((name, params.study(name)) for name in params.names("studies"))
    return {name: entries[Scored("study", name, "", "", study.dataset, study.held_out.split)] for name, study in told}


def _about(paths: Paths, classifier: str) -> Any:
    """What was written down about a classifier when it was scored."""
    file = paths.classifier_scores(classifier) / "status.json"
    return read_json(file, _Taught, repro(f"evaluate_classifier@{classifier}"))


def _training(told: Mapping[str, Any]) -> Training | None:
    training = told["training"]
    kept = (each.name for each in fields(Training))
    return Training(**{name: training[name] for name in kept if name in training}) if training else None


def _scale(told: Mapping[str, Any]) -> Scale | None:
    """At what factor a segmenter was asked; None where it was not, or an older version did not say."""
    scale = told.get("scale")
    return Scale(scale["factor"], scale["by"], told.get("fused", 0.0)) if scale else None


def _trained_on(params: Params, dataset: str) -> str:
    """The paper's name of what a classifier learned from; empty where it is not the data that the paper's did."""
    return published.CRACK500 if params.layout(dataset) == "crack500" else ""


def _printed(training_set: TrainingSet, label_set: str) -> str:
    """The paper's name of a training set; empty where a part always has labels that are not those of the label set."""
    fixed = {part.labels for part in training_set.parts} - {None}
    return training_set.paper or "" if fixed <= {label_set} else ""
