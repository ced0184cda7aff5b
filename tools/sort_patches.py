"""Play the inspection engineer: sort patches of CRACK500's training crops into crack/ and no_crack/, and keep no mask.

    python tools/sort_patches.py data/raw/crack500 --out data/raw

writes ``crack500_patches/{crack,no_crack}/NAME_Y_X.png`` (every patch of the grid that shows a crack, and as many of
the others, evenly spaced) and ``crack500_photos/images/NAME.jpg`` (the same crops whole). A patch shows a crack if any
of its mask pixels is one, which is what a person would see; the masks are used here and nowhere after.
"""

import argparse
import shutil
from pathlib import Path

from tqdm import tqdm

from hairline.data.layouts import crack500
from hairline.data.patch_index import crack_flags
from hairline.data.samples import evenly
from hairline.imaging.images import read_image, write_image
from hairline.imaging.windows import PatchGrid
from hairline.io.atomic import whole_folder


def main() -> None:
    """Sort the patches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="CRACK500 as published")
    parser.add_argument("--out", type=Path, required=True, help="where the two folders are made")
    parser.add_argument("--window", type=int, default=128, help="side of a patch in pixels (128)")
    args = parser.parse_args()
    options = crack500.Options({"traincrop": "train"}, {}, [])
    with (
        whole_folder(args.out / "crack500_patches") as patches,
        whole_folder(args.out / "crack500_photos") as photos,
    ):
        (photos / "images").mkdir()
        for sample in tqdm(crack500.read(args.root, options), "sort"):
            shutil.copyfile(sample.image, photos / "images" / sample.image.name)
            assert sample.mask is not None
            image, mask = read_image(sample.image), sample.read_mask(sample.mask).crack
            height, width = mask.shape
            grid = PatchGrid(height, width, args.window, args.window)
            flags = crack_flags(mask, args.window, args.window).ravel()
            whole = [
                i for i, (y, x) in enumerate(grid.origins()) if y + args.window <= height and x + args.window <= width
            ]
            crack = [i for i in whole if flags[i]]
            empty = [i for i in whole if not flags[i]]
            for kind, chosen in (("crack", crack), ("no_crack", [empty[i] for i in evenly(len(empty), len(crack))])):
                for y, x in grid.origins()[chosen].tolist():
                    patch = image[y : y + args.window, x : x + args.window]
                    write_image(patches / kind / f"{sample.id}_{y}_{x}.png", patch)


if __name__ == "__main__":
    main()
