"""A tiny experiment for the tests of parameters, stages and the DAG: a few small images, one epoch of everything."""

import copy
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from support import in_memory, parameters, warm

from hairline import tracking
from hairline.config import yaml_files

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

settings.register_profile("busy", deadline=None)  # no example fails because a machine has other work
settings.load_profile("busy")

if "PYTEST_DEBUG_TEMPROOT" not in os.environ and (memory := in_memory.place()):
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(memory)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Have processes of pytest-xdist share the programs that need no time to start: loading them costs 15 s."""
    if warm.SHARED not in os.environ:
        os.environ[warm.SHARED] = str(warm.serve(os.environ))
    node.workerinput[warm.SHARED] = os.environ[warm.SHARED]


def pytest_configure(config: pytest.Config) -> None:
    """In such a process, know where they are."""
    if home := getattr(config, "workerinput", {}).get(warm.SHARED):
        os.environ[warm.SHARED] = home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What forks most first, while there is little to copy; then files with slow tests, lest one be the last."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.parent.name != "hostile", item.path not in slow))


def tiny_values() -> dict[str, Any]:
    """The synthetic profile, shrunk."""
    values = parameters.base()
    values["experiment"] = "tiny"
    values["learned"] = "off"  # one epoch on six images teaches nobody anything, and that is not what these tests try
    values["synthetic_sets"]["synthetic"].update(train=6, val=2, test=3, height_px=96, width_px=90, crack_free=0.2)
    values["gates"]["samples"]["min_crack_share"] = 0
    values["gates"]["patches"]["severities"]["patches_found"] = "warn"
    values["patches"] = {"window_px": 32, "stride_px": 32}
    values["classifiers"]["lite0"].update(backbone="test_resnet", weights="none")  # timm's smallest: 2 MB
    values["architectures"]["unet"]["options"].update(encoder="tu-test_resnet", decoder_channels=[32, 16, 16, 8, 8])
    values["classifiers"]["lite0"]["recipe"].update(epochs=1, batch=16, optimizer="sgd", learning_rate=0.05)
    values["segmenter"].update(crop_px=64, crops_per_image=1)
    values["segmenter"]["recipe"].update(epochs=1, batch=2)
    values["trainable"]["min_crack_pixels"] = 1
    values["label_sets"]["konig"]["options"]["localization"].update(cut=0.0, erosion_iterations=1)
    values["matrix"]["label_sets"] = ["manual", "konig", "otsu"]
    study = values["studies"]["konig"]
    study.update(trials=4, tuning={"split": "train", "count": 3}, held_out={"split": "train", "count": 3})
    study["space"] = {
        "thresholding.window_px": {"choices": [32, 48]},
        "fusion.closing_px": {"low": 1, "high": 5, "step": 2},
    }
    values["strips"]["count"] = 0
    values["evaluation"].update(gallery=2, extremes=1)
    values["comparison"]["resamples"] = 100
    return values


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """YAML that was parsed without a complaint is known by its text: most tests and stages read what others read."""
    known: dict[str, dict[str, Any]] = {}
    parse = yaml_files.parse

    def parsed(text: str, path: Path) -> dict[str, Any]:
        if text not in known:
            found = parse(text, path)
            if len(known) > 50:
                known.clear()
            known[text] = found
        return copy.deepcopy(known[text])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_files, "parse", parsed)
        yield


@pytest.fixture(scope="module", autouse=True)
def quick_stages(request: pytest.FixtureRequest) -> Iterator[None]:
    """In tests of stages, what they draw is small (:mod:`support.quick_stages`, whose imports other tests need not)."""
    if request.path.parent.name != "pipeline":
        yield
        return
    from support import quick_stages

    with quick_stages.quick():
        yield


@pytest.fixture
def values() -> dict[str, Any]:
    """Parameters of the tiny experiment, to be changed at will."""
    return copy.deepcopy(tiny_values())


@pytest.fixture
def write_params(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Writes parameters to params.yaml and the files beside it and gives its path."""

    def write(content: dict[str, Any]) -> Path:
        return parameters.write(tmp_path, content)

    return write


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL server of its own, where Debian's package and the driver are installed."""
    pytest.importorskip("psycopg", reason="no psycopg (the extra postgres)")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("no PostgreSQL (apt-get install postgresql)")
    root = os.geteuid() == 0  # it refuses to run as root
    if root and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and there is no runuser")
    home = Path("/tmp") / f"hairline-postgres-{os.getpid()}"  # a short path, that its user can enter
    home.mkdir()
    if root:
        shutil.chown(home, "postgres")
    before = ["runuser", "-u", "postgres", "--"] if root else []

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run([*before, str(programs[-1] / program), *arguments], cwd=home, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr

    data = str(home / "data")
    try:
        run("initdb", "-D", data, "-A", "trust", "-U", "studies")
        run("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", f"-k {home} -h ''", "start")
        yield f"postgresql+psycopg://studies@/postgres?host={home}"
    finally:
        subprocess.run([*before, str(programs[-1] / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], cwd=home,
                       capture_output=True, check=False)  # fmt: skip
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without runs: MLflow takes seconds to make one, so tests start from copies of it."""
    home = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with tracking.run("setup", "setup", "other", {}, [], {}, [], home / "run.json"):
            pass
    return home / "mlruns" / "mlflow.db"
