"""Functions run by several processes that know each other over gloo, forked from the test and so quick to start."""

import multiprocessing
import os
import socket
import tempfile
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

WAIT_S = 60


def answers(count: int, ask: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What a function answers in each of ``count`` processes; in this one where it is one."""
    if count == 1:
        return [ask(*arguments)]
    told = outcomes(count, ask, *arguments)
    for rank, (fine, answer) in enumerate(told):
        assert fine, f"process {rank}: {answer}"
    return [answer for _, answer in told]


def outcomes(count: int, ask: Callable[..., Any], *arguments: Any) -> list[tuple[bool, Any]]:
    """Whether a function ended well in each of ``count`` processes, and its answer or error; False, None: killed."""
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        ends, processes = [], []
        for rank in range(count):
            ours, theirs = fork.Pipe()
            process = fork.Process(target=_run, args=(theirs, Path(folder, "store"), rank, count, ask, arguments))
            process.start()
            theirs.close()
            ends.append(ours)
            processes.append(process)
        try:
            return [_received(end) for end in ends]
        finally:
            for process in processes:
                process.kill()
                process.join()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def _received(end: Connection) -> tuple[bool, Any]:
    try:
        return end.recv() if end.poll(WAIT_S) else (False, "no answer in time")  # type: ignore[no-any-return]
    except EOFError:
        return False, None


def _run(
    end: Connection, store: Path, rank: int, count: int, ask: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    try:
        torch.set_num_threads(1)
        numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count, "MASTER_PORT": 0}
        os.environ.update({name: str(number) for name, number in numbers.items()})
        os.environ.update({"TORCHELASTIC_RUN_ID": "test", "MASTER_ADDR": "127.0.0.1"})
        dist.init_process_group(
            "gloo", init_method=store.as_uri(), rank=rank, world_size=count, timeout=timedelta(seconds=WAIT_S)
        )
        end.send((True, ask(*arguments)))
        end.poll(WAIT_S)  # others may still be at what they meet at
    except BaseException as error:
        end.send((False, error))
    finally:
        os._exit(0)  # which the others notice
