"""Stores on S3 shown on this machine: DVC, MLflow and `hairline predict` against an S3 server that is started here.

    python benchmarks/stores.py --scratch /tmp/stores --out benchmarks/results/stores.json
    python benchmarks/stores.py --scratch /tmp/stores --parts predict

moto's server answers on 127.0.0.1 and keeps objects in memory; no container is needed, only the extras `s3` and
`dev`. Part `dvc`: a clean clone of this commit runs the default experiment with MLflow's server as tracking store and
artifacts on S3, `dvc push` sends everything to S3, another clean clone pulls it, and `dvc repro` there must run
nothing. Part `mlflow`, after it: every run, artifact and registered network of that experiment is read back from the
store. Part `lost`: the S3 server is gone while a run logs, and back before `hairline sync`. Part `predict`: photos are
predicted into a folder and onto S3, which must agree byte for byte; onto S3 once more with a kill -9 ten times, after
which nothing may be lost and nothing be there twice. A secret in the environment must be found nowhere in what was
written. Exit status 1 where anything is not as it must be.
"""

import argparse
import csv
import hashlib
import io
import json
import logging
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import cv2
import numpy as np
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[1]
SECRET = "canary-" + hashlib.sha256(b"a secret that must not be written").hexdigest()[:32]
BUCKETS = ("dvc", "mlflow", "found")
PARTS = ("dvc", "mlflow", "lost", "predict")
SKIPPED, RAN = re.compile(r"Stage '.+?' didn't change, skipping"), re.compile(r"Running stage '(.+?)'")


class Failed(SystemExit):
    """What was to be shown is not so."""


def environment(endpoint: str, **more: str) -> dict[str, str]:
    """What a command needs to reach the S3 server, and no other settings of this shell."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MLFLOW_TRACKING"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **kept, "PATH": path, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "canary-id",
        "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1", "DVC_NO_ANALYTICS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1", "AWS_EC2_METADATA_DISABLED": "true", **more,
    }  # fmt: skip


def run(folder: Path, env: Mapping[str, str], *command: str) -> tuple[str, float]:
    """What a command says, and its seconds; it must succeed and tell no secret."""
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=dict(env), text=True, capture_output=True, errors="replace")
    told = done.stdout + done.stderr
    if done.returncode != 0:
        raise Failed(f"{told[-4000:]}\n{' '.join(command)}: status {done.returncode}")
    if SECRET in told:
        raise Failed(f"{' '.join(command)}: tells the secret key")
    return told, time.monotonic() - begun


def keys(client: Any, bucket: str, folder: str = "") -> list[str]:
    """Everything in a bucket, or below a folder of it."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def objects(client: Any, bucket: str, folder: str = "") -> dict[str, bytes]:
    """Key → content of the same."""
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys(client, bucket, folder)}


def clone(source: Path, target: Path) -> None:
    """A clean clone, whose `python` is that of this script."""
    subprocess.run(["git", "clone", "--quiet", str(source), str(target)], check=True)
    (target / ".venv").symlink_to(Path(sys.prefix))


