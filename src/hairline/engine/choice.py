"""The engine that the parameters name."""

from collections.abc import Iterator
from contextlib import contextmanager

from hairline.engine.engine import Engine
from hairline.engine.local import Local
from hairline.engine.options import Options


@contextmanager
def opened(options: Options, local: Engine | None = None) -> Iterator[Engine]:
    """The engine of some options, until the block ends.

    Args:
        options: Which, and how.
        local: That of this machine; None takes a thread a core.

    Raises:
        HairlineError: If Ray is not installed, or its cluster cannot be reached.
    """
    if options.name == "local":
        yield local or Local()
        return
    from hairline.engine.on_ray import OnRay

    engine = OnRay(options)
    try:
        yield engine
    finally:
        engine.close()
