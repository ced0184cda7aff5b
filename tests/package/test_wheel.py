"""The wheel, as a user has it: built, installed where nothing else is, and used there. Some 20 s of processor time."""

import tarfile
import zipfile
from pathlib import Path

import built_package
import pytest
from built_package import Built

pytestmark = pytest.mark.slow
MOST_MB = 12
IN_WHEEL = (
    "hairline/py.typed", "hairline/nn/shipped/weights.safetensors", "hairline/nn/shipped/network.onnx",
    "hairline/inspection/page/templates/inspection.html", "hairline/config/bands/aci224r.yaml",
    "hairline_workspace/dvc.yaml",
    "hairline_workspace/plots_page.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    try:
        return built_package.build(tmp_path_factory.mktemp("dist"))
    except built_package.NoIndexError as error:
        pytest.skip(f"nothing to build with: {error}")


def test_it_holds_what_inspections_and_workspaces_need_and_is_small(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel, tarfile.open(built.archive) as archive:
        assert set(IN_WHEEL) <= set(wheel.namelist())
        assert not [name for name in wheel.namelist() if name.startswith(("tests/", "pipeline/"))]
        assert {Path(name).parts[1] for name in archive.getnames()} >= {"src", "pipeline", "profiles", "tests"}
    assert built.wheel.stat().st_size < MOST_MB * built_package.MB


def test_the_base_alone_inspects_photos(built: Built, tmp_path: Path) -> None:
    try:
        python = built_package.install(built.wheel, tmp_path / "environment")
    except built_package.NoIndexError as error:
        pytest.skip(f"nothing to install: {error}")
    told = built_package.use(python, tmp_path / "used", starts=1)
    assert "predict, measure, score" in told[0]
