"""XML that other programs wrote, read element by element within limits; entities that it declares are refused."""

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from hairline.errors import HairlineError
from hairline.io.reading import refuse_no_file, unreadable

MAX_BYTES = 500_000_000
"""Largest file."""
MAX_DEPTH = 50
"""Most elements inside one another."""
MAX_TEXT = 10_000
"""Most characters of text that an element keeps."""
PIECE_BYTES = 1 << 20

Begin = Callable[[str, Mapping[str, str]], None]
End = Callable[[str, str], None]


class _RefusedError(Exception):
    """What is wrong with the file, as a parser's handler finds it."""


def read(path: Path, begin: Begin, end: End, expected: str) -> None:
    """Call ``begin`` with the name and the attributes of each element, ``end`` with its name and the text in it.

    Args:
        path: The file.
        begin: Called where an element begins.
        end: Called where it ends, with its text up to the first element inside of it.
        expected: What the file should be, as ``annotations of CVAT``.

    Raises:
        HairlineError: If it cannot be read, is no XML, is too large or nested too deeply, or has a document type, in
            which entities could be declared that grow without end or fetch other files.
    """
    refuse_no_file(path, expected)
    texts = list[str]()

    def element(name: str, attributes: dict[str, str]) -> None:
        if len(texts) >= MAX_DEPTH:
            raise _RefusedError(f"has more than {MAX_DEPTH} elements inside one another")
        texts.append("")
        begin(name, attributes)

    def ended(name: str) -> None:
        end(name, texts.pop().strip())

    def text(found: str) -> None:
        if texts and len(texts[-1]) < MAX_TEXT:
            texts[-1] += found

    def declared(*_: object) -> None:
        raise _RefusedError("declares a document type, in which entities may stand that grow without end")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = element, ended, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = declared
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _RefusedError(f"holds {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}")
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                parser.Parse(piece)
            parser.Parse(b"", True)
    except _RefusedError as error:
        raise HairlineError(f"{path}: {error}; expected {expected}; export them again, in parts") from None
    except expat.ExpatError as error:
        raise HairlineError(f"{path}: cannot be read as XML ({error}); export the annotations again") from None
    except OSError as error:
        raise unreadable(path, error) from None
