"""What a store refuses, as one sentence: which, what, why, what to do; no credentials."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from hairline.errors import HairlineError
from hairline.io import urls

MEANWHILE = frozenset(("PreconditionFailed", "412", "ConditionalRequestConflict"))
"""What S3 calls a put whose condition does not hold."""


class StoreError(HairlineError):
    """A store that does not answer, or refuses what is asked of it: no use to go on with other objects."""


class MeanwhileError(StoreError):
    """An object that another process has written since it was looked at."""


@contextmanager
def told(url: str, action: str) -> Iterator[None]:
    """Turn what the libraries of a store raise into one sentence that names the store and no secret."""
    try:
        yield
    except Exception as error:
        reason = next((told for known, told in _REASONS.items() if known in _names(error)), None)
        found = urls.masked(reason(error) if reason else f"it does not answer ({_short(error)}); see that it is up")
        kind = MeanwhileError if _names(error) & MEANWHILE else StoreError
        raise kind(
            f"{url}: cannot {action}: {found}; what is there is kept, and the same command goes on from it"
        ) from None


def _names(error: BaseException) -> set[str]:
    """What an error and those behind it are called: their classes, and the codes that S3 gives."""
    found = set[str]()
    seen: BaseException | None = error
    while seen is not None:
        found |= {kind.__name__ for kind in type(seen).__mro__}
        response = getattr(seen, "response", None)
        if isinstance(response, Mapping):
            found.add(str(response.get("Error", {}).get("Code", "")))
        seen = seen.__cause__ or seen.__context__
    return found


def _short(error: BaseException) -> str:
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
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
    "FileNotFoundError": lambda error: "it is not there any more",
    "PermissionError": lambda error: (
        f"it refuses the credentials ({_short(error)}); correct them, or have them allowed to list, read, write and "
        "delete there"
    ),
}
"""Name of a class or code of S3 → what is told of the error, the first that fits."""
