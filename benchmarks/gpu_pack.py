r"""A pack of real images for `benchmarks/gpu.py`: crops of CRACK500 with their masks as they are, and no more of them.

    python benchmarks/gpu_pack.py data/found/crack500 gpu-pack --megabytes 60

Crops are taken evenly spaced from `train.txt` and `val.txt`, three of training for one of validation, as long as they
fit. The pack has the layout of the set: two lists and two folders. It belongs beside a checkout, never into Git.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

LISTS = ("train", "val")
TRAIN_SHARE = 0.75
MEGABYTE = 1_000_000

Pair = tuple[str, str]
"""Image and mask as a list names them."""


def main(argv: Sequence[str] | None = None) -> None:
    """Copy what fits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crack500", type=Path, help="folder with train.txt, val.txt, traincrop/ and valcrop/")
    parser.add_argument("pack", type=Path, help="folder to make; must not be there")
    parser.add_argument("--megabytes", type=float, default=60.0)
    args = parser.parse_args(argv)
    args.pack.mkdir(parents=True)
    for name, share in zip(LISTS, (TRAIN_SHARE, 1 - TRAIN_SHARE), strict=True):
        pairs = listed(args.crack500, name)
        chosen = fitting(args.crack500, pairs, share * args.megabytes * MEGABYTE)
        for file in (place for pair in chosen for place in pair):
            (args.pack / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(args.crack500 / file, args.pack / file)
        lines = [f"{image} {mask}\n" for image, mask in chosen]
        (args.pack / f"{name}.txt").write_text("".join(lines))
        print(f"{name}: {len(chosen)} of {len(pairs)} crops")


def listed(folder: Path, name: str) -> list[Pair]:
    """The pairs of a list that are there, by name."""
    lines = [line.split() for line in (folder / f"{name}.txt").read_text().splitlines() if line.strip()]
    return sorted((image, mask) for image, mask in lines if (folder / image).is_file() and (folder / mask).is_file())


def fitting(folder: Path, pairs: Sequence[Pair], limit: float) -> list[Pair]:
    """As many evenly spaced pairs as stay below some bytes."""
    sizes = [sum((folder / file).stat().st_size for file in pair) for pair in pairs]
    for count in range(len(pairs), 0, -1):
        chosen = [index * len(pairs) // count for index in range(count)]
        if sum(sizes[index] for index in chosen) <= limit:
            return [pairs[index] for index in chosen]
    return []


if __name__ == "__main__":
    main()
