"""Stores: which words name one, what is written when, and what is told without a secret."""

import builtins
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import s3

from hairline.errors import HairlineError
from hairline.io import store_errors, stores, urls
from hairline.io.store_errors import MeanwhileError, StoreError
from hairline.io.stores import Store

URL = f"s3://{s3.BUCKET}/found"


@pytest.fixture(scope="module")
def server() -> Iterator[s3.Server]:
    with pytest.MonkeyPatch.context() as patch, s3.served(patch) as server:
        yield server


@pytest.fixture
def store(server: s3.Server) -> Store:
    for name in server.objects():
        server.client.delete_object(Bucket=s3.BUCKET, Key=name)
    found = stores.place(URL)
    assert isinstance(found, Store)
    return found


def test_words_that_name_a_folder_or_a_store() -> None:
    assert stores.place("a/b") == Path("a/b") == stores.place(Path("a/b"))
    assert stores.place("file:///tmp/wall%201") == Path("/tmp/wall 1") == stores.place("file:/tmp/wall%201")
    assert stores.place("file://localhost/tmp/wall#1?") == Path("/tmp/wall#1?") == stores.place("FILE:////tmp/wall#1?")
    for word in (URL, f"{URL}/", Path(URL), URL.replace("s3:", "S3:")):
        found = stores.place(word)
        assert isinstance(found, Store) and found.url == URL


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("s3://AKIA:canary-secret/with-slash@survey/found", "s3://***: has a user, a password or a port"),
        ("s3://canary-secret@survey/found", "s3://***: has a user"),
        ("https://me:canary-secret@host/x", "https://***@host/x: expected a folder"),
        ("gs://bucket/x", "gs://bucket/x: expected a folder, file:///… or s3://BUCKET/FOLDER"),
        ("s3://survey", "s3://survey: expected s3://BUCKET/FOLDER"),
        ("s3://survey/", "expected s3://BUCKET/FOLDER"),
        ("s3://survey/a?sign=canary", "s3://survey/a?***: expected s3://BUCKET/FOLDER"),
        ("https://host/x?X-Amz-Signature=canary", "https://host/x?***: expected a folder"),
        ("s3://me%3Acanary-secret%40survey/x", "s3://***: has a user"),
        ("s3://My Bucket/x", "s3://My Bucket/x: expected s3://BUCKET/FOLDER, the bucket of letters"),
        ("s3://../x", "the bucket of letters"),
        ("s3://survey/a/../b", "s3://survey/a/../b: a store has no '.' and '..'"),
        ("s3://survey/a//b", "no folder without a name"),
        ("s3://survey/a\nb", r"s3://survey/a\nb: a store has"),
        ("s3://survey/\udcff", r"s3://survey/\udcff: a store has"),
        ("file://server/x", "file://server/x: expected file:///FOLDER"),
        ("file://[x/y", "file://[x/y: expected file:///FOLDER"),
        ("file:///tmp/a%00b", "expected file:///FOLDER"),
    ],
)
def test_urls_that_are_refused(word: str, told: str) -> None:
    with pytest.raises(HairlineError) as error:
        stores.place(word)
    assert told in str(error.value) and "canary" not in str(error.value)


def test_an_endpoint_with_a_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://me:canary-secret@127.0.0.1:1")
    with pytest.raises(HairlineError, match="AWS_ENDPOINT_URL: has a user or a password in it") as error:
        stores.place(URL)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    "value",
    ["http://[::1", "localhost:9000", "ftp://host", "http://host:99999", "http://", "http://host/?a=b", "http://a b"],
)
def test_an_endpoint_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", value)
    with pytest.raises(HairlineError, match=r"AWS_ENDPOINT_URL_S3: expected http://SERVER:PORT or https://SERVER, fou"):
        stores.place(URL)


@pytest.mark.parametrize("name", urls.SECRETS)
def test_credentials_with_the_end_of_a_line_in_them_are_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "canary-secret\r")
    with pytest.raises(HairlineError, match=f"{name}: has a control character in it") as error:
        stores.place(URL)
    assert "canary" not in str(error.value)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def lacking(name: str, *args: Any) -> Any:
        if name == "s3fs":
            raise ImportError(name)
        return found(name, *args)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(HairlineError, match=r"the extra 's3' is not installed.*pip install 'hairline\[s3\]'"):
        stores.place(URL)


def test_objects_are_written_listed_read_and_removed(store: Store, server: s3.Server) -> None:
    server.put("foundation", b"of another folder")
    store.write("scores/wall #1?.png", b"content")
    assert set(store.known()) == {"scores/wall #1?.png"}
    assert (store.read("scores/wall #1?.png"), store.read("scores/wall #1?.png", 3)) == (b"content", b"con")
    store.remove(["scores/wall #1?.png", "never.png"])
    assert store.known() == {} and server.objects() == {"foundation": b"of another folder"}


