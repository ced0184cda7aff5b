"""What does not change from trial to trial is computed once: results of pure functions, kept up to a number of bytes.

A study labels the same images again and again with few options changed. Functions marked :func:`remembered` (filters,
window thresholds, enlarged maps) are called as always; only within ``with Cache(…)`` in the same thread are their
results kept. A result is known by its function, its options and where its arrays came from: arrays are recognised as
the very objects a caller named by :meth:`Cache.name` or as results of such functions, so that nothing is hashed.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextvars import ContextVar, Token
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


class Cache:
    """Results of remembered functions within a ``with`` block, the least recently used forgotten first.

    Attributes:
        limit_bytes: Bytes of arrays kept at most.
        bytes: Bytes of arrays kept now.
        hits: Calls answered from memory.
        misses: Calls computed and kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        """Start empty."""
        self.limit_bytes = limit_bytes
        self.bytes = self.hits = self.misses = 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._known: dict[int, Hashable] = {}  # id of a live object → where it came from
        self._named: list[object] = []  # keeps their ids theirs
        self._outer: Token[Cache | None] | None = None

    def __enter__(self) -> "Cache":
        """Remember from here on, in this thread."""
        self._outer = _ACTIVE.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        """Remember no longer; what is kept stays for another block."""
        assert self._outer is not None
        _ACTIVE.reset(self._outer)

    def name(self, thing: object, name: Hashable) -> None:
        """Tell what an array, or an object that holds arrays, is; it must not change from here on."""
        self._known[id(thing)] = name
        self._named.append(thing)

    def recall(self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]) -> R:
        """The result of a call, from memory where it is there; read-only where it is an array."""
        try:
            key = (function, *map(self._token, arguments), *((name, self._token(named[name])) for name in named))
            hash(key)
        except (KeyError, TypeError):  # an array of unknown origin
            return function(*arguments, **named)
        if key in self._kept:
            self.hits += 1
            self._kept.move_to_end(key)
            return self._kept[key]  # type: ignore[no-any-return]
        result = function(*arguments, **named)
        if isinstance(result, np.ndarray) and id(result) not in self._known:
            self.misses += 1
            self._keep(key, result)
        return result

    def _token(self, argument: object) -> Hashable:
        if isinstance(argument, np.ndarray):
            return self._known[id(argument)]
        return self._known.get(id(argument), argument)

    def _keep(self, key: Hashable, result: "np.ndarray[Any, Any]") -> None:
        result.flags.writeable = False
        self._kept[key] = result
        self._known[id(result)] = key
        self.bytes += result.nbytes
        while self.bytes > self.limit_bytes:
            _, forgotten = self._kept.popitem(last=False)
            del self._known[id(forgotten)]
            self.bytes -= forgotten.nbytes


_ACTIVE: ContextVar[Cache | None] = ContextVar("cache", default=None)


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function of arrays and options whose result depends on nothing else and is not changed by its callers."""

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        cache = _ACTIVE.get()
        return function(*arguments, **named) if cache is None else cache.recall(function, arguments, named)

    return call
