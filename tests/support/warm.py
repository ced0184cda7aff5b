"""Python programs without their start: forked from a process that has loaded the libraries that stages import.

Of our own code nothing is loaded there: a program imports what its folder and its environment hold, as one that is
started anew does. It has the caller's open files, folder and environment, and dies with the one who waits for it.
"""

import atexit
import contextlib
import copy
import gc
import importlib
import json
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

LIBRARIES = (
    "albumentations", "alembic.command", "alembic.script", "cryptography.fernet", "cv2", "dvc.commands.experiments.run",
    "dvc.commands.repro", "dvc.repo", "git", "great_expectations", "grimp", "lightning",
    "matplotlib.backends.backend_agg", "matplotlib.pyplot", "mlflow", "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store", "mlflow.system_metrics.system_metrics_monitor",
    "mlflow.tracing.provider", "numba", "opentelemetry.sdk.metrics", "optuna.importance", "optuna.visualization",
    "pandas", "plotly.graph_objects", "pyarrow.dataset", "pyarrow.parquet", "pydensecrf.densecrf",
    "segmentation_models_pytorch", "skimage.filters", "skimage.measure", "skimage.morphology", "sklearn.ensemble",
    "timm", "torch", "torchmetrics",
)  # fmt: skip
SHARED = "WARM_PROGRAMS"
"""Variable with the folder of programs that several processes of the tests share."""
SOCKET, LISTENING = "socket", "listening"
SENT = """
import json, os, socket, sys
home, program, *arguments = sys.argv[1:]
request = json.dumps([os.getcwd(), dict(os.environ), program, arguments]).encode()
os.chdir(home)
with socket.socket(socket.AF_UNIX) as server:
    server.connect("socket")
    socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(request)
    status = server.recv(4)
sys.exit(int.from_bytes(status, "big") if status else 1)
"""
"""What stands for a program: tells the server its place and arguments, lends it its files, and ends as it does."""


_servers: list[subprocess.Popen[bytes]] = []
"""They end when their input closes, as it does when this process ends."""


def serve(environment: Mapping[str, str]) -> Path:
    """A folder with programs `python` and `dvc` that need no time to start, for as long as this process lives.

    They are to be called once the libraries are loaded, as :func:`wait` says.

    Args:
        environment: What the libraries may look at when they are loaded.
    """
    home = Path(tempfile.mkdtemp(prefix="warm-"))
    (home / "sent.py").write_text(SENT, encoding="utf-8")
    for name in ("python", "dvc"):
        command = shlex.join([sys.executable, "-ISE", str(home / "sent.py"), str(home), name])
        (home / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        (home / name).chmod(stat.S_IRWXU)
    without = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
    _servers.append(subprocess.Popen([sys.executable, __file__, str(home)], env=without, stdin=subprocess.PIPE,
                                     start_new_session=True))  # fmt: skip
    return home


def wait(home: Path, seconds: float = 300) -> None:
    """Wait until the programs in a folder of :func:`serve` can be called."""
    end = time.monotonic() + seconds
    while not (home / LISTENING).exists():
        assert time.monotonic() < end and not any(server.poll() for server in _servers), "no server of warm programs"
        time.sleep(0.05)


def _received(connection: socket.socket) -> tuple[list[int], str, dict[str, str], str, list[str]]:
    head, files, _, _ = socket.recv_fds(connection, 4, 3)
    content, size = b"", int.from_bytes(head, "big")
    while len(content) < size:
        if not (more := connection.recv(size - len(content))):
            os._exit(1)  # nobody waits any more
        content += more
    return (files, *json.loads(content))


def _watch(connection: socket.socket, child: int) -> None:
    """Tell how a program ended, or end it where nobody waits any more."""
    with contextlib.suppress(AttributeError, OSError):  # where systems cannot say so, it runs to its end
        ended = os.pidfd_open(child)
        ready, _, _ = select.select([ended, connection], [], [])
        if ended not in ready:
            os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        connection.sendall((status if status >= 0 else 128 - status).to_bytes(4, "big"))
    os._exit(0)


def _asked(home: Path) -> tuple[str, list[str]]:
    """Serve until this process is the one that is to be a program: what it is, and its arguments."""
    path = list(sys.path)
    os.chdir(home)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(SOCKET)
        listener.listen()
        Path(LISTENING).touch()
        while True:
            ready, _, _ = select.select([listener, 0], [], [])
            if 0 in ready:
                shutil.rmtree(home)
                os._exit(0)
            connection, _ = listener.accept()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not os.fork():
                break
            connection.close()
    files, folder, environment, program, arguments = _received(connection)
    if child := os.fork():
        _watch(connection, child)
    connection.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    sys.path[:] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)), *path]
    return program, arguments


def _parse_once() -> None:
    """Have DVC parse each text once: by itself it parses the params anew for every stage that lists some."""
    yaml = importlib.import_module("dvc.utils.serialize._yaml")
    parse, known = yaml.parse_yaml, {}

    def parsed(text: str, path: str, typ: str = "safe") -> Any:
        if typ != "safe":
            return parse(text, path, typ)
        if text not in known:
            known[text] = parse(text, path)
        return copy.deepcopy(known[text])

    for module in (yaml, importlib.import_module("dvc.utils.strictyaml")):
        module.parse_yaml = parsed  # type: ignore[attr-defined]


def _parted(arguments: list[str]) -> list[str]:
    """Arguments of Python, a program that is a file marked as such."""
    words = arguments[1:] if arguments[0] == "-u" else arguments
    return words if words[0].startswith("-") else ["file", *words]


def _become(program: str, arguments: list[str]) -> NoReturn:
    """Be a program to its end, but without taking all the libraries down, which takes long."""
    kind, what, *words = ["-m", program, *arguments] if program != "python" else _parted(arguments)
    sys.argv = [what, *words]
    status = 0
    try:
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        elif kind == "file":
            runpy.run_path(what, run_name="__main__")
        else:
            assert kind == "-c"
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(what, main.__dict__)
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
        status = int(end.code or 0) if isinstance(end.code, int | None) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file
    for library in LIBRARIES:
        importlib.import_module(library)
    _parse_once()
    gc.collect()
    gc.freeze()  # so that no collection copies these pages for a program
    _become(*_asked(Path(sys.argv[1])))
