"""Parameter files as people and machines spoil them: one sentence that names the file, at once, whatever they hold."""

import sys

import pytest
from support import seen

from hairline.cli import app
from hairline.config import parameter_files

FILES = list(parameter_files.FILES)
ALIASES = "\n".join(
    ["bomb:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
)
WHOLE = {
    "empty": b"",
    "blank lines": b"\n\n\n",
    "a comment alone": b"# nothing\n",
    "a list": b"- experiment\n- tiny\n",
    "a word": b"experiment\n",
    "a number": b"7\n",
    "random bytes": bytes(range(128, 256)) * 30,
    "NUL bytes": bytes(500),
    "UTF-16": "experiment: tiny\n".encode("utf-16"),
    "Latin-1": "experiment: Br\u00fccke\n".encode("latin-1"),
    "JSON that is cut": b'{"experiment": "tiny", ',
    "two documents": b"experiment: tiny\n---\nexperiment: other\n",
    "a bracket that never closes": b"experiment: [tiny\n",
    "100,000 brackets": b"experiment: " + b"[" * 100_000,
    "100,000 levels": b"".join(b" " * n + b"a:\n" for n in range(3000)),
    "a quote that never closes": b"experiment: 'tiny\n",
}
ADDED = {
    "a tab": "\n\tx: 1\n",
    "aliases that multiply": "\n" + ALIASES + "\n",
    "a list that holds itself": "\nloop: &loop [*loop]\n",
    "an alias of nothing": "\nx: *nothing\n",
    "a Python object": "\nx: !!python/object/apply:os.system ['touch told.txt']\n",
    "a tag": "\nx: !unknown 1\n",
    "an unknown section": "\nsurely_unknown: 1\n",
    "a number for a section name": "\n2016: {}\n",
    "null for a section name": "\nnull: {}\n",
    "true for a section name": "\ntrue: {}\n",
    "a list for a section name": "\n? [a, b]\n: 1\n",
    "an empty name": "\n'': {}\n",
    "a merge": "\nx: {<<: {a: 1}}\n",
    "10 MB": "\nx: '" + "y" * 10_000_000 + "'\n",
}


def hairline_check():
    sys.argv = ["hairline", "check"]
    app.main()


def check(folder):
    """What `hairline check` says."""
    return seen.watched(hairline_check, folder)


def assert_refused(told, file):
    assert told.status == 1, (told.status, told.told[-600:])
    assert file in told.told, told.told[-600:]
    assert "Traceback" not in told.told
    assert len(told.told) < 3000
    assert told.seconds < 5
    assert told.grown_mib < 1000


@pytest.mark.parametrize("what", WHOLE)
@pytest.mark.parametrize("file", FILES)
def test_a_file_of_something_else(file, what, attempt):
    trial = attempt("folder")
    (trial.folder / file).write_bytes(WHOLE[what])
    assert_refused(check(trial.folder), file)


@pytest.mark.parametrize("what", ADDED)
@pytest.mark.parametrize("file", FILES)
def test_something_hostile_at_the_end(file, what, attempt):
    trial = attempt("folder")
    with (trial.folder / file).open("a", encoding="utf-8") as stream:
        stream.write(ADDED[what])
    assert_refused(check(trial.folder), file)
    assert not (trial.folder / "told.txt").exists()
