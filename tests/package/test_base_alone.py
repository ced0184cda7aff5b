"""Inspections with hairline's base alone, without torch, DVC and MLflow; what needs an extra says so in one sentence.

One process runs all commands, in some 5 seconds.
"""

from pathlib import Path

import numpy as np
import pytest
from support import base_alone, small_network
from support.base_alone import Done

import hairline
from hairline.imaging.images import read_scores, write_image
from hairline.nn.exporting import files, parity

HEIC = b"\0\0\0\x18ftypheic"
SENTENCES = {
    ("predict", "heic", "--out", "x"): ("HEIC", "pillow_heif", "photos"),
    ("predict", "photos", "--out", "x", "--model", "network"): (r"network, which is no .onnx file,", "torch", "train"),
    ("predict", "models:/a@1", "photos", "--out", "x"): ("the network models:/a@1", "mlflow", "platform"),
    ("measure", "shipped", "--out", "x", "--geopackage"): ("--geopackage", "geopandas", "geo"),
    ("export", "shipped", "--out", "x.onnx"): ("the export of a network", "torch", "train"),
    ("label", "photos", "--classifier", "network", "--out", "x"): ("'hairline label'", "", "train"),
    ("click", "photos", "--no-browser"): ("'hairline click'", "", "platform"),
    ("init", "workspace", "--photos", "photos", "--yes"): ("a workspace", "dvc", "platform"),
    ("python", "import hairline; hairline.load_segmenter('network')"): ("the network network", "torch", "train"),
    ("python", "import hairline; hairline.load_classifier('network')"): ("the classifier network", "", "train"),
    ("python", "from hairline.inspection.geotiff import georeference\nfrom pathlib import Path\n"
     "georeference(Path('a.tif'))"): ("GeoTIFF", "rasterio", "geo"),
}  # fmt: skip
"""Command → who needs which library, of which extra; an empty library is one of several."""
WORKING = (
    ("predict", "photos", "--out", "shipped", "--overlay"),
    ("predict", "exported.onnx", "photos", "--out", "exported", "--scale", "auto"),
    ("measure", "shipped", "--out", "measured", "--photos", "photos", "--mm-per-px", "0.2", "--coco", "--geojson"),
    ("score", "shipped/scores", "shipped/masks", "--out", "scored"),
    ("rank", "photos", "--maps", "shipped", "--maps", "shipped/masks", "--out", "ranked"),
    ("python", "import hairline; print(hairline.load_segmenter().sha256)"),
    (
        "python",
        "import hairline, numpy as np; wall = np.full((9, 9, 3), 200, np.uint8); wall[4] = 0\n"
        "print(hairline.score(hairline.label(wall, None, hairline.otsu.PAPER), wall[..., 0] == 0).ods)",
    ),
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Done]:
    folder = tmp_path_factory.mktemp("base")
    small_network.make(folder / "network")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "SIZES", ((33, 57),))
        files.export(folder / "network", folder / "exported.onnx")
    for name, image in zip("ab", parity.generated(2, 96, 128), strict=True):
        write_image(folder / f"photos/{name}.png", image)
    (folder / "heic").mkdir()
    (folder / "heic/a.heic").write_bytes(HEIC)
    (folder / "a.tif").write_bytes(b"II*\0")
    commands = (*WORKING, *SENTENCES)
    found = dict(zip(commands, base_alone.run(folder, *commands), strict=True))
    return {**found, ("folder",): Done(0, str(folder), "")}


def test_photos_are_predicted_measured_scored_and_ranked(done: dict[tuple[str, ...], Done]) -> None:
    for words in WORKING:
        assert done[words].status == 0, (words, done[words].err)
    predicted, exported, measured, scored, *_ = (done[words].out for words in WORKING)
    assert "2 photos predicted" in predicted and "2 photos predicted" in exported
    assert "2 masks measured" in measured and "To quote" in scored
    folder = Path(done[("folder",)].out)
    for name in ("measured/cracks.parquet", "measured/index.html", "measured/coco.json", "scored/index.html"):
        assert (folder / name).is_file()


def test_the_network_that_ships_says_the_same_as_on_torch(done: dict[tuple[str, ...], Done]) -> None:
    folder, network = Path(done[("folder",)].out), hairline.load_segmenter()
    for name, image in zip("ab", parity.generated(2, 96, 128), strict=True):
        expected = network.predict(image)
        assert np.abs(read_scores(folder / f"shipped/scores/{name}.png") / 255 - expected).max() <= 0.5 / 255 + 1e-4
    assert done[WORKING[5]].out.strip() == network.sha256


@pytest.mark.parametrize("words", SENTENCES, ids=" ".join)
def test_a_missing_extra_is_one_sentence_with_the_command(
    done: dict[tuple[str, ...], Done], words: tuple[str, ...]
) -> None:
    what, library, extra = SENTENCES[words]
    status, told = done[words].status, done[words].err
    assert status in (1, 2) and "Traceback" not in told
    (line,) = [line for line in told.splitlines() if "needs" in line and "expected the extra" in line]
    assert what in line and f"needs {library}" in line
    assert f"expected the extra '{extra}'; run pip install 'hairline[{extra}]'" in line
    folder = Path(done[("folder",)].out)
    assert not (folder / "workspace").exists() and not (folder / "x.onnx").exists()
