"""Which code each stage and each variant consists of is written down, so that DVC reruns what it can change alone."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import tiny_values
from support import parameters, workspace

from hairline.errors import HairlineError
from pipeline import code

Write = Callable[[dict[str, Any]], Path]
OUT = Path("data/tiny/code")
MODULES = workspace.ROOT / "src/hairline/nn/architectures"
THIN = {"network": "deepcrack_liu", "options": {"guided_filter": False}, "training": {}}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of params.yaml is the current one."""
    monkeypatch.chdir(tmp_path)


def test_stages_and_variants_have_a_file_with_the_hash_of_their_modules(
    values: dict[str, Any], write_params: Write
) -> None:
    other = {"network": "smp:FPN:resnet34", "options": {}, "training": {}}
    values["architectures"] |= {"thin": THIN, "unused": THIN, "other_2": other}
    values["matrix"]["architectures"] = ["unet", "thin", "other_2"]
    write_params(values)
    code.main([])
    told = {path.relative_to(OUT).as_posix(): json.loads(path.read_text()) for path in OUT.rglob("*.json")}
    assert {name for name in told if name.startswith("architectures/")} == {
        "architectures/unet.json", "architectures/thin.json", "architectures/other_2.json"
    }  # fmt: skip
    source = hashlib.sha256((MODULES / "unet.py").read_bytes()).hexdigest()
    assert told["architectures/unet.json"]["hairline.nn.architectures.unet"] == source
    assert "hairline.nn.architectures.deepcrack_liu.network" in told["architectures/thin.json"]
    assert "hairline.nn.architectures.smp" in told["architectures/other_2.json"]
    assert {"methods/konig.json", "methods/otsu.json", "layouts/synthetic.json", "label.json"} <= told.keys()
    assert "hairline.reporting.page" in told["compare.json"]
    assert not [name for name in told["label.json"] if name.startswith(("hairline.reporting", "hairline.tracking"))]


def test_every_stage_of_the_dag_depends_on_its_own_code(tmp_path: Path) -> None:
    folder = workspace.make(tmp_path / "work", tiny_values())
    deps = workspace.places(folder, "deps")
    for stage, (command, _) in workspace.stages(folder).items():
        own = f"data/tiny/code/{command[2].removeprefix('pipeline.')}.json"
        assert stage == "code" or own in deps[stage]


def test_without_segmenters_there_is_no_network(values: dict[str, Any], write_params: Write) -> None:
    values["matrix"].update(label_sets=[], architectures=[])
    write_params(values)
    code.main([])
    assert not (OUT / "architectures").exists()


def test_an_unknown_network_is_refused(values: dict[str, Any], write_params: Write) -> None:
    values["architectures"]["unet"]["network"] = "vnet"
    write_params(values)
    with pytest.raises(HairlineError, match=r"architectures\.unet\.network: 'vnet' is not one of .*oed, smp, unet"):
        code.main([])
    assert not OUT.exists()


def test_the_stage_imports_no_torch(values: dict[str, Any], write_params: Write) -> None:
    write_params(values)
    program = "import sys; from pipeline import code; code.main([])\nsys.exit('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(workspace.ROOT)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0


def changed(folder: Path) -> set[str]:
    """The segmenters that DVC would train or evaluate again, once the light stage has run."""
    program = (
        "import json; from dvc.repo import Repo\n"
        "Repo('.').reproduce('code', single_item=True)\n"
        "print(json.dumps(Repo('.').status()))"
    )
    told = json.loads(workspace.run(folder, sys.executable, "-c", program).stdout.splitlines()[-1])
    return {stage for stage in told if stage.startswith(("train_segmenter", "evaluate_segmenter"))}


def branch(name: str) -> set[str]:
    return {f"train_segmenter@manual-{name}-synthetic", f"evaluate_segmenter@manual-{name}-synthetic-synthetic"}


def pretend_done(folder: Path) -> None:
    """Make DVC believe that every segmenter is trained and evaluated: files in place of what stages read and write."""
    program = (
        "from pathlib import Path; from dvc.repo import Repo\n"
        "for stage in Repo('.').index.stages:\n"
        "    mine = stage.name.startswith(('train_segmenter', 'evaluate_segmenter'))\n"
        "    for item in [*stage.deps, *stage.outs] if mine else []:\n"
        "        path = Path(item.fs_path)\n"
        "        if item.protocol == 'local' and not item.def_path.endswith('.yaml') and not path.exists():\n"
        "            path.parent.mkdir(parents=True, exist_ok=True); path.write_text('x')\n"
    )
    workspace.run(folder, sys.executable, "-c", program)
    names = [name for name in workspace.commands(folder) if name.startswith(("train_segmenter", "evaluate_segmenter"))]
    workspace.run(folder, "dvc", "commit", "-f", *names)


@pytest.mark.slow
def test_a_changed_or_added_network_reruns_what_uses_it_and_no_more(tmp_path: Path) -> None:
    values = tiny_values()
    values["architectures"]["thin"] = THIN
    values["matrix"].update(label_sets=["manual"], architectures=["unet", "thin"])
    folder = workspace.make(tmp_path / "work", values)
    workspace.run(folder, "dvc", "repro", "-s", "code")
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
        parameters.write(folder, {**values, **sections})

    own = "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Options:\n    width: int\n"
    (folder / "src/hairline/nn/architectures/own.py").write_text(own)
    more = values["architectures"] | {"mine": {"network": "own", "options": {"width": 3}, "training": {}}}
    write(architectures=more, matrix=values["matrix"] | {"architectures": ["unet", "thin", "mine"]})
    assert changed(folder) == branch("mine")

    write(architectures=values["architectures"] | {"thin": {**THIN, "options": {"guided_filter": True}}})
    assert changed(folder) == {"train_segmenter@manual-thin-synthetic"}  # whose weights are what is evaluated
    write()
    (folder / "src/hairline/nn/segmenter/vgg.py").open("a").write("# changed\n")  # of the DeepCracks alone
    assert changed(folder) == branch("thin")
    (folder / "src/hairline/nn/segmenter/losses.py").open("a").write("# changed\n")
    assert changed(folder) == branch("thin") | {"train_segmenter@manual-unet-synthetic"}
