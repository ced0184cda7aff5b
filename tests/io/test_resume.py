import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hairline.errors import HairlineError
from hairline.io import resume

CODE = {"pipeline.train": "12"}
PARAMS: dict[str, object] = {"recipe": {"learning_rate": 0.001, "epochs": 3}, "seed": 0}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    (path / "a").write_text("1")
    return path


def test_folder_has_its_place_and_is_not_made(tmp_path: Path, data: Path) -> None:
    path = resume.folder(tmp_path, "train", PARAMS, [data], CODE)
    assert path.parent == tmp_path / "state" / "train"
    assert len(path.name) == 16 and int(path.name, 16) >= 0
    assert not path.exists()


def test_key_is_the_same_for_the_same_work(tmp_path: Path, data: Path) -> None:
    reordered = {"seed": 0, "recipe": {"epochs": 3, "learning_rate": 0.001}}
    moved = tmp_path / "moved"
    first = resume.folder(tmp_path, "train", PARAMS, [data], CODE)
    data.rename(moved)
    assert resume.folder(tmp_path, "train", reordered, [moved], CODE) == first


def test_changed_learning_rate_never_continues_old_work(tmp_path: Path, data: Path) -> None:
    changed = {**PARAMS, "recipe": {"learning_rate": 0.002, "epochs": 3}}
    with pytest.raises(KeyboardInterrupt), resume.resumable(tmp_path, "train", PARAMS, [data], CODE) as home:
        (home / "last.ckpt").write_text("half way")
        raise KeyboardInterrupt
    with resume.resumable(tmp_path, "train", changed, [data], CODE) as other:
        assert list(other.iterdir()) == []
    with resume.resumable(tmp_path, "train", PARAMS, [data], CODE) as again:
        assert (again / "last.ckpt").read_text() == "half way"


def test_changed_input_and_stage_give_other_folders(tmp_path: Path, data: Path) -> None:
    paths = {
        resume.folder(tmp_path, "train", PARAMS, [data], CODE),
        resume.folder(tmp_path, "tune", PARAMS, [data], CODE),
    }
    (data / "a").write_text("2")
    paths |= {
        resume.folder(tmp_path, "train", PARAMS, [data], CODE),
        resume.folder(tmp_path, "train", PARAMS, [], CODE),
    }
    assert len(paths) == 4


def test_changed_code_gives_another_folder(tmp_path: Path, data: Path) -> None:
    paths = {resume.folder(tmp_path, "train", PARAMS, [data], {"pipeline.train": rate}) for rate in ("12", "34")}
    assert len(paths) == 2


def test_missing_input_is_told(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match="absent: not found"):
        resume.folder(tmp_path, "train", PARAMS, [tmp_path / "absent"], CODE)


def test_success_leaves_nothing_behind(tmp_path: Path, data: Path) -> None:
    with resume.resumable(tmp_path, "train", PARAMS, [data], CODE) as home:
        (home / "last.ckpt").write_text("x")
    assert list(home.parent.iterdir()) == []


def test_two_at_the_same_work_do_not_meet(tmp_path: Path, data: Path) -> None:
    with resume.resumable(tmp_path, "train", PARAMS, [data], CODE) as first:
        with resume.resumable(tmp_path, "train", PARAMS, [data], CODE) as second:
            (second / "x").write_text("")
            assert list(first.iterdir()) == []
        assert first.is_dir() and not second.exists()
    assert list(first.parent.iterdir()) == []


def test_only_abandoned_folders_are_pruned(tmp_path: Path, data: Path) -> None:
    stage, long_ago = tmp_path / "state" / "train", time.time() - 15 * 24 * 3600
    for name, fresh_file in (("abandoned", False), ("in_use", True)):
        (stage / name).mkdir(parents=True)
        (stage / name / "last.ckpt").write_text("x")
        os.utime(stage / name, (long_ago, long_ago))
        if not fresh_file:
            os.utime(stage / name / "last.ckpt", (long_ago, long_ago))
    with resume.resumable(tmp_path, "train", PARAMS, [data], CODE):
        pass
    assert [path.name for path in stage.iterdir()] == ["in_use"]


def test_a_file_that_vanishes_while_it_is_looked_at_is_a_sign_of_life(tmp_path: Path, data: Path) -> None:
    live = tmp_path / "state" / "train" / "live"
    live.mkdir(parents=True)
    (live / ".partial.0.npz").symlink_to("renamed")  # it is listed, and there is nothing to look at
    os.utime(live, (0, 0))
    with resume.resumable(tmp_path, "train", PARAMS, [data], CODE):
        assert live.is_dir()


def test_a_folder_whose_owner_holds_its_lock_is_not_looked_into(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with resume.resumable(tmp_path, "train", {"seed": 1}, [data], CODE) as held:
        (held / ".partial.0.npz").symlink_to("renamed")
        os.utime(held, (0, 0))
        monkeypatch.setattr(os, "walk", lambda path: pytest.fail(f"looked into {path}"))
        with resume.resumable(tmp_path, "train", PARAMS, [data], CODE):
            assert held.is_dir()


def test_own_old_folder_is_not_pruned(tmp_path: Path, data: Path) -> None:
    home, long_ago = resume.folder(tmp_path, "train", PARAMS, [data], CODE), time.time() - 30 * 24 * 3600
    home.mkdir(parents=True)
    (home / "last.ckpt").write_text("x")
    for path in (home / "last.ckpt", home):
        os.utime(path, (long_ago, long_ago))
    with resume.resumable(tmp_path, "train", PARAMS, [data], CODE) as again:
        assert (again / "last.ckpt").is_file()


def test_work_that_was_killed_is_gone_on_with_and_its_forked_workers_hold_no_lock(tmp_path: Path, data: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from hairline.io import resume\n"
        "with resume.resumable(Path(sys.argv[1]), 'train', {}, [], {}) as home:\n"
        "    (home / 'last.ckpt').write_text('half way')\n"
        "    worker = os.fork()\n"
        "    worker or print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    try:
        (home,) = (path for path in (tmp_path / "state" / "train").iterdir() if path.is_dir())
        with pytest.MonkeyPatch.context():
            with pytest.raises(KeyboardInterrupt), resume.resumable(tmp_path, "train", {}, [], {}) as beside:
                assert beside == home.with_name(f"{home.name}-1")
                raise KeyboardInterrupt
            process.kill()
            process.wait()
            with resume.resumable(tmp_path, "train", {}, [], {}) as again:
                assert again == home and (again / "last.ckpt").read_text() == "half way"
    finally:
        os.kill(worker, signal.SIGKILL)
        process.kill()
        process.wait()
