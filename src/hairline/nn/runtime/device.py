"""Where a network runs and in which precision, decided once from :class:`hairline.nn.runtime.recipes.Runtime`."""

import collections
import ctypes
import os
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from hairline.errors import HairlineError
from hairline.labelling import timing
from hairline.nn.runtime.recipes import Runtime


@dataclass(frozen=True)
class Placement:
    """A device and a precision that this machine has.

    Attributes:
        device: Device of the parameters and of the batches.
        autocast: Whether forward passes run under bfloat16 autocast (see :func:`autocast`).
        accelerator: Lightning's name of the device, ``cpu`` or ``gpu``.
        precision: Lightning's name of the precision, ``bf16-mixed`` or ``32-true``.
    """

    device: torch.device
    autocast: bool
    accelerator: str
    precision: str


def resolve(runtime: Runtime) -> Placement:
    """Turn wishes into what this machine has; ``auto`` never fails.

    Raises:
        HairlineError: If ``cuda`` is asked for and there is no CUDA device.
    """
    if runtime.device == "cuda" and not torch.cuda.is_available():
        raise HairlineError("runtime.device is 'cuda', but this machine has no usable CUDA device; use 'auto' or 'cpu'")
    cuda = runtime.device != "cpu" and torch.cuda.is_available()
    bf16 = runtime.precision == "bf16" or (runtime.precision == "auto" and native_bf16(cuda))
    return Placement(
        device=torch.device("cuda" if cuda else "cpu"),
        autocast=bf16,
        accelerator="gpu" if cuda else "cpu",
        precision="bf16-mixed" if bf16 else "32-true",
    )


def of_tasks(runtime: Runtime) -> Placement:
    """Where tasks that ``runtime.engine`` hands out ask a network: as they are given accelerators, not as is here.

    Raises:
        HairlineError: If ``cuda`` is asked for and there is none, or the precision depends on accelerators that are
            elsewhere.
    """
    engine = runtime.engine
    if engine.name == "local":
        return resolve(runtime)
    if not engine.gpus_per_task:
        if runtime.device == "cuda":
            raise HairlineError(
                "runtime.device is 'cuda', but runtime.engine.gpus_per_task is 0, so that no task has one; raise it, "
                "or use 'auto' or 'cpu'"
            )
        return resolve(replace(runtime, device="cpu"))
    if runtime.precision == "auto":
        raise HairlineError(
            "runtime.precision is 'auto', which would be found out on this machine, but tasks run on the accelerators "
            "of others (runtime.engine); say 'bf16' or '32'"
        )
    bf16 = runtime.precision == "bf16"
    return Placement(torch.device("cuda"), bf16, "gpu", "bf16-mixed" if bf16 else "32-true")


def accelerator_name(placement: Placement) -> str | None:
    """What the device calls itself; None of a processor."""
    return torch.cuda.get_device_name(placement.device) if placement.device.type == "cuda" else None


def machine(placement: Placement) -> str:
    """What work there runs on, as :func:`hairline.labelling.timing.machine` has it."""
    return timing.machine(accelerator_name(placement), threads(placement))


def threads(placement: Placement) -> int:
    """Threads among which :func:`one_thread_each` shares work out."""
    return torch.get_num_threads() if placement.device.type == "cpu" else 1


def native_bf16(cuda: bool) -> bool:
    """Whether bfloat16 pays: with instructions of the CUDA device, AMX, or AVX512-BF16 of AMD.

    Training steps of ResNet-18, ResNet-50 and U-Net take half the time of 32 bit on an AMD EPYC with AVX512-BF16; on a
    Xeon whose AMX was hidden they took a quarter more.
    """
    if cuda:
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    processor = torch.cpu.get_capabilities()
    amd = "AMD" in str(processor.get("cpu_name", ""))
    return bool(processor.get("amx_bf16", False) or (amd and processor.get("avx512_bf16", False)))


def autocast(placement: Placement) -> AbstractContextManager[object]:
    """Context of forward passes: bfloat16 autocast on the placement's device, or nothing."""
    return torch.autocast(placement.device.type, dtype=torch.bfloat16, enabled=placement.autocast)


@contextmanager
def one_thread_each(placement: Placement) -> Iterator[int]:
    """Context in which an operation of torch keeps to one thread, for work that is shared out in larger pieces.

    Libraries split sums between threads, so that rounding depends on their number; pieces of their own do not, and wait
    for nobody. Gives the number of workers for :func:`run_all`: the threads torch had on processors, 1 on a device.
    """
    before, workers = torch.get_num_threads(), threads(placement)
    torch.set_num_threads(1)
    try:
        yield workers
    finally:
        torch.set_num_threads(before)


def run_all(tasks: Iterable[Callable[[], None]], workers: int) -> None:
    """Run tasks, each in one of the workers; few are made ahead, since they may hold large arrays."""
    if workers == 1:
        for task in tasks:
            task()
        return
    waiting: collections.deque[Future[None]] = collections.deque()
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > 2 * workers:
                waiting.popleft().result()
        for future in waiting:
            future.result()


def trim() -> None:
    """Give memory that was freed back to the system, where the C library keeps it in pieces (glibc).

    Large maps leave gaps that the next ones do not fit in: without this, 64 megapixels in 228 tiles grew to 3.7 GB.
    """
    if sys.platform == "linux":
        give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and keeps nothing
        if give_back is not None:
            give_back(0)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch, and choose deterministic kernels where torch has them (it warns where not).

    Args:
        seed: In [0, 2**32).
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True, warn_only=True)
