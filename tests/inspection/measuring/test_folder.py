"""Masks into tables: what is written, what is skipped, what bad files and an interruption leave."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image
from support import known_cracks

from hairline.config import width_bands
from hairline.errors import HairlineError
from hairline.imaging import limits
from hairline.imaging.images import read_grey, write_image, write_mask
from hairline.inspection import photos, records, turns
from hairline.inspection.measuring import folder, mask_files, scale, scaling, stored, table
from hairline.inspection.measuring.folder import Done
from hairline.inspection.measuring.measure import measure
from hairline.inspection.measuring.options import Options

COVER = known_cracks.straight(6, 100, 30)
NO_STEP = lambda: None  # noqa: E731


def run(
    root: Path,
    asked: scaling.Asked | None = None,
    with_photos: bool = False,
    options: Options | None = None,
    step: Any = NO_STEP,
    workers: int = 1,
) -> tuple[Done, list[str]]:
    told: list[str] = []
    found, _ = photos.find([root / "m"], root / "out")
    of = root / "p" if with_photos else None
    scales = scaling.Scales(asked or scaling.Asked(), with_photos)
    jobs, missing = scaling.jobs(found, folder.names(found, root / "out"), of, root / "out", scales)
    tell = lambda error: told.append(str(error))  # noqa: E731
    bands = width_bands.read()
    done = folder.measure_all(jobs, root / "out", options or Options(), bands, workers, tell, step)
    return done, [*map(str, missing.values()), *told, *scales.notes()]


def rows(root: Path, name: str = "cracks") -> list[dict[str, str]]:
    with (root / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two masks and their photos, one in a folder below; the second is a crack and a dot."""
    for name, mask in (
        ("a", COVER >= 0.5),
        ("below/b", (COVER >= 0.5) | (known_cracks.straight(6, 6, 0, at=(60, 50)) >= 0.5)),
    ):
        write_mask(tmp_path / "m" / f"{name}.png", mask)
        write_image(tmp_path / "p" / f"{name}.png", known_cracks.photo(COVER))
    return tmp_path


def test_a_row_a_crack_in_pixels_and_millimetres(root: Path) -> None:
    done, _ = run(root, scaling.Asked(mm_per_px=0.05))
    assert done == Done(2, 0, 0, 3)
    found = rows(root)
    assert list(found[0]) == list(table.COLUMNS)
    assert [(row["photo"], row["crack"]) for row in found] == [("a", "1"), ("below/b", "1"), ("below/b", "2")]
    crack = measure(COVER >= 0.5).cracks[0]
    first = found[0]
    assert float(first["length_px"]) == pytest.approx(crack.length_px, abs=1e-3)
    assert float(first["length_mm"]) == pytest.approx(crack.length_px * 0.05, abs=1e-3)
    assert float(first["area_mm2"]) == pytest.approx(int((COVER >= 0.5).sum()) * 0.0025)
    assert first["width_class"] == "E" and float(first["orientation_deg"]) == pytest.approx(30, abs=1)
    assert found[2]["orientation_deg"] == ""
    same = pd.read_parquet(root / "out/cracks.parquet")
    written = pd.read_csv(root / "out/cracks.csv", dtype={"photo": "str", "width_class": "str"})
    pd.testing.assert_frame_equal(same, written, check_dtype=False)
    assert same["crack"].dtype == "int64" and same["width_mean_mm"].dtype == "float64"
    photo = rows(root, "photos")[0]
    assert float(photo["length_m_per_m2"]) == pytest.approx(
        crack.length_px * 0.05e-3 / (140 * 160 * 0.05e-3**2), rel=1e-4
    )
    assert photo["scale_from"] == "--mm-per-px" and photo["cracks"] == "1"


def test_without_a_scale_there_are_no_millimetres(root: Path) -> None:
    _, told = run(root)
    assert told == ["2 photos without millimetres (a, below/b): nothing states a scale"]
    assert all(
        row[name] == "" for row in rows(root) for name in table.COLUMNS if "_mm" in name or name == "width_class"
    )
    assert rows(root, "photos")[0]["length_m_per_m2"] == ""
    assert pd.read_parquet(root / "out/cracks.parquet")["width_max_mm"].isna().all()


