"""Names of files and values arrive whole at a store, different ones as different ones, and can be read back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mlflow_server import Server

from hairline import tracking
from hairline.tracking import names
from hairline.tracking.unsent import waiting

ODD = (
    "wall #1", "wall #2", "wall ?1", "50%", "i%20j", "%23", "w;x", "a:b", "f'g", 'q"q', "two\nlines", "tab\t", "a\\b",
    "p[1]", "k&l", "m+n", "y~=z", "a~23", "$o$", "Brücke ß", "裂缝", "e\u0301", " lead", "x" * 190,
    "裂" * 80,
)  # fmt: skip


def plain(name: str) -> bool:
    """Whether a URL and a file name take it as it is."""
    return re.search(r'[#?%\\:*"<>|;\x00-\x1f\x7f]', name) is None and len(name.encode()) <= 255


letters = st.characters(exclude_characters="/\x00", exclude_categories=["Cs"])


@given(st.lists(st.text(letters, min_size=1, max_size=120)))
@settings(deadline=None, max_examples=200)
def test_different_files_keep_different_names_that_a_server_takes(given_names: list[str]) -> None:
    found = {name: names.carried(name) for name in given_names}
    assert len(set(found.values())) == len(found)
    assert all(plain(name) for name in found.values())


@pytest.mark.parametrize("name", ["a b.png", "mine-p01.png", "Brücke (1).png", "y~=z", "裂缝.png", ".hidden", "a.b.c"])
def test_names_that_a_server_takes_stay(name: str) -> None:
    assert names.carried(name) == name


@given(st.lists(st.text(max_size=300), unique=True))
@settings(deadline=None, max_examples=200)
def test_different_keys_stay_different_in_one_call(given_names: list[str]) -> None:
    found = names.allowed_keys(given_names)
    assert len(set(found.values())) == len(given_names)
    assert all(re.fullmatch(r"[\w\-. :/]{1,250}", key) for key in found.values())


@pytest.mark.parametrize(
    ("name", "key"),
    [("input:../raw/x", "input:__/raw/x"), ("input:../../x", "input:__/__/x"), ("a/../b", "a/__/b"),
     ("recall (%)", "recall ___"), ("input:/abs/x", "input:/abs/x"), ("a...b", "a...b")],
)  # fmt: skip
def test_keys_keep_their_parts(name: str, key: str) -> None:
    assert names.allowed_key(name) == key


def test_a_folder_with_odd_names_is_handed_on_with_others_and_a_plain_one_is_itself(tmp_path: Path) -> None:
    (tmp_path / "set" / "in#side").mkdir(parents=True)
    (tmp_path / "set" / "in#side" / "a?.txt").write_text("a")
    (tmp_path / "set" / "b.txt").write_text("b")
    with names.carried_copy(tmp_path / "set") as found:
        texts = {path.relative_to(found).as_posix(): path.read_text() for path in found.rglob("*") if path.is_file()}
        assert found.name == "set" and texts == {"in~23side/a~3F.txt": "a", "b.txt": "b"}
    (tmp_path / "set" / "in#side" / "a?.txt").unlink()
    (tmp_path / "set" / "in#side").rmdir()
    with names.carried_copy(tmp_path / "set") as found:
        assert found == tmp_path / "set"


@pytest.fixture
def server(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    import shutil

    (tmp_path / "ws" / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "ws")
    shutil.copy(empty_store, tmp_path / "server.db")
    made = Server(f"sqlite:///{tmp_path}/server.db", tmp_path / "files")
    made.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.uri)
    yield made
    made.kill()


def read_back(store: Any, run: str, place: str, folder: Path) -> dict[str, str]:
    found = {}
    for each in store.list_artifacts(run, place):
        folder.mkdir(exist_ok=True)
        found[each.path] = Path(store.download_artifacts(run, each.path, str(folder))).read_text(encoding="utf-8")
    return found


@pytest.mark.slow
def test_a_server_keeps_every_file_under_a_name_of_its_own_and_gives_it_back(server: Server, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    odd = [name for name in ODD if len(f"{name}.png".encode()) <= 255]
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in odd:
        (folder / f"{name}.png").write_text(name)
    with tracking.run("label", "one", "study", {}, [], {}, [], Path("run.json"), 120) as run:
        for name in odd:
            run.figure(folder / f"{name}.png")
        run.artifact(folder)
    assert waiting(Path.cwd()) == []
    store = MlflowClient(server.uri)
    for place in ("figures", "pictures"):
        found = read_back(store, run.id, place, tmp_path / "back")
        assert sorted(found.values()) == sorted(odd)
        assert all(path == f"{place}/{names.carried(f'{text}.png')}" for path, text in found.items())
    pictures = re.findall(r"!\[(figures/[^\]]*)\]", store.get_run(run.id).data.tags["mlflow.note.content"])
    assert pictures and set(pictures) <= {each.path for each in store.list_artifacts(run.id, "figures")}
