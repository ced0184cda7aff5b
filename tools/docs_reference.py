"""Pages of the site that are written from the code: command line, parameters, gates, Python interface."""

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping
from enum import EnumType
from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated, Any, Literal, NamedTuple, Union

import annotated_types as bound
import typer

import hairline
from hairline.config import params
from hairline.config.parameter_files import path_of
from hairline.io import plugins

SECTIONS: Mapping[str, str] = {
    "runtime": "hairline.nn.runtime.recipes:Runtime",
    "matrix": "hairline.config.params:Matrix",
    "synthetic_sets": "hairline.data.synthetic:Options",
    "datasets": "hairline.config.params:Dataset",
    "gates": "hairline.gates.rules:Gates",
    "patches": "hairline.data.patch_index:Options",
    "classifiers": "hairline.nn.runtime.recipes:ClassifierOptions",
    "localize": "hairline.config.params:Localize",
    "trainable": "hairline.labelling.fusion:TrainableRule",
    "label_sets": "hairline.config.params:LabelSet",
    "studies": "hairline.tuning.study:Study",
    "strips": "hairline.config.params:Strips",
    "training_sets": "hairline.data.training_set:TrainingSet",
    "architectures": "hairline.config.params:Architecture",
    "segmenter": "hairline.nn.runtime.recipes:SegmenterOptions",
    "evaluation": "hairline.config.params:Evaluation",
    "comparison": "hairline.metrics.bootstrap:BootstrapOptions",
    "corrected": "hairline.config.params:Corrected",
}
"""Section → the class that checks it, or each entry of it where it maps names to entries."""

PLAIN: Mapping[str, str] = {
    "experiment": "Its name: the folder under `data/`, `models/` and `reports/`, and the MLflow experiment.",
    "pooled_test_sets": "Name → the test sets that are scored together under it, besides each alone.",
    "learned": "What becomes of a network that learned nothing: `error` stops, `warn` tells, `off` does not look.",
}
"""Sections that are a value, not a class."""

NAMED = {
    "synthetic_sets",
    "datasets",
    "classifiers",
    "label_sets",
    "studies",
    "training_sets",
    "architectures",
    "corrected",
}
"""Sections that map names of one's own to entries."""

VARIANTS: Mapping[str, tuple[str, str]] = {
    "datasets": ("hairline.data.layouts", "layout"),
    "label_sets": ("hairline.labelling.methods", "method"),
    "architectures": ("hairline.nn.architectures", "network"),
}
"""Section → the package whose modules are its variants, and the key that names one."""

PUBLIC: Mapping[str, tuple[str, ...]] = {
    "From photos to cracks": ("load_segmenter", "Predictor", "Scores", "Inspection"),
    "From masks to lengths and widths": ("measure", "Measured"),
    "From photos to labels": ("load_classifier", "PatchClassifier", "Evidence", "label"),
    "Methods of labelling": (
        "konig", "multiscale", "crf", "local_otsu", "multi_otsu", "otsu", "niblack", "sauvola",
    ),
    "From masks to scores": ("score", "Evaluation", "Difference"),
    "Errors": ("HairlineError",),
}  # fmt: skip
"""What `import hairline` offers, by purpose and in the order of use."""

GATES: Mapping[str, str] = {
    "samples": "hairline.gates.samples_gate:Options",
    "patches": "hairline.gates.patches_gate:Options",
    "labels": "hairline.gates.labels_gate:Options",
}
LIMITS = {
    "ge": "≥ {}",
    "gt": "> {}",
    "le": "≤ {}",
    "lt": "< {}",
    "min_length": "at least {} of them",
    "max_length": "at most {} of them",
}
WORDS = {
    int: "integer", float: "number", bool: "true | false", str: "text", Path: "path", type(None): "null",
    Any: "its own options",
}  # fmt: skip
KIND_WORDS = {"STR": "TEXT", "INT": "INTEGER", "FLOAT": "NUMBER", "LIST": "TEXT"}


