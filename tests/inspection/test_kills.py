"""kill -9 just before any of the files of an inspection takes its place: what is there is whole, and gone on with."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
from support import known_cracks

from hairline.imaging.images import write_mask
from hairline.inspection.measuring import stored

WORK = """
import os, shutil, signal, sys
from pathlib import Path
import jinja2, pandas, pyarrow.parquet
from hairline.config import width_bands
from hairline.inspection import outputs, photos, shown
from hairline.inspection.measuring import folder, scaling
from hairline.inspection.measuring.options import Options

root, place = Path(sys.argv[1]), os.replace

def inspect(out):
    found, _ = photos.find([root / "m"], out)
    scales = scaling.Scales(scaling.Asked(mm_per_px=0.5), False)
    jobs, _ = scaling.jobs(found, folder.names(found, out), None, out, scales)
    bands = width_bands.read()
    folder.measure_all(jobs, out, Options(), bands, 1, print)
    shown.write(out, bands, outputs.Wanted(coco=True, geojson=True))

def killed(out, number):
    left = number
    def replace(source, target):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        place(source, target)
    child = os.fork()  # of a process that has no threads yet
    if child == 0:
        os.replace = replace
        try:
            inspect(out)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

number = 0
while (ended := killed(root / f"out{number}", number)) == (0 if not number else -signal.SIGKILL):
    if number:
        shutil.copytree(root / f"out{number}", root / f"left{number}")
        if killed(root / f"out{number}", 0):
            sys.exit(f"could not be gone on with after {number}")
    number += 1
print(number - 1 if ended == 0 else ended)
"""


def content(path: Path) -> object:
    """What a file of an inspection holds; fails where it is cut short."""
    if path.suffix == ".npz":
        measured, key = stored.read(path)
        return key, [crack.length_px for crack in measured.cracks]
    if path.suffix in (".csv", ".parquet"):
        return (pd.read_csv if path.suffix == ".csv" else pd.read_parquet)(path).to_dict("list").__repr__()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        assert text.rstrip().endswith("</html>")
        return text
    return json.dumps(json.loads(text))


def contents(folder: Path) -> dict[str, object]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".partial" not in path.name]
    return {path.relative_to(folder).as_posix(): content(path) for path in files}


def test_nothing_is_half_written_and_a_second_call_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    write_mask(tmp_path / "m/a.png", known_cracks.straight(5, 60, 20) >= 0.5)
    done = subprocess.run([sys.executable, "-c", WORK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    kills, whole = int(done.stdout), contents(tmp_path / "out0")
    assert {"cracks.csv", "cracks.parquet", "photos.csv", "coco.json", "cracks_px.geojson", "index.html"} < set(whole)
    assert kills >= len(whole)
    for number in range(1, kills + 1):
        left = contents(tmp_path / f"left{number}")
        assert set(left) < set(whole) and all(whole[name] == held for name, held in left.items())
        assert contents(tmp_path / f"out{number}") == whole
        assert not [path for path in (tmp_path / f"out{number}").rglob("*") if ".partial" in path.name]
