r"""How evidence and labels grow with the image: seconds and peak memory at several sizes, each in a fresh process.

    python benchmarks/labelling_growth.py 0.2 1 4 16 64 --classifier models/crack500-cpu/classifiers/lite0

Sizes are megapixels. The image is a generated crop of 640 x 360, repeated; options are those of a profile. Every part
reads the image from its PNG file and writes what its stage writes: the evidence's archive, the label's PNG file. Peaks
are those of whole processes, libraries and weights included.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hairline.config import profiles
from hairline.config.params import Localize, Params
from hairline.data import synthetic
from hairline.imaging import images
from hairline.io import plugins
from hairline.labelling.localization import Evidence

ROOT = Path(__file__).parents[1]
PARTS = ("evidence", "konig", "multiscale")


def main() -> None:
    """Run the benchmark, or one part of it in the process made for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megapixels", type=float, nargs="*", default=[0.2, 1, 4, 16, 64])
    parser.add_argument(
        "--classifier", type=Path, default=None, help="folder of a trained one; else a random ResNet-18"
    )
    parser.add_argument("--profile", default="crack500-cpu")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=Path, default=None, help="where files are made and kept (a temporary folder)")
    parser.add_argument("--part", choices=PARTS, default=None, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        seconds = run_part(args.part, args.folder, args.classifier, args.threads)
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print("| megapixels | windows | " + " | ".join(f"{part} s | MiB" for part in PARTS) + " |")
    print("| --- " * (2 + 2 * len(PARTS)) + "|")
    with tempfile.TemporaryDirectory() as temporary:
        for size in args.megapixels:
            print(row(args, size, args.folder or Path(temporary)), flush=True)


def row(args: argparse.Namespace, megapixels: float, parent: Path) -> str:
    """One line of the table."""
    folder = parent / f"{megapixels:g}"
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in profiles.render(ROOT / "profiles", args.profile).items():
        (folder / file).write_text(text)
    images.write_image(folder / "image.png", picture(megapixels))
    found = [apart(part, folder, args) for part in PARTS]
    votes = Evidence.load(folder / "evidence.npz").votes
    cells = " | ".join(f"{seconds:.1f} | {peak:.0f}" for seconds, peak in found)
    return f"| {megapixels:g} | {sum(one.probabilities.size for one in votes)} | {cells} |"


def picture(megapixels: float) -> np.ndarray:
    """A generated crop, repeated up to a size of 16 : 9, RGB uint8."""
    crop, _ = synthetic.make(synthetic.Options(3, 1, 0, 0, 360, 640, 0), "train", 0)
    height = round(math.sqrt(megapixels * 1e6 * 9 / 16))
    width = round(megapixels * 1e6 / height)
    repeated = np.tile(crop, (-(-height // 360), -(-width // 640), 1))
    return np.ascontiguousarray(repeated[:height, :width])


def apart(part: str, folder: Path, args: argparse.Namespace) -> tuple[float, float]:
    """Seconds and peak MiB of a part in a process of its own; its start is in the memory, not in the seconds."""
    command = [sys.executable, str(Path(__file__).resolve()), "--part", part, "--folder", str(folder)]
    command += ["--threads", str(args.threads)]
    command += ["--classifier", str(args.classifier.resolve())] if args.classifier else []
    told = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    if told.returncode:
        sys.exit(told.stderr)
    seconds, peak = told.stdout.split()[-2:]
    return float(seconds), float(peak)


def run_part(part: str, folder: Path, classifier: Path | None, threads: int) -> float:
    """Seconds of what a stage does with one image."""
    params = Params(folder / "params.yaml")
    if part == "evidence":
        return collect(params.localize, folder, classifier, threads)
    chosen = params.label_set(part)
    method = plugins.resolve("hairline.labelling.methods", chosen.method)
    start = time.perf_counter()
    image = images.read_image(folder / "image.png")
    scores = method.label(image, Evidence.load(folder / "evidence.npz"), chosen.options)
    images.write_scores(folder / f"{part}.png", scores)
    return time.perf_counter() - start


def collect(options: Localize, folder: Path, classifier: Path | None, threads: int) -> float:
    """Seconds of what stage localize does with one image, in 32 bit on the processor; labels are made without torch."""
    import torch

    from hairline.nn.classifier import backbones, evidence, folding
    from hairline.nn.runtime import device
    from hairline.nn.runtime.recipes import ALONE, Runtime

    torch.set_num_threads(threads)
    network = backbones.load(classifier)[0] if classifier else backbones.build("resnet18", "none")[0]
    network, placement = folding.folded(network), device.resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))
    start = time.perf_counter()
    image = images.read_image(folder / "image.png")
    found = evidence.collect(
        network, image, options.vote_windows_px, options.vote_stride_px, options.cam_scales, options.tile_px,
        options.batch, placement,
    )  # fmt: skip
    found.save(folder / "evidence.npz")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