class Row(NamedTuple):
    """A value of a file of parameters: its place in the section, what it may be, and what it means."""

    name: str
    kind: str
    meaning: str


def parameters() -> str:
    """The page of params.yaml, gates.yaml and studies.yaml, a table a section."""
    parts = [
        "# Parameters\n\nEvery value of `params.yaml`, `gates.yaml` and `studies.yaml`, what it may be and means. "
        "A value outside is refused before anything runs (`hairline check`).\n"
    ]
    for section in params.SECTIONS:
        file = path_of(Path("params.yaml"), section)
        parts.append(
            f"## {section}\n\n*in `{file}`*" + (", under names of your own" if section in NAMED else "") + "\n"
        )
        if section in PLAIN:
            parts.append(PLAIN[section] + "\n")
            continue
        kind = resolve_name(SECTIONS[section])
        parts += [f"{_first_line(kind)}\n", _table(rows(kind))]
        if section in VARIANTS:
            parts += _variants(*VARIANTS[section])
    return "\n".join(parts)


def gates() -> str:
    """The page of the gates: a table each."""
    parts = [
        "# Gates: every value\n\nIn `gates.yaml`. [What gates are for](../gates.md), and the ways out of a finding.\n"
    ]
    for name, where in GATES.items():
        kind = resolve_name(where)
        parts += [f"## {name}\n\n{_first_line(kind)}\n", _table(rows(kind))]
    return "\n".join(parts)


def _variants(package: str, key: str) -> Iterator[str]:
    for name in plugins.names(package):
        options = getattr(resolve_name(f"{package}.{name}"), "Options", None)
        found = rows(options) if options is not None else []
        about = _first_line(resolve_name(f"{package}.{name}"))
        yield f"### {key}: {name}\n\n{about}\n"
        if found:
            yield _table(found)


def rows(kind: Any, prefix: str = "") -> list[Row]:
    """The values of a class of options, those of nested ones under dotted names."""
    meanings, found = _attributes(kind), list[Row]()
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        if name not in {field.name for field in dataclasses.fields(kind)}:
            continue
        inner = hint if dataclasses.is_dataclass(hint) else None
        place = f"{prefix}{name}"
        if inner is not None:
            found += rows(inner, f"{place}.")
        else:
            found.append(Row(place, kind_told(hint), meanings.get(name, "")))
    return found


def kind_told(hint: Any) -> str:
    """What values a type lets through, in words: ``integer ≥ 1 ≤ 4096``, ``step | cosine``, ``list of text``."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        limits = [told for each in args[1:] for told in _limits(each)]
        return " ".join([kind_told(args[0]), " and ".join(limits)]).strip()
    if origin is Literal:
        return " | ".join(f"`{each}`" for each in args)
    if origin in (Union, types.UnionType):
        return " | ".join(kind_told(each) for each in args)
    if origin in (list, tuple):
        inner = [each for each in args if each is not Ellipsis]
        same = Ellipsis in args or origin is list
        return f"list of {kind_told(inner[0])}" if same else "[" + ", ".join(map(kind_told, inner)) + "]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of {kind_told(args[0])} to {kind_told(args[1])}"
    if hint in WORDS:
        return WORDS[hint]
    if dataclasses.is_dataclass(hint):
        return ", ".join(row.name for row in rows(hint))
    return str(getattr(hint, "__name__", hint))


def _limits(given: Any) -> Iterator[str]:
    each = list(given) if isinstance(given, bound.GroupedMetadata) else [given]
    for one in each:
        for name, words in LIMITS.items():
            if isinstance(one, bound.BaseMetadata) and hasattr(one, name):
                value = getattr(one, name)
                yield words.format(f"{value:g}" if isinstance(value, float) else value)


def _attributes(kind: Any) -> dict[str, str]:
    """Attribute → what the docstring of a class says of it."""
    told = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    found, name = dict[str, str](), ""
    for line in told.splitlines():
        if start := re.match(r"    (\w+): (.*)", line):
            name, found[start[1]] = start[1], start[2]
        elif line.startswith("        ") and name:
            found[name] += " " + line.strip()
        elif line.strip():
            break
    return {name: plain(text) for name, text in found.items()}


def plain(text: str) -> str:
    """A sentence of a docstring as Markdown: references become code, and bars no columns."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    return " ".join(text.split()).replace("|", "\\|")


