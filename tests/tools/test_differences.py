"""Differences between score tables of any experiments, on the command line."""

from pathlib import Path

import differences
import pytest
from support.results import random_table

from hairline.errors import HairlineError


def written(folder: Path, name: str, seed: int, images: int = 12) -> str:
    random_table(seed, images).to_parquet(folder / name)
    return str(folder / name)


def test_a_row_is_printed_for_every_triple_and_says_where_photos_are_too_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, three = (written(tmp_path, f"{seed}.parquet", seed) for seed in range(3))
    few = [written(tmp_path, f"few{seed}.parquet", seed, images=3) for seed in range(2)]
    differences.main(["many", f"{one},{two}", three, "few", *few, "--resamples", "100"])
    many, too_few = capsys.readouterr().out.splitlines()[2:]
    assert many.startswith("| many | 12 | ") and "[" in many
    assert too_few.startswith("| few | 3 | ") and "too few photos (3)" in too_few and "nan" not in too_few


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    one, other = written(tmp_path, "one.parquet", 1), written(tmp_path, "other.parquet", 2, images=11)
    (tmp_path / "text.parquet").write_text("no table")
    for words, told in (
        (["lever", one], "2 words; expected triples"),
        (["lever", one, str(tmp_path / "nowhere.parquet")], r"nowhere\.parquet: "),
        (["lever", one, str(tmp_path / "text.parquet")], r"text\.parquet: cannot be read"),
        (["lever", one, other], "were scored on different images"),
    ):
        with pytest.raises(HairlineError, match=told):
            differences.main(words)
