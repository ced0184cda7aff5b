"""What a stage costs: memory, and time from what its run.json says."""

import re
import sys
from datetime import datetime
from pathlib import Path

from hairline.tracking.records import RunRecord


def peak_memory_mb() -> int | None:
    """Most memory that this process, or one of its children that are over, has held so far, in MiB; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    children, own = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    status = Path(
        "/proc/self/status"
    )  # Linux, where ru_maxrss starts at the memory of the process that started this one
    if status.is_file():
        own = int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))[0])
    return int(max(children, own) / (2**20 if sys.platform == "darwin" else 2**10))


def seconds(record: RunRecord) -> float:
    """Wall time of a stage from opening its run to ending it, in whole seconds."""
    return (datetime.fromisoformat(record.ended) - datetime.fromisoformat(record.started)).total_seconds()