def _first_line(thing: Any) -> str:
    return plain((inspect.getdoc(thing) or "").split("\n\n")[0])


def _table(found: list[Row]) -> str:
    lines = [f"| `{row.name}` | {row.kind.replace('|', chr(92) + '|')} | {row.meaning} |" for row in found]
    return "\n".join(["| value | may be | |", "| --- | --- | --- |", *lines, ""])


def command_line() -> str:
    """The page of `hairline …`: a section a command, its arguments and options."""
    from hairline.cli.app import app

    root = typer.main.get_command(app)
    return "\n".join(["# Command line", "", plain(root.help or ""), "", *_commands(root, "hairline", 2)])


def _commands(command: Any, name: str, depth: int) -> Iterator[str]:
    subcommands = getattr(command, "commands", None)
    if subcommands:
        for sub, each in sorted(subcommands.items()):
            yield from _commands(each, f"{name} {sub}", depth)
        return
    shown = [each for each in command.params if each.name != "help"]
    usage = " ".join([name, *("[OPTIONS]" for _ in range(any(_is_option(each) for each in shown))), *_arguments(shown)])
    yield from (f"{'#' * depth} {name}", "", _help(command.help), "", f"    {usage}", "")
    if shown:
        yield from ("| | |", "| --- | --- |")
        for each in shown:
            yield f"| {_signature(each)} | {plain(getattr(each, 'help', None) or '')}{_default(each)} |"
        yield ""


def _help(text: str | None) -> str:
    return "\n\n".join(plain(part) for part in inspect.cleandoc(text or "").split("\n\n"))


def _is_option(param: Any) -> bool:
    return param.param_type_name == "option"


def _arguments(shown: list[Any]) -> list[str]:
    told = []
    for each in shown:
        if not _is_option(each):
            name = each.metavar or each.name.upper() + ("…" if each.nargs == -1 else "")
            told.append(name if each.required else f"[{name}]")
    return told


def _signature(param: Any) -> str:
    if not _is_option(param):
        return f"`{param.metavar or param.name.upper()}`".replace("|", "\\|")
    names = ", ".join(f"`{each}`" for each in param.opts)
    if param.is_flag:
        return names
    kind = param.type_descriptor.annotation
    choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else ()
    if isinstance(kind, EnumType):
        choices = tuple(each.value for each in kind)
    word = getattr(kind, "__name__", "text").upper()
    told = param.metavar or "|".join(map(str, choices)) or KIND_WORDS.get(word, word)
    return f"{names} {told}".replace("|", "\\|")


def _default(param: Any) -> str:
    value = param.default
    hidden = value in (None, (), [], False, "") or callable(value) or getattr(param, "required", False)
    return "" if hidden or "Sentinel" in type(value).__name__ else f" Default: `{value}`."


def python() -> str:
    """The page of the Python interface: what `import hairline` offers, by mkdocstrings."""
    parts = [
        "# Python\n\n`import hairline` takes no time; each name is loaded when it is asked for. Arrays go in and out; "
        "what is wrong with one is a `HairlineError` in a sentence.\n"
    ]
    for purpose, names in PUBLIC.items():
        parts += [f"## {purpose}\n", *(f"::: {hairline._HOMES[name]}.{name}\n" for name in names)]
    return "\n".join(parts)


PAGES = {"parameters.md": parameters, "gates.md": gates, "command_line.md": command_line, "python.md": python}
"""Pages below reference/, and what writes each."""
