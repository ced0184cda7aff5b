r"""Differences of ODS between score tables of any experiments, paired image by image, as Markdown.

    python tools/differences.py "fused - alone" A/scores.parquet,B/scores.parquet C/scores.parquet,D/scores.parquet …

takes triples: a name, the score tables of one side (one a seed, with commas between), those of the other. Both sides
must have scored the same images. Prints ODS of the first minus ODS of the second, mean over seeds, with its interval
over parent photos (and seeds, where there are several) and p-values, as the comparison does (``differences.csv``).
"""

import argparse
from pathlib import Path

import pandas as pd

from hairline.errors import HairlineError
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.metrics.significance import Scored, compared


def main() -> None:
    """Print a row for every triple."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("triples", nargs="+", metavar="NAME ONE OTHER")
    parser.add_argument("--resamples", type=int, default=2000)
    given = parser.parse_args()
    if len(given.triples) % 3:
        raise HairlineError(f"{len(given.triples)} words; expected triples of a name and two lists of score tables")
    triples = list(zip(*[iter(given.triples)] * 3, strict=True))
    pairs = [(_side(f"{name}, first", one), _side(f"{name}, second", other)) for name, one, other in triples]
    found = compared(pairs, BootstrapOptions(given.resamples, 0.95, 1))
    print("| | images | ODS, first minus second | p (Holm) |\n| --- | --- | --- | --- |")
    for (name, _, _), row in zip(triples, found.to_dict("records"), strict=True):
        ends = f"[{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"
        print(f"| {name} | {row['images']} | {row['difference']:+.3f} {ends} | {row['p']:.2g} ({row['p_holm']:.2g}) |")


def _side(name: str, paths: str) -> Scored:
    return Scored(name, [pd.read_parquet(Path(path)) for path in paths.split(",")])


if __name__ == "__main__":
    main()