def test_more_objects_than_a_page_of_the_listing(
    store: Store, server: s3.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        server.put(f"found/{number}", b"")
    asked, ask = [], store._files.call_s3
    monkeypatch.setattr(
        store._files, "call_s3", lambda *args, **what: (asked.append(1), ask(*args, MaxKeys=2, **what))[1]
    )
    assert set(store.known()) == set("01234") and len(asked) == 3


def test_an_object_without_a_byte_has_an_empty_beginning(store: Store) -> None:
    store.write("cut short.png", b"")
    assert store.read("cut short.png") == b"" == store.read("cut short.png", 100)


def test_what_another_wrote_meanwhile_is_not_written_over(store: Store, server: s3.Server) -> None:
    first = store.write_if("table", b"1", None)
    second = store.write_if("table", b"2", first)
    for before in (first, None):
        with pytest.raises(MeanwhileError, match=f"{URL}: cannot write table: another process has written it"):
            store.write_if("table", b"3", before)
    assert server.objects("found/") == {"table": b"2"} and store.known()["table"].etag == second
    assert store.write_if("table", b"2", first) == second  # our own put, tried again since its answer was lost


def _refused(wanted: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as error:
        wanted()
    told = str(error.value)
    assert s3.SECRET not in told and "\n" not in told and error.value.__cause__ is None
    return told


def test_what_is_not_there(store: Store) -> None:
    assert "cannot read none: it is not there any more" in _refused(lambda: store.read("none"))
    other = stores.place("s3://nobody/x")
    assert isinstance(other, Store)
    assert _refused(other.known).startswith("s3://nobody/x: cannot list: the bucket is not there")
    assert "cannot write a: the bucket is not there" in _refused(lambda: other.write("a", b""))


def test_no_credentials(server: s3.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = stores.place(URL)
    assert isinstance(found, Store)
    assert "cannot list: no credentials" in _refused(found.known)


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"])
def test_wrong_credentials(store: Store, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """As Amazon answers; moto lets everybody in."""
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    def refuse(*args: object, **what: object) -> None:
        raise translate_boto_error(ClientError({"Error": {"Code": code, "Message": f"no {s3.SECRET}"}}, "PutObject"))

    monkeypatch.setattr(store._files, "call_s3", refuse)
    assert "it refuses the credentials (PermissionError: no ***)" in _refused(lambda: store.write("a", b""))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("PermanentRedirect", "the bucket is in another region"),
        ("AuthorizationHeaderMalformed", r"the bucket is in another region \(OSError.*\); set AWS_DEFAULT_REGION"),
        ("NotImplemented", r"it answers NotImplemented \(OSError: .*\); expected a server of S3 that takes this"),
        ("404", "it is not there any more"),
    ],
)
def test_what_a_server_answers_is_told(store: Store, monkeypatch: pytest.MonkeyPatch, code: str, told: str) -> None:
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    def refuse(*args: object, **what: object) -> None:
        raise translate_boto_error(ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject"))

    monkeypatch.setattr(store._files, "call_s3", refuse)
    assert re.search(f"cannot write a: {told}", _refused(lambda: store.write("a", b"")))


def test_answers_of_what_is_no_store_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store._files, "call_s3", lambda *args, **what: {"Contents": [{"Key": "found/a"}]})
    assert "it answers as no server of S3 does, without 'ETag'" in _refused(store.known)
    assert "it answers as no server of S3 does, without 'ETag'" in _refused(lambda: store.write("a", b""))


def test_settings_that_are_wrong_are_not_taken_for_a_lost_connection(
    server: s3.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "no where")
    assert "it cannot be asked (InvalidRegionError: " in _refused(Store(URL).known)


def test_a_secret_is_masked_before_a_message_is_cut() -> None:
    def cut() -> None:
        with store_errors.told(URL, "list"):
            raise ValueError("x" * 190 + f" {s3.SECRET}")

    assert s3.SECRET[:6] not in _refused(cut)


def test_a_server_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch, s3.served(patch) as server:
        found = stores.place(URL)
        assert isinstance(found, Store) and found.known() == {}
        server.stop()
        assert "cannot write a: it does not answer" in _refused(lambda: found.write("a", b""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no http://host/x", "no http://host/x"),
        ("at http://me:word@host/x and s3://you@b", "at http://***@host/x and s3://***@b"),
        ("s3://bucket/a@b.png", "s3://bucket/a@b.png"),
        (f"key {s3.SECRET}.", "key ***."),
        ('at "http://host/x?list=2&token=a" and more', 'at "http://host/x?***" and more'),
    ],
)
def test_secrets_are_masked(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "key")  # too short for a secret
    assert urls.masked(text) == expected
