"""How long a label takes from its image on: what the stages measure, put together for one label set.

Stages write what they measured beside their other outputs, into files that nothing but the comparison reads.
"""

import os
import platform
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READING = "reading and writing"
"""Part of the evidence's seconds that every label set with evidence needs."""

Clock = Callable[[str, float], None]
"""Hears of the seconds that one thread spent at a part of the work; may be called from several threads."""


@dataclass(frozen=True)
class Speed:
    """Seconds of wall time an image, on all cores.

    Attributes:
        evidence_s: For the evidence that the label set asks for; 0 where it asks for none.
        label_s: For its label.
        machine: What it was measured on.
    """

    evidence_s: float
    label_s: float
    machine: str

    @property
    def images_per_second(self) -> float:
        """From image to label."""
        return 1 / (self.evidence_s + self.label_s)


def unheard(part: str, seconds: float) -> None:
    """Let the seconds pass."""


def map_part(scale: float) -> str:
    """Name of the seconds that the activation map on a scale takes."""
    return f"map {scale:g}"


def votes_part(window_px: int) -> str:
    """Name of the seconds that voting windows of a size take."""
    return f"votes {window_px}"


def parts(options: Any) -> list[str]:
    """Parts of the evidence that a labeller's options ask for; none where the method looks at the image alone."""
    if not hasattr(options, "needs"):
        return []
    needs = options.needs()
    return [READING, *map(map_part, (1, *needs.scales)), *map(votes_part, needs.windows_px)]


def shared(told: Iterable[tuple[str, float]], wall_s: float) -> Mapping[str, float]:
    """Share wall time out among parts, in proportion to the seconds that threads spent at them."""
    spent: defaultdict[str, float] = defaultdict(float)
    for part, seconds in told:
        spent[part] += seconds
    whole = sum(spent.values())
    return {part: wall_s * seconds / whole for part, seconds in spent.items()} if whole else {}


def machine(device: str | None, threads: int) -> str:
    """What work ran on, as ``NVIDIA H100, Intel Xeon, 16 of 16 cores``.

    Args:
        device: Name of the accelerator; None where the processor did the work.
        threads: Threads that shared the work out among themselves.
    """
    cores = os.cpu_count() or threads
    return ", ".join([*([device] if device else []), _processor(), f"{min(threads, cores)} of {cores} cores"])


def _processor() -> str:
    table = Path("/proc/cpuinfo")  # Linux; elsewhere Python knows, or nobody
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def measured(evidence: Mapping[str, Any], labels: Mapping[str, Any], dataset: str) -> Speed | None:
    """Speed of a label set on one data set.

    Args:
        evidence: What the stage ``localize`` measured: ``images``, ``seconds`` (a mapping of parts), ``machine``.
        labels: What the label set's stage measured: ``evidence`` (the parts it asks for), ``machine`` and, under
            ``datasets``, ``images`` and ``seconds`` of each.
        dataset: The data set.

    Returns:
        None where the stages did nothing in the run that wrote the files: no image to label, or all the evidence there.
    """
    own, asked = labels["datasets"][dataset], labels["evidence"]
    if not own["images"] or (asked and not evidence["images"]):
        return None
    evidence_s = sum(evidence["seconds"].get(part, 0.0) for part in asked) / evidence["images"] if asked else 0.0
    machines = [evidence["machine"]] * bool(asked) + [labels["machine"]]
    return Speed(evidence_s, own["seconds"] / own["images"], "; ".join(dict.fromkeys(machines)))
