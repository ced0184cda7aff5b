"""Pictures of MLflow, `dvc exp show`, `dvc plots show` and optuna-dashboard for docs, taken in a headless Chromium.

    dvc repro && hairline promote && python tools/mlflow_pictures.py

writes ``docs/pictures/NAME.jpg`` (``dvc_exp_show.png``, which is of text) of the workspace that it is called in, or of
those of NAMES that are given. Photos of its data sets have to be generated ones. Servers are started for it and ended.
"""

import argparse
import errno
import io
import json
import math
import os
import pty
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import chromium  # noqa: E402
from support.mlflow_server import Server  # noqa: E402

MODE = "workflowType=machine_learning"
SETTLED_S, WAIT_S = 4.0, 240.0
QUIET = """
localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false');
localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true');
localStorage.setItem('mlflow.workflowType_v1', '"machine_learning"');
"""
EXPAND = """
const rows = [...document.querySelectorAll('.ag-row')].filter((row) => row.innerText.includes(arguments[0]));
rows.map((row) => row.querySelector('button[data-component-id*=runnamecellrenderer]')).find(Boolean)?.click();
return rows.length;
"""
MORE = "[...document.querySelectorAll('button, a')].find((each) => each.innerText === 'Show more').click();"
AWAY = "const style = document.createElement('style'); style.textContent = '.modebar { display: none }';" \
       "document.head.append(style);"  # fmt: skip
DROPPED = ".*/|.*tuned|.*-train"
WIDEST, SHOWN = 400, 2
TERMINAL = "body{margin:0;padding:12px;background:#fff;display:inline-block}pre{margin:0;font:16px/1.35 monospace}"


class Pages:
    """Pages of MLflow's server, looked at as a reader does."""

    def __init__(self, browser: chromium.Browser, uri: str, store: Path, experiment: str) -> None:
        """Look at an experiment of a store that a server shows."""
        self._browser, self._uri = browser, uri
        self._opened = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
        (self.experiment,) = self._asked("select experiment_id from experiments where name = ?", experiment)
        self.name = experiment
        browser.open(f"{uri}/health")
        browser.run(QUIET)

    def _asked(self, query: str, *values: object) -> tuple[Any, ...]:
        return tuple(self._opened.execute(query, values).fetchone())

    def run_id(self, name: str) -> str:
        """The latest run of a name."""
        query = "select run_uuid from runs where name like ? and experiment_id = ? order by start_time desc"
        return str(self._asked(query, name, self.experiment)[0])

    def show(self, place: str, text: str, size: tuple[int, int] = (1400, 900)) -> None:
        """Open a page and wait until it shows a text."""
        _resize(self._browser, size)
        self._browser.open("about:blank")
        self._browser.open(f"{self._uri}/#/{place}")
        self._browser.wait(f"document.body.innerText.includes({json.dumps(text)})", WAIT_S)

    def runs(self) -> None:
        """The list of runs, the latest `dvc repro` opened."""
        chosen = ["attributes.`Duration`", "tags.`stage`", "tags.`method`", "tags.`seed`", "metrics.`ods`",
                  "metrics.`ods/konig-unet_synthetic`"]  # fmt: skip
        key = f'MLflowLocalStorage-1.1-ExperimentPage-["{self.experiment}"]-ReactComponentState'
        state = {"selectedColumns": chosen, "orderByKey": "attributes.start_time", "orderByAsc": False}
        self._browser.run("localStorage.setItem(...arguments)", key, json.dumps(state))
        self.show(f"experiments/{self.experiment}/runs?{MODE}", "repro ")
        self._expanded("repro ")

    def _expanded(self, name: str) -> None:
        time.sleep(SETTLED_S / 2)
        self._browser.run(EXPAND, name)
        self._browser.wait("document.body.innerText.includes('classifier lite0')", WAIT_S)

    def run(self) -> None:
        """An evaluation, its description opened."""
        self.show(f"experiments/{self.experiment}/runs/{self.run_id('konig-unet@%')}?{MODE}", "Show more", (1500, 1000))
        self._browser.run(MORE)

    def charts(self) -> None:
        """The charts of the segmenters."""
        place = f"experiments/{self.experiment}/runs?{MODE}&compareRunsMode=CHART"
        self.show(place, "repro ", (1600, 1150))
        self._expanded("repro ")
        self._browser.type("input[placeholder='Search metric charts']", "loss|f1|ods")
        self._browser.run(AWAY)
        time.sleep(SETTLED_S)

    def model(self) -> None:
        """The registered network that carries the alias."""
        model = f"{self.name}-segmenter"
        (version,) = self._asked(
            "select version from registered_model_aliases where name = ? and alias = 'champion'", model
        )
        self.show(f"models/{model}/versions/{version}?{MODE}", "Scores", (1400, 1250))
        self._browser.wait("[...document.images].some((img) => img.src.includes('card') && img.naturalWidth)", WAIT_S)


