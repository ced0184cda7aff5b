"""Run the notebooks of examples/ and keep a picture of each for docs/notebooks.md.

python tools/notebook_pictures.py            # docs/pictures/notebook_NAME.jpg
"""

import base64
import io
import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).parents[1]
KEPT = {"label_one_photo": 7, "compare_methods": 1, "measure_a_wall": 2}
"""Notebook → which of its pictures is kept, from 0."""
WIDTH_PX = 900


def pictures(name: str) -> list[Image.Image]:
    """All pictures that a notebook draws, run from its first cell to its last."""
    os.environ.pop("MPLBACKEND", None)  # which would keep them out of the notebook
    book = nbformat.read(ROOT / "examples" / f"{name}.ipynb", as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    found = [output["data"]["image/png"] for cell in book.cells for output in cell.get("outputs", [])
             if "image/png" in output.get("data", {})]  # fmt: skip
    return [Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found]


def main() -> None:
    """Write one picture a notebook."""
    for name, place in KEPT.items():
        picture = pictures(name)[place]
        picture.thumbnail((WIDTH_PX, WIDTH_PX))
        target = ROOT / "docs" / "pictures" / f"notebook_{name}.jpg"
        picture.save(target, quality=85)
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
