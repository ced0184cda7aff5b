"""The notebooks of examples/: each runs from its first cell to its last, on generated data, and draws its pictures."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager
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


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelManager]:
    """One process for all, which loads the libraries once; no name of one notebook is left to the next."""
    place = tmp_path_factory.mktemp("notebooks")
    made = KernelManager(kernel_name="python3")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # which would keep pictures out of the notebook
        patch.setenv("TMPDIR", str(place))
        patch.setenv("HF_HUB_OFFLINE", "1")
        made.start_kernel(cwd=str(place))
    yield made
    made.shutdown_kernel()


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_notebook_runs_and_draws(name: str, kernel: KernelManager) -> None:
    book = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    book.cells.insert(0, nbformat.v4.new_code_cell("%reset -f -s"))
    NotebookClient(book, km=kernel, timeout=300).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == PICTURES[name]
    told = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    assert "nan" not in told
