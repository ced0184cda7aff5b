"""The services of deploy/compose.yaml as plain processes: its own commands, checks, names and ports, without images.

    python benchmarks/deployed.py --scratch /tmp/deployed --out benchmarks/results/deployed.json

Needs root on Linux, Debian's `postgresql`, and the extras `cluster`, `postgres`, `s3` and `dev`. Each service has
namespaces of its own, as a container has: network with its own address, host name, processes, /dev/shm of its shm_size
and /tmp/ray; they share the files of this machine. PostgreSQL is Debian's, and moto's server stands for SeaweedFS. In a
place like that of `docker compose run hairline`, with what the file sets there:

- an engine told `auto` joins through RAY_ADDRESS (Ray Client), and tasks run on the head and on the worker;
- `hairline predict` on this machine, and on the cluster through `auto` and `ray://…`: the same bytes;
- the head is killed (-9) in the middle of it: a sentence, status 1; after a start of both the rest is predicted;
- a study in PostgreSQL whose workers are tasks finds what one process finds in SQLite, but for times and numbers;
- a segmenter is trained, and its run, artifacts on S3, is read back from MLflow's server.

No secret may stand in a command line or in what was written. Exit status 1 where anything is not as told here.
"""

import argparse
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("POSTGRES_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RAY_AUTH_TOKEN")
SECRETS = {name: "canary-" + hashlib.sha256(name.encode()).hexdigest()[:24] for name in NAMES}
ADDRESSES = {name: f"10.66.0.{place}" for place, name in
             enumerate(("postgres", "store", "mlflow", "ray-head", "ray-worker", "hairline"), 2)}  # fmt: skip
QUIET = ("HF_HUB_OFFLINE", "DO_NOT_TRACK", "OMP_NUM_THREADS", "NO_ALBUMENTATIONS_UPDATE", "MLFLOW_DISABLE_TELEMETRY")
WAIT_S = 300
INNER = 'hostname "$0"; mount -t tmpfs -o size="$1" tmpfs /dev/shm; mount -t tmpfs tmpfs /tmp/ray; shift; exec "$@"'


class Failed(SystemExit):
    """What was to be shown is not so."""


def composed() -> dict[str, Any]:
    """What the file says, with secrets in the environment of its services."""
    text = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(re.sub(r"\$\{(\w+):\?[^}]*\}", lambda name: SECRETS[name[1]], text)))


