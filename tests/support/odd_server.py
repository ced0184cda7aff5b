"""A tracking server on localhost that takes everything, until it hangs, drips, refuses or asks to log in."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

RUN_ID = "a" * 32
INFO = {
    "run_id": RUN_ID, "run_uuid": RUN_ID, "experiment_id": "1", "status": "RUNNING", "start_time": 1,
    "artifact_uri": f"mlflow-artifacts:/1/{RUN_ID}/artifacts", "lifecycle_stage": "active",
}  # fmt: skip
EXPERIMENT = {"experiment_id": "1", "name": "study", "artifact_location": "mlflow-artifacts:/1",
              "lifecycle_stage": "active"}  # fmt: skip
ANSWERS = {"runs/create": {"run": {"info": INFO, "data": {}}}, "runs/get": {"run": {"info": INFO, "data": {}}},
           "experiments/get-by-name": {"experiment": EXPERIMENT}}  # fmt: skip
LOGIN = "<html>\n<body>Please log in</body>\n</html>"


class OddServer:
    """Answers as MLflow's server does while ``mode`` is ``well``; changed from outside at any moment.

    Modes are ``hang``, ``drip`` (a byte a second), ``login`` (a page with status 200), ``uploads`` (that page for files
    alone) and numbers, which become the status.
    """

    def __init__(self) -> None:
        """Start it."""
        owner, self.mode = self, "well"
        self.paths: list[str] = []

        class Handler(_Handler):
            server_owner: ClassVar[OddServer] = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.uri = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_owner: ClassVar[OddServer]

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if text == LOGIN else "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(1)

    def _any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mode, path = self.server_owner.mode, self.path.partition("?")[0]
        self.server_owner.paths.append(path)
        if mode == "hang":
            time.sleep(100)
        elif mode == "drip":
            self._drip()
        elif mode.isdigit():
            self._answer(int(mode), LOGIN)
        elif mode == "login" or (mode == "uploads" and self.command == "PUT"):
            self._answer(200, LOGIN)
        else:
            found = next((answer for name, answer in ANSWERS.items() if path.endswith(name)), {})
            self._answer(200, json.dumps(found))

    do_GET = do_POST = do_PUT = do_PATCH = _any  # noqa: N815