def main(argv: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAMES", help=", ".join(NAMES))
    parser.add_argument("--experiment", default="synthetic")
    parser.add_argument(
        "--server", metavar="URL", help="an MLflow server of this workspace, as of make ui; else one is started"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    args = parser.parse_args(argv)
    chosen = args.names or list(NAMES)
    pages = [name for name in chosen if name.startswith("mlflow_")]
    if pages:
        with _mlflow(args.experiment, args.server) as (browser, shown):
            for name in pages:
                getattr(shown, name.removeprefix("mlflow_"))()
                time.sleep(SETTLED_S)
                _keep(args.out / f"{name}.jpg", browser.picture())
    for name in chosen:
        if name in OTHERS:
            OTHERS[name](args.out / f"{name}.jpg", args.experiment)


@contextmanager
def _mlflow(experiment: str, uri: str | None = None) -> Iterator[tuple[chromium.Browser, Pages]]:
    store = Path("mlruns/mlflow.db").resolve()
    with nullcontext(uri) if uri else _server(store) as address, chromium.browser() as browser:
        yield browser, Pages(browser, address, store, experiment)


@contextmanager
def _server(store: Path) -> Iterator[str]:
    """The address of a server of a store, whose log lies elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(f"sqlite:///{store}", Path(folder, "artifacts"))  # of no run: those of a file store say where
        server.start()
        try:
            yield server.uri
        finally:
            server.kill()


def _terminal(out: Path, experiment: str) -> None:
    """`dvc exp show`, as docs/experiments.md calls it, in a terminal as wide as its table."""
    from rich.console import Console
    from rich.text import Text

    command = ("dvc", "exp", "show", "--only-changed", "--no-pager", "--drop", DROPPED)
    told = Text.from_ansi(_in_terminal(*command).rstrip())
    if len(re.findall("[├└]── ", told.plain)) < SHOWN or "…" in told.plain:
        sys.exit(f"dvc exp show has fewer than {SHOWN} experiments, or columns that are cut:\n{told.plain}")
    console = Console(record=True, width=WIDEST, file=io.StringIO())
    console.print(told, soft_wrap=True)
    shown = console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")
    page = f"<!doctype html><meta charset=utf-8><style>{TERMINAL}</style><body>{shown}"
    with chromium.browser() as browser, tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.html").write_text(page, encoding="utf-8")
        browser.open(Path(folder, "page.html").as_uri())
        _keep_whole(browser, out.with_suffix(".png"))


def _in_terminal(*command: str) -> str:
    """What a command says in a terminal of :data:`WIDEST` columns, with its colours."""
    ours, its = pty.openpty()
    environment = os.environ | {"COLUMNS": str(WIDEST), "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    with os.fdopen(ours, "rb", buffering=0) as told, subprocess.Popen(command, stdout=its, env=environment) as process:
        os.close(its)
        said = b"".join(_read(told))
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    return said.decode("utf-8").replace("\r\n", "\n")


def _read(terminal: io.FileIO) -> Iterator[bytes]:
    """Everything until the other side ends, which Linux tells as an error of reading."""
    try:
        while chunk := terminal.read(65536):
            yield chunk
    except OSError as error:
        if error.errno != errno.EIO:
            raise


def _plots(out: Path, experiment: str) -> None:
    """The page of `dvc plots show`, with the names of what it asked elsewhere for, of which there must be none."""
    with chromium.browser() as browser, tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dvc", "plots", "show", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        _resize(browser, (1400, 1000))
        browser.open(Path(folder, "index.html").as_uri())
        browser.wait("document.querySelectorAll('svg, canvas').length > 1", WAIT_S)
        asked = browser.run("return performance.getEntriesByType('resource').map((each) => each.name)")
        if others := [url for url in asked if not url.startswith("file:")]:
            sys.exit(f"dvc plots show asks elsewhere for {', '.join(others)}")
        time.sleep(SETTLED_S)
        _keep(out, browser.picture())


def _optuna(out: Path, experiment: str) -> None:
    """A study in optuna-dashboard."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    storage = f"sqlite:///{Path('state', 'studies', f'{experiment}.db').resolve()}"
    command = ["optuna-dashboard", "--host", "127.0.0.1", "--port", str(port), storage]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/dashboard/")
        with chromium.browser() as browser:
            _resize(browser, (1400, 1100))
            browser.open(f"http://127.0.0.1:{port}/dashboard/studies/1")
            browser.wait("document.querySelectorAll('.plot-container').length > 1", WAIT_S)
            time.sleep(SETTLED_S)
            _keep(out, browser.picture())
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"{url} does not answer")


def _resize(browser: chromium.Browser, size: tuple[int, int]) -> None:
    browser.chrome(
        "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
    )


def _keep_whole(browser: chromium.Browser, out: Path) -> None:
    width, height = browser.run("const box = document.body.getBoundingClientRect(); return [box.width, box.height]")
    _resize(browser, (math.ceil(width), math.ceil(height)))
    _keep(out, browser.picture())


def _keep(out: Path, png: bytes) -> None:
    with Image.open(io.BytesIO(png)) as shot:
        shot.convert("RGB").save(out, quality=80, optimize=True)


OTHERS: dict[str, Callable[[Path, str], None]] = {
    "dvc_exp_show": _terminal, "dvc_plots_show": _plots, "optuna_dashboard": _optuna,
}  # fmt: skip
NAMES = ("mlflow_runs", "mlflow_run", "mlflow_charts", "mlflow_model", *OTHERS)


if __name__ == "__main__":
    main()
