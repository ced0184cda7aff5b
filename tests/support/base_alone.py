"""Runs commands of hairline in one process as where its base alone is installed: no library of an extra."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOTS = [str(Path(__file__).parents[2] / "src"), str(Path(__file__).parents[1])]


@dataclass(frozen=True)
class Done:
    """What a command printed, and how it ended; or what code of Python raised."""

    status: int
    out: str
    err: str


class Absent(MetaPathFinder):
    """Finds nothing, in the words of Python, for the libraries that extras bring."""

    def __init__(self, libraries: set[str]) -> None:
        self._libraries = libraries

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse a library."""
        if fullname.partition(".")[0] in self._libraries:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)
        return None


def run(folder: Path, *commands: Sequence[str]) -> list[Done]:
    """Run commands one after another.

    Args:
        folder: Where.
        commands: Words of each, without 'hairline'; or 'python' and code, whose exceptions come back as ``err``.
    """
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(ROOTS), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, __file__, json.dumps(commands)], cwd=folder, env=env, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [Done(*each) for each in json.loads(done.stdout)]


def _one(words: Sequence[str]) -> Done:
    from hairline.cli.app import main

    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        sys.argv = ["hairline", *words]
        try:
            if words[0] == "python":
                exec(words[1], {})
            else:
                main()
        except SystemExit as end:
            status = int(end.code or 0)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=err)
            status = 2
    return Done(status, out.getvalue(), err.getvalue())


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file
    from hairline.io.extras import BRINGS

    sys.meta_path.insert(0, Absent({library for libraries in BRINGS.values() for library in libraries}))
    found = [_one(words) for words in json.loads(sys.argv[1])]
    json.dump([[each.status, each.out, each.err] for each in found], sys.stdout)
