"""The server of clicks: what it answers, to whom, and what is on disk then."""

import csv
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from support import clicking

from hairline.clicking import server
from hairline.clicking.order import InTurn, Labels
from hairline.clicking.patches import Patch
from hairline.clicking.session import Session
from hairline.data import clicks
from hairline.errors import HairlineError

SIZE = 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    clicking.photos(tmp_path / "images", clicking.HOSTILE)
    return tmp_path


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    made = Session(folder / "images", folder / "clicks", SIZE)
    yield made
    made.close()


@pytest.fixture
def client(session: Session) -> TestClient:
    return TestClient(server.app(session), base_url="http://127.0.0.1:8710")


def rows(folder: Path, who: str) -> list[dict[str, str]]:
    with (folder / "clicks" / f"{who}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def post(client: TestClient, path: str, **body: Any) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def screen(client: TestClient, who: str, count: int = 6, showing: Any = ()) -> list[dict[str, Any]]:
    return list(post(client, "/next", who=who, count=count, showing=list(showing)))


def test_the_page_and_its_parts_come_from_this_machine_alone(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "http" not in policy
    for path in ("/page.js", "/viewer.js", "/page.css"):
        part = client.get(path)
        assert part.status_code == 200 and path in page.text + client.get("/page.js").text
        assert part.headers["x-content-type-options"] == "nosniff"
        assert "://" not in part.text
    for path in ("/docs", "/redoc", "/openapi.json", "/page.html", "/page/page.js"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8710", "127.0.0.1.evil.example", "192.168.0.7", ""])
def test_pages_of_other_names_that_lead_here_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400
    assert client.post("/join", json={"who": "anna"}, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9", "localhost:8710"])
def test_this_machine_is_answered_on_whatever_port_it_was_led_through(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_pages_cannot_click(client: TestClient, folder: Path, headers: dict[str, str]) -> None:
    answer = client.post("/join", json={"who": "anna"}, headers=headers)
    assert answer.status_code == 403
    assert not (folder / "clicks").exists()


def test_a_click_is_on_disk_before_it_is_confirmed_whatever_the_photo_is_called(
    client: TestClient, session: Session, folder: Path
) -> None:
    assert set(session.files) == set(clicking.HOSTILE)
    post(client, "/join", who="anna")
    patches = screen(client, "anna", 200)
    assert {patch["photo"] for patch in patches} == set(clicking.HOSTILE)
    for number, patch in enumerate(patches):
        label = clicks.LABELS[number % 3]
        assert post(client, "/click", who="anna", patch=patch, label=label) == {"saved": True}
        row = rows(folder, "anna")[-1]
        assert (row["photo"], row["label"], row["who"]) == (patch["photo"], label, "anna")
        assert [int(row[name]) for name in ("x", "y", "size")] == [patch["x"], patch["y"], patch["size"]]
    assert screen(client, "anna") == []
    assert client.get("/state", params={"who": "anna"}).json()["left"] == 0


def test_a_patch_is_shown_as_the_photo_has_it_in_the_middle_of_its_surroundings(
    client: TestClient, session: Session
) -> None:
    for patch in list(session.patches)[::7]:
        answer = client.get("/patch.jpg", params=asdict(patch))
        assert answer.headers["content-type"] == "image/jpeg"
        picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int)
        assert picture.shape == (56, 56, 3)
        there = np.asarray(Image.open(session.files[patch.photo]).convert("RGB")).astype(int)
        there = there[patch.y : patch.y + SIZE, patch.x : patch.x + SIZE]
        assert np.abs(picture[12:44, 12:44] - there).mean() < 4


@pytest.mark.parametrize(
    "photo",
    ["../params.yaml", "..", "/etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "images/Wand 1.jpg", "wand 1.jpg", "", "a\0b",
     "..\\..\\x.jpg", "Brücke/../Wand 1.jpg"],
)  # fmt: skip
def test_only_photos_of_the_table_are_shown_or_clicked(client: TestClient, folder: Path, photo: str) -> None:
    post(client, "/join", who="anna")
    where = {"photo": photo, "x": 0, "y": 0, "size": SIZE}
    assert client.get("/patch.jpg", params=where).status_code == 404
    region = {"photo": photo, "left": 0, "top": 0, "width": 9, "height": 9, "px": 9}
    assert client.get("/region.jpg", params=region).status_code == 404
    answer = client.post("/click", json={"who": "anna", "patch": where, "label": "crack"})
    assert answer.status_code == 409 and "load the page anew" in answer.json()["error"]
    assert rows(folder, "anna") == [] and "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path", ["/../params.yaml", "/%2e%2e/params.yaml", "/page.css/../../session.py", "//etc/passwd"]
)
def test_no_file_is_found_by_an_address(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "where", [{"x": 1}, {"x": -32}, {"size": 31}, {"size": 10**6}, {"y": 96}, {"x": 10**9}, {"x": "a"}, {"x": 0.5}]
)
def test_places_that_are_no_patch_are_refused(client: TestClient, folder: Path, where: dict[str, Any]) -> None:
    patch = {"photo": "Wand 1.jpg", "x": 0, "y": 0, "size": SIZE} | where
    assert client.get("/patch.jpg", params=patch).status_code in (404, 422)
    assert client.post("/click", json={"who": "anna", "patch": patch, "label": "crack"}).status_code in (409, 422)


def test_a_part_of_a_photo_is_cut_where_the_photo_ends(client: TestClient) -> None:
    def size(**where: int) -> tuple[int, ...]:
        answer = client.get("/region.jpg", params={"photo": "Wand 1.jpg", "px": 2000} | where)
        return cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR).shape[:2]

    assert size(left=0, top=0, width=128, height=96) == (96, 128)
    assert size(left=0, top=0, width=128, height=96, px=64) == (48, 64)
    assert size(left=100, top=90, width=500, height=500) == (6, 28)
    assert size(left=-10, top=-20, width=30, height=30) == (10, 20)
    for away in ({"left": 128, "top": 0}, {"left": -50, "top": 0}):
        where = {"photo": "Wand 1.jpg", "px": 9, "width": 50, "height": 50} | away
        assert client.get("/region.jpg", params=where).status_code == 404


def test_an_undo_is_a_row_and_takes_the_label_away(client: TestClient, folder: Path) -> None:
    post(client, "/join", who="anna")
    patch = screen(client, "anna")[0]
    for label in ("crack", "undo", "undo", "no_crack", "no_crack"):
        post(client, "/click", who="anna", patch=patch, label=label)
    assert [row["label"] for row in rows(folder, "anna")] == ["crack", "undo", "no_crack"]  # asked twice, kept once
    assert list(clicks.read(folder / "clicks")[0].values()) == ["no_crack"]


def test_two_people_see_other_patches_and_write_files_of_their_own(client: TestClient, folder: Path) -> None:
    shown: dict[str, list[Any]] = {}
    for who in ("anna", "Jörg"):
        post(client, "/join", who=who)
        shown[who] = screen(client, who)
    assert not [patch for patch in shown["anna"] if patch in shown["Jörg"]]
    for who, label in (("anna", "crack"), ("Jörg", "no_crack")):
        for patch in shown[who]:
            post(client, "/click", who=who, patch=patch, label=label)
    assert {row["who"] for who in shown for row in rows(folder, who)} == set(shown)
    state = client.get("/state", params={"who": "anna"}).json()
    assert (state["labelled"], state["crack"], state["no_crack"], state["mine"]) == (12, 6, 6, 6)
    post(client, "/click", who="Jörg", patch=shown["anna"][0], label="no_crack")
    state = client.get("/state", params={"who": "anna"}).json()
    assert (state["labelled"], state["crack"], state["no_crack"], state["unsure"]) == (12, 5, 6, 1)


def test_what_is_shown_comes_not_again_until_it_is_gone(client: TestClient) -> None:
    post(client, "/join", who="anna")
    first = screen(client, "anna")
    second = screen(client, "anna", showing=first)
    assert not [patch for patch in second if patch in first]
    assert screen(client, "anna") == first  # the page was loaded anew


def test_patches_of_a_page_that_was_closed_are_shown_to_others_after_a_while(folder: Path) -> None:
    now = [1000.0]
    session = Session(folder / "images", folder / "clicks", SIZE, clock=lambda: now[0])
    for who in ("anna", "bob"):
        session.join(who)
    held = session.screen("anna", 200, [])
    assert session.screen("bob", 200, []) == []
    now[0] += 110
    session.state("anna")  # her page is open, and asks
    now[0] += 110
    assert session.screen("bob", 200, []) == []
    now[0] += 20
    assert session.screen("bob", 200, []) == held
    assert session.screen("anna", 200, []) == []  # she comes back to a page that she loads anew
    session.close()


def test_two_who_ask_at_once_see_other_patches(session: Session) -> None:
    class Slow(InTurn):
        def next(self, labels: Labels, count: int) -> list[Patch]:
            time.sleep(0.1)
            return super().next(labels, count)

    session.order = Slow(session.patches)
    people = ["anna", "bob", "cem", "dora"]
    for who in people:
        session.join(who)
    with ThreadPoolExecutor(len(people)) as pool:
        shown = list(pool.map(lambda who: session.screen(who, 6, []), people))
    assert len({patch for each in shown for patch in each}) == 6 * len(people)


def test_another_server_may_not_write_for_the_same_name(session: Session, folder: Path) -> None:
    session.join("anna")
    other = Session(folder / "images", folder / "clicks", SIZE)
    answer = TestClient(server.app(other), base_url="http://localhost").post("/join", json={"who": "ANNA"})
    assert answer.status_code == 409 and "another process writes the clicks" in answer.json()["error"]
    assert other.join("bob") == "bob"
    other.close()


def test_a_server_that_starts_again_knows_what_was_said(client: TestClient, session: Session, folder: Path) -> None:
    post(client, "/join", who="anna")
    patches = screen(client, "anna", 5)
    for patch in patches:
        post(client, "/click", who="anna", patch=patch, label="unsure")
    session.close()
    again = Session(folder / "images", folder / "clicks", SIZE)
    fresh = TestClient(server.app(again), base_url="http://127.0.0.1")
    told = post(fresh, "/join", who="Anna")  # the file keeps the name as it was
    assert told["who"] == "anna"
    assert [entry["patch"] for entry in told["history"]] == patches
    assert not [patch for patch in screen(fresh, "anna", 200) if patch in patches]
    again.close()


def test_tables_made_elsewhere_count_on_the_page(session: Session, folder: Path) -> None:
    (folder / "clicks").mkdir(exist_ok=True)
    (folder / "clicks" / "old.csv").write_text("photo,x,y,size,label\nWand 1.jpg,0,0,32,crack\ngone.jpg,0,0,32,crack\n")
    session.join("anna")
    state = session.state("anna")
    assert state["crack"] == 1
    assert (
        len(state["notes"]) == 1
        and "old.csv: 1 row about 1 photo not among these, such as 'gone.jpg'" in state["notes"][0]
    )
    assert all((each.photo, each.x, each.y) != ("Wand 1.jpg", 0, 0) for each in session.screen("anna", 200, []))


def test_rows_of_ones_own_about_photos_that_are_gone_are_told_and_do_not_count(folder: Path) -> None:
    (folder / "clicks").mkdir()
    head = ",".join(clicks.COLUMNS)
    row = "0,0,32,crack,anna,2026-11-27T00:49:40.787Z"
    (folder / "clicks/anna.csv").write_text(f"{head}\nWand 1.jpg,{row}\ngone.jpg,{row}\nlost.jpg,{row}\n")
    session = Session(folder / "images", folder / "clicks", SIZE)
    session.join("anna")
    state = session.state("anna")
    assert (state["labelled"], state["crack"]) == (1, 1)
    (note,) = state["notes"]
    assert "anna.csv: 2 rows about 2 photos not among these, such as 'gone.jpg'" in note
    session.close()


def test_photos_that_cannot_be_read_are_told_and_the_others_shown(tmp_path: Path) -> None:
    images = clicking.photos(tmp_path / "images", ["a.jpg", "b.jpg"])
    (images / "b.jpg").write_bytes(b"no picture")
    (images / "c.jpg").write_bytes((images / "a.jpg").read_bytes()[:900])
    (images / "d\n.jpg").write_bytes((images / "a.jpg").read_bytes())
    session = Session(images, tmp_path / "clicks", SIZE)
    told = " ".join(session.notes)
    assert "b.jpg: cannot be decoded" in told and "d\\n.jpg: passed over" in told
    client = TestClient(server.app(session), base_url="http://127.0.0.1")
    cut = client.get("/patch.jpg", params={"photo": "c.jpg", "x": 0, "y": 0, "size": SIZE})
    assert cut.status_code == 409 and "c.jpg: cannot be decoded" in cut.json()["error"]
    session.close()
    for path in images.iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(HairlineError, match="no photo that can be read"):
        Session(images, tmp_path / "clicks", SIZE)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "x" * 41])
def test_names_that_are_none_are_refused_in_a_sentence(client: TestClient, name: str) -> None:
    answer = client.post("/join", json={"who": name})
    assert answer.status_code == 409 and "cannot be a person's name" in answer.json()["error"]


def test_asking_for_numbers_writes_nothing(client: TestClient, folder: Path) -> None:
    for who in ("anna", "../x", ""):
        assert client.get("/state", params={"who": who}).json()["mine"] == 0
    assert not (folder / "clicks").exists()


def test_labels_that_are_none_are_refused(client: TestClient, folder: Path) -> None:
    post(client, "/join", who="anna")
    patch = screen(client, "anna")[0]
    answer = client.post("/click", json={"who": "anna", "patch": patch, "label": "maybe"})
    assert answer.status_code == 409 and "expected crack, no_crack, unsure, undo" in answer.json()["error"]
