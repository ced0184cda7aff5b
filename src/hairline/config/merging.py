"""How values are laid over others: those of one architecture over ``segmenter``, of one data set over a gate."""

from collections.abc import Mapping
from typing import Any


def over(values: Any, other: Any) -> Any:
    """Values with others over them, mapping by mapping to any depth; lists and plain values replace.

    >>> over({"recipe": {"epochs": 4, "batch": 4}}, {"recipe": {"epochs": 1}})
    {'recipe': {'epochs': 1, 'batch': 4}}
    """
    if not isinstance(values, Mapping) or not isinstance(other, Mapping):
        return other
    return {**values, **{key: over(values.get(key), value) for key, value in other.items()}}


def over_options(values: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Options with others over them; an option that is a mapping is merged one level deep.

    >>> over_options({"severities": {"drift": "warn"}, "max_drift": 0.3}, {"severities": {"contrast": "off"}})
    {'severities': {'drift': 'warn', 'contrast': 'off'}, 'max_drift': 0.3}
    """
    merged = dict(values)
    for name, value in other.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = {**merged[name], **value} if both else value
    return merged


def completed(values: Any, added: Mapping[str, Any]) -> Any:
    """Values with what they lack of others, in the mappings that there are; what is no mapping is left alone.

    >>> completed({"one": {"a": 1}, "two": {}}, {"one": {"a": 9, "b": 2}, "three": {"c": 3}})
    {'one': {'a': 1, 'b': 2}, 'two': {}}
    """
    if not isinstance(values, Mapping):
        return values
    lacking = {key: value for key, value in added.items() if key not in values and not isinstance(value, Mapping)}
    inside = {key: completed(values[key], value) for key, value in added.items()
              if key in values and isinstance(value, Mapping)}  # fmt: skip
    return {**values, **inside, **lacking}
