"""The GPU's script on the CPU with tiny pictures, so that a slip costs no minute of a GPU."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SECTIONS = ["correctness", "labels", "training", "large", "real"]


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, BENCHMARKS / script, *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def dry(tmp_path_factory):
    path = tmp_path_factory.mktemp("dry") / "gpu.json"
    ended = run("gpu.py", "--dry", "--out", path, "--commit", "abc")
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return path


@pytest.mark.slow
def test_the_dry_run_measures_everything(dry):
    found = json.loads(dry.read_text())
    assert (found["dry"], found["commit"], found["machine"]["gpu"]) == (True, "abc", None)
    assert list(found["sections"]) == SECTIONS
    for name, section in found["sections"].items():
        assert (section["errors"], section["skipped"]) == ({}, []), name
        assert section["results"], name
    results = {name: section["results"] for name, section in found["sections"].items()}
    assert results["correctness"]["multi-Otsu"]["windows_apart"] == 0
    assert results["correctness"]["multi-Otsu"]["pixels_apart"] == 0
    assert results["correctness"]["resume"]["equal"]
    assert results["correctness"]["evidence, 32, group"]["votes"] < 1e-5
    networks = {name.partition(":")[0] for name in results["training"]}
    assert networks == {"classifier", "unet", "deepcrack_liu", "deepcrack_zou", "oed"}
    assert 0 <= results["real"]["U-Net on masks"]["ods"] <= 1


@pytest.mark.slow
def test_tables_stand_between_their_markers(dry, tmp_path):
    page = tmp_path / "speed.md"
    page.write_text("before\n\n<!-- gpu tables: begin -->\nSTALE\n<!-- gpu tables: end -->\n\nafter\n")
    assert run("gpu_table.py", dry, "--into", page).returncode == 0
    text = page.read_text()
    assert text.startswith("before\n\n<!-- gpu tables: begin -->\n\n### no GPU: figures of the CPU")
    assert text.endswith("<!-- gpu tables: end -->\n\nafter\n")
    assert "STALE" not in text and "| U-Net on masks |" in text and "| oed |" in text
    assert run("gpu_table.py", dry, "--into", page).returncode == 0
    assert page.read_text() == text


def measured(sections, **more):
    """What the script writes, with these sections."""
    versions = dict.fromkeys(("python", "torch", "triton", "timm", "numpy"), "1")
    machine = {"gpu": "Card", "gpu_gib": 80.0, "cpu": "a CPU, 2 of 2 cores"}
    head = {"machine": machine, "versions": versions, "commit": "abc", "dry": False, "date": "2026-01-01"}
    return json.dumps({**head, "seconds": 9.0, "images": "CRACK500", "sections": sections, **more})


def test_tables_tell_what_failed_and_what_was_left_out(tmp_path):
    section = {"results": {}, "errors": {"oed": "OutOfMemoryError: CUDA"}, "skipped": ["unet"], "seconds": 1.0}
    path = tmp_path / "gpu.json"
    path.write_text(measured({"training": {**section, "under_way": "deepcrack_zou: engine"}}, gave_up=True))
    told = run("gpu_table.py", path).stdout
    assert "Failed: oed: OutOfMemoryError: CUDA" in told
    assert "No time was left for unet." in told
    assert "Did not end: deepcrack_zou: engine." in told
    assert "given up" in told


def test_a_page_without_markers_is_refused(tmp_path):
    page, path = tmp_path / "speed.md", tmp_path / "gpu.json"
    page.write_text("nothing")
    path.write_text(measured({}))
    ended = run("gpu_table.py", path, "--into", page)
    assert ended.returncode == 1 and "expected a line" in ended.stderr
    assert page.read_text() == "nothing"


def test_a_pack_holds_no_more_than_it_may(tmp_path):
    source, pack = tmp_path / "crack500", tmp_path / "pack"
    noise = np.random.default_rng(0)
    for split, folder in (("train", "traincrop"), ("val", "valcrop")):
        (source / folder).mkdir(parents=True)
        lines = []
        for number in range(8):
            image = noise.integers(0, 256, (60, 80, 3), dtype=np.uint8)
            cv2.imwrite(str(source / folder / f"{number}.png"), image)
            cv2.imwrite(str(source / folder / f"{number}-mask.png"), image[..., 0])
            lines.append(f"{folder}/{number}.png {folder}/{number}-mask.png")
        (source / f"{split}.txt").write_text("\n".join(lines))
    assert run("gpu_pack.py", source, pack, "--megabytes", 0.1).returncode == 0
    files = list(pack.rglob("*.png"))
    assert 50_000 < sum(path.stat().st_size for path in files) <= 100_000
    for split in ("train", "val"):
        pairs = [line.split() for line in (pack / f"{split}.txt").read_text().splitlines()]
        assert pairs
        for name in (place for pair in pairs for place in pair):
            assert (pack / name).read_bytes() == (source / name).read_bytes()
