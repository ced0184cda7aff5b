"""What the page does with keys and refusals, in Node.js with as much of a browser as its script needs."""

import shutil
import subprocess
from pathlib import Path

import pytest

import hairline.clicking

PAGE = Path(hairline.clicking.__file__).parent / "page"
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize(
    "scenario",
    [
        "a refused change leaves the label that the server has",
        "a refused first label leaves none, and a refused undo leaves the label",
        "a server that is away is told until it is back",
        "z held down undoes once",
        "Ctrl+C leaves the photo open, and c closes it",
        "patches that become free later are shown on a page that has none",
    ],
)
def test_the_page(tmp_path: Path, scenario: str) -> None:
    script = (PAGE / "page.js").read_text(encoding="utf-8").replace('"/viewer.js"', '"./viewer.mjs"')
    (tmp_path / "page.mjs").write_text(script, encoding="utf-8")
    shutil.copy(PAGE / "viewer.js", tmp_path / "viewer.mjs")
    command = [str(NODE), str(Path(__file__).with_name("page_in_node.mjs")), str(tmp_path / "page.mjs"), scenario]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
