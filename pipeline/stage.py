"""How every stage starts and ends: its arguments, and one readable line for a user's mistake."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.errors import HairlineError
from hairline.io import system_errors, terminal
from hairline.io.scratch import scratch
from hairline.io.source import Source

NAMES = {
    "synthetic-set": "a key of synthetic_sets",
    "dataset": "a key of datasets",
    "classifier": "a key of classifiers",
    "label-set": "a key of label_sets; where segmenters learn from it also 'manual' and STUDY_tuned",
    "study": "a key of studies",
    "training-set": "a key of training_sets",
    "architecture": "a key of architectures",
    "test-set": "a data set whose test split is segmented",
    "known-as": "what the storage of the studies calls the study",
}
"""The names that stages are given, and what they are in the parameters."""


def arguments(doc: str | None, argv: Sequence[str] | None, *names: str) -> argparse.Namespace:
    """Parse ``--params`` (params.yaml) and the names that a stage is about, all of them required.

    Args:
        doc: The stage's docstring; becomes the help text.
        argv: Arguments, or None for those of the process.
        names: Keys of :data:`NAMES`.
    """
    parser = argparse.ArgumentParser(
        description=doc,
        epilog="What is read and written follows from the experiment and these names: src/hairline/config/paths.py.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="default: params.yaml")
    for name in names:
        parser.add_argument(f"--{name}", required=True, metavar="NAME", help=NAMES[name])
    return parser.parse_args(argv)


def opened(file: Path) -> tuple[Params, Paths]:
    """The parameters of an experiment, and where its files lie, seen from the current folder."""
    params = Params(file)
    return params, Paths(Path(), params.experiment)


def code_of(*modules: str) -> dict[str, str]:
    """The modules that results come from, with the hash of each: those that ``modules`` import, and they themselves."""
    source = Source()
    return {name: digest for module in modules for name, digest in source.closure(module).items()}


def run(main: Callable[[], None]) -> NoReturn:
    """Run a stage as a program: exit status 0, 1 with a message for what a person can mend, or 130 when interrupted.

    That is a user's mistake, what the file system refuses (no space, no right), or a lack of memory; other errors keep
    their traceback.
    """
    terminal.settle()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("hairline").setLevel(logging.INFO)
    try:
        with scratch():
            main()
    except HairlineError as error:
        print(f"\nhairline: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nhairline: interrupted; 'dvc repro' goes on from here", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        told = system_errors.told(error)
        if told is None:  # a bug, a connection, a library
            raise
        print(f"\nhairline: {told}", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)
