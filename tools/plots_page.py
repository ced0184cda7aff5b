"""The page that `dvc plots show` fills, with the scripts in it that DVC would have a browser load from elsewhere.

    python tools/plots_page.py

writes ``.dvc/plots/page.html``, which ``.dvc/config`` names. The scripts are those that the installed DVC asks for,
from npm's registry: to be called again where DVC asks for other versions (a test compares).
"""

import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

from dvc_render.vega import VegaRenderer

PAGE = Path(__file__).parents[1] / ".dvc" / "plots" / "page.html"
WANTED = re.compile(r"/npm/(([\w-]+)@[\d.]+)")
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>DVC Plot</title>
<style>body { font-family: sans-serif; } table { border-spacing: 15px; }</style>
"""
REST = """</head>
<body>
{plot_divs}
</body>
</html>
"""


def wanted() -> dict[str, str]:
    """Name of a package → its name and version, as DVC asks for them, in order."""
    return {name: versioned for versioned, name in WANTED.findall(VegaRenderer.SCRIPTS)}


def main() -> None:
    """Write the page."""
    scripts = [f"<!-- {versioned}, BSD-3-Clause -->\n<script>{_script(name, versioned)}</script>\n"
               for name, versioned in wanted().items()]  # fmt: skip
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(HEAD + "".join(scripts) + REST, encoding="utf-8")


def _script(name: str, versioned: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", versioned], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as opened:
            found = opened.extractfile(f"package/build/{name}.min.js")
            assert found is not None
            text = found.read().decode("utf-8")
    return re.sub(r"\n?//# sourceMappingURL=.*", "", text).strip()


if __name__ == "__main__":
    main()
