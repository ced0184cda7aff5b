"""URLs in the place of paths: what is one, how it was typed, and what of it may be shown."""

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

from hairline.errors import HairlineError

SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
SECRET_LETTERS = 8
"""Shorter ones are no secrets, and stand in plain words."""
HIDDEN = "***"
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):/+(.*)", re.DOTALL)
"""Scheme and rest; a path has one slash where there were two."""
_FILE = re.compile(r"file:(?://(?:localhost)?/*)?(/[^/].*)", re.DOTALL | re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^\s@'\"]*:[^\s@'\"]*@|(?<=://)[^\s/@'\"]*@")
_QUERY = re.compile(r"(://[^\s?'\"]*\?)[^\s'\"]+")


def is_url(word: str | Path) -> bool:
    """Whether a word names a store, also where reading it as a path has taken a slash from it.

    >>> is_url("s3://bucket/found"), is_url(Path("s3://bucket")), is_url("found"), is_url("./s3:/x")
    (True, True, False, False)
    """
    return URL.fullmatch(str(word)) is not None


def as_typed(word: str | Path) -> str:
    """A URL as it was typed, of which a path has one slash less.

    >>> as_typed(Path("s3://bucket/found"))
    's3://bucket/found'
    """
    found = URL.fullmatch(str(word))
    return f"{found[1]}://{found[2]}" if found else str(word)


def masked(text: str) -> str:
    """A text without what may be a password: users and queries of URLs, and the secrets of the environment.

    >>> masked("cannot reach http://user:word@host/x?signature=1f")
    'cannot reach http://***@host/x?***'
    """
    text = _QUERY.sub(rf"\1{HIDDEN}", _USER.sub(f"{HIDDEN}@", text))
    for secret in (os.environ.get(name, "").strip() for name in SECRETS):
        text = text.replace(secret, HIDDEN) if len(secret) >= SECRET_LETTERS else text
    return text


def local_path(url: str) -> Path:
    """The path of ``file:///…``; ``?`` and ``#`` are letters of names, as in paths.

    Raises:
        HairlineError: If it names another machine, or no path.
    """
    found = _FILE.fullmatch(url)
    path = unquote_to_bytes(found[1]) if found else b""
    if not path or b"\0" in path:
        raise HairlineError(f"{masked(url)}: expected file:///FOLDER, on this machine; correct it")
    return Path(os.fsdecode(path))