@contextmanager
def mlflow_server(scratch: Path, env: Mapping[str, str]) -> Iterator[str]:
    """MLflow's server with an SQLite store and its artifacts on S3; its URL."""
    import socket
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
               "--backend-store-uri", f"sqlite:///{scratch / 'mlflow.db'}",
               "--artifacts-destination", "s3://mlflow/artifacts"]  # fmt: skip
    with (scratch / "mlflow.log").open("ab") as log:
        server = subprocess.Popen(command, env=dict(env), stdout=log, stderr=log, cwd=scratch, start_new_session=True)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def show_dvc(scratch: Path, endpoint: str, client: Any, tracking: str, finished: Path | None = None) -> dict[str, Any]:
    """The default experiment in one clone, pushed, pulled into another, where nothing runs."""
    first, second = finished or scratch / "first", scratch / "second"
    env, ran_s = environment(endpoint), 0.0
    source = {"PYTHONPATH": f"{first / 'src'}{os.pathsep}{first}"}
    if finished is None:
        clone(ROOT, first)
        _, ran_s = run(first, {**env, **source, "MLFLOW_TRACKING_URI": tracking}, "dvc", "repro")
        run(first, {**env, **source, "MLFLOW_TRACKING_URI": tracking}, "hairline", "sync")  # what was too slow to send
    run(first, env, "dvc", "remote", "add", "--force", "--default", "store", "s3://dvc/cache")
    pushed, push_s = run(first, env, "dvc", "push")
    run(first, env, "git", "add", "--all", ".")
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    run(first, env, "git", *who, "commit", "--quiet", "--allow-empty", "-m", "run")
    sizes = [len(content) for content in objects(client, "dvc").values()]

    clone(first, second)
    source = {"PYTHONPATH": f"{second / 'src'}{os.pathsep}{second}"}
    pulled, pull_s = run(second, env, "dvc", "pull")
    again, again_s = run(second, {**env, **source}, "dvc", "repro")
    if RAN.findall(again):
        raise Failed(f"'dvc repro' after 'dvc pull' runs {RAN.findall(again)}")
    different = [path for path in lockfile_outs(first) if hashed(first / path) != hashed(second / path)]
    if different:
        raise Failed(f"not the same after 'dvc pull': {different}")
    nothing, nothing_s = run(first, env, "dvc", "push")
    return {
        "repro_s": round(ran_s, 1), "objects": len(sizes), "mb": round(sum(sizes) / 1e6, 1),
        "push_s": round(push_s, 1), "push_told": pushed.strip().splitlines()[-1], "pull_s": round(pull_s, 1),
        "pull_told": pulled.strip().splitlines()[-1], "repro_elsewhere_s": round(again_s, 1), "stages_run_elsewhere": 0,
        "stages_skipped_elsewhere": len(SKIPPED.findall(again)), "outs_compared": len(lockfile_outs(first)),
        "second_push_s": round(nothing_s, 1), "second_push_told": nothing.strip().splitlines()[-1],
    }  # fmt: skip


def lockfile_outs(folder: Path) -> list[str]:
    """Paths of all outputs that dvc.lock names."""
    from hairline.tracking import lineage

    return [out for stage in lineage.locked(folder / "dvc.lock").values() for out in stage.outs]


def hashed(path: Path) -> str:
    """Hash of a file or folder."""
    from hairline.io.hashing import content_hash

    return content_hash(path)


def show_mlflow(scratch: Path, client: Any, tracking: str) -> dict[str, Any]:
    """Every run, artifact and registered network of the experiment, read back by a client that has no credentials."""
    import mlflow

    import hairline

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["MLFLOW_TRACKING_URI"] = tracking
    mlflow.set_tracking_uri(tracking)
    asked = mlflow.MlflowClient()
    runs = [run for found in asked.search_experiments() for run in asked.search_runs([found.experiment_id])]
    kept, begun, fetched = objects(client, "mlflow"), time.monotonic(), 0
    for each in runs:
        target = scratch / "artifacts" / each.info.run_id
        target.mkdir(parents=True)
        mlflow.artifacts.download_artifacts(run_id=each.info.run_id, dst_path=str(target))
        fetched += sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    seconds = time.monotonic() - begun
    unfinished = [each.info.run_name for each in runs if each.info.status != "FINISHED"]
    if unfinished:
        raise Failed(f"runs that did not end: {unfinished}")
    versions = asked.search_model_versions()
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    same = 0
    for version in versions:
        source = f"models:/{version.name}/{version.version}"
        loaded = mlflow.pyfunc.load_model(source)
        if version.name.endswith("-segmenter"):
            local = asked.get_run(version.run_id).data.tags
            folder = scratch / "first" / "models/synthetic/segmenters" / local["training_set"] / local["label_set"]
            expected = np.asarray(hairline.load_segmenter(folder / local["architecture"]).predict(image, scale=1))
            registered = np.asarray(hairline.load_segmenter(source).predict(image, scale=1))
            served = np.asarray(loaded.predict(image[None]))[0]
            if not np.array_equal(expected, registered) or np.abs(served - expected).max() > 1e-6:
                raise Failed(f"{source}: does not answer as the network that was trained")
            same += 1
    return {
        "runs": len(runs), "objects_on_s3": len(kept), "mb_on_s3": round(sum(map(len, kept.values())) / 1e6, 1),
        "artifacts_mb_read_back": round(fetched / 1e6, 1), "read_back_s": round(seconds, 1),
        "registered_versions": len(versions), "loaded": len(versions), "answer_as_trained": same,
    }  # fmt: skip


RUN = """
from pathlib import Path
from hairline.tracking import run

with run("train", "lost", "lost", {}, [], {}, [], Path("run.json"), wait_s=20) as opened:
    opened.text("before.txt", "before")
    input()  # meanwhile the store goes away
    opened.text("meanwhile.txt", "meanwhile")
    opened.text("later.txt", "later")
"""


