"""Tiny picture files, real sets where they are, and short views of samples, for the tests of data set layouts."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

REAL = Path(os.environ.get("HAIRLINE_REAL_DATA", Path(__file__).parents[3] / "shared" / "datasets"))


def real(name):
    if not (REAL / name).is_dir():
        pytest.skip(f"no real data in {REAL / name} (set HAIRLINE_REAL_DATA)")
    return REAL / name


def picture(path, pixels=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 8, 3), 90, np.uint8) if pixels is None else pixels).save(path)
    return path


def ids(samples):
    return [sample.id for sample in samples]


def splits(samples):
    return {sample.id: sample.split for sample in samples}
