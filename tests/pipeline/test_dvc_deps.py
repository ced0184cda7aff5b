"""dvc.yaml lists what a stage reads besides its arguments: modules, data files beside them, sections of params.yaml."""

import re
from functools import cache
from pathlib import Path

import dvc_deps
import pytest
import yaml

from hairline.config import parameter_files

STAGES = yaml.safe_load(dvc_deps.DAG.read_text())["stages"]
closures = cache(dvc_deps.closures)

READERS = {
    "matrix": "matrix", "dataset": "datasets", "label_set": "label_sets", "architecture": "architectures",
    "gate": "gates", "waivers": "gates", "options_of": "label_sets", "labelled": "studies",
    "chosen": "training_sets", "used": "training_sets", "leaks": "studies", "pooled_test_sets": "pooled_test_sets",
    "training": "segmenter",
}  # fmt: skip


def test_a_data_file_beside_a_module_goes_with_it() -> None:
    table = "src/hairline/metrics/published_results.csv"
    assert [stage for stage, files in closures().items() if table in files] == ["compare"]


def test_a_data_file_that_is_not_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (dvc_deps.ROOT / "dvc.yaml").read_text().splitlines(keepends=True)
    (tmp_path / "dvc.yaml").write_text("".join(line for line in lines if "published_results.csv" not in line))
    monkeypatch.setattr(dvc_deps, "DAG", tmp_path / "dvc.yaml")
    assert dvc_deps.differences() == ["compare: add src/hairline/metrics/published_results.csv"]


def test_a_file_with_the_hash_of_a_variant_stands_for_what_variants_share() -> None:
    for stage in ("train_segmenter", "evaluate"):
        assert "src/hairline/nn/segmenter/encoders.py" in closures()[stage]  # only variants import it
        assert not [file for file in closures()[stage] if file.startswith("src/hairline/nn/architectures")]
    assert "src/hairline/nn/segmenter/encoders.py" not in closures()["train_classifier"]


def sections_read(stage: str) -> set[str]:
    """Sections of params.yaml that the source of a stage asks for, with what it shares with other stages."""
    sources = [file for file in closures()[stage] if file.startswith("pipeline/")]
    code = "".join((dvc_deps.ROOT / source).read_text() for source in sources)
    named = set(re.findall(r'\.(?:get|raw|entry|names)\(\s*"(\w+)"', code))
    return named | {READERS[name] for name in re.findall(rf"\.({'|'.join(READERS)})\(", code)}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_the_sections_it_reads_and_no_others(stage: str) -> None:
    params = STAGES[stage].get("do", STAGES[stage])["params"]
    files = [each if isinstance(each, dict) else {"params.yaml": [each]} for each in params]
    listed = [(file, name.partition(".")[0]) for each in files for file, names in each.items() for name in names]
    assert {section for _, section in listed} == sections_read(stage)
    assert all(parameter_files.path_of(Path("params.yaml"), section) == Path(file) for file, section in listed)
