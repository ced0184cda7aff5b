import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hairline.config.paths import Paths, SegmenterName
from hairline.imaging.images import write_image, write_scores
from hairline.reporting import card_pictures
from hairline.reporting.figures import image_grids

SEGMENTER = SegmenterName("konig", "unet", "walls")


def put(paths: Paths, test_set: str, sample_id: str, masked: bool) -> None:
    scores = np.linspace(0, 1, 16 * 16, dtype=np.float32).reshape(16, 16)
    write_image(paths.dataset(test_set) / "images" / f"{sample_id}.png", np.full((16, 16, 3), 99, np.uint8))
    if masked:
        write_scores(paths.dataset(test_set) / "masks" / f"{sample_id}.png", (scores > 0.9).astype(np.float32))
    write_scores(paths.segmenter_scores(SEGMENTER, test_set) / "predictions" / f"{sample_id}.png", scores)


def test_a_card_shows_a_few_images_with_masks_scores_and_the_mask_at_the_threshold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, drawn = Paths(tmp_path, "x"), []
    monkeypatch.setattr(card_pictures.image_grids, "picture_grid",
                        lambda rows: drawn.append(rows) or image_grids.Figure())  # fmt: skip
    assert card_pictures.predictions(paths, SEGMENTER, ["walls"], 0.5) is None
    for number in range(3):
        put(paths, "walls", f"deep/{number}", masked=True)
        put(paths, "roads", f"{number}", masked=False)
    png = card_pictures.predictions(paths, SEGMENTER, ["walls", "roads"], 0.25)
    assert png is not None and Image.open(io.BytesIO(png)).format == "PNG"
    ((*walls, road),) = drawn
    assert [row.id for row in walls] == ["walls/deep/0", "walls/deep/1", "walls/deep/2"] and road.id == "roads/0"
    assert road.mask is None and walls[0].mask is not None and walls[0].mask.sum() == 26
    cut = walls[0].predictions["mask at 0.25"]
    assert np.array_equal(cut, walls[0].predictions["score"] / 255 >= 0.25) and 0.7 < cut.mean() < 0.8
