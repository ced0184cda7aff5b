"""A server that is killed in the middle of clicks loses none that it confirmed."""

import http.client
import itertools
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support import clicking

from hairline.data import clicks
from hairline.data.clicks import Place

CLICKS = 200
COMPUTES = """
import threading, time
import cv2, numpy as np
from hairline.cli.click import leave
def compute():
    picture = np.zeros((2000, 2000), np.float32)
    while True:
        begun.set()
        cv2.GaussianBlur(picture, (0, 0), 9)
begun = threading.Event()
threading.Thread(target=compute, daemon=True).start()
begun.wait()
print("said", end="")
leave()
"""


def place(patch: dict[str, Any]) -> Place:
    return Place(patch["photo"], patch["x"], patch["y"], patch["size"])


def test_not_one_confirmed_click_of_200_is_lost_and_the_page_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "wände"
    clicking.photos(folder / "images", clicking.HOSTILE, (160, 256))
    with clicking.server(folder) as first:
        first.ask("/join", {"who": "anna"})
        patches = first.ask("/next", {"who": "anna", "count": CLICKS})
    assert len(patches) == CLICKS
    labels = dict(zip(map(place, patches), itertools.cycle(clicks.LABELS), strict=False))
    confirmed, unsent = dict[Place, str](), list(patches)
    for kill_after in (37, 61, None):
        with clicking.server(folder) as server:
            killer = None
            while unsent:
                if len(confirmed) == kill_after and killer is None:
                    killer = threading.Timer(0.002, server.process.kill)  # at any moment of one of the next clicks
                    killer.start()
                try:
                    server.ask("/click", {"who": "anna", "patch": unsent[0], "label": labels[place(unsent[0])]})
                except (OSError, http.client.HTTPException):  # refused, cut off before the answer or amid it
                    break
                confirmed[place(unsent[0])] = labels[place(unsent[0])]
                unsent.pop(0)
            if killer:
                killer.join()
        found, _ = clicks.read(folder / "clicks")
        assert confirmed.items() <= found.items()
        assert len(found) - len(confirmed) <= 1  # one may be on the disk that could not be confirmed any more
    assert found == confirmed == labels
    rows = clicks.read_rows(folder / "clicks" / "anna.csv", {}).rows
    assert Counter(Counter(row.place for row in rows).values()) == {1: CLICKS}  # none was kept twice


def test_a_second_server_writes_under_another_name_alone(tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg"])
    with clicking.server(tmp_path) as one, clicking.server(tmp_path) as other:
        assert one.port != other.port
        one.ask("/join", {"who": "anna"})
        with pytest.raises(clicking.RefusedError, match="another process writes the clicks of 'anna'"):
            other.ask("/join", {"who": "anna"})
        other.ask("/join", {"who": "bob"})
        patch = other.ask("/next", {"who": "bob", "count": 1})[0]
        other.ask("/click", {"who": "bob", "patch": patch, "label": "crack"})
        assert one.ask("/state?who=anna")["crack"] == 1
        one.kill()
        assert other.ask("/join", {"who": "anna"})["who"] == "anna"
        assert other.stop() == 0


def test_ends_in_order_while_a_thread_computes() -> None:
    for _ in range(3):  # without leave(), about a third of such processes abort
        done = subprocess.run([sys.executable, "-c", COMPUTES], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "said", "")
