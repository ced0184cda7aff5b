r"""Differences of ODS between score tables of any experiments, paired image by image, as Markdown.

    python tools/differences.py "fused - alone" A/scores.parquet,B/scores.parquet C/scores.parquet,D/scores.parquet …

takes triples: a name, the score tables of one side (one a seed, with commas between), those of the other. Both sides
must have scored the same images. Prints ODS of the first minus ODS of the second, mean over seeds, with its interval
over parent photos (and seeds, where there are several) and p-values, as the comparison does (``differences.csv``).
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hairline.errors import HairlineError
from hairline.io import terminal
from hairline.io.artefacts import read_parquet
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.metrics.significance import Scored, compared
from hairline.reporting.results import NARROW


def main(argv: Sequence[str] | None = None) -> None:
    """Print a row for every triple.

    Raises:
        HairlineError: If the words are no triples, or a table is no score table or of other images than its partner.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("triples", nargs="+", metavar="NAME ONE OTHER")
    parser.add_argument("--resamples", type=int, default=2000)
    given = parser.parse_args(argv)
    if len(given.triples) % 3:
        raise HairlineError(
            f"{len(given.triples)} words; expected triples of a name and two lists of score tables, those of a list "
            "with commas and no blanks between; add what is missing"
        )
    triples = list(zip(*[iter(given.triples)] * 3, strict=True))
    pairs = [(_side(f"{name}, first", one), _side(f"{name}, second", other)) for name, one, other in triples]
    found = compared(pairs, BootstrapOptions(given.resamples, 0.95, 1))
    print("| | images | ODS, first minus second | p (Holm) |\n| --- | --- | --- | --- |")
    for (name, _, _), row in zip(triples, found.to_dict("records"), strict=True):
        print(f"| {name} | {row['images']} | {row['difference']:+.3f}{_sureness(row)} |")


def _sureness(row: Mapping[Any, Any]) -> str:
    """The interval and the cell of p-values; in their place why there are none."""
    if row["unsure"]:
        return f" | {row['unsure']}"
    ends = f"[{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"
    return f" {ends} | {row['p']:.2g} ({row['p_holm']:.2g})"


def _side(name: str, paths: str) -> Scored:
    maker = "the stage evaluate_segmenter or score_labels"
    return Scored(name, [read_parquet(Path(path), NARROW, maker) for path in paths.split(",")])


if __name__ == "__main__":
    try:
        with terminal.as_long_as_read():
            main()
    except HairlineError as error:
        sys.exit(f"differences: {error}")