def show_lost(
    scratch: Path, endpoint: str, tracking: str, away: Callable[[], object], back: Callable[[], object]
) -> dict[str, Any]:
    """A run whose artifacts cannot be written for a while ends all the same; what is missing is sent later."""
    import mlflow

    folder, names = scratch / "lost", {"before.txt", "meanwhile.txt", "later.txt"}
    (folder / ".dvc").mkdir(parents=True)
    source = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    env = environment(endpoint, PYTHONPATH=source, MLFLOW_TRACKING_URI=tracking)
    with (folder / "log").open("wb") as log:
        stage = subprocess.Popen([sys.executable, "-c", RUN], cwd=folder, env=env, stdin=subprocess.PIPE, stderr=log)
    asked = mlflow.MlflowClient(tracking)
    while stage.poll() is None and "before.txt" not in _artifacts(asked):
        time.sleep(0.5)
    away()
    stage.communicate(b"\n")
    if stage.returncode != 0:
        raise Failed(f"a run whose store went away fails: see {folder / 'log'}")
    back()
    told, _ = run(folder, env, "hairline", "sync")
    if _artifacts(asked) != names:
        raise Failed(f"not there in the end: {names - _artifacts(asked)}; {told}")
    return {"artifacts": len(names), "sync_told": told.strip().splitlines()[-1], "there_in_the_end": len(names)}


def _artifacts(asked: Any) -> set[str]:
    """Artifacts of the one run of the experiment ``lost``."""
    found = asked.get_experiment_by_name("lost")
    runs = asked.search_runs([found.experiment_id]) if found else []
    return {each.path for each in asked.list_artifacts(runs[0].info.run_id)} if runs else set()


def photos(folder: Path, count: int) -> None:
    """Generated photos, each another size, grey with dark lines."""
    rng = np.random.default_rng(0)
    for number in range(count):
        image = rng.integers(120, 160, (160 + number % 7, 200 + number % 5, 3), np.uint8)
        cv2.line(image, (5, int(rng.integers(150))), (190, int(rng.integers(150))), (30, 30, 30), 2)
        (folder / f"road{number % 3}").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"road{number % 3}" / f"{number:03}.jpg"), image)


