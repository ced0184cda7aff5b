r"""What the rule for spurs leaves of real masks: branches, junctions and length by its factor.

    python benchmarks/widths_spurs.py CRACK500/traincrop --images 40

The masks are those of PNG files; a factor of 0 prunes what is no longer than 2 px.
"""

import argparse
from pathlib import Path

from hairline.imaging.images import read_mask
from hairline.inspection.measuring.measure import measure
from hairline.inspection.measuring.options import Options

FACTORS = (0.0, 1.0, 1.5, 2.0, 3.0)


def main() -> None:
    """Measure PNG masks below a folder, every so many in the order of names, at every factor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=40)
    args = parser.parse_args()
    files = sorted(args.folder.rglob("*.png"))
    masks = [read_mask(file) for file in files[:: max(1, len(files) // args.images)][: args.images]]
    print("factor branches junctions length_px")
    for factor in FACTORS:
        cracks = [crack for mask in masks for crack in measure(mask, options=Options(spur=factor)).cracks]
        branches, junctions = sum(len(each.branches) for each in cracks), sum(each.junctions for each in cracks)
        print(f"{factor:6g} {branches:8d} {junctions:9d} {sum(each.length_px for each in cracks):9.0f}")


if __name__ == "__main__":
    main()