def test_what_is_done_is_skipped_until_something_differs(root: Path) -> None:
    run(root)
    assert run(root)[0] == Done(0, 2, 0, 3)
    scaled = scaling.Asked(mm_per_px=0.1)
    assert run(root, scaled)[0] == Done(0, 2, 0, 3)  # a scale changes the table and needs no measuring
    assert float(rows(root)[0]["length_mm"]) == pytest.approx(float(rows(root)[0]["length_px"]) / 10, abs=1e-3)
    assert run(root, scaled, True)[0] == Done(2, 0, 0, 3)
    assert float(rows(root, "photos")[0]["width_from_photo"]) > 0.9
    assert run(root, scaled, True, Options(min_area_px=100))[0] == Done(2, 0, 0, 2)
    write_mask(root / "m/a.png", np.zeros((50, 60), bool))
    assert run(root, options=Options(min_area_px=100))[0] == Done(2, 0, 0, 1)
    (root / "out/measured/a.npz").write_bytes(b"cut")
    assert run(root, options=Options(min_area_px=100))[0] == Done(1, 1, 0, 1)


def test_an_interruption_keeps_what_was_done(root: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(root, step=stop)
    assert len(rows(root)) == 1
    assert run(root)[0] == Done(1, 1, 0, 3)
    assert not list((root / "out").rglob("*partial*"))


def test_bad_files_are_told_of_and_the_others_go_on(root: Path) -> None:
    run(root)
    scores = np.random.default_rng(0).integers(0, 256, (140, 160), np.uint8)
    write_image(root / "m/scores.png", scores)
    write_image(root / "p/scores.png", scores)
    (root / "m/empty.png").touch()
    (root / "p/empty.jpg").touch()
    write_mask(root / "m/lonely.png", COVER >= 0.5)
    write_mask(root / "m/a.png", COVER[:90] >= 0.5)
    done, told = run(root, with_photos=True)
    assert (done.measured, done.failed) == (1, 3) and len(told) == 5
    for words in ("a.png: has 160 × 90 pixels, its photo", "empty.png: cannot be decoded",
                  "lonely.png: found no photo of its name", "scores.png: holds 256 grey levels",
                  "4 photos without millimetres"):  # fmt: skip
        assert sum(words in each for each in told) == 1
    assert {row["photo"] for row in rows(root)} == {"below/b"}


def test_two_processes_give_the_same_table(root: Path) -> None:
    run(root)
    alone = (root / "out/cracks.csv").read_bytes()
    for path in (root / "out/measured").rglob("*.npz"):
        path.unlink()
    assert run(root, workers=2)[0] == Done(2, 0, 0, 3)
    assert (root / "out/cracks.csv").read_bytes() == alone


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (
        FileLock(tmp_path / "out" / folder.LOCK),
        pytest.raises(HairlineError, match="one at a time"),
        turns.alone(tmp_path / "out", folder.LOCK, "'hairline measure'"),
    ):
        pass


def test_no_masks_with_cracks_give_a_table_with_its_columns(tmp_path: Path) -> None:
    write_mask(tmp_path / "m/a.png", np.zeros((20, 30), bool))
    assert run(tmp_path)[0] == Done(1, 0, 0, 0)
    assert (tmp_path / "out/cracks.csv").read_text().splitlines() == [",".join(table.COLUMNS)]
    assert len(pd.read_parquet(tmp_path / "out/cracks.parquet")) == 0
    assert rows(tmp_path, "photos")[0]["cracks"] == "0"


def test_what_was_measured_is_read_back_as_it_was(tmp_path: Path) -> None:
    mask = (COVER >= 0.5) | (known_cracks.straight(6, 6, 0, at=(60, 50)) >= 0.5)
    for found in (measure(mask, known_cracks.photo(COVER)), measure(np.zeros((5, 6), bool))):
        stored.write(tmp_path / "a.npz", found, "key")
        back, key = stored.read(tmp_path / "a.npz")
        assert key == "key" and (back.width, back.height, back.photo_share) == (
            found.width,
            found.height,
            found.photo_share,
        )
        assert table.rows("a", back, 2.0, None) == table.rows("a", found, 2.0, None)
        for one, other in zip(back.cracks, found.cracks, strict=True):
            for mine, theirs in zip(one.branches, other.branches, strict=True):
                np.testing.assert_array_equal(mine.line, theirs.line)
                np.testing.assert_array_equal(mine.widths_px, theirs.widths_px)
    np.savez(tmp_path / "b.npz", points=np.zeros(3))
    with pytest.raises(HairlineError, match="holds other arrays"):
        stored.read(tmp_path / "b.npz")


@pytest.mark.parametrize("crack", [1, 255, 128])
def test_masks_of_any_one_level(tmp_path: Path, crack: int) -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9] = crack
    Image.fromarray(mask).save(tmp_path / "a.png")
    np.testing.assert_array_equal(mask_files.read(tmp_path / "a.png"), mask > 0)
    Image.fromarray(np.full((3, 3), 255, np.uint8)).save(tmp_path / "full.png")
    assert mask_files.read(tmp_path / "full.png").all()
    soft = np.where(mask > 0, 250, 3).astype(np.uint8)
    soft[0, :3] = (9, 240, 255)
    Image.fromarray(soft).save(tmp_path / "soft.png")
    np.testing.assert_array_equal(mask_files.read(tmp_path / "soft.png"), soft > 127)
    Image.fromarray(np.full((3, 3), 100, np.uint8)).save(tmp_path / "grey.png")
    with pytest.raises(HairlineError, match="expected a mask"):
        mask_files.read(tmp_path / "grey.png")


