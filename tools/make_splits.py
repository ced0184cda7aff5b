"""Make the manifests of published splits that ship with hairline: names and hashes, no pixel.

    python tools/make_splits.py data/raw --out src/hairline/splits

reads ``crack500``, ``cfd`` and ``deepcrack`` below the first folder and prints the SHA-256 that
``hairline.data.published_splits`` has to have for each. The CRACK500 split with disjoint photos is made of names alone:

1. Photos at most 60 s apart, by the time in their names, are one group (single linkage); all photos without a time
   (``IMG_2917`` …, whose numbers follow each other) are one more, which is for training.
2. The other groups come in the order of SHA-256 of ``crack500-disjoint-1:GROUP``, GROUP being the first photo.
3. In this order they go to test until it has 30 % of the crops, then to val until it has 10 %, then to train.
"""

import argparse
import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from hairline.data.capture_times import joined, taken
from hairline.data.layouts import cfd, crack500, deepcrack
from hairline.data.published_splits import Entry, text
from hairline.data.samples import RawSample
from hairline.gates.split_verification import entry
from hairline.io.threads import in_threads

SECONDS = 60
SHARES = {"test": 0.3, "val": 0.1}
DISJOINT = "crack500-disjoint-1"
CFD = cfd.Options(
    exclude=["042"],  # its mask belongs to another image
    val=["004", "009", "019", "039", "053", "062", "068"],
    test=[f"{number:03}" for number in range(73, 119)],
)


def main() -> None:
    """Write the manifests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    halves = crack500.Options({"traincrop": "train", "valcrop": "val"}, {}, [])
    sets: dict[str, Sequence[RawSample]] = {
        "crack500-1": crack500.read(args.root / "crack500", halves),
        "cfd-1": cfd.read(args.root / "cfd", CFD),
        "deepcrack-train-1": deepcrack.read(args.root / "deepcrack", deepcrack.Options({"train": "train"}, {}, [])),
    }
    for name, samples in sets.items():
        root = args.root / name.partition("-")[0]
        rows = in_threads(partial(entry, root=root), samples, name)
        packed(args.out / f"{name}.csv.gz", rows)
        if name == "crack500-1":
            ids = [row.id for row in rows]
            split_of = disjoint(ids)
            lines = "".join(f"{each},{split_of[each]}\n" for each in ids)
            (args.out / f"{DISJOINT}.csv").write_text(f"id,split\n{lines}", encoding="utf-8")
            print(f"{DISJOINT}.csv", hashlib.sha256((args.out / f"{DISJOINT}.csv").read_bytes()).hexdigest())


def packed(path: Path, rows: Iterable[Entry]) -> None:
    """Write a manifest, the same rows to the same bytes, and print its SHA-256."""
    content = text(sorted(rows, key=lambda row: row.id)).encode()
    path.write_bytes(gzip.compress(content, 9, mtime=0))
    print(path.name, hashlib.sha256(content).hexdigest())


def disjoint(ids: Iterable[str]) -> Mapping[str, str]:
    """Crop → split, by the rule above."""
    photo_of = {each: crack500.photo(each) for each in ids}
    group_of = joined(photo_of.values(), SECONDS)
    members = defaultdict[str, list[str]](list)
    for each, photo in photo_of.items():
        if taken(photo):
            members[group_of[photo]].append(each)
    split_of = dict.fromkeys(photo_of, "train")
    order = sorted(members, key=lambda group: hashlib.sha256(f"{DISJOINT}:{group}".encode()).digest())
    filled = dict.fromkeys(SHARES, 0)
    for group in order:
        split = next((each for each, share in SHARES.items() if filled[each] < share * len(photo_of)), None)
        if split:
            split_of |= dict.fromkeys(members[group], split)
            filled[split] += len(members[group])
    return split_of


if __name__ == "__main__":
    main()
