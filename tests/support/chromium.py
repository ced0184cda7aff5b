"""A headless Chromium driven over the WebDriver protocol, for tests that look at pages as a reader does."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"right": "\ue014", "left": "\ue012", "home": "\ue011", "end": "\ue010", "tab": "\ue004", "enter": "\ue007"}
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]


class Browser:
    """One session of a browser."""

    def __init__(self, server: str, dark: bool) -> None:
        """Open it, 1400 px wide."""
        self._server = server
        options = {"args": [*ARGUMENTS, "--window-size=1400,1000"], "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        told = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{told['sessionId']}"
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.chrome("Emulation.setEmulatedMedia", features=features)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from None

    def _post(self, path: str, **body: object) -> Any:
        return self._ask("POST", self._session + path, body)

    def chrome(self, command: str, **parameters: object) -> Any:
        """A command of the Chrome DevTools protocol."""
        return self._post("/goog/cdp/execute", cmd=command, params=parameters)

    def open(self, url: str) -> None:
        """Go to a page and wait until it has loaded."""
        self._post("/url", url=url)

    def run(self, script: str, *arguments: object) -> Any:
        """Run JavaScript in the page; what it returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def later(self, script: str) -> Any:
        """Run JavaScript that calls its last argument when it is done; what it calls it with."""
        return self._post("/execute/async", script=script, args=[])

    def wait(self, script: str, seconds: float = 20) -> Any:
        """Wait until an expression is true; its value."""
        end = time.monotonic() + seconds
        while not (found := self.run(f"return ({script})")):
            assert time.monotonic() < end, f"not within {seconds} s: {script}"
            time.sleep(0.1)
        return found

    def _element(self, selector: str) -> str:
        return str(self._post("/element", using="css selector", value=selector)[ELEMENT])

    def click(self, selector: str) -> None:
        """Click on an element as a reader does; fails where it cannot be seen."""
        self._post(f"/element/{self._element(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        """Send keys to an element: a name of :data:`KEYS`, or text."""
        self._post(f"/element/{self._element(selector)}/value", text=KEYS.get(text, text))

    def choose(self, selector: str, option: str, within: str = "") -> None:
        """Choose an option of a list by its text; of the first list of this name, or of that within a class."""
        where = f"//*[contains(concat(' ', @class, ' '), ' {within} ')]" if within else ""
        found = self._post("/element", using="xpath", value=f"{where}//select[@name='{selector}']/option[.='{option}']")
        self._post(f"/element/{found[ELEMENT]}/click")

    def picture(self, selector: str = "") -> bytes:
        """What is to be seen, as PNG; of one element where a selector is given."""
        where = f"/element/{self._element(selector)}" if selector else ""
        return base64.b64decode(self._ask("GET", f"{self._session}{where}/screenshot"))

    def pdf(self) -> bytes:
        """The page as it prints."""
        return base64.b64decode(self._post("/print", background=False))

    def complaints(self) -> list[str]:
        """Messages of the browser's console since it was last asked: errors, refusals of the content policy."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def close(self) -> None:
        """End the session."""
        self._ask("DELETE", self._session)


@contextmanager
def browser(dark: bool = False) -> Iterator[Browser]:
    """A headless Chromium for the block; the test is skipped where there is none."""
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        pytest.skip("no chromium and chromedriver on this machine (apt-get install chromium chromium-driver)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        opened = Browser(f"http://127.0.0.1:{port}", dark)
        try:
            yield opened
        finally:
            opened.close()
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("chromedriver does not answer")