class Place:
    """A service's namespaces, and what runs in them."""

    def __init__(self, name: str, told: Mapping[str, Any], scratch: Path, cwd: Path) -> None:
        """Give it an address on the bridge."""
        self.name, self._told, self._log, self._cwd = name, told, scratch / f"{name}.log", cwd
        kept = {key: value for key, value in os.environ.items() if key in ("HOME", "LANG", *QUIET)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        source = os.pathsep.join(map(str, (ROOT / "src", ROOT, ROOT / "tests")))
        self._env = {**kept, "PATH": path, "PYTHONPATH": source, **told.get("environment", {})}
        self._process: subprocess.Popen[bytes] | None = None
        end = f"{name[:9]}-v"
        for words in (f"netns add {name}", f"link add {end} type veth peer name eth0 netns {name}",
                      f"link set {end} master bridge up", f"-n {name} link set lo up",
                      f"-n {name} addr add {ADDRESSES[name]}/24 dev eth0", f"-n {name} link set eth0 up"):  # fmt: skip
            subprocess.run(["ip", *words.split()], check=True)

    def _inside(self, command: Sequence[str]) -> list[str]:
        size = str(self._told.get("shm_size", "64m")).removesuffix("b")
        apart = ["unshare", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", INNER]
        return ["ip", "netns", "exec", self.name, *apart, self.name, size, *command]

    def start(self, *before: str, command: Sequence[str] | None = None) -> None:
        """Start what the file says, or another command in its place."""
        with self._log.open("ab") as log:
            words = self._inside([*before, *(command or self._told["command"])])
            self._process = subprocess.Popen(words, cwd=self._cwd, env=self._env, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it at once, with all that it started."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def healthy(self, check: Sequence[str] | None = None) -> float:
        """Wait until the file's own check passes, or another; the seconds."""
        begun = time.monotonic()
        while time.monotonic() - begun < WAIT_S:
            assert self._process is not None
            if self._process.poll() is not None:
                raise Failed(f"{self.name} ended: see {self._log}")
            if self.run(*(check or self._told["healthcheck"]["test"][1:]), status=None)[0] == 0:
                return round(time.monotonic() - begun, 1)
            time.sleep(1)
        raise Failed(f"{self.name} is not healthy after {WAIT_S} s: see {self._log}")

    def begin(self, *command: str, env: Mapping[str, str | None] | None = None) -> "subprocess.Popen[str]":
        """Start a command beside it, as one does in a shell there."""
        given = {**self._env, **(env or {})}
        return subprocess.Popen(self._inside(command), cwd=self._cwd, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, errors="replace",
                                env={name: value for name, value in given.items() if value is not None})  # fmt: skip

    def run(self, *command: str, status: int | None = 0, **more: Any) -> tuple[int, str]:
        """Its status, and what it says; up to three more tries where the head is too busy to be joined."""
        for _ in range(4):
            process = self.begin(*command, **more)
            told, _ = process.communicate(timeout=600)
            with self._log.open("a", encoding="utf-8") as log:
                log.write(f"$ {' '.join(command)[:300]}: {process.returncode}\n{told}")
            if "or is busy: nothing came in" not in told:
                break
        if status is not None and process.returncode != status:
            raise Failed(f"{told[-3000:]}\n{' '.join(command)}: status {process.returncode}")
        return process.returncode, told


def bridged() -> None:
    """A bridge, names for its addresses, and an empty place for Ray, seen by what is started here alone."""
    names = "\n".join(f"{address} {name}" for name, address in ADDRESSES.items())
    hosts = Path("/tmp/ray")
    hosts.mkdir(exist_ok=True)
    for words in ("mount --make-rprivate /", "mount -t tmpfs tmpfs /run/netns", "mount -t tmpfs tmpfs /tmp/ray",
                  "ip link set lo up", "ip link add bridge type bridge", "ip addr add 10.66.0.1/24 dev bridge",
                  "ip link set bridge up"):  # fmt: skip
        Path("/run/netns").mkdir(exist_ok=True)
        subprocess.run(words.split(), check=True)
    (hosts / "hosts").write_text(f"127.0.0.1 localhost\n{names}\n")
    subprocess.run(["mount", "--bind", "/tmp/ray/hosts", "/etc/hosts"], check=True)


def database(place: Place, home: Path, configs: Mapping[str, Any]) -> None:
    """PostgreSQL as its image makes it: a user with a password, a database, SQL of the file, open to the password."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    home.mkdir()
    (home / "password").write_text(SECRETS["POSTGRES_PASSWORD"])
    for path in (home, home / "password"):
        shutil.chown(path, "postgres")
    data, own = str(home / "data"), ("runuser", "-u", "postgres", "--")
    subprocess.run([*own, str(programs / "initdb"), "-D", data, "-A", "scram-sha-256", "-U", "hairline",
                    f"--pwfile={home / 'password'}"], check=True, stdout=subprocess.DEVNULL, cwd=home)  # fmt: skip
    (home / "password").unlink()
    with (home / "data/pg_hba.conf").open("a") as file:
        file.write("host all all 10.66.0.0/24 scram-sha-256\n")
    place.start(*own, command=[str(programs / "postgres"), "-D", data, "-k", str(home), "-h", "*"])
    check = [str(programs / "pg_isready"), "--host", "postgres", "--username", "hairline"]
    place.healthy(check)
    create = [str(programs / "createdb"), "--host", "postgres", "--username", "hairline", "hairline"]
    password: dict[str, str | None] = {"PGPASSWORD": SECRETS["POSTGRES_PASSWORD"]}
    place.run(*create, env=password)
    for each in configs.values():
        place.run("psql", "--host", "postgres", "--username", "hairline", "-c", each["content"], env=password)


SETTLE = """
import boto3
boto3.client("s3").create_bucket(Bucket="hairline")
"""
MACHINES = """
import json, platform, time
from hairline.engine.choice import opened
from hairline.engine.options import Options

def where(number):
    time.sleep(0.05)
    return platform.node()

with opened(Options("ray", "auto", chunk=1, wait_s=45)) as engine:
    print("machines", json.dumps(sorted(set(engine.map(where, range(80))))))
"""
MADE = r"""
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import numpy as np, cv2
from conftest import tiny_values
from support import parameters, places, small_network
from hairline.config.paths import Paths
from hairline.nn.classifier import backbones
from pipeline import label_manual
import torch

home = Path.cwd()
values = tiny_values()
study = values["studies"]["konig"] | {"sampler": "random", "trials": 8}
values["runtime"]["tracking_wait_s"] = 120
for name, engine, workers in (("one", "local", 1), ("two", "ray", 2)):
    values["studies"] = {"konig": study | {"workers": workers}}
    values["runtime"]["engine"] = {"name": engine, "address": "auto", "cpus_per_task": 1, "gpus_per_task": 0}
    (home / name).mkdir()
    parameters.write(home / name, values)
(home / ".dvc").mkdir()
(home / ".dvc/config").write_text("[core]\n    no_scm = true\n")
paths = places.make(home)
torch.manual_seed(0)
told = {"images": 6, "epochs": 1, "initialisation": "none"}
backbones.save(backbones.build("test_resnet", "none")[0], paths.classifier("lite0"), told)
small_network.make(home / "network")
rng = np.random.default_rng(0)
(home / "photos").mkdir()
for number in range(int(sys.argv[2])):
    image = rng.integers(120, 160, (480 + number % 7, 600 + number % 5, 3), np.uint8)
    cv2.line(image, (5, int(rng.integers(450))), (590, int(rng.integers(450))), (30, 30, 30), 3)
    cv2.imwrite(f"photos/{number:03}.jpg", image)
label_manual.main(["--params", "one/params.yaml"])
places.list_training_images(paths, "manual")
"""
READ = """
import json, sys
import mlflow
asked = mlflow.MlflowClient()
runs = [run for each in asked.search_experiments() for run in asked.search_runs([each.experiment_id])]
files = {}
for run in runs:
    home = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=sys.argv[1] + "/" + run.info.run_id)
    from pathlib import Path
    files[run.info.run_name] = sum(path.is_file() for path in Path(home).rglob("*"))
print("runs", json.dumps({run.info.run_name: [run.info.status, run.info.artifact_uri.partition(":")[0],
      files[run.info.run_name]] for run in runs}))
"""


def told_in(text: str, word: str) -> Any:
    """What a program says as JSON behind a word."""
    return json.loads(next(line for line in text.splitlines() if line.startswith(word + " ")).partition(" ")[2])


def content(folder: Path) -> dict[str, str]:
    """File → hash, and of predictions.csv the rows without times."""
    found = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
             for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in (".png", ".jpg")}  # fmt: skip
    with (folder / "predictions.csv").open(newline="") as file:
        rows = [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
    return {**found, "predictions.csv": json.dumps(rows)}


def same(here: Path, there: Path) -> dict[str, int]:
    """Refuse any difference between two folders of predictions; how many files were compared."""
    one, other = content(here), content(there)
    apart = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    if apart:
        raise Failed(f"{there}: not as on one machine: {apart[:5]}")
    return {"files": len(one), "different": 0}


def predicted(shell: Place, cluster: Sequence[Place], work: Path, photos: int) -> dict[str, Any]:
    """Predictions on this machine, on the cluster, and on a cluster whose head is killed."""
    words = ["hairline", "predict", "photos", "--model", "network", "--out"]
    engine = ["--engine", "ray", "--chunk", "2", "--cpus-per-task", "2"]
    shell.run(*words, "local")
    shell.run(*words, "auto", *engine)
    found: dict[str, Any] = {"through RAY_ADDRESS": same(work / "local", work / "auto")}
    shell.run(*words, "client", *engine, "--address", "ray://ray-head:10001", env={"RAY_ADDRESS": None})
    found["through --address ray://"] = same(work / "local", work / "client")
    process = shell.begin(*words, "killed", *engine)
    table = work / "killed/predictions.csv"
    while process.poll() is None and (not table.exists() or len(table.read_bytes().splitlines()) < photos // 10):
        time.sleep(0.05)
    begun, (head, worker) = time.monotonic(), cluster
    head.kill()
    told, _ = process.communicate(timeout=300)
    seconds, rows = round(time.monotonic() - begun, 1), len(table.read_bytes().splitlines()) - 1
    if process.returncode != 1 or "Traceback" in told:
        raise Failed(f"a head that is killed: status {process.returncode}\n{told[-3000:]}")
    worker.kill()  # it would end by itself, and compose start it again
    for place in cluster:
        place.start()
        place.healthy()
    _, last = shell.run(*words, "killed", *engine)
    same(work / "local", work / "killed")
    return found | {"head killed": {"status": 1, "seconds": seconds, "rows there": rows,
                                    "told": [line for line in told.splitlines() if line.strip()][-1],
                                    "then told": re.findall(r"\d+ photos predicted.*", last)}}  # fmt: skip


def staged(place: Place, module: str, params: str, *words: str, **more: Any) -> str:
    """Run a stage with the parameters of a folder; what it says."""
    return place.run(sys.executable, "-m", f"pipeline.{module}", "--params", f"{params}/params.yaml", *words, **more)[1]


def studied(shell: Place, work: Path) -> dict[str, Any]:
    """A study of one process in SQLite, and of two tasks in PostgreSQL."""
    staged(shell, "localize", "one", "--classifier", "lite0", "--dataset", "synthetic")
    found = {}
    for params, env in (("one", {"HAIRLINE_STUDY_STORAGE": None}), ("two", {})):
        staged(shell, "tune", params, "--study", "konig", env=env)
        results = next((work / "data").rglob("best.json")).parent
        found[params] = {name: (results / name).read_text("utf-8") for name in ("best.json", "trials.json")}
        table = pd.read_csv(results / "trials.csv")
        kept = [name for name in table if "seconds" not in name and "trial" not in name]
        found[params]["trials.csv"] = table[kept].to_csv(index=False)
        shutil.rmtree(results)
    apart = [name for name in found["one"] if found["one"][name] != found["two"][name]]
    if apart:
        raise Failed(f"a study on the cluster is not as in one process: {apart}")
    return {
        "trials": len(json.loads(found["one"]["trials.json"])["trials"]),
        "files": len(found["one"]),
        "different": 0,
    }


def trained(shell: Place, scratch: Path) -> dict[str, Any]:
    """A segmenter's training, whose run is read back from MLflow's server without any credentials of S3."""
    words = ["--label-set", "manual", "--architecture", "unet", "--training-set", "synthetic"]
    staged(shell, "train_segmenter", "one", *words)
    bare: dict[str, str | None] = dict.fromkeys(SECRETS)
    _, told = shell.run(sys.executable, "-c", READ, str(scratch / "read"), env=bare)
    runs = {name: told for name, told in told_in(told, "runs").items() if not name.startswith("trial ")}
    if len(runs) != 2 or any(status != "FINISHED" or not files for status, _, files in runs.values()):
        raise Failed(f"runs on the server: {runs}")
    return {name: {"status": status, "artifacts": files} for name, (status, _, files) in runs.items()}


def leaks(scratch: Path) -> dict[str, int]:
    """Command lines of this moment and files that were written; none may hold a secret."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    files = [path for path in scratch.rglob("*") if path.is_file() and not path.is_symlink()]
    held = [str(path) for path in files if _tells(path.read_bytes())]
    held += [line.decode(errors="replace")[:80] for line in lines if _tells(line)]
    if held:
        raise Failed(f"a secret stands in {held[:5]}")
    return {"command lines": len(lines), "files": len(files), "with a secret": 0}


def _tells(text: bytes) -> bool:
    """Whether it holds a secret; the name of S3's key is none, and stands in every signed URL."""
    return any(secret.encode() in text for name, secret in SECRETS.items() if name != "AWS_ACCESS_KEY_ID")


def shown(scratch: Path, photos: int) -> dict[str, Any]:
    """Start all, in the order of the file, and show all."""
    scratch.mkdir(parents=True)
    scratch.chmod(0o755)
    work = scratch / "work"
    work.mkdir()
    bridged()
    said = composed()
    asked = said["services"]
    places = {name: Place(name, asked[name], scratch, work) for name in ADDRESSES}
    shell, cluster = places["hairline"], (places["ray-head"], places["ray-worker"])
    database(places["postgres"], scratch / "postgres", said["configs"])
    places["store"].start(command=[sys.executable, "-m", "moto.server", "-H", "0.0.0.0", "-p", "8333"])
    listens = "import socket; socket.create_connection(('store', 8333), 2).close()"
    places["store"].healthy([sys.executable, "-c", listens])
    shell.run(sys.executable, "-c", SETTLE)
    healthy = {}
    for name in ("mlflow", "ray-head", "ray-worker"):
        places[name].start()
        healthy[name] = places[name].healthy()
    shell.run(sys.executable, "-c", MADE, str(ROOT / "tests"), str(photos))
    machines = told_in(shell.run(sys.executable, "-c", MACHINES)[1], "machines")
    if machines != ["ray-head", "ray-worker"]:
        raise Failed(f"tasks ran on {machines}")
    return {"healthy after s": healthy, "machines that worked": machines, "study": studied(shell, work),
            "training": trained(shell, scratch), "predict": predicted(shell, cluster, work, photos),
            "secrets": leaks(scratch)}  # fmt: skip


def main() -> None:
    """Go apart, start all, show all, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.inside:
        apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        os.execvp("unshare", [*apart, sys.executable, *sys.argv, "--inside"])
    found = {"command": "python " + " ".join(sys.argv[:-1])} | shown(given.scratch.resolve(), given.photos)
    given.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