@pytest.mark.parametrize("levels", [(0, 1, 2), (1, 2), (0, 1, 255), (1, 255), (0, 2, 31), (0, 1, 2, 255)])
def test_numbers_of_classes_are_no_mask(tmp_path: Path, levels: tuple[int, ...]) -> None:
    numbers = np.array(levels, np.uint8).repeat(8)[None].repeat(9, axis=0)
    Image.fromarray(numbers).save(tmp_path / "a.png")
    with pytest.raises(HairlineError, match="expected a mask"):
        mask_files.read(tmp_path / "a.png")


def test_masks_of_one_class_alone_of_jpeg_and_on_transparent_ground(tmp_path: Path) -> None:
    mask = np.zeros((24, 40), bool)
    mask[8:16] = True
    Image.fromarray(np.ones((4, 5), np.uint8)).save(tmp_path / "ones.png")
    assert mask_files.read(tmp_path / "ones.png").all()
    Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).save(tmp_path / "a.jpg")
    np.testing.assert_array_equal(mask_files.read(tmp_path / "a.jpg"), mask)
    for ground in (0, 255):  # what editors leave below transparent pixels
        for ink in (0, 255):
            painted = np.where(mask[..., None], (ink, ink, ink, 255), (ground, ground, ground, 0)).astype(np.uint8)
            Image.fromarray(painted).save(tmp_path / "a.png")
            np.testing.assert_array_equal(mask_files.read(tmp_path / "a.png"), mask)
    opaque = np.where(mask[..., None], (255, 255, 255, 255), (0, 0, 0, 255)).astype(np.uint8)
    Image.fromarray(opaque).save(tmp_path / "a.png")
    np.testing.assert_array_equal(mask_files.read(tmp_path / "a.png"), mask)


def test_a_mask_that_is_gone_is_in_no_table_and_its_name_is_free(root: Path) -> None:
    run(root)
    (root / "m").rename(root / "moved")
    (root / "moved").rename(root / "m2")
    (root / "m2/a.png").rename(root / "m2/c.png")
    (root / "m").symlink_to(root / "m2")
    assert run(root)[0] == Done(1, 1, 0, 3)
    assert {row["photo"] for row in rows(root)} == {"below/b", "c"} and folder.gone(root / "out") == ["a"]
    (root / "m").unlink()
    found, _ = photos.find([root / "m2"], root / "out")
    assert sorted(folder.names(found, root / "out").values()) == ["below/b", "c"]


def predicted(root: Path, **photo_of: str) -> None:
    """The table that predict writes, name of a mask → photo."""
    made = {str(root / "p" / photo): records.Record(str(root / "p" / photo), name, 160, 140, 1, 0.5, 0, 0, "", "")
            for name, photo in photo_of.items()}  # fmt: skip
    records.write(root, made)
    (root / "m").rename(root / "masks")


