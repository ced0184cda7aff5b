"""An MLflow server on localhost that tests start, kill and start again."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "DO_NOT_TRACK": "1",
}  # fmt: skip


class Server:
    """A server with its database and folder of artifacts."""

    def __init__(self, database: str, folder: Path) -> None:
        """Choose a port; nothing is started."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        program = Path(sys.executable).with_name("mlflow")
        assert program.is_file() or shutil.which("mlflow")
        self._command = [
            str(program) if program.is_file() else "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--backend-store-uri", database, "--artifacts-destination", str(folder),
        ]  # fmt: skip
        self._log = folder.with_name("server.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | ENVIRONMENT
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 120
        while not self.answers():
            assert self._process.poll() is None and time.monotonic() < end, self._log.read_text()[-2000:]
            time.sleep(0.2)

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=2):
                return True
        except (OSError, http.client.HTTPException):
            return False

    def kill(self) -> None:
        """Kill it and its workers with signal 9."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
