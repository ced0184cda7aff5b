"""`hairline measure`: what a person types and what comes back."""

from pathlib import Path

import pandas as pd
import pytest
from support import known_cracks
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.errors import HairlineError
from hairline.imaging.images import write_image, write_mask
from hairline.inspection import records
from hairline.io import extras


def test_what_predict_wrote_is_measured_with_its_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cover = known_cracks.straight(6, 100, 30)
    write_mask(tmp_path / "found/masks/a.png", cover >= 0.5)
    write_image(tmp_path / "found/scores/a.png", known_cracks.photo(cover))
    records.write(tmp_path / "found", {})
    write_image(tmp_path / "photos/a.jpg", known_cracks.photo(cover))
    write_image(tmp_path / "photos/lonely.jpg", known_cracks.photo(cover))
    words = ["measure", "found", "--photos", "photos", "--out", "out", "--mm-per-px", "0.05"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "1 masks measured, 0 done before, 0 failed; 1 cracks" in done.output
    assert "note: 1 photo without a mask here, in no table and on no page: lonely.jpg\n" in done.output
    (row,) = pd.read_csv(tmp_path / "out/cracks.csv").to_dict("records")
    assert row["width_mean_mm"] == pytest.approx(0.3, abs=0.01) and row["length_mm"] == pytest.approx(5, rel=0.02)
    (tmp_path / "found/masks/b.png").write_bytes(b"no image")
    write_image(tmp_path / "photos/b.jpg", known_cracks.photo(cover))
    done = CliRunner().invoke(app, [*words, "--bands", "none"])
    assert done.exit_code == 1
    assert "0 masks measured, 1 done before, 1 failed; 1 cracks" in done.output and "b.png: cannot be" in done.output
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    named = page.partition('<ul class="failed">')[2].partition("</ul>")[0]
    assert named.count("<li>") == 1 and "b.png: cannot be" in named
    assert pd.read_csv(tmp_path / "out/cracks.csv")["width_class"].isna().all()


@pytest.mark.parametrize("option", ["--mm-per-px", "--distance-m"])
def test_a_decimal_comma_is_told(option: str) -> None:
    done = CliRunner().invoke(app, ["measure", "a.png", "--out", "out", option, "0,2"])
    assert done.exit_code == 2 and "0,2: expected a number, with a point" in done.output


def test_a_geopackage_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mask(tmp_path / "a.png", known_cracks.straight(6, 100, 30) >= 0.5)
    monkeypatch.setattr(extras, "installed", lambda library: library != "geopandas")
    with pytest.raises(HairlineError, match=r"--geopackage needs geopandas.*pip install 'hairline\[geo\]'"):
        app(["measure", str(tmp_path / "a.png"), "--out", str(tmp_path / "out"), "--geopackage"], standalone_mode=False)
    assert not (tmp_path / "out").exists()


def test_what_may_mislead_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of an earlier call with another scale, and points of a scale that lie outside of the photo."""
    monkeypatch.chdir(tmp_path)
    write_mask(tmp_path / "a.png", known_cracks.straight(6, 100, 30) >= 0.5)
    words = ["measure", "a.png", "--out", "out"]
    done = CliRunner().invoke(app, [*words, "--coco", "--mm-per-px", "0.1"])
    assert done.exit_code == 0 and "earlier call" not in done.output
    done = CliRunner().invoke(app, [*words, "--points", "0,0,100,0,20"])
    assert "out/coco.json is of an earlier call" in done.output and "give --coco" in done.output
    assert "outside" not in done.output and "index.html is of" not in done.output
    done = CliRunner().invoke(app, [*words, "--coco", "--points", "0,0,1600,0,20"])
    assert done.exit_code == 0 and "outside of 1 of the photos" in done.output and "earlier call" not in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing"], "nothing: not found"),
        (["a.png", "--mm-per-px", "0"], "--mm-per-px: 0 mm a pixel"),
        (["a.png", "--mm-per-px", "1", "--points", "0,0,1,1,5"], "found 2 scales"),
        (["a.png", "--bands", "bands.yaml"], "bands.yaml: not found"),
        (["a.png", "--scale-csv", "s.csv"], "s.csv: no such file"),
        (["a.png", "--photos", "photos"], "photos: not found"),
        (["a.png", "--distance-m", "3"], "--photos as well"),
    ],
)
def test_mistakes_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_mask(tmp_path / "a.png", known_cracks.straight(6, 100, 30) >= 0.5)
    done = CliRunner().invoke(app, ["measure", *words, "--out", "out"])
    assert isinstance(done.exception, HairlineError) and told in str(done.exception)
    assert not list(tmp_path.glob("out/*.csv"))
