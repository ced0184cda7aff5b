"""The schema of params.yaml: every value stands there, none here.

A stage asks for its own section and gets frozen dataclasses. Which variants there are (layouts, labellers,
architectures) is looked up by name when a section needs one, so this module names none of them.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import pydantic
import yaml
from annotated_types import Ge, Gt, Le, MinLen
from pydantic import StringConstraints

from hairline.data.names import Name, Names
from hairline.errors import HairlineError
from hairline.gates.rules import Gate, Gates, Waiver
from hairline.io import plugins
from hairline.io.options import checked_dataclass, told
from hairline.nn.runtime.recipes import SegmenterOptions
from hairline.nn.segmenter import networks

T = TypeVar("T")

TUNED = "_tuned"
"""End of the names of label sets that have the best options of a study."""

SECTIONS = (
    "experiment", "runtime", "matrix", "synthetic_sets", "datasets", "gates", "patches", "classifiers", "localize",
    "trainable", "label_sets", "studies", "strips", "training_sets", "architectures", "segmenter", "evaluation",
    "pooled_test_sets", "comparison",
)  # fmt: skip


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
        test_sets: Data sets whose test split scores labels and segmenters.
    """

    datasets: Names
    localized: Names
    classifiers: Names
    label_sets: tuple[Name, ...]
    architectures: tuple[Name, ...]
    training_sets: tuple[Name, ...]
    test_sets: Names

    def __post_init__(self) -> None:
        needed = {"architectures": self.architectures, "training_sets": self.training_sets}
        for section, names in needed.items():
            if self.label_sets and not names:
                named = ", ".join(self.label_sets)
                raise ValueError(f"{section} is empty, but label_sets is not ({named}); name one or empty both")


@checked_dataclass
class Dataset:
    """A data set as published: its layout, where it lies, and the layout's own options."""

    layout: str
    root: Path
    options: Any


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

    vote_windows_px: Annotated[tuple[Annotated[int, Gt(0)], ...], MinLen(1)]
    vote_stride_px: Annotated[int, Gt(0)]
    cam_scales: tuple[Annotated[float, Gt(0), Le(8)], ...]
    tile_px: Annotated[int, Ge(256)]
    batch: Annotated[int, Gt(0)]

    def __post_init__(self) -> None:
        if self.vote_stride_px > min(self.vote_windows_px):
            raise ValueError(
                f"vote_stride_px {self.vote_stride_px} leaves pixels between windows of {min(self.vote_windows_px)} px "
                "uncovered; choose at most the smallest window"
            )


@checked_dataclass
class Evaluation:
    """What evaluation keeps besides scores.

    Attributes:
        gallery: Test images, evenly spaced, whose predictions are kept and shown.
        extremes: As many each of the images with the worst and the best F1 at the threshold of ODS.
    """

    gallery: Annotated[int, Ge(1)]
    extremes: Annotated[int, Ge(0)]


@checked_dataclass
class Strips:
    """Of which images every step to their label is drawn (figures 2-5 of the paper).

    Attributes:
        count: Images of the test split of each test set, evenly spaced.
        samples: Data set → ids of further images of it, of any split.
    """

    count: Annotated[int, Ge(0)]
    samples: dict[Name, tuple[str, ...]]


