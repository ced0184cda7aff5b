"""Two nodes that share nothing but addresses: torchrun on each, and a folder of its own."""

import json
import os
import sys

import pytest
from support import ranks, workspace
from support.parallel_training import STEPS, assert_alike, learn

PROGRAM = """
import json, sys
from pathlib import Path
from hairline.nn.runtime.processes import leads
from support.parallel_training import RECIPE, learn
killed = json.loads(sys.argv[2])
told = learn(Path(sys.argv[1]), RECIPE, killed and tuple(killed))
told = {"history": told["history"], "steps": told["steps"], "leads": leads(),
        "weights": {name: values.tolist() for name, values in told["weights"].items()}}
Path(sys.argv[1]).with_suffix(".json").write_text(json.dumps(told))
"""


def train(home, port, killed=None):
    """Status and what was told on each of two nodes, whose agents have the addresses 127.0.0.1 and 127.0.0.2."""
    path = os.pathsep.join([*filter(None, sys.path), str(workspace.ROOT / "tests")])
    environment = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "PYTHON_EXEC": "python"}
    nodes = []
    for node in range(2):
        place = home / f"node{node}"
        place.mkdir(exist_ok=True)
        (place / "program.py").write_text(PROGRAM)
        words = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", f"--node-rank={node}",
                 "--nproc-per-node=1", "--master-addr=127.0.0.1", f"--master-port={port}",
                 f"--local-addr=127.0.0.{node + 1}", "program.py", "work", json.dumps(killed)]  # fmt: skip
        nodes.append((place / "work.json", workspace.begin(place, words, environment)))
    ended = [(process.communicate(timeout=180), process.returncode, told) for told, process in nodes]
    return [(status, said[1], json.loads(told.read_text()) if status == 0 else None) for said, status, told in ended]


@pytest.mark.slow
def test_two_nodes_learn_what_one_process_learns_also_after_one_was_killed(tmp_path):
    (one,) = ranks.answers(1, learn, tmp_path / "one")
    port = ranks.free_port()
    assert all(status for status, _, _ in train(tmp_path, port, (1, 13)))
    assert not (tmp_path / "node1" / "work").exists()
    found = train(tmp_path, port)
    for (status, said, told), leads in zip(found, (True, False), strict=True):
        assert status == 0, said
        assert (told["steps"], told["leads"]) == (STEPS - 12, leads)
        assert_alike(one, told)
