"""What identifies content: hashes of files and folders, and the workspace they belong to."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from hairline.errors import HairlineError


def content_hash(path: Path) -> str:
    """SHA-256 of what a file or a folder holds, as 64 hexadecimal digits; its own name and times play no part.

    A folder's is taken over its files, sorted by relative path: path and content hash of each. Empty folders in it
    count for nothing.

    Raises:
        HairlineError: If there is neither a file nor a folder.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if not path.is_dir():
        raise HairlineError(f"{path}: not found; expected a file or folder whose content identifies it")
    listing = hashlib.sha256(b"folder\n")
    for file_path in sorted(_files(path), key=lambda found: found.relative_to(path).as_posix()):
        line = f"{file_path.relative_to(path).as_posix()}\0{content_hash(file_path)}\n"
        listing.update(line.encode("utf-8", "surrogateescape"))
    return listing.hexdigest()


def listing_hash(path: Path) -> str:
    """SHA-256 of the files below a folder, or of one file: their names, sizes and times of writing; none is read.

    For what is too large to be read twice, where a false alarm costs no more than work done again.
    """
    files = sorted(_files(path)) if path.is_dir() else [path]
    listing = hashlib.sha256()
    for file in files:
        found = file.stat()
        line = f"{file.relative_to(path).as_posix()}\0{found.st_size}\0{found.st_mtime_ns}\n"
        listing.update(line.encode("utf-8", "surrogateescape"))
    return listing.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def content_hashes(paths: Iterable[Path]) -> dict[str, str]:
    """Path as given, with forward slashes → :func:`content_hash`."""
    return {path.as_posix(): content_hash(path) for path in paths}


def workspace_root(start: Path) -> Path:
    """Root of the workspace a person works in, seen from any folder inside it.

    ``dvc exp run --temp`` and ``--queue`` run stages in copies under ROOT/.dvc/tmp/exps/: from there too it is ROOT.
    Otherwise it is the nearest folder upwards with a .dvc folder, and without DVC ``start`` itself.
    """
    start = start.resolve()
    parts = start.parts
    for index in range(len(parts)):
        if parts[index : index + 3] == (".dvc", "tmp", "exps"):
            return Path(*parts[:index])
    return next((folder for folder in (start, *start.parents) if (folder / ".dvc").is_dir()), start)
