"""The stages of dvc.yaml, one module each; every one also runs by hand as ``python -m pipeline.STAGE``.

The code beside this folder comes before an installed one, so that a copy of the workspace, such as
``dvc exp run --temp`` makes, runs its own code. Garbage is collected less often than Python's default, because a
stage spends seconds on imports that make a million objects and no garbage (measured: 8 % less).
"""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
gc.set_threshold(200_000, 50, 100)
