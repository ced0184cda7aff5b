r"""Record on which images options were chosen that ship with a method, so that the ledger knows it (docs/ledger.md).

    python tools/record_choice.py multiscale_2027_01_15 --method multiscale --options chosen.json --masks \
        --by "python benchmarks/choose_defaults.py, commit 1a2b3c4" --when 2027-01-15 \
        --images crack500 data/EXPERIMENT/sets/crack500 ids.txt

writes ``src/hairline/labelling/choosers/multiscale_2027_01_15.json``. ``--images`` may be given several times: the
layout of the published set, a folder that the stage ``ingest`` wrote, and a file with an id a line. ``--options`` is a
JSON file with the options that were chosen, nested as in ``params.yaml`` or by dotted names. Any label set of the
method that has one of these values is signed as chosen on these images, so leave out what was not chosen; but name all
that was: a value that two choices came to is owed to the one with more of a label set's values, or else to the later.
``--used`` says how many of the images were used, where it is not known which.
"""

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from hairline.data.samples import load_image, read_samples
from hairline.errors import HairlineError
from hairline.gates import identities
from hairline.io.atomic import write_texts
from hairline.labelling import chosen_options
from hairline.labelling.chosen_options import Choice, ChosenOn


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the choice, which becomes the file's")
    parser.add_argument("--method", required=True, help="labelling method, or 'maskless'")
    parser.add_argument("--options", type=Path, help="JSON file of the options that were chosen")
    parser.add_argument("--masks", action="store_true", help="masks decided")
    parser.add_argument("--used", type=int, help="how many of the images were used (all)")
    parser.add_argument("--by", required=True, help="command and commit of the choice")
    parser.add_argument("--when", required=True, help="its date")
    parser.add_argument("--note", default="", help="how the list of images came about")
    parser.add_argument("--images", nargs=3, action="append", required=True, metavar=("LAYOUT", "FOLDER", "IDS"))
    parser.add_argument("--folder", type=Path, default=chosen_options.FOLDER)
    args = parser.parse_args()
    file = args.folder / f"{args.name}.json"
    if file.exists():
        raise HairlineError(f"{file}: is on record already, and a record never changes; choose another name")
    options = json.loads(args.options.read_text(encoding="utf-8")) if args.options else {}
    images = [found for layout, folder, ids in args.images for found in known(layout, Path(folder), Path(ids))]
    used = len(images) if args.used is None else args.used
    choice = Choice(args.name, args.method, dict(chosen_options.flat(options)), args.masks, used,
                    args.when, args.by, args.note, images)  # fmt: skip
    write_texts({file: chosen_options.as_text(choice)})
    print(f"{file}: {len(choice.options)} options, {len(images)} images")


def known(layout: str, folder: Path, ids: Path) -> list[ChosenOn]:
    """What the images of a canonical data set are known by.

    Raises:
        HairlineError: If the set has no image of a name.
    """
    wanted = ids.read_text(encoding="utf-8").split("\n")
    wanted = [name for name in wanted if name]
    groups = dict(zip(*(read_samples(folder)[column] for column in ("id", "group")), strict=True))
    missing = [name for name in wanted if name not in groups]
    if missing:
        raise HairlineError(f"{ids}: '{missing[0]}' and {len(missing) - 1} others are no ids of {folder}; correct them")
    found = []
    for name in tqdm(wanted, folder.name):
        identity = identities.of_image(load_image(folder, name))
        found.append(ChosenOn(layout, name, groups[name], identity["turned_sha256"], identity["strengths"].hex()))
    return found


if __name__ == "__main__":
    main()
