"""The notebooks of examples/: each runs from its first cell to its last, on generated data, and draws its pictures."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "examples"
PICTURES = {"label_one_photo": 10, "compare_methods": 4, "measure_a_wall": 4}
"""Notebook → pictures that it draws."""


def test_every_notebook_is_tried_and_told_of() -> None:
    found = {path.stem for path in EXAMPLES.glob("*.ipynb")}
    page = (EXAMPLES.parent / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert found == set(PICTURES)
    assert [name for name in found if f"examples/{name}.ipynb" not in page] == []


@pytest.mark.parametrize("name", PICTURES)
def test_notebooks_are_kept_without_outputs(name: str) -> None:
    book = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert all(cell.source.strip() for cell in book.cells)


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_notebook_runs_and_draws(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # which would keep pictures out of the notebook
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    book = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == PICTURES[name]
    told = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    assert "nan" not in told
