"""How every stage starts and ends: its arguments, and one readable line for a user's mistake."""

import argparse
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.engine.engine import Engine, Terms
from hairline.errors import HairlineError
from hairline.io import resume, system_errors, terminal
from hairline.io.atomic import whole_folder
from hairline.io.hashing import listing_hash, workspace_root
from hairline.io.scratch import scratch
from hairline.io.source import Source

Item = TypeVar("Item")
Result = TypeVar("Result")

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


@contextmanager
def grown(
    engine: Engine, target: Path, name: str, decisive: Mapping[str, object], inputs: Sequence[Path], *modules: str
) -> Iterator[tuple[Path, Path | None]]:
    """A folder that many tasks write an output into; it takes the target's place when the block ends without error.

    Args:
        engine: Where the tasks run. On this machine the folder is a temporary one; of tasks elsewhere it lies in
            ``state/``, so that a later run goes on after those that are finished.
        target: The output.
        name: Of the work.
        decisive: Parameters that the result depends on.
        inputs: Files and folders that it depends on, known by names, sizes and times.
        modules: Modules that it comes from.

    Returns:
        The folder, and another for what finished chunks came to (None on this machine).
    """
    if not engine.remote:
        with whole_folder(target) as folder:
            yield folder, None
        return
    known = {"decisive": dict(decisive), "inputs": {path.as_posix(): listing_hash(path) for path in inputs}}
    with resume.resumable(workspace_root(Path.cwd()), name, known, [], code_of(*modules)) as home:
        files, chunks = home / "files", home / "chunks"
        for folder in (files, chunks):
            folder.mkdir(exist_ok=True)
        yield files, chunks
        with whole_folder(target) as folder:
            _take(files, folder)


def _take(files: Path, folder: Path) -> None:
    """Have the files of one folder in another as well, without a copy where the file system can."""
    for file in sorted(path for path in files.rglob("*") if path.is_file()):
        place = folder / file.relative_to(files)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, place)
        except OSError:
            shutil.copyfile(file, place)


class Each:
    """Applies work to every item on an engine, in order, a call after the other."""

    def __init__(self, engine: Engine, doing: str, named: Callable[[Any], str] = str, kept: Path | None = None) -> None:
        """Work on an engine.

        Args:
            engine: The engine.
            doing: What stands beside the progress bar; empty for none.
            named: What an item is called.
            kept: Folder for finished chunks.
        """
        self._engine, self._doing, self._named, self._kept, self._calls = engine, doing, named, kept, 0

    def __call__(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """The results, in order of the items."""
        kept = self._kept / str(self._calls) if self._kept else None
        self._calls += 1
        return list(self._engine.map(work, items, Terms(self._doing, self._named, kept)))


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
        _stop(str(error))
    except KeyboardInterrupt:
        print("\nhairline: interrupted; 'dvc repro' goes on from here", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        told = system_errors.told(error)
        if told is None:  # a bug, a connection, a library
            raise
        _stop(told)
    sys.exit(0)


def _stop(error: str) -> NoReturn:
    from hairline.tracking import stopping  # of no use to a stage that ends well

    print(f"\nhairline: {error}", file=sys.stderr)
    stopping.tell(error)
    sys.exit(1)
