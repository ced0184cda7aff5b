"""How ingestion and its gate grow with the number of images: seconds and memory at several sizes, against a plain loop.

    python benchmarks/ingest_validate.py 300 3000 [30000] [--folder /somewhere/large]

For each number it makes that many CRACK500-like crops (640 x 360, JPEG, with PNG masks), runs the stages ingest and
validate as processes of their own, and prints their wall time and peak memory. The reference, in the same run, is a
single-threaded loop that decodes and re-encodes the same files with Pillow and does nothing else.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from hairline.config import parameter_files, profiles, yaml_files

ROOT = Path(__file__).parents[1]
HEIGHT, WIDTH = 360, 640
REFERENCE = 200


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", default=[300, 3000])
    parser.add_argument("--folder", type=Path, default=None, help="where the images are made (a temporary folder)")
    args = parser.parse_args()
    print("| images | ingest s | validate s | together s | peak MiB ingest / validate | against a plain loop |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count in args.counts:
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            print(row(Path(name), count), flush=True)


def row(folder: Path, count: int) -> str:
    """One line of the table."""
    make(folder / "raw", count)
    plain = reference(folder / "raw") * count
    values = profiles.base_values(ROOT / "profiles")
    options = {"shares": {"train": 0.7, "val": 0.1, "test": 0.2}, "exclude": []}
    values["datasets"] = {"crops": {"layout": "folder", "root": str(folder / "raw"), "options": options}}
    for file, sections in parameter_files.split(values).items():
        (folder / file).write_text(yaml_files.dump(sections))
    ingest, validate = (run(stage, folder) for stage in ("ingest", "validate"))
    seconds = ingest[0] + validate[0]
    return (
        f"| {count} | {ingest[0]:.1f} | {validate[0]:.1f} | {seconds:.1f} | {ingest[1]:.0f} / {validate[1]:.0f} | "
        f"{seconds / plain:.2f} |"
    )


def make(folder: Path, count: int) -> None:
    """Noise over a few coarse textures, each picture different, with a dark crack."""
    rng = np.random.default_rng(1)
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for number in range(count):
        coarse = rng.integers(110, 190, (12, 20, 3), np.uint8)
        image = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        noise = rng.integers(-14, 15, (HEIGHT, WIDTH, 1), np.int8)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        steps = np.cumsum(rng.integers(-25, 26, 17)) + int(rng.integers(80, 280))
        line = np.stack([np.arange(17) * 40, steps], axis=1).astype(np.int32)
        cv2.polylines(mask, [line], False, 255, int(rng.integers(3, 9)))
        image = np.clip(image.astype(np.int16) + noise - (mask[..., None] // 3), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / f"{number:06d}.jpg"), image)
        cv2.imwrite(str(folder / "masks" / f"{number:06d}.png"), mask)


def reference(folder: Path) -> float:
    """Seconds a pair of a plain loop: decode with Pillow, encode as PNG with Pillow's defaults, decode again."""
    images = sorted((folder / "images").iterdir())[:REFERENCE]
    target = folder / "copy.png"
    start = time.perf_counter()
    for path in images:
        for source in (path, folder / "masks" / f"{path.stem}.png"):
            with Image.open(source) as file:
                file.convert("RGB" if source is path else "L").save(target)
            with Image.open(target) as file:
                np.asarray(file)
    seconds = (time.perf_counter() - start) / len(images)
    target.unlink()
    return seconds


def run(stage: str, folder: Path) -> tuple[float, float]:
    """Wall seconds and peak MiB of a stage that runs in a folder."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", f"pipeline.{stage}", "--dataset", "crops"], cwd=folder, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stderr is not None
    told = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(told)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
