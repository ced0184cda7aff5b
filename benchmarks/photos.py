"""What `hairline predict` takes for photos of 12, 64 and 400 megapixels: seconds, megapixels a second, peak memory.

    python benchmarks/photos.py crack500/traincrop crack500/valcrop cfd/image deepcrack/train_img --out SCRATCH
        [--sizes 12 64 400] [--geotiff]

Photos are made of different real ones side by side, none twice, enlarged a little where there are too few (400
megapixels take all 1,357 of these folders, at 640 x 461); every prediction runs in a process of its own, whose
peak is the kernel's count of the process itself (VmHWM, read while it runs). The table goes to standard output, the
numbers to SCRATCH/photos.json.
"""

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

MB = 1e6
CELL = 640, 360


def main() -> None:
    """Make the photos that are not there yet, predict each, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path, nargs="+", help="folders of photos, .jpg")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--sizes", type=int, nargs="+", default=[12, 64, 400], help="megapixels")
    parser.add_argument("--geotiff", action="store_true", help="the largest as GeoTIFF in UTM 33N too")
    parser.add_argument("--model", default="shipped")
    parser.add_argument("--options", default="", help="further options of hairline predict")
    args = parser.parse_args()
    sources = [file for folder in args.photos for file in sorted(folder.glob("*.jpg"))]
    files = [made(sources, size, args.out / f"{size}mp.jpg") for size in args.sizes]
    if args.geotiff:
        files.append(made(sources, max(args.sizes), args.out / f"{max(args.sizes)}mp.tif"))
    rows = [measured(file, args.model, args.options.split()) for file in files]
    (args.out / "photos.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print("| photo | megapixels | seconds | megapixels a second | processor seconds | peak MB |\n"
          "| --- | --- | --- | --- | --- | --- |")  # fmt: skip
    for row in rows:
        speed = row["megapixels"] / row["seconds"]
        print(f"| {row['photo']} | {row['megapixels']:.0f} | {row['seconds']:.0f} | {speed:.2f} | "
              f"{row['cpu_seconds']:.0f} | {row['peak_mb']:.0f} |")  # fmt: skip


def made(sources: list[Path], megapixels: int, target: Path) -> Path:
    """A photo of so many megapixels of photos side by side, each once; made unless it is there."""
    if target.exists():
        return target
    across = max(round(math.sqrt(megapixels * MB) / CELL[0]), 1)
    down = min(max(round(megapixels * MB / (across * CELL[0] * CELL[1])), 1), len(sources) // across)
    width, height = CELL[0], round(megapixels * MB / (across * CELL[0] * down))
    mosaic = np.empty((down * height, across * width, 3), np.uint8)
    for number, source in enumerate(sources[: across * down]):
        row, column = divmod(number, across)
        with Image.open(source) as photo:
            part: NDArray[np.uint8] = np.asarray(ImageOps.fit(photo.convert("RGB"), (width, height)))
        mosaic[row * height : (row + 1) * height, column * width : (column + 1) * width] = part
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".jpg":
        Image.fromarray(mosaic).save(target, quality=92)
    else:
        on_map(mosaic, target)
    return target


def on_map(mosaic: NDArray[np.uint8], target: Path) -> None:
    """Write a GeoTIFF of pixels of 1 mm in UTM zone 33N."""
    import rasterio
    from rasterio.transform import from_origin

    height, width = mosaic.shape[:2]
    with rasterio.open(
        target, "w", driver="GTiff", height=height, width=width, count=3, dtype="uint8", crs="EPSG:32633",
        transform=from_origin(400_000, 5_000_000, 0.001, 0.001), tiled=True, compress="jpeg", photometric="ycbcr",
        blockxsize=512, blockysize=512,
    ) as file:  # fmt: skip
        for band in range(3):
            file.write(mosaic[..., band], band + 1)


def peak_kb(process: int) -> int:
    """The most memory that a running process has had, KiB; 0 once it has ended. ru_maxrss counts its parent's."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", told)
    return int(found[1]) if found else 0


def measured(photo: Path, model: str, options: list[str]) -> dict[str, object]:
    """Predict a photo in a process of its own."""
    out = photo.parent / f"found-{photo.stem}-{photo.suffix[1:]}"
    shutil.rmtree(out, ignore_errors=True)
    code = "from hairline.cli.app import main; main()"
    command = [sys.executable, "-c", code, "predict", str(photo), "--model", model, "--out", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen([*command, *options])
    peak, (ended, status, used) = 0, os.wait4(process.pid, os.WNOHANG)
    while not ended:
        peak = max(peak, peak_kb(process.pid))
        time.sleep(0.05)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{photo}: hairline predict ended with {os.waitstatus_to_exitcode(status)}")
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(photo) as file:
        pixels = file.width * file.height
    row = {"photo": photo.name, "megapixels": pixels / MB, "seconds": seconds, "peak_mb": peak * 1024 / MB}
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    return {**row, "cpu_seconds": used.ru_utime + used.ru_stime, "threads": threads, "options": options}


if __name__ == "__main__":
    main()
