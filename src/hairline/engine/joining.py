"""How a process joins a Ray cluster, or starts one of its own."""

import logging
import math
import os
from functools import partial
from typing import Any

from hairline.engine import cut_off
from hairline.engine.options import AUTO, CLIENT, Options, is_address
from hairline.errors import HairlineError
from hairline.io import extras

ADDRESS = "RAY_ADDRESS"
"""Variable that Ray takes the address ``auto`` from."""
OWN_STORE_BYTES = 200 << 20
"""Memory for what is handed over, of a cluster that is started here."""
QUIET = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}
"""What workers print stays in the cluster's logs; what is wrong comes as errors."""


def imported() -> Any:
    """Ray, which sends nobody how it is used."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # a busy machine needs longer than Ray's 30
    with extras.needed("the engine 'ray'"):
        import ray
    logging.getLogger("ray").setLevel(logging.ERROR)  # which the import sets anew
    return ray


def join(ray: Any, options: Options) -> str:
    """Join a cluster, within ``options.wait_s`` for its head to be there, and as long for it to be Ray's.

    Returns:
        HOST:PORT of its head.

    Raises:
        HairlineError: If it cannot be joined.
    """
    if options.address is None:
        _start(ray)
        return head(ray)
    address = running() if options.address == AUTO else options.address
    cut_off.refuse_unreachable(address.removeprefix(CLIENT), options.wait_s)
    if address.startswith(CLIENT):
        extras.refuse_without("grpc", f"the address {address}")
        os.environ["RAY_CLIENT_RECONNECT_GRACE_PERIOD"] = str(math.ceil(options.wait_s))
    try:
        cut_off.within(options.wait_s, partial(ray.init, address, **QUIET))
    except (OSError, RuntimeError, ValueError, AssertionError, ray.exceptions.RayError) as error:
        raise HairlineError(_refused(address, error)) from error
    return address.removeprefix(CLIENT) if address.startswith(CLIENT) else head(ray)


def head(ray: Any) -> str:
    """HOST:PORT of the head of the cluster that this process has joined."""
    return str(ray.get_runtime_context().gcs_address)


def _start(ray: Any) -> None:
    """Start a cluster on this machine."""
    try:
        ray.init("local", include_dashboard=False, object_store_memory=OWN_STORE_BYTES, **QUIET)
    except Exception as error:  # Ray has no class of its own for what does not start
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise HairlineError(
            f"a Ray cluster does not start on this machine ({reason}); expected room for it; look at "
            "/tmp/ray/session_latest/logs, or choose the engine 'local'"
        ) from error


def running() -> str:
    """The cluster that this machine is part of, which Ray itself would wait for without end if it died, or RAY_ADDRESS.

    Raises:
        HairlineError: If there is none, or RAY_ADDRESS is no address.
    """
    named = os.environ.get(ADDRESS, "")
    if named not in ("", AUTO):
        if not is_address(named):
            raise HairlineError(
                f"{ADDRESS}: expected HOST:PORT or ray://HOST:PORT, found {named!r}; correct it, or unset it"
            )
        return named
    try:
        from ray._private import services  # no public function tells it

        return str(services.canonicalize_bootstrap_address(AUTO))
    except ConnectionError as error:
        raise HairlineError(_refused(AUTO, error)) from error


def _refused(address: str, error: Exception) -> str:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return (
        f"{address}: no cluster can be joined ({reason}); expected one that runs the same versions of Ray and Python: "
        "start it with 'ray start --head' and name it in runtime.engine.address (--address), where null (here) starts "
        "one on this machine"
    )
