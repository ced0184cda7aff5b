"""Where everything of an experiment lies: every path that a stage reads or writes, told once.

dvc.yaml has the same places as templates, since DVC must know them before a stage runs; a test holds both together.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SegmenterName:
    """What tells a segmenter from the others of an experiment.

    Attributes:
        label_set: Whose labels it learns from.
        architecture: Its network, a key of ``architectures``.
        training_set: Which images it learns from, a key of ``training_sets``.
    """

    label_set: str
    architecture: str
    training_set: str

    def __str__(self) -> str:
        """The name as it stands in file names and behind the @ of a DVC stage."""
        return f"{self.label_set}-{self.architecture}-{self.training_set}"


@dataclass(frozen=True)
class Paths:
    """The files and folders of one experiment.

    Attributes:
        root: The workspace, which holds dvc.yaml; ``Path()`` for a stage, whose paths are relative like those in
            dvc.yaml.
        experiment: Its name, which is its folder under data/, models/ and reports/.

    Example:
        >>> paths = Paths(Path(), "crack500")
        >>> paths.evidence("resnet18", "cfd").as_posix()
        'data/crack500/evidence/resnet18/cfd'
        >>> paths.segmenter_record(SegmenterName("konig", "unet", "crack500")).as_posix()
        'reports/crack500/runs/segmenter-konig-unet-crack500.json'
    """

    root: Path
    experiment: str

    @property
    def data(self) -> Path:
        """Folder of the data that stages make: sets, evidence, labels, scores."""
        return self.root / "data" / self.experiment

    @property
    def models(self) -> Path:
        """Folder of the weights."""
        return self.root / "models" / self.experiment

    @property
    def reports(self) -> Path:
        """Folder of what people read: pages, figures, metrics, run records."""
        return self.root / "reports" / self.experiment

    @property
    def code(self) -> Path:
        """Folder of what stages consist of, STAGE.json, and variants, KIND/NAME.json."""
        return self.data / "code"

    # Data sets and what their gates say

    def synthetic_set(self, name: str) -> Path:
        """Folder of a generated data set, in its published layout; experiments share it."""
        return self.root / "data" / "raw" / name

    @property
    def baselines(self) -> Path:
        """Folder of the accepted distributions, of all experiments."""
        return self.root / "baselines"

    @property
    def sets(self) -> Path:
        """Folder of the data sets in canonical form, one folder each."""
        return self.data / "sets"

    def dataset(self, name: str) -> Path:
        """Folder of a data set in canonical form: images/, masks/, samples.parquet."""
        return self.sets / name

    def samples(self, dataset: str) -> Path:
        """Table of the samples of a data set."""
        return self.dataset(dataset) / "samples.parquet"

    @property
    def all_identities(self) -> Path:
        """Folder of what the images of all data sets are known by."""
        return self.data / "identities"

    def identities(self, dataset: str) -> Path:
        """What every image of a data set is known by, wherever it lies: hashes, fingerprints (Parquet)."""
        return self.all_identities / f"{dataset}.parquet"

    @property
    def verdicts(self) -> Path:
        """Folder of the verdicts of all gates: samples/, patches/, labels/."""
        return self.data / "gates"

    def samples_verdict(self, dataset: str) -> Path:
        """What the gate of the samples says of a data set."""
        return self.verdicts / "samples" / dataset / "verdict.json"

    def passed_over(self, name: str) -> Path:
        """Which files under the root of a data set were not read, and why."""
        return self.data / "passed_over" / f"{name}.json"

    def samples_gate(self, dataset: str) -> Path:
        """Folder of the page of the gate of the samples."""
        return self.gate_pages / "samples" / dataset

    def patches_verdict(self, classifier: str) -> Path:
        """What the gate of the patches says of what a classifier learns from."""
        return self.verdicts / "patches" / classifier / "verdict.json"

    def patches_gate(self, classifier: str) -> Path:
        """Folder of the page of the gate of the patches."""
        return self.gate_pages / "patches" / classifier

    def labels_verdicts(self, training_set: str, label_set: str) -> Path:
        """Folder of what the gate of the labels says, DATASET-SPLIT.json for every part of a training set."""
        return self.verdicts / "labels" / training_set / label_set

    def labels_gate(self, training_set: str, label_set: str) -> Path:
        """Folder of the pages of the gate of the labels, a folder DATASET-SPLIT for every part of a training set."""
        return self.gate_pages / "labels" / training_set / label_set

    @property
    def findings(self) -> Path:
        """Folder of what failed at all gates, which the report tells: as the verdicts lie."""
        return self.data / "findings"

    def findings_of(self, verdict: Path) -> Path:
        """What failed where a verdict, or a folder of verdicts, was passed."""
        return self.findings / verdict.relative_to(self.verdicts)

    @property
    def gate_pages(self) -> Path:
        """Folder of the pages of all gates."""
        return self.reports / "gates"

    # Classifiers and their evidence

    def patch_index(self, dataset: str) -> Path:
        """Where every patch of a data set lies and whether it shows a crack (Parquet)."""
        return self.data / "patches" / f"{dataset}.parquet"

    def classifier(self, name: str) -> Path:
        """Folder of the weights of a classifier."""
        return self.models / "classifiers" / name

    def classifier_history(self, name: str) -> Path:
        """The numbers of every epoch of a classifier's training (CSV)."""
        return self._plot(f"classifier-{name}")

    def classifier_record(self, name: str) -> Path:
        """The run.json of a classifier's training."""
        return self._run(f"classifier-{name}")

    def classifier_scores(self, name: str) -> Path:
        """Folder of what a classifier says of patches it did not learn from: patches.parquet, status.json."""
        return self.data / "scores" / "classifiers" / name

    def classifier_metrics(self, name: str) -> Path:
        """Scores of a classifier, by split."""
        return self._metrics(f"classifier-{name}")

    def classifier_evaluation_record(self, name: str) -> Path:
        """The run.json of a classifier's evaluation."""
        return self._run(f"evaluation-classifier-{name}")

    @property
    def all_evidence(self) -> Path:
        """Folder of the evidence of all classifiers."""
        return self.data / "evidence"

    def classifier_evidence(self, classifier: str) -> Path:
        """Folder of the evidence of a classifier about all data sets."""
        return self.all_evidence / classifier

    def evidence(self, classifier: str, dataset: str) -> Path:
        """Folder of the evidence of a classifier about a data set, ID.npz for every image."""
        return self.classifier_evidence(classifier) / dataset

    def evidence_timing(self, classifier: str, dataset: str) -> Path:
        """How long the evidence took."""
        return self._timing(f"evidence-{classifier}-{dataset}")

    # Label sets and the studies that tune them

    @property
    def all_labels(self) -> Path:
        """Folder of all label sets."""
        return self.data / "labels"

    def label_set(self, name: str) -> Path:
        """Folder of a label set, for every data set DATASET/ID.png, labels.parquet and steps/ID.npz to be drawn."""
        return self.all_labels / name

    def labels(self, label_set: str, dataset: str) -> Path:
        """Folder of the labels of one data set."""
        return self.label_set(label_set) / dataset

    def labels_metrics(self, label_set: str) -> Path:
        """What the labels of a label set hold, by data set."""
        return self._metrics(f"labels-{label_set}")

    def labels_timing(self, label_set: str) -> Path:
        """How long the labels took."""
        return self._timing(f"labels-{label_set}")

    def labels_sheet(self, label_set: str) -> Path:
        """Contact sheet of some labels (PNG)."""
        return self.all_sheets / f"labels-{label_set}.png"

    def labels_record(self, label_set: str) -> Path:
        """The run.json of a label set."""
        return self._run(f"labels-{label_set}")

    def strips(self, label_set: str) -> Path:
        """Folder of the pictures of every step to a label, DATASET-ID.png."""
        return self.all_strips / label_set

    def label_scores(self, label_set: str) -> Path:
        """Folder of the score tables of a label set, DATASET-SPLIT.parquet."""
        return self.data / "scores" / "labels" / label_set

    def label_score_metrics(self, label_set: str) -> Path:
        """Scores of a label set, by data set and split."""
        return self._metrics(f"label-scores-{label_set}")

    def study(self, name: str) -> Path:
        """Folder of what a study found: best.json, trials.csv, trials.json."""
        return self.data / "studies" / name

    def study_best(self, name: str) -> Path:
        """The best options of a study and what they gain."""
        return self.study(name) / "best.json"

    def study_trials(self, name: str) -> Path:
        """A row for every trial of a study."""
        return self.study(name) / "trials.csv"

    def study_kept(self, name: str) -> Path:
        """The trials of a study as its figures are drawn from them."""
        return self.study(name) / "trials.json"

    def study_figures(self, name: str) -> Path:
        """Folder of the figures of a study and their page."""
        return self.reports / "studies" / name

    def study_metrics(self, name: str) -> Path:
        """The numbers of a study's best.json."""
        return self._metrics(f"study-{name}")

    def study_record(self, name: str) -> Path:
        """The run.json of a study."""
        return self._run(f"study-{name}")

    @property
    def study_database(self) -> Path:
        """The trials of the studies that name no other storage; DVC knows nothing of it."""
        return self.root / "state" / "studies" / f"{self.experiment}.db"

    # What is drawn of label sets

    @property
    def all_sheets(self) -> Path:
        """Folder of the contact sheets of all label sets."""
        return self.reports / "sheets"

    @property
    def all_strips(self) -> Path:
        """Folder of the strips of all label sets."""
        return self.reports / "strips"

    # Segmenters

    @property
    def training_tables(self) -> Path:
        """Folder of the tables of images that segmenters learn from."""
        return self.data / "training"

    def training_table(self, training_set: str, label_set: str) -> Path:
        """The images of a training set with the labels of a label set (Parquet)."""
        return self.training_tables / training_set / f"{label_set}.parquet"

    def segmenter(self, name: SegmenterName) -> Path:
        """Folder of the weights of a segmenter, and model.json."""
        return self.models / "segmenters" / name.training_set / name.label_set / name.architecture

    def segmenter_history(self, name: SegmenterName) -> Path:
        """The numbers of every epoch of a segmenter's training (CSV)."""
        return self._plot(f"segmenter-{name}")

    def segmenter_record(self, name: SegmenterName) -> Path:
        """The run.json of a segmenter's training."""
        return self._run(f"segmenter-{name}")

    def segmenter_scores(self, name: SegmenterName, test_set: str) -> Path:
        """Folder of a segmenter's scores on a test set: status.json, scores.parquet, predictions/."""
        folder = self.data / "scores" / "segmenters"
        return folder / name.training_set / name.label_set / name.architecture / test_set

    def segmenter_metrics(self, name: SegmenterName, test_set: str) -> Path:
        """Scores of a segmenter on a test set."""
        return self._metrics(f"segmenter-{name}-{test_set}")

    def segmenter_curve(self, name: SegmenterName, test_set: str) -> Path:
        """Precision and recall of a segmenter on a test set at every threshold (CSV)."""
        return self._plot(f"pr-{name}-{test_set}")

    def evaluation_record(self, name: SegmenterName, test_set: str) -> Path:
        """The run.json of a segmenter's evaluation on a test set."""
        return self._run(f"evaluation-{name}-{test_set}")

    # The comparison of all of them

    @property
    def ledger(self) -> Path:
        """Folder of what every result has seen: results.json, and images.parquet with the word of each image."""
        return self.data / "ledger"

    @property
    def all_scores(self) -> Path:
        """Folder of the scores of classifiers, label sets and segmenters."""
        return self.data / "scores"

    @property
    def comparison(self) -> Path:
        """Folder of the tables, the figures and the page of the comparison."""
        return self.reports / "comparison"

    @property
    def comparison_table(self) -> Path:
        """A row for every segmenter and label set (CSV)."""
        return self.comparison / "comparison.csv"

    @property
    def comparison_text(self) -> Path:
        """The tables of the comparison as text (Markdown)."""
        return self.comparison / "comparison.md"

    @property
    def comparison_page(self) -> Path:
        """The report."""
        return self.comparison / "index.html"

    @property
    def comparison_metrics(self) -> Path:
        """Scores of everything that was compared."""
        return self._metrics("comparison")

    @property
    def headline(self) -> Path:
        """The few of them that `dvc exp show` has in columns."""
        return self._metrics("headline")

    @property
    def comparison_record(self) -> Path:
        """The run.json of the comparison; not beside the others, all of which it comes after."""
        return self.reports / "comparison-run.json"

    def _run(self, name: str) -> Path:
        return self.reports / "runs" / f"{name}.json"

    def _metrics(self, name: str) -> Path:
        return self.reports / "metrics" / f"{name}.json"

    def _plot(self, name: str) -> Path:
        return self.reports / "plots" / f"{name}.csv"

    def _timing(self, name: str) -> Path:
        return self.reports / "timings" / f"{name}.json"