def jobs_of(root: Path, photos_in: str | None = "p", asked: scaling.Asked | None = None) -> list[folder.Job]:
    found, _ = photos.find([root / "masks"], root / "out")
    scales = scaling.Scales(asked or scaling.Asked(), True)
    given = root / photos_in if photos_in else None
    made, missing = scaling.jobs(found, folder.names(found, root / "out"), given, root / "out", scales)
    assert not missing
    return made


@pytest.mark.parametrize("moved", [False, True])
def test_a_predicted_mask_is_of_the_photo_that_the_table_names(tmp_path: Path, moved: bool) -> None:
    for name in ("a.jpg", "a.png"):
        write_image(tmp_path / "p" / name, known_cracks.photo(COVER))
    for name in ("a", "a_jpg"):  # a.png was predicted first, and a.jpg when it came
        write_mask(tmp_path / "m" / f"{name}.png", COVER >= 0.5)
    predicted(tmp_path, a="a.png", a_jpg="a.jpg")
    if moved:
        (tmp_path / "p").rename(tmp_path / "elsewhere")
    made = jobs_of(tmp_path, "elsewhere" if moved else "p")
    assert {job.name: job.photo and job.photo.name for job in made} == {"a": "a.png", "a_jpg": "a.jpg"}
    (tmp_path / "s.csv").write_text("photo,mm_per_px\na.png,0.5\na.jpg,0.25\n")
    for photos_in in (None, "elsewhere" if moved else "p"):
        made = jobs_of(tmp_path, photos_in, scaling.Asked(csv=tmp_path / "s.csv"))
        assert {job.name: job.scale and job.scale.mm_per_px for job in made} == {"a": 0.5, "a_jpg": 0.25}


def test_a_mask_of_two_photos_of_its_name_is_of_neither(root: Path) -> None:
    write_image(root / "p/a.jpg", known_cracks.photo(COVER))
    done, told = run(root, with_photos=True)
    assert done.measured == 1 and "found 2 photos of its name" in told[0]
    write_mask(root / "m/a_png.png", COVER >= 0.5)  # beside which it is clear which is which
    assert run(root, with_photos=True)[0].measured == 2


def test_frames_between_seconds_are_found_by_the_table(tmp_path: Path) -> None:
    write_mask(tmp_path / "m/clip.mp4/frame_000007.png", COVER >= 0.5)
    predicted(tmp_path, **{"clip.mp4/frame_000007": "clip.mp4/frame_000007"})
    write_image(tmp_path / "p/other.png", known_cracks.photo(COVER))
    (tmp_path / "p/clip.mp4").touch()
    (job,) = jobs_of(tmp_path)
    assert job.photo == tmp_path / "p/clip.mp4/frame_000007"


def test_rows_for_other_photos_are_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text("photo,mm_per_px\nsite,9\na_png.png,8\nb.jpg,7\nc.jpg,6\nc.tif,5\n")
    rows_of = scale.Table(file)
    assert rows_of.of("site.2024") is None  # which is no suffix
    assert rows_of.of("a_png", "a.png") is None
    assert rows_of.of("b", "b.tif") is None
    found = rows_of.of("b")
    assert found is not None and found.mm_per_px == 7  # whose file nobody named
    with pytest.raises(HairlineError, match=r"c\.jpg and c\.tif may both be c"):
        rows_of.of("c")


def test_masks_may_be_as_large_as_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mask(tmp_path / "a.png", COVER >= 0.5)
    monkeypatch.setattr(limits, "PIXELS", COVER.size - 1)
    with pytest.raises(HairlineError, match="claims more than"):
        read_grey(tmp_path / "a.png")
    np.testing.assert_array_equal(mask_files.read(tmp_path / "a.png"), COVER >= 0.5)
    monkeypatch.setattr(mask_files, "PIXELS", COVER.size - 1)
    with pytest.raises(HairlineError, match=r"a\.png: claims more than 22,399 pixels"):
        mask_files.read(tmp_path / "a.png")
