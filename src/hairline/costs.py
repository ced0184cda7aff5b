"""What a stage costs: memory, and time from what its run.json says."""

import sys
from datetime import datetime

from hairline.lineage import RunRecord


def peak_memory_mb() -> int | None:
    """Most memory that this process, or one of its children that are over, has held so far, in MiB; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return int(most / (2**20 if sys.platform == "darwin" else 2**10))


def seconds(record: RunRecord) -> float:
    """Wall time of a stage from opening its run to ending it, in whole seconds."""
    return (datetime.fromisoformat(record.ended) - datetime.fromisoformat(record.started)).total_seconds()
