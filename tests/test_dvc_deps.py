"""dvc.yaml lists the code of every stage: modules and data files beside them."""

from functools import cache
from pathlib import Path

import dvc_deps
import pytest

closures = cache(dvc_deps.closures)


def test_code_deps_are_the_import_closure() -> None:
    assert dvc_deps.differences() == []


def test_a_missing_and_a_superfluous_dep_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (dvc_deps.ROOT / "dvc.yaml").read_text()
    changed = text.replace("- src/hairline/scoring.py", "- src/hairline/published.py", 1)
    (tmp_path / "dvc.yaml").write_text(changed)
    monkeypatch.setattr(dvc_deps, "DAG", tmp_path / "dvc.yaml")
    lines = dvc_deps.differences()
    assert any("add src/hairline/scoring.py" in line for line in lines), lines
    assert any("drop src/hairline/published.py" in line for line in lines), lines


def test_a_data_file_beside_a_module_goes_with_it() -> None:
    table = "src/hairline/published_results.csv"
    assert [stage for stage, files in closures().items() if table in files] == ["compare"]


def test_a_data_file_that_is_not_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (dvc_deps.ROOT / "dvc.yaml").read_text().splitlines(keepends=True)
    (tmp_path / "dvc.yaml").write_text("".join(line for line in lines if "published_results.csv" not in line))
    monkeypatch.setattr(dvc_deps, "DAG", tmp_path / "dvc.yaml")
    assert dvc_deps.differences() == ["compare: add src/hairline/published_results.csv"]


def test_a_file_with_the_hash_of_a_variant_stands_for_what_variants_share() -> None:
    for stage in ("train_segmenter", "evaluate"):
        assert "src/hairline/nn/encoders.py" in closures()[stage]  # only variants import it
        assert not [file for file in closures()[stage] if file.startswith("src/hairline/nn/architectures")]
    assert "src/hairline/nn/encoders.py" not in closures()["train_classifier"]