WARM = """
import json, os, sys
import s3fs, torch
from hairline.cli.app import main
from hairline.inspection import folder, geotiff, photos, prediction, scales, shelves, thresholds

for line in sys.stdin:
    words, log = json.loads(line)
    child = os.fork()
    if child == 0:
        told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(told, 1), os.dup2(told, 2)
        sys.argv[1:] = words
        try:
            main()
        except SystemExit as end:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(end.code or 0)
        os._exit(99)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Warm:
    """A process that has the libraries of `hairline predict` loaded and forks one for each command."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        """Start it in a folder."""
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-c", WARM], cwd=folder, env=dict(env), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def begin(self, words: Sequence[str], log: str) -> int:
        """Start a command; the id of its process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([list(words), log]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> int:
        """Wait for it; its status, below 0 the signal that ended it."""
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run(self, words: Sequence[str], log: str) -> tuple[str, float]:
        """What a command says, and its seconds; it must succeed and tell no secret."""
        begun = time.monotonic()
        self.begin(words, log)
        status, told = self.end(), (self.folder / log).read_text(encoding="utf-8")
        if status != 0 or SECRET in told:
            raise Failed(f"{told[-4000:]}\n{' '.join(words)}: status {status}, or it tells the secret key")
        return told, time.monotonic() - begun


def show_predict(scratch: Path, endpoint: str, client: Any, count: int, kills: int, seed: int) -> dict[str, Any]:
    """Predictions in a folder, on S3, and on S3 with kills: the same of all three."""
    photos(scratch / "photos", count)
    words = ["predict", "photos", "--overlay", "--out"]
    warm = Warm(scratch, environment(endpoint, PYTHONPATH=f"{ROOT / 'src'}{os.pathsep}{ROOT}"))
    _, local_s = warm.run([*words, "local"], "local.log")
    expected = {path.relative_to(scratch / "local").as_posix(): path.read_bytes()
                for path in (scratch / "local").rglob("*") if path.is_file()}  # fmt: skip
    _, store_s = warm.run([*words, "s3://found/once"], "once.log")
    same_everywhere(expected, below(client, "once/"), "once")
    told, again_s = warm.run([*words, "s3://found/once"], "again.log")
    if f"0 photos predicted, {count} done before" not in told:
        raise Failed(f"a second call predicts again:\n{told}")
    rows = killed(warm, [*words, "s3://found/killed"], client, kills, random.Random(seed), count)
    last, _ = warm.run([*words, "s3://found/killed"], "last.log")
    same_everywhere(expected, below(client, "killed/"), "killed")
    return {
        "photos": count, "objects": len(expected), "mb": round(sum(map(len, expected.values())) / 1e6, 2),
        "local_s": round(local_s, 1), "s3_s": round(store_s, 1), "skip_all_s": round(again_s, 1),
        "kills": len(rows), "rows_after_each_kill": rows, "last_told": last.strip().splitlines()[-2],
    }  # fmt: skip


def killed(warm: Warm, words: Sequence[str], client: Any, kills: int, chance: random.Random, count: int) -> list[int]:
    """Start a command and kill it when it has written some objects more, so many times; rows of the table each time."""
    rows = list[int]()
    for number in range(kills):
        due = len(keys(client, "found", "killed/")) + chance.randint(1, 2 * count // (kills + 1))
        process = warm.begin(words, "killed.log")
        while Path(f"/proc/{process}").exists() and len(keys(client, "found", "killed/")) < due:
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        if warm.end() != -signal.SIGKILL:
            raise Failed(f"ended before it was killed for the {number + 1}th time; see {warm.folder / 'killed.log'}")
        rows.append(len(table(below(client, "killed/").get("predictions.csv", b""))))
    return rows


def below(client: Any, folder: str) -> dict[str, bytes]:
    """Name below a folder of the bucket for predictions → content."""
    return {key.removeprefix(folder): content for key, content in objects(client, "found", folder).items()}


def table(content: bytes) -> list[dict[str, str]]:
    """Rows of predictions.csv without times."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def same_everywhere(expected: Mapping[str, bytes], found: Mapping[str, bytes], what: str) -> None:
    """Refuse anything that is lost, left over, there twice or other than expected."""
    if set(expected) != set(found):
        raise Failed(f"{what}: lost or left over: {sorted(set(expected) ^ set(found))[:5]}")
    other = [name for name in expected if name != "predictions.csv" and expected[name] != found[name]]
    if other:
        raise Failed(f"{what}: other bytes: {other[:5]}")
    if table(expected["predictions.csv"]) != table(found["predictions.csv"]):
        raise Failed(f"{what}: other rows in predictions.csv")


def leaks(scratch: Path, client: Any) -> dict[str, int]:
    """How many files and objects were looked through for the secret; none may hold it."""
    files = [
        path for path in scratch.rglob("*") if path.is_file() and not path.is_symlink() and ".venv" not in path.parts
    ]
    held = [str(path) for path in files if SECRET.encode() in path.read_bytes()]
    kept = {f"s3://{bucket}/{key}": content for bucket in BUCKETS for key, content in objects(client, bucket).items()}
    held += [key for key, content in kept.items() if SECRET.encode() in content]
    if held:
        raise Failed(f"the secret key stands in {held[:5]}")
    return {"files": len(files), "objects": len(kept), "with_the_secret": 0}


def main() -> None:
    """Show the parts that are asked for and write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--out", type=Path, help="file for the results, JSON; other parts of it are kept")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--finished", type=Path, help="a clone in which the experiment has run, instead of a new one")
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.scratch.mkdir(parents=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    scratch, server = given.scratch.resolve(), ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="canary-id",
                          aws_secret_access_key=SECRET)  # fmt: skip
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True, capture_output=True, check=True).stdout
    found: dict[str, Any] = {}
    try:
        if {"dvc", "mlflow", "lost"} & set(given.parts):
            with mlflow_server(scratch, environment(endpoint)) as tracking:
                if {"dvc", "mlflow"} & set(given.parts):
                    found["dvc"] = show_dvc(scratch, endpoint, client, tracking, given.finished)
                if "mlflow" in given.parts:
                    found["mlflow"] = show_mlflow(scratch, client, tracking)
                if "lost" in given.parts:
                    again = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)  # with what it held
                    found["lost"] = show_lost(scratch, endpoint, tracking, server.stop, again.start)
                    server = again
        if "predict" in given.parts:
            found["predict"] = show_predict(scratch, endpoint, client, given.photos, given.kills, given.seed)
        secret = leaks(scratch, client)
    finally:
        server.stop()
    told = {
        part: {"commit": commit.strip(), "server": "moto", **values, "secret": secret} for part, values in found.items()
    }
    earlier = json.loads(given.out.read_text()) if given.out and given.out.exists() else {}
    text = json.dumps({**earlier, **told}, indent=2) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
