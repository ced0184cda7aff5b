import pytest

from hairline.errors import HairlineError
from hairline.nn.runtime import processes
from hairline.nn.runtime.recipes import ALONE, Parallel, Runtime

PLAIN = Runtime("cpu", "32", 0, 7, ALONE, 60)


def runtime(*parallel):
    return Runtime("cpu", "32", 0, 7, Parallel(*parallel), 60)


def torchrun(everywhere, here):
    return {"TORCHELASTIC_RUN_ID": "x", "WORLD_SIZE": str(everywhere), "LOCAL_WORLD_SIZE": str(here)}


@pytest.mark.parametrize(("everywhere", "here", "found"), [(4, 4, (4, 1)), (6, 2, (2, 3)), (1, 1, (1, 1))])
def test_what_torchrun_started_counts_more_than_the_parameters(everywhere, here, found):
    for parallel in ((1, "auto", 1), (8, "ddp", 2)):
        asked = runtime(*parallel)
        got = processes.as_launched(asked, torchrun(everywhere, here))
        assert got.parallel == Parallel(found[0], parallel[1], found[1])
        assert processes.as_launched(asked, {}) == asked


@pytest.mark.parametrize(("names", "leads"), [
    ({}, True), ({"RANK": "0", "LOCAL_RANK": "0"}, True), ({"RANK": "2", "LOCAL_RANK": "0"}, False),
    ({"LOCAL_RANK": "1"}, False), ({"NODE_RANK": "1", "LOCAL_RANK": "0"}, False),
])  # fmt: skip
def test_the_first_of_all_leads(monkeypatch, names, leads):
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert processes.leads() == leads


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"LOCAL_WORLD_SIZE": ""}, "TORCHELASTIC_RUN_ID is set, as torchrun does it, and LOCAL_WORLD_SIZE is ''"),
        ({"LOCAL_WORLD_SIZE": "0"}, "LOCAL_WORLD_SIZE is '0'; expected a number of processes"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'"),
        ({"WORLD_SIZE": "3"}, "3 processes were started, 2 of them on this node; expected as many on each node"),
    ],
)
def test_what_torchrun_does_not_start_is_refused(changes, told):
    with pytest.raises(HairlineError, match=told):
        processes.as_launched(Runtime("cpu", "32", 0, 7, ALONE, 60), torchrun(4, 2) | changes)


def test_every_process_needs_an_item():
    processes.refuse_few(4, 4)
    with pytest.raises(HairlineError, match=r"recipe\.batch is 4, .* there are 6 processes; raise it to 6 or start 4"):
        processes.refuse_few(4, 6)


def test_one_process_stays_itself_and_several_nodes_want_torchrun(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setattr(processes.atexit, "register", lambda *words: pytest.fail("starts others"))
    processes.become_several(PLAIN)
    processes.become_several(runtime("auto", "auto", 1))
    with pytest.raises(HairlineError, match=r"nodes is 3, so each .* torchrun --nnodes 3 --nproc-per-node 2"):
        processes.become_several(runtime(2, "ddp", 3))


def test_a_rank_left_in_the_environment_is_told_since_its_stage_would_write_nothing(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(HairlineError, match=r"RANK=1 is set, .* writes nothing, .*; unset RANK$"):
        processes.become_several(PLAIN)


def test_several_are_this_very_program_under_a_supervisor(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    words = []
    monkeypatch.setattr(processes.atexit, "register", lambda call, program, arguments: words.extend(arguments[1:]))
    monkeypatch.setattr(processes.sys, "argv", ["…/train_segmenter.py", "--label-set", "manual"])
    monkeypatch.setattr(processes.sys.modules["__main__"], "__spec__", processes.__spec__)
    with pytest.raises(SystemExit):
        processes.become_several(runtime(3, "auto", 1))
    assert words == ["-m", "hairline.nn.runtime.supervisor", "3", "-m", processes.__name__, "--label-set", "manual"]
