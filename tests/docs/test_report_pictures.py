"""tools/report_pictures.py: each part of a report as a picture, on request without photos."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_pictures
from PIL import Image

from hairline.reporting import html
from hairline.reporting.figures import image_browser

RED = (250, 10, 20)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photo = image_browser.exact(np.full((90, 90, 3), RED, dtype=np.uint8))
    table = html.Table("Scores", pd.DataFrame({"ODS": ["0.5"] * 60}))
    path = tmp_path_factory.mktemp("page") / "index.html"
    nothing = image_browser.score_map(np.zeros((90, 90), dtype=np.bool_))
    stage = html.Stage("A test image.", "Photo", photo, {"best": nothing})
    html.write(path, html.Page("A report", "It is good.", [], [html.Section("Segmenters", [table])], stage))
    return path


def taken(page: Path, out: Path, part: str, *more: str) -> np.ndarray:
    report_pictures.main([str(page), part, "--out", str(out), *more])
    return np.asarray(Image.open(io.BytesIO((out / f"report_{part}.png").read_bytes())).convert("RGB"))


def test_parts_are_whole_and_photos_are_left_out_on_request(page: Path, tmp_path: Path) -> None:
    first = taken(page, tmp_path, "first")
    assert first.shape == (report_pictures.HEIGHT_PX, report_pictures.WIDTH_PX, 3)
    assert (first == RED).all(axis=2).sum() > 90 * 90
    assert not (taken(page, tmp_path, "summary", "--no-photos") == RED).all(axis=2).any()
    assert taken(page, tmp_path, "segmenters").shape[0] > report_pictures.HEIGHT_PX  # all of its 60 rows


def test_a_section_that_is_not_there_is_told(page: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no section 'Beside the paper'"):
        report_pictures.main([str(page), "paper", "--out", str(tmp_path)])
