"""Options of the three gates as the default profile has them, for tests to change."""

from typing import Any

from pydantic import TypeAdapter

from hairline.gates import labels_gate as labels
from hairline.gates import patches_gate as patches
from hairline.gates import samples_gate as samples
from support import parameters

SECTION = parameters.base()["gates"]


def options(gate: Any, **changes: Any) -> Any:
    """Options of a gate's module with the default profile's values, every rule an error, and these changes."""
    name = gate.__name__.rpartition(".")[2].removesuffix("_gate")
    values = {**SECTION[name], "severities": {rule.name: "error" for rule in gate.RULES}, **changes}
    return TypeAdapter(gate.Options).validate_python(values)


__all__ = ["SECTION", "labels", "options", "patches", "samples"]
