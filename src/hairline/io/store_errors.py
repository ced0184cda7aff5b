"""What a store refuses, as one sentence: which, what, why, what to do; no credentials."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from hairline.errors import HairlineError
from hairline.io import urls

MEANWHILE = frozenset(("PreconditionFailed", "412", "ConditionalRequestConflict"))
"""What S3 calls a put whose condition does not hold."""
EMPTY = frozenset(("InvalidRange", "416"))
"""What S3 calls it that a part of an object is asked for which it does not have."""
CONNECTION = frozenset(("ConnectionError", "HTTPClientError", "ClientError", "TimeoutError", "gaierror"))
"""What errors of a connection are, in the libraries below."""
ELSEWHERE = ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")
"""What S3 calls a bucket that is asked for in another region than its own."""


class StoreError(HairlineError):
    """A store that does not answer, or refuses what is asked of it: no use to go on with other objects."""


class MeanwhileError(StoreError):
    """An object that another process has written since it was looked at."""


class EmptyError(StoreError):
    """An object without a byte, of which no beginning can be asked for."""


@contextmanager
def told(url: str, action: str) -> Iterator[None]:
    """Turn what the libraries of a store raise into one sentence that names the store and no secret."""
    try:
        yield
    except Exception as error:
        reason = next((told for known, told in _REASONS.items() if known in _names(error)), None)
        found = reason(error) if reason else _other(error)
        kind = MeanwhileError if _names(error) & MEANWHILE else EmptyError if _names(error) & EMPTY else StoreError
        raise kind(
            f"{url}: cannot {action}: {found}; what is there is kept, and the same command goes on from it"
        ) from None


def _names(error: BaseException) -> set[str]:
    """What an error and those behind it are called: their classes, and the codes that S3 gives."""
    return {kind.__name__ for each in _chain(error) for kind in type(each).__mro__} | set(_codes(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _codes(error: BaseException) -> list[str]:
    answers = [getattr(each, "response", None) for each in _chain(error)]
    return [str(answer.get("Error", {}).get("Code", "")) for answer in answers if isinstance(answer, Mapping)]


def _other(error: BaseException) -> str:
    """What is told of an error without a sentence of its own."""
    code = next(filter(None, _codes(error)), None)
    if code is not None:
        return f"it answers {code} ({_short(error)}); expected a server of S3 that takes this"
    if _names(error) & CONNECTION:
        return f"it does not answer ({_short(error)}); see that it is up"
    return _unasked(error)


def _unasked(error: BaseException) -> str:
    return f"it cannot be asked ({_short(error)}); correct its name, or what the environment and ~/.aws say of it"


def _short(error: BaseException) -> str:
    line = next((line.strip() for line in urls.masked(str(error)).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {line[:200]}" if line else type(error).__name__


_REASONS: Mapping[str, Callable[[BaseException], str]] = {
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"),
        lambda error: (
            f"no credentials ({_short(error)}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        ),
    ),
    "NoSuchBucket": lambda error: "the bucket is not there; make it, or correct its name",
    **dict.fromkeys(
        MEANWHILE,
        lambda error: (
            "another process has written it meanwhile; expected one at a time; wait for it, or name another folder"
        ),
    ),
    **dict.fromkeys(
        ELSEWHERE,
        lambda error: f"the bucket is in another region ({_short(error)}); set AWS_DEFAULT_REGION to its own",
    ),
    "FileNotFoundError": lambda error: (
        _unasked(error) if getattr(error, "errno", None) else "it is not there any more"  # a file of this machine
    ),
    "KeyError": lambda error: f"it answers as no server of S3 does, without {error}; correct AWS_ENDPOINT_URL",
    "PermissionError": lambda error: (
        f"it refuses the credentials ({_short(error)}); correct them, or have them allowed to list, read, write and "
        "delete there"
    ),
}
"""Name of a class or code of S3 → what is told of the error, the first that fits."""
