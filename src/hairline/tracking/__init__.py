"""One MLflow run a stage, opened at its edge: parameters, metrics, figures, models and where everything came from.

DVC's files are the truth and MLflow is the lens: nothing here is read back to decide what to compute. A run that
succeeds leaves a run.json, so that a stage DVC skips still points to the run that made its outputs, and from which
:mod:`hairline.tracking.syncing` brings the run back where the store has lost it.
"""

from hairline.tracking.opening import run
from hairline.tracking.origin import DVC_FACTS
from hairline.tracking.runs import Child, Run

__all__ = ["DVC_FACTS", "Child", "Run", "run"]
