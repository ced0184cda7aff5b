"""What a network's name stands for is written down, so that DVC reruns the segmenters of a changed network alone."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import tiny_values
from support import workspace

from hairline.errors import HairlineError
from pipeline import architectures

Write = Callable[[dict[str, Any]], Path]
MODULES = workspace.ROOT / "src/hairline/nn/architectures"
THIN = {"network": "deepcrack_liu", "options": {"guided_filter": False}, "training": {}}


def test_each_name_has_a_file_with_network_options_and_source(
    values: dict[str, Any], write_params: Write, tmp_path: Path
) -> None:
    other = {"network": "smp:FPN:resnet34", "options": {}, "training": {}}
    values["architectures"] |= {"thin": THIN, "unused": THIN, "other_2": other}
    values["matrix"]["architectures"] = ["unet", "thin", "other_2"]
    architectures.main(["--params", str(write_params(values)), "--out", str(tmp_path / "out")])
    told = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "out").iterdir()}
    assert told.keys() == {"unet", "thin", "other_2"}
    source = hashlib.sha256(b"unet.py\0" + (MODULES / "unet.py").read_bytes()).hexdigest()
    assert told["unet"] == {"network": "unet", "options": {"encoder": "tu-test_resnet"}, "source": source}
    assert told["other_2"]["options"] == {"architecture": "FPN", "encoder": "resnet34"}
    assert {told[name]["network"] for name in told} == {"unet", "deepcrack_liu", "smp:FPN:resnet34"}
    assert len({told[name]["source"] for name in told}) == 3


def test_without_segmenters_the_folder_is_empty(values: dict[str, Any], write_params: Write, tmp_path: Path) -> None:
    values["matrix"].update(label_sets=[], architectures=[])
    architectures.main(["--params", str(write_params(values)), "--out", str(tmp_path / "out")])
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_network_is_refused(values: dict[str, Any], write_params: Write, tmp_path: Path) -> None:
    values["architectures"]["unet"]["network"] = "vnet"
    with pytest.raises(HairlineError, match=r"architectures\.unet\.network: 'vnet' is not one of .*oed, smp, unet"):
        architectures.main(["--params", str(write_params(values)), "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_the_stage_imports_no_torch(values: dict[str, Any], write_params: Write, tmp_path: Path) -> None:
    code = (
        "import sys; from pipeline import architectures\n"
        f"architectures.main(['--params', {str(write_params(values))!r}, '--out', {str(tmp_path / 'out')!r}])\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=workspace.ROOT, check=False).returncode == 0


def changed(folder: Path) -> set[str]:
    """The segmenters that DVC would train or evaluate again, once the light stage has run."""
    workspace.run(folder, "dvc", "repro", "-s", "architectures")
    told = json.loads(workspace.run(folder, "dvc", "status", "--json").stdout)
    return {stage for stage in told if stage.startswith(("train_segmenter", "evaluate"))}


def branch(name: str) -> set[str]:
    return {f"train_segmenter@manual-{name}-synthetic", f"evaluate@manual-{name}-synthetic-synthetic"}


def pretend_done(folder: Path) -> None:
    """Make DVC believe that every segmenter is trained and evaluated: files in place of what stages read and write."""
    code = (
        "from pathlib import Path; from dvc.repo import Repo\n"
        "for stage in Repo('.').index.stages:\n"
        "    mine = stage.name.startswith(('train_segmenter', 'evaluate'))\n"
        "    for item in [*stage.deps, *stage.outs] if mine else []:\n"
        "        path = Path(item.fs_path)\n"
        "        if item.protocol == 'local' and item.def_path != 'params.yaml' and not path.exists():\n"
        "            path.parent.mkdir(parents=True, exist_ok=True); path.write_text('x')\n"
    )
    workspace.run(folder, sys.executable, "-c", code)
    names = [name for name in workspace.commands(folder) if name.startswith(("train_segmenter", "evaluate"))]
    workspace.run(folder, "dvc", "commit", "-f", *names)


@pytest.mark.slow
def test_a_changed_or_added_network_reruns_what_uses_it_and_no_more(tmp_path: Path) -> None:
    values = tiny_values()
    values["architectures"]["thin"] = THIN
    values["matrix"].update(label_sets=["manual"], architectures=["unet", "thin"])
    folder = workspace.make(tmp_path / "work", values)
    workspace.run(folder, "dvc", "repro", "-s", "architectures")
    pretend_done(folder)
    assert changed(folder) == set()

    for place in ("deepcrack_liu/network.py", "deepcrack_liu/__init__.py", "unet.py"):
        source = folder / "src/hairline/nn/architectures" / place
        before = source.read_text()
        source.write_text(before + "\n# changed\n")
        assert changed(folder) == branch("unet" if place == "unet.py" else "thin")
        source.write_text(before)
    assert changed(folder) == set()

    def write(**sections: Any) -> None:
        (folder / "params.yaml").write_text(yaml.safe_dump({**values, **sections}, sort_keys=False))

    own = "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Options:\n    width: int\n"
    (folder / "src/hairline/nn/architectures/own.py").write_text(own)
    more = values["architectures"] | {"mine": {"network": "own", "options": {"width": 3}, "training": {}}}
    write(architectures=more, matrix=values["matrix"] | {"architectures": ["unet", "thin", "mine"]})
    assert changed(folder) == branch("mine")

    write(architectures=values["architectures"] | {"thin": {**THIN, "options": {"guided_filter": True}}})
    assert changed(folder) == branch("thin")
    write()
    (folder / "src/hairline/nn/vgg.py").open("a").write("# changed\n")  # shared, so that it concerns all
    assert changed(folder) == branch("unet") | branch("thin")
