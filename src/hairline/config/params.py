"""The schema of params.yaml, gates.yaml and studies.yaml: every value stands there, none here.

A stage asks for its own section, ``params.segmenter``, and gets frozen dataclasses. They stand beside the code they
belong to, which is named here and imported only when its section is asked for; variants (layouts, labellers,
architectures) are not even named. So reading one section neither loads nor depends on the code of another.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast, overload

import pydantic
from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from hairline.config import merging, parameter_files
from hairline.data.names import DistinctNames, Name, Names, RegularExpression
from hairline.data.published_splits import published
from hairline.engine import options as engines
from hairline.errors import HairlineError
from hairline.gates.rules import Gate, Gates, Waiver
from hairline.io import bounds, plugins
from hairline.io.options import CONFIG, checked_dataclass, close, matching, problems, strict, told
from hairline.nn.runtime import recipes
from hairline.nn.segmenter import networks

if TYPE_CHECKING:
    from hairline.data.patch_index import Options as PatchOptions
    from hairline.data.synthetic import Options as SyntheticSet
    from hairline.data.training_set import TrainingSet
    from hairline.gates.labels_gate import Options as LabelsGate
    from hairline.gates.patches_gate import Options as PatchesGate
    from hairline.gates.samples_gate import Options as SamplesGate
    from hairline.labelling.fusion import TrainableRule
    from hairline.metrics.bootstrap import BootstrapOptions
    from hairline.nn.runtime.recipes import ClassifierOptions, Runtime, SegmenterOptions
    from hairline.tuning.study import Study

T = TypeVar("T")

TUNED = "_tuned"
"""End of the names of label sets that have the best options of a study."""

ALL_ALIKE = {"classifier"}
"""Values of the section ``segmenter`` that no architecture can have its own of."""

EXPERIMENT = matching(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", "1 to 60 letters from A to Z, digits, _ and -, the first no _ or -"
)

SECTIONS = (
    "experiment", "runtime", "matrix", "synthetic_sets", "datasets", "gates", "patches", "classifiers", "localize",
    "trainable", "label_sets", "studies", "strips", "training_sets", "architectures", "segmenter", "evaluation",
    "pooled_test_sets", "comparison", "learned", "corrected",
)  # fmt: skip

ADDED: Mapping[str, Any] = {"learned": "error", "corrected": {}}
"""Sections that files may lack, as those of older versions do → what stands for them then."""

ADDED_TO_GATES: Mapping[str, Mapping[str, Any]] = {
    "samples": {
        "min_brightness": 16, "min_spread": 2, "max_faint_images": 0.2,
        "severities": {"mask_remarks": "warn", "exposure": "error", "copies_agree": "error",
                       "files_passed_over": "warn", "overlaps_across_splits": "warn"},
    },
}  # fmt: skip
"""Options of gates that files of older versions lack, likewise."""

ADDED_TO_LABEL_SETS: Mapping[str, Mapping[str, Any]] = {
    "konig": {"localization": {"align": "corner"}}, "multiscale": {"align": "corner"}, "crf": {"align": "corner"},
}  # fmt: skip
"""Method → options that label sets of older versions lack, as what they did: their labels stay the same."""

Learned = Literal["error", "warn", "off"]
"""What becomes of a network that learned nothing: the stage stops, it is told everywhere, or nobody looks."""


@checked_dataclass
class Matrix:
    """What the DAG crosses: plain lists, since DVC cannot take the keys of a mapping.

    Attributes:
        datasets: Data sets, keys of ``datasets``.
        localized: Those of them whose images get evidence and labels: what segmenters train on and are tested on.
        classifiers: Classifiers, keys of ``classifiers``.
        label_sets: Label sets to train segmenters on: ``manual``, keys of ``label_sets``, and NAME_tuned for a key NAME
            of ``studies``; others are only scored. None: no segmenter is trained.
        architectures: Segmenters, keys of ``architectures``; none are needed where none is trained.
        training_sets: What segmenters learn from, keys of ``training_sets``; labels are scored on these images too.
        test_sets: Data sets whose test split scores labels and segmenters. None: nothing is scored on masks.
    """

    datasets: Names
    localized: Names
    classifiers: Names
    label_sets: DistinctNames
    architectures: DistinctNames
    training_sets: DistinctNames
    test_sets: DistinctNames

    def __post_init__(self) -> None:
        needed = {"architectures": self.architectures, "training_sets": self.training_sets}
        for section, names in needed.items():
            if self.label_sets and not names:
                named = ", ".join(self.label_sets)
                raise ValueError(f"{section} is empty, but label_sets is not ({named}); name one or empty both")


@checked_dataclass
class Dataset:
    """A data set as published.

    Attributes:
        layout: Its layout, the name of a module.
        root: Where it lies.
        options: The layout's own options.
        pixels: What the values of its files mean (:class:`hairline.data.masks.Pixels`); left out, the files say it.
        parent: Regular expression of the photo in an id (:func:`hairline.data.parents.with_parents`); may be left out.
        capture_s: Photos taken at most so many seconds apart are one group, by the time in their names
            (:mod:`hairline.data.capture_times`); 0 joins none; left out, what the layout has, and none with ``parent``.
        split: A published split that says which images are read, and in which split each is
            (:mod:`hairline.data.published_splits`); left out, what the layout says.
        mm_per_px: Millimetres on the surface that a pixel shows, the same for all its images; None where nobody knows.
    """

    layout: str
    root: Path
    options: Any
    pixels: Any = None
    parent: RegularExpression = ""
    capture_s: Annotated[float, Ge(0), Le(bounds.SECONDS)] | None = None
    split: Annotated[str, pydantic.AfterValidator(published)] = ""
    mm_per_px: Annotated[float, Gt(0), Le(bounds.FACTOR)] | None = None


@checked_dataclass
class Corrected:
    """Masks of some images of a data set that people corrected (:mod:`hairline.data.corrected`).

    Attributes:
        root: The folder where they lie, ID.png each.
    """

    root: Path


@checked_dataclass
class LabelSet:
    """Pseudo-labels of one method with one set of options, on the evidence of one classifier."""

    method: str
    classifier: Name
    options: Any


@checked_dataclass
class Architecture:
    """A segmentation network.

    Attributes:
        network: Its name, as in :mod:`hairline.nn.segmenter.networks`.
        options: Options of its module.
        training: What of the section ``segmenter`` is another for it, as that section nests it.
    """

    network: str
    options: Any
    training: dict[str, Any]


@checked_dataclass
class Localize:
    """What evidence is collected (docs/method.md §2).

    Attributes:
        vote_windows_px: Sizes of the voting windows, one map each; 32 in the paper.
        vote_stride_px: Distance between voting windows, 16 in the paper; at most the smallest window.
        cam_scales: Scales on which activation maps are taken besides 1; a map each.
        tile_px: Longest side of an image seen at once; larger ones pass in tiles of it.
        batch: Windows a forward pass; changes speed and memory alone.
    """

    vote_windows_px: Annotated[tuple[Annotated[int, Gt(0), Le(bounds.WINDOW_PX)], ...], MinLen(1), MaxLen(bounds.SPACE)]
    vote_stride_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    cam_scales: Annotated[tuple[Annotated[float, Gt(0), Le(8)], ...], MaxLen(bounds.SPACE)]
    tile_px: Annotated[int, Ge(256), Le(bounds.SIDE_PX)]
    batch: Annotated[int, Gt(0), Le(bounds.BATCH)]

    def __post_init__(self) -> None:
        if self.vote_stride_px > min(self.vote_windows_px):
            raise ValueError(
                f"vote_stride_px {self.vote_stride_px} leaves pixels between windows of {min(self.vote_windows_px)} px "
                "uncovered; choose at most the smallest window"
            )
        if self.batch * max(self.vote_windows_px) ** 2 > bounds.BATCH_PIXELS:
            raise ValueError(
                f"batch {self.batch} of windows of {max(self.vote_windows_px)} px are more than {bounds.BATCH_PIXELS} "
                "pixels; lower batch or vote_windows_px"
            )


@checked_dataclass
class Evaluation:
    """What evaluation keeps besides scores.

    Attributes:
        gallery: Test images, evenly spaced, whose predictions are kept and shown.
        extremes: As many each of the images with the worst and the best F1 at the threshold of ODS.
        scale: By which images are resized before a segmenter is asked; ``auto``: what the pixel sizes of both sets come
            to where they are known, else one factor for the whole test set, found without its masks
            (:mod:`hairline.nn.segmenter.scale_rules`).
        fused: Share of an image's own pseudo-label in its score, for segmenters that learned from such labels; 0: the
            network alone.
    """

    gallery: Annotated[int, Ge(1), Le(bounds.SHOWN)]
    extremes: Annotated[int, Ge(0), Le(bounds.SHOWN)]
    scale: recipes.Factor | Literal["auto"] = 1.0
    fused: recipes.Share = 0.0


@checked_dataclass
class Strips:
    """Of which images every step to their label is drawn (figures 2-5 of the paper).

    Attributes:
        count: Images of the test split of each test set, evenly spaced.
        samples: Data set → ids of further images of it, of any split.
    """

    count: Annotated[int, Ge(0), Le(bounds.SHOWN)]
    samples: dict[Name, tuple[str, ...]]


class Params:
    """The values of params.yaml and the files beside it, validated a section at a time when asked for, each once.

    Every property and every method that is given a name raises HairlineError where the file holds something else than
    expected there, or nothing of that name; the message tells file and place.
    """

    def __init__(self, path: Path) -> None:
        """Read params.yaml, gates.yaml and studies.yaml; only their top level is checked here.

        Args:
            path: The params.yaml; the others lie beside it.

        Raises:
            HairlineError: If a file is missing or is no YAML mapping, or a section is unknown, missing or in the wrong
                file.
        """
        self._path = path
        self._values = {**ADDED, **parameter_files.read(path)}
        if isinstance(label_sets := self._values.get("label_sets"), Mapping):
            self._values["label_sets"] = {name: _completed(entry) for name, entry in label_sets.items()}
        unknown, missing = set(self._values) - set(SECTIONS), set(SECTIONS) - set(self._values)
        if unknown or missing:
            meant = {name: close(name, missing) for name in sorted(unknown)}
            strange = [f"{name} (did you mean '{meant[name]}'?)" if meant[name] else name for name in meant]
            parts = [f"{word} {', '.join(found)}" for word, found in
                     (("unknown section", strange), ("missing section", sorted(missing))) if found]  # fmt: skip
            here = ", ".join(name for name in SECTIONS if name not in parameter_files.OWN)
            raise HairlineError(f"{path}: {'; '.join(parts)}; the sections of this file are {here}")

    def file(self, place: str) -> Path:
        """The file of a section, or of a dotted place in it."""
        return parameter_files.path_of(self._path, re.split("[.: ]", place, maxsplit=1)[0])

    def raw(self, name: str) -> Any:
        """A section as it stands in the file, for logging."""
        return self._values[name]

    def some(self, *names: str) -> dict[str, Any]:
        """Several sections as they stand in the file, for logging."""
        return {name: self.raw(name) for name in names}

    def names(self, section: str) -> tuple[str, ...]:
        """The keys of a section that maps names to values."""
        values = self._parse(self._values[section], dict[Name, Any], section)
        return tuple(values)

    @cached_property
    def experiment(self) -> str:
        """Name of the experiment: its folder under data/, models/ and reports/, and its MLflow experiment."""
        name = str(self._section("experiment", Annotated[str, EXPERIMENT]))
        if name.lower() == "raw":
            raise HairlineError(f"{self.file('experiment')}: experiment: data/raw holds data sets as published; choose "
                                "another name than 'raw'")  # fmt: skip
        return name

    @cached_property
    def runtime(self) -> "Runtime":
        """Device, precision, seed and processes."""
        return cast("Runtime", self._section("runtime", "hairline.nn.runtime.recipes:Runtime"))

    @cached_property
    def tracking_wait_s(self) -> float:
        """``runtime.tracking_wait_s``, read by itself: every tracked stage needs it, and no result depends on it."""
        values = self._values["runtime"]
        given = values.get("tracking_wait_s", recipes.TRACKING_WAIT_S) if isinstance(values, dict) else values
        return float(self._parse(given, recipes.Wait, "runtime.tracking_wait_s"))

    @cached_property
    def engine(self) -> engines.Options:
        """``runtime.engine``, read by itself: no result depends on it."""
        values = self._values["runtime"]
        given = values.get("engine", {}) if isinstance(values, dict) else values
        return cast(engines.Options, self._parse(given, engines.Options, "runtime.engine"))

    @cached_property
    def matrix(self) -> Matrix:
        """The names the DAG crosses."""
        return self._section("matrix", Matrix)

    @cached_property
    def gates(self) -> Gates:
        """What data must be like."""
        return self._section("gates", Gates)

    @cached_property
    def patches(self) -> "PatchOptions":
        """The grid of patches that classifiers learn from."""
        return cast("PatchOptions", self._section("patches", "hairline.data.patch_index:Options"))

    @cached_property
    def localize(self) -> Localize:
        """What evidence is collected."""
        return self._section("localize", Localize)

    @cached_property
    def trainable(self) -> "TrainableRule":
        """Which labels are worth training on."""
        return cast("TrainableRule", self._section("trainable", "hairline.labelling.fusion:TrainableRule"))

    @cached_property
    def strips(self) -> Strips:
        """Of which images every step to their label is drawn."""
        return self._section("strips", Strips)

    @cached_property
    def segmenter(self) -> "SegmenterOptions":
        """How segmenters are trained; :meth:`training` has it with the overrides of an architecture."""
        return cast("SegmenterOptions", self._section("segmenter", "hairline.nn.runtime.recipes:SegmenterOptions"))

    @cached_property
    def evaluation(self) -> Evaluation:
        """What evaluation keeps besides scores."""
        return self._section("evaluation", Evaluation)

    @cached_property
    def pooled_test_sets(self) -> dict[str, tuple[str, ...]]:
        """Name → the test sets that are scored together under it."""
        return self._section("pooled_test_sets", dict[Name, Names])

    @cached_property
    def comparison(self) -> "BootstrapOptions":
        """The bootstrap over parent photos."""
        return cast("BootstrapOptions", self._section("comparison", "hairline.metrics.bootstrap:BootstrapOptions"))

    @cached_property
    def learned(self) -> Learned:
        """What becomes of networks that learned nothing, and of label sets that mark nothing or nearly everything."""
        return cast("Learned", self._section("learned", Learned))

    @cached_property
    def corrected(self) -> dict[str, Corrected]:
        """Data set → the corrected masks of it."""
        return self._section("corrected", dict[Name, Corrected])

    def corrected_root(self, dataset: str) -> Path:
        """Where the corrected masks of a data set lie."""
        self._entry("corrected", dataset)
        return self.corrected[dataset].root

    def synthetic_set(self, name: str) -> "SyntheticSet":
        """A data set that is generated."""
        return cast("SyntheticSet", self._named("synthetic_sets", name, "hairline.data.synthetic:Options"))

    def dataset(self, name: str) -> Dataset:
        """A data set with the options of its layout."""
        where = f"datasets.{name}"

        def read() -> Dataset:
            entry = cast("Dataset", self._parse(self._entry("datasets", name), Dataset, where))
            options = self._options("hairline.data.layouts", entry.layout, entry.options, where)
            stated = {} if entry.pixels is None else entry.pixels
            pixels = self._parse(stated, "hairline.data.masks:Pixels", f"{where}.pixels")
            return replace(entry, options=options, pixels=pixels)

        return self._once(where, read)

    def layout(self, dataset: str) -> str:
        """The layout of a data set, without a look at its options."""
        entry: Dataset = self._parse(self._entry("datasets", dataset), Dataset, f"datasets.{dataset}")
        return entry.layout

    def root(self, dataset: str) -> Path:
        """Where a data set lies, without a look at the options of its layout."""
        entry: Dataset = self._parse(self._entry("datasets", dataset), Dataset, f"datasets.{dataset}")
        return entry.root

    def mm_per_px(self, dataset: str) -> float | None:
        """Millimetres that a pixel of a data set shows, without a look at the options of its layout."""
        entry: Dataset = self._parse(self._entry("datasets", dataset), Dataset, f"datasets.{dataset}")
        return entry.mm_per_px

    def classifier(self, name: str) -> "ClassifierOptions":
        """A patch classifier: what it learns from, and how."""
        return cast(
            "ClassifierOptions", self._named("classifiers", name, "hairline.nn.runtime.recipes:ClassifierOptions")
        )

    def label_set(self, name: str) -> LabelSet:
        """A label set with the options of its method."""
        where = f"label_sets.{name}"

        def read() -> LabelSet:
            entry = self._parse(self._entry("label_sets", name), LabelSet, where)
            options = self._options("hairline.labelling.methods", entry.method, entry.options, where)
            return LabelSet(entry.method, entry.classifier, options)

        return self._once(where, read)

    def options_of(self, label_set: str) -> Callable[[Mapping[str, Any]], Any]:
        """Makes options of a label set's method of nested plain values, with the errors of :meth:`label_set`."""
        where = f"label_sets.{label_set}"
        method = self._parse(self._entry("label_sets", label_set), LabelSet, where).method
        return lambda values: self._options("hairline.labelling.methods", method, values, where)

    def study(self, name: str) -> "Study":
        """A search for the best options of a label set."""
        return cast("Study", self._named("studies", name, "hairline.tuning.study:Study"))

    def training_set(self, name: str) -> "TrainingSet":
        """What a segmenter learns from."""
        return cast("TrainingSet", self._named("training_sets", name, "hairline.data.training_set:TrainingSet"))

    def architecture(self, name: str) -> Architecture:
        """A network with the options of its module."""
        where = f"architectures.{name}"

        def read() -> Architecture:
            entry = self._parse(self._entry("architectures", name), Architecture, where)
            try:
                module, values = networks.module(entry.network), networks.with_words(entry.network, entry.options)
            except HairlineError as error:
                raise HairlineError(f"{self.file(where)}: {where}.network: {error}") from None
            return Architecture(entry.network, self._parse(values, module.Options, f"{where}.options"), entry.training)

        return self._once(where, read)

    def training(self, architecture: str) -> "tuple[SegmenterOptions, dict[str, Any]]":
        """How segmenters of an architecture are trained, and the same as plain values."""
        other = self.architecture(architecture).training
        for name in ALL_ALIKE & set(other):
            here = f"architectures.{architecture}.training.{name}"
            raise HairlineError(
                f"{self.file(here)}: {here}: is the same for all architectures; take it out, or change segmenter.{name}"
            )
        where = "segmenter" + (f" (with architectures.{architecture}.training)" if other else "")

        def read() -> "tuple[SegmenterOptions, dict[str, Any]]":
            values = merging.over(self._values["segmenter"], other)
            return self._parse(values, "hairline.nn.runtime.recipes:SegmenterOptions", where), values

        return self._once(where, read)

    def samples_gate(self, dataset: str) -> "SamplesGate":
        """The gate of the samples of a data set."""
        return cast("SamplesGate", self._gate("samples", dataset, "hairline.gates.samples_gate:Options"))

    def patches_gate(self, dataset: str) -> "PatchesGate":
        """The gate of the patches of a data set."""
        return cast("PatchesGate", self._gate("patches", dataset, "hairline.gates.patches_gate:Options"))

    def labels_gate(self, dataset: str) -> "LabelsGate":
        """The gate of the labels of images of a data set."""
        return cast("LabelsGate", self._gate("labels", dataset, "hairline.gates.labels_gate:Options"))

    def waivers(self, gate: Gate, subject: str) -> tuple[Waiver, ...]:
        """The accepted findings of a gate about one data set or label set."""
        return tuple(waiver for waiver in self.gates.waivers if (waiver.gate, waiver.subject) == (gate, subject))

    def tuned(self, study: str) -> str:
        """Name of the label set with the best options of a study."""
        return f"{study}{TUNED}"

    def labelled(self) -> dict[str, str]:
        """Every label set that is made → the one in ``label_sets`` with its method: itself, or that of its study."""
        own = {name: name for name in self.names("label_sets")}
        return own | {self.tuned(name): self.study(name).label_set for name in self.names("studies")}

    def tuned_on(self) -> dict[str, tuple[str, str]]:
        """Label set with the best options of a study → data set and split of the images whose masks chose them."""
        studies = {name: self.study(name) for name in self.names("studies")}
        return {
            self.tuned(name): (study.dataset, study.tuning.split)
            for name, study in studies.items()
            if study.needs_masks
        }

    @cached_property
    def _parsed(self) -> dict[str, Any]:
        """Place in the file → what was read there."""
        return {}

    def _once(self, where: str, read: Callable[[], T]) -> T:
        if where not in self._parsed:
            self._parsed[where] = read()
        return cast(T, self._parsed[where])

    @overload
    def _section(self, name: str, kind: type[T]) -> T: ...

    @overload
    def _section(self, name: str, kind: object) -> Any: ...

    def _section(self, name: str, kind: object) -> Any:
        return self._parse(self._values[name], kind, name)

    def _named(self, section: str, name: str, kind: str) -> Any:
        where = f"{section}.{name}"
        return self._once(where, lambda: self._parse(self._entry(section, name), kind, where))

    def _gate(self, gate: Gate, dataset: str, kind: str) -> Any:
        """Options of a gate as they hold for a data set: its own section, and over it what differs for the set."""
        other = self.gates.for_datasets.get(dataset, {}).get(gate, {})
        own = merging.over_options(ADDED_TO_GATES.get(gate, {}), getattr(self.gates, gate))
        values = merging.over_options(own, other)
        where = f"gates.{gate}" + (f" (with gates.for_datasets.{dataset})" if other else "")
        return self._once(where, lambda: self._parse(values, kind, where))

    def _entry(self, section: str, name: str) -> Any:
        if name not in self.names(section):
            found = ", ".join(self.names(section))
            raise HairlineError(f"{self.file(section)}: {section} has no '{name}'; it has {found}")
        return self._values[section][name]

    def _options(self, package: str, name: str, values: object, where: str) -> Any:
        return self._parse(values, self._variant(package, name, where).Options, f"{where}.options")

    def _variant(self, package: str, name: str, where: str) -> Any:
        try:
            return plugins.resolve(package, name)
        except HairlineError as error:
            raise HairlineError(f"{self.file(where)}: {where}: {error}") from None

    def _parse(self, values: object, kind: Any, where: str) -> Any:
        """Values as an instance of a kind, or of one named as ``package.module:Class``."""
        try:
            return _model(resolve_name(kind) if isinstance(kind, str) else kind)(value=values).value
        except pydantic.ValidationError as error:
            kind = resolve_name(kind) if isinstance(kind, str) else kind
            lines = [
                told(problem, (where, *problem["loc"][1:]), kind, 1)
                + _way_out(where, problem["type"], len(problem["loc"]) - 1)
                for problem in problems(error)
            ]
            raise HairlineError("\n".join(f"{self.file(line)}: {line}" for line in lines)) from None


def _way_out(where: str, kind: str, depth: int) -> str:
    """What ends the message of an error of pydantic's about a value that a gates.yaml of an older version lacks."""
    lacking = kind == "missing" and depth == 1 and where.split(".")[0] == "gates"
    return "; 'hairline upgrade' adds it" if lacking else ""


@cache
def _model(kind: Any) -> Any:
    """Reads values of a kind; made once, since a study reads the options of a labeller thousands of times."""
    return pydantic.create_model("Section", value=(strict(kind), ...), __config__=CONFIG)


def _completed(label_set: Any) -> Any:
    """An entry of ``label_sets`` with the options that older versions lack; what is no such entry is left alone."""
    if not isinstance(label_set, Mapping) or not isinstance(method := label_set.get("method"), str):
        return label_set
    return {**label_set, "options": merging.completed(label_set.get("options"), ADDED_TO_LABEL_SETS.get(method, {}))}
