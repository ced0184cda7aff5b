"""Stores that are no folder of this machine: objects below a URL such as ``s3://BUCKET/FOLDER``, through fsspec.

An object appears whole or not at all, since each is written by one put. Credentials come from where AWS's own tools
look for them (environment, profile, role), never from a URL, and stand in no message. ``AWS_ENDPOINT_URL`` selects
another server than Amazon's.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hairline.errors import HairlineError
from hairline.io import urls
from hairline.io.file_names import printable
from hairline.io.store_errors import EmptyError, MeanwhileError, StoreError, told

S3 = "s3"
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
CONNECT_S, ANSWER_S, TRIES = 10, 60, 3
"""Seconds to wait for a connection and for an answer, and how often each is tried."""
ONE_PUT = 5 << 30
"""Bytes of the largest object that S3 takes in one put."""
BUCKET = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9._\-]*")


@dataclass(frozen=True)
class Known:
    """What a store's listing tells of an object.

    Attributes:
        etag: Another one where its content is another.
        changed: When it was written, by the clock of the store.
    """

    etag: str
    changed: datetime


def place(word: str | Path) -> "Path | Store":
    """The folder or the store that a word names: a path, ``file:///…`` or ``s3://BUCKET/FOLDER``.

    Raises:
        HairlineError: If it is another URL, or one with a password in it, or the extra ``s3`` is not installed.
    """
    found = urls.URL.fullmatch(str(word))
    if found is None:
        return Path(word)
    scheme, rest = found[1].lower(), found[2]
    if scheme == "file":
        return urls.local_path(str(word))
    if scheme != S3:
        shown = urls.masked(f"{scheme}://{rest}")
        raise HairlineError(f"{shown}: expected a folder, file:///… or s3://BUCKET/FOLDER; correct it")
    bucket, _, folder = rest.partition("/")
    _refuse_no_bucket(bucket, rest)
    _refuse_no_folder(f"{scheme}://{bucket}", folder.strip("/"))
    return Store(f"{scheme}://{bucket}/{folder.strip('/')}")


def _refuse_no_bucket(bucket: str, rest: str) -> None:
    if "@" in bucket or ":" in bucket or "%" in bucket:
        raise HairlineError(
            f"{S3}://{urls.HIDDEN}: has a user, a password or a port where the bucket should be; expected "
            "s3://BUCKET/FOLDER; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and AWS_ENDPOINT_URL "
            "for another server"
        )
    if not BUCKET.fullmatch(bucket):
        raise HairlineError(
            f"{printable(urls.masked(f'{S3}://{rest}'))}: expected s3://BUCKET/FOLDER, the bucket of letters, digits, "
            "'.', '-' and '_'; correct it"
        )


def _refuse_no_folder(bucket: str, folder: str) -> None:
    where = printable(urls.masked(f"{bucket}/{folder}".rstrip("/")))
    if not folder or "?" in folder:
        raise HairlineError(f"{where}: expected s3://BUCKET/FOLDER; name a folder in the bucket")
    if not folder.isprintable() or not {"", ".", ".."}.isdisjoint(folder.split("/")):
        raise HairlineError(
            f"{where}: a store has no '.' and '..', no folder without a name and none with control characters; "
            "expected s3://BUCKET/FOLDER; correct it"
        )


def _refuse_no_endpoint(name: str, value: str) -> None:
    if "@" in value:
        raise HairlineError(
            f"{name}: has a user or a password in it; expected http://SERVER:PORT; set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY instead"
        )
    if value and not _is_endpoint(value):
        raise HairlineError(f"{name}: expected http://SERVER:PORT or https://SERVER, found {value!r}; correct it")


def _refuse_spoilt_secrets() -> None:
    for name in urls.SECRETS:
        if not os.environ.get(name, "").isprintable():
            raise HairlineError(f"{name}: has a control character in it, such as the end of a line; set it without")


def _is_endpoint(value: str) -> bool:
    try:
        parts = urlsplit(value)
        whole = bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:  # brackets that do not end, or a port that cannot be
        return False
    return whole and parts.scheme in ("http", "https") and value.isprintable() and " " not in value


class Store:
    """Objects below a URL.

    Attributes:
        url: ``s3://BUCKET/FOLDER``.
    """

    def __init__(self, url: str) -> None:
        """Open a store; nothing is asked of it yet.

        Raises:
            HairlineError: If the extra ``s3`` is not installed, AWS_ENDPOINT_URL is no address or has a password in
                it, or credentials have the end of a line in them.
        """
        self.url, self._root = url, url.partition("://")[2]
        for name in ENDPOINTS:
            _refuse_no_endpoint(name, os.environ.get(name, ""))
        _refuse_spoilt_secrets()
        try:
            from s3fs import S3FileSystem
        except ImportError:
            raise HairlineError(
                f"{url}: the extra 's3' is not installed, with which stores on S3 are reached; run "
                "pip install 'hairline[s3]'"
            ) from None
        limits = {"connect_timeout": CONNECT_S, "read_timeout": ANSWER_S, "retries": {"max_attempts": 1}}
        self._files: Any = S3FileSystem(use_listings_cache=False, skip_instance_cache=True, config_kwargs=limits)
        self._files.retries = TRIES

    def __reduce__(self) -> tuple[Any, ...]:
        return Store, (self.url,)  # with the credentials of whoever it is sent to

    def known(self) -> dict[str, Known]:
        """Name below the URL → what is known of the object.

        Raises:
            StoreError: If the store does not answer, or the bucket is not there.
        """
        bucket, _, folder = self._root.partition("/")
        found, more = dict[str, Known](), dict[str, str]()
        with told(self.url, "list"):
            while True:
                listed = self._files.call_s3("list_objects_v2", Bucket=bucket, Prefix=f"{folder}/", **more)
                for each in listed.get("Contents", []):
                    found[each["Key"].removeprefix(f"{folder}/")] = Known(each["ETag"], each["LastModified"])
                if not listed.get("IsTruncated"):
                    return found
                more = {"ContinuationToken": listed["NextContinuationToken"]}

    def read(self, name: str, most: int | None = None) -> bytes:
        """An object, or so many bytes of its beginning.

        Raises:
            StoreError: If it is not there, or the store does not answer.
        """
        with suppress(EmptyError), told(self.url, f"read {name}"):
            return bytes(self._files.cat_file(f"{self._root}/{name}", start=None if most is None else 0, end=most))
        return b""

    def write(self, name: str, content: bytes) -> None:
        """Write an object by one put, in the place of what was there.

        Raises:
            StoreError: If the store does not answer, or refuses it.
        """
        self._put(name, content)

    def write_if(self, name: str, content: bytes, before: str | None) -> str:
        """Write an object unless another process has done so meanwhile.

        Args:
            name: The object.
            content: What to write.
            before: Its ``etag`` as it was read or written last; None where it was not there.

        Returns:
            Its ``etag`` now.

        Raises:
            StoreError: If it is not as it was, or as :meth:`write`.
        """
        try:
            return self._put(name, content, **({"IfMatch": before} if before else {"IfNoneMatch": "*"}))
        except MeanwhileError:
            if self.read(name) != content:
                raise
            return self._etag(name)  # our own put, whose answer was lost and which was tried again

    def _etag(self, name: str) -> str:
        bucket, _, folder = self._root.partition("/")
        with told(self.url, f"read {name}"):
            return str(self._files.call_s3("head_object", Bucket=bucket, Key=f"{folder}/{name}")["ETag"])

    def _put(self, name: str, content: bytes, **condition: str) -> str:
        bucket, _, folder = self._root.partition("/")
        if len(content) > ONE_PUT:
            raise StoreError(f"{self.url}/{name}: has {len(content):,} bytes; S3 takes {ONE_PUT:,} in one put")
        with told(self.url, f"write {name}"):
            answer = self._files.call_s3("put_object", Bucket=bucket, Key=f"{folder}/{name}", Body=content, **condition)
            return str(answer["ETag"])

    def remove(self, names: list[str]) -> None:
        """Take objects away, those that are not there among them.

        Raises:
            StoreError: If the store does not answer, or refuses it.
        """
        bucket, _, folder = self._root.partition("/")
        for name in names:
            with told(self.url, f"remove {name}"):
                self._files.call_s3("delete_object", Bucket=bucket, Key=f"{folder}/{name}")