class Params:
    """The values of one params.yaml, validated section by section when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Read the file; only its top level is checked here.

        Raises:
            HairlineError: If the file is missing, is no YAML mapping, or has unknown or missing sections.
        """
        self._path = path
        self._values = _read(path)
        unknown, missing = set(self._values) - set(SECTIONS), set(SECTIONS) - set(self._values)
        if unknown or missing:
            parts = [f"{word} {', '.join(sorted(found))}" for word, found in
                     (("unknown section", unknown), ("missing section", missing)) if found]  # fmt: skip
            raise HairlineError(f"{path}: {'; '.join(parts)}; the sections are {', '.join(SECTIONS)}")

    def raw(self, name: str) -> Any:
        """A section as it stands in the file, for logging."""
        return self._values[name]

    def some(self, *names: str) -> dict[str, Any]:
        """Several sections as they stand in the file, for logging."""
        return {name: self.raw(name) for name in names}

    def get(self, name: str, kind: type[T]) -> T:
        """A section as an instance of a dataclass or plain type."""
        return cast(T, self._parse(self._values[name], kind, name))

    def experiment(self) -> str:
        """Name of the experiment: its folder under data/, models/ and reports/, and its MLflow experiment."""
        pattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
        return str(self._parse(self._values["experiment"], pattern, "experiment"))

    def matrix(self) -> Matrix:
        """The names the DAG crosses."""
        return self.get("matrix", Matrix)

    def dataset(self, name: str) -> Dataset:
        """A data set with the options of its layout."""
        entry = self._parse(self._entry("datasets", name), Dataset, f"datasets.{name}")
        options = self._options("hairline.data.layouts", entry.layout, entry.options, f"datasets.{name}")
        return Dataset(entry.layout, entry.root, options)

    def label_set(self, name: str) -> LabelSet:
        """A label set with the options of its method."""
        entry = self._parse(self._entry("label_sets", name), LabelSet, f"label_sets.{name}")
        options = self._options("hairline.labelling.methods", entry.method, entry.options, f"label_sets.{name}")
        return LabelSet(entry.method, entry.classifier, options)

    def labelled(self) -> dict[str, str]:
        """Every label set that is made → the one in ``label_sets`` with its method: itself, or that of its study."""
        own = {name: name for name in self.names("label_sets")}
        return own | {self.tuned(name): self._values["studies"][name]["label_set"] for name in self.names("studies")}

    def tuned(self, study: str) -> str:
        """Name of the label set with the best options of a study."""
        return f"{study}{TUNED}"

    def pooled_test_sets(self) -> dict[str, tuple[str, ...]]:
        """Name → the test sets that are scored together under it."""
        values = self._parse(self._values["pooled_test_sets"], dict[Name, Names], "pooled_test_sets")
        return cast(dict[str, tuple[str, ...]], values)

    def tuned_on(self) -> dict[str, tuple[str, str]]:
        """Label set with the best options of a study → data set and split of the images whose masks chose them."""
        studies = {name: self._values["studies"][name] for name in self.names("studies")}
        return {
            self.tuned(name): (study["dataset"], study["tuning"]["split"])
            for name, study in studies.items()
            if "maskless" not in study["objective"]
        }

    def options_of(self, label_set: str) -> Callable[[Mapping[str, Any]], Any]:
        """Makes options of a label set's method of nested plain values, with the errors of :meth:`label_set`."""
        where = f"label_sets.{label_set}"
        method = self._parse(self._entry("label_sets", label_set), LabelSet, where).method
        return lambda values: self._options("hairline.labelling.methods", method, values, where)

    def architecture(self, name: str) -> Architecture:
        """A network with the options of its module."""
        where = f"architectures.{name}"
        entry = self._parse(self._entry("architectures", name), Architecture, where)
        try:
            module, values = networks.module(entry.network), networks.with_words(entry.network, entry.options)
        except HairlineError as error:
            raise HairlineError(f"{self._path}: {where}.network: {error}") from None
        return Architecture(entry.network, self._parse(values, module.Options, f"{where}.options"), entry.training)

    def training(self, name: str) -> tuple[SegmenterOptions, dict[str, Any]]:
        """How segmenters of an architecture are trained, and the same as plain values."""
        other = self.architecture(name).training
        values = _over(self._values["segmenter"], other)
        where = "segmenter" + (f" (with architectures.{name}.training)" if other else "")
        return self._parse(values, SegmenterOptions, where), values

    def entry(self, section: str, name: str, kind: type[T]) -> T:
        """One entry of a section that maps names to values."""
        return cast(T, self._parse(self._entry(section, name), kind, f"{section}.{name}"))

    def gate(self, gate: Gate, dataset: str, kind: type[T]) -> T:
        """Options of a gate as they hold for a data set: its own section, and over it what differs for the set."""
        gates = self.get("gates", Gates)
        values = dict(getattr(gates, gate))
        where = f"gates.{gate}"
        for name, value in gates.for_datasets.get(dataset, {}).get(gate, {}).items():
            both = isinstance(value, Mapping) and isinstance(values.get(name), Mapping)
            values[name] = {**values[name], **value} if both else value
            where = f"gates.{gate} (with gates.for_datasets.{dataset})"
        return cast(T, self._parse(values, kind, where))

    def waivers(self, gate: Gate, subject: str) -> tuple[Waiver, ...]:
        """The accepted findings of a gate about one data set or label set."""
        waivers = self.get("gates", Gates).waivers
        return tuple(waiver for waiver in waivers if (waiver.gate, waiver.subject) == (gate, subject))

    def names(self, section: str) -> tuple[str, ...]:
        """The keys of a section that maps names to values."""
        values = self._parse(self._values[section], dict[Name, Any], section)
        return tuple(values)

    def _entry(self, section: str, name: str) -> Any:
        if name not in self.names(section):
            raise HairlineError(f"{self._path}: {section} has no '{name}'; it has {', '.join(self.names(section))}")
        return self._values[section][name]

    def _options(self, package: str, name: str, values: object, where: str) -> Any:
        return self._parse(values, self._variant(package, name, where).Options, f"{where}.options")

    def _variant(self, package: str, name: str, where: str) -> Any:
        try:
            return plugins.resolve(package, name)
        except HairlineError as error:
            raise HairlineError(f"{self._path}: {where}: {error}") from None

    def _parse(self, values: object, kind: Any, where: str) -> Any:
        try:
            return _model(kind)(value=values).value
        except pydantic.ValidationError as error:
            lines = [told(problem, (where, *problem["loc"][1:])) for problem in error.errors()]
            raise HairlineError("\n".join(f"{self._path}: {line}" for line in lines)) from None


def _over(values: Any, other: Any) -> Any:
    """Values with others over them, mapping by mapping."""
    if not isinstance(values, Mapping) or not isinstance(other, Mapping):
        return other
    return {**values, **{key: _over(values.get(key), value) for key, value in other.items()}}


@cache
def _model(kind: Any) -> Any:
    """Reads values of a kind; made once, since a study reads the options of a labeller thousands of times."""
    return pydantic.create_model("Section", value=(kind, ...), __config__=pydantic.ConfigDict(extra="forbid"))


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HairlineError(f"{path}: not found; write one with 'hairline profile synthetic'") from None
    except UnicodeDecodeError as error:
        raise HairlineError(
            f"{path}: is not encoded in UTF-8 (first at byte {error.start}); save it as UTF-8"
        ) from None
    except yaml.YAMLError as error:
        raise HairlineError(f"{path}: no valid YAML: {error}") from None
    if not isinstance(values, Mapping):
        raise HairlineError(f"{path}: expected a mapping of sections, found {type(values).__name__}")
    return dict(values)
