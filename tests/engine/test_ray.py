"""The engine on a real Ray, started on this machine: a dozen seconds of processor time, most of them Ray's start."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import killed_once, places

from hairline.data.samples import read_samples
from hairline.engine.choice import opened
from hairline.engine.engine import PLAIN, Terms
from hairline.engine.local import Local
from hairline.engine.options import Options
from hairline.errors import HairlineError
from hairline.gates.image_facts import computed
from hairline.io.hashing import content_hash
from pipeline.stage import Each


def refused(sample_id: str) -> str:
    """Work that a person must mend."""
    raise HairlineError(f"{sample_id}: no picture; expected one")


def where(number: int) -> tuple[int, str, str]:
    """Process, folder and threads of a task."""
    return os.getpid(), str(Path.cwd()), os.environ["OMP_NUM_THREADS"]


@pytest.mark.slow
def test_a_cluster_gives_what_this_machine_does_even_where_a_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="no Ray (the extra cluster)")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # or it writes a token into this user's home
    monkeypatch.chdir(tmp_path)
    dataset = places.make(tmp_path).dataset("synthetic")
    table = read_samples(dataset)
    ids, kept = list(table["id"]), tmp_path / "kept"

    def labelled(engine: Any, out: str, terms: Terms = PLAIN) -> list[float]:
        work = partial(killed_once.label, dataset, Path(out), Path("marker"), "" if out == "here" else ids[4])
        return list(engine.map(work, iter(ids), terms))

    here = labelled(Local(), "here")
    with opened(Options("ray", None, chunk=1)) as engine:
        assert labelled(engine, "there", Terms(kept=kept)) == here
        assert getattr(engine, "lost", 0) >= 1 and Path("marker").exists()
        assert content_hash(Path("there")) == content_hash(Path("here"))
        assert len(list(kept.glob("*.chunk"))) == len(ids)
        facts = computed(table, dataset, 0.95, Each(engine, ""))
        assert facts.equals(computed(table, dataset, 0.95))
        with pytest.raises(HairlineError, match=rf"^{ids[0]}: no picture; expected one$"):
            list(engine.map(refused, ids))
        processes, folders, threads = map(set, zip(*engine.map(where, range(4)), strict=True))
        assert os.getpid() not in processes and folders == {str(tmp_path)} and threads == {"1"}
