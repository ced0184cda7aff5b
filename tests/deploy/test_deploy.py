"""Files of deploy/ and the Dockerfile: schemas, pins, who may reach what, and no secret in them."""

import copy
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE = (ROOT / "deploy/compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMMANDS = [line.strip() for line in re.sub(r"\\\n", " ", DOCKERFILE).splitlines() if not line.startswith("#")]


def test_ports_are_those_of_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports and all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)


def test_images_are_pinned_to_a_version() -> None:
    images = {service["image"] for service in SERVICES.values()}
    assert all(re.fullmatch(r"[\w/\-]+:\d+(\.\d+)+[\w.\-]*", image) for image in images)
    own = {image for image in images if image.startswith("hairline:")}
    assert own == {f"hairline:{PROJECT['version']}-cpu"}
    cuda = yaml.safe_load((ROOT / "deploy/compose.cuda.yaml").read_text())["services"]
    assert {service["image"] for service in cuda.values()} == {f"hairline:{PROJECT['version']}-cuda"}
    assert set(cuda) <= set(SERVICES)


def test_secrets_come_from_a_file_that_git_ignores_and_are_asked_for_by_name() -> None:
    example = (ROOT / "deploy/secrets.env.example").read_text()
    names = re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE)
    assert names and all(value == "" for _, value in names)
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    assert asked == {name for name, _ in names}
    assert len(re.findall(r"\$\{", COMPOSE)) == len(re.findall(r"\$\{\w+:\?set it in deploy/secrets\.env\}", COMPOSE))
    held = [
        (name, key)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|ACCESS_KEY|TOKEN", key) and not str(value).startswith("${")
    ]
    assert held == [] and not any("${" in str(service.get("command")) for service in SERVICES.values())
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "deploy/secrets.env"], cwd=ROOT)
    assert ignored.returncode == 0
    assert not any(fnmatch("deploy", line.removeprefix("!")) for line in _kept())


def test_services_wait_for_those_they_need_until_these_are_healthy() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service, name
        for other, condition in service.get("depends_on", {}).items():
            assert "test" in SERVICES[other]["healthcheck"] and condition == {"condition": "service_healthy"}, name


def test_the_image_has_the_versions_of_constraints_and_no_root() -> None:
    base = re.search(r"^ARG BASE=python:(\d+\.\d+)\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert base and PROJECT["requires-python"] == f">={base[1]}"
    installs = [line for line in COMMANDS if "pip install" in line]
    assert len(installs) == 5
    assert all("-c constraints.txt" in line or "--no-deps" in line for line in installs)
    extras = set(re.findall(r"--extra (\w+)", DOCKERFILE))
    assert {"train", "platform", "cluster", "s3", "postgres"} <= extras <= set(PROJECT["optional-dependencies"])
    for target in ("cpu", "cuda"):
        stage = DOCKERFILE.partition(f" AS {target}\n")[2].partition("\nFROM ")[0]
        assert re.search(r"^USER [1-9]\d*$", stage, re.MULTILINE) and f"packages-{target}" in stage


def _kept() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_the_image_gets_what_the_package_is_made_of() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [
        PROJECT["readme"], *(name.partition("/")[0] for name in PROJECT["license-files"]), *wheel["force-include"],
        *(name.partition("/")[0] for name in wheel["packages"]), "pyproject.toml", "constraints.txt",
    ]  # fmt: skip
    assert set(needed) == set(_kept())


def test_rays_own_launcher_takes_the_cluster() -> None:
    util = pytest.importorskip("ray.autoscaler._private.util")
    asked = yaml.safe_load((ROOT / "deploy/ray-cluster.yaml").read_text())
    prepared = util.prepare_config(copy.deepcopy(asked))
    util.validate_config(prepared)
    assert asked["max_workers"] == len(asked["provider"]["worker_ips"])
    assert all(pattern.startswith("/") for pattern in asked["rsync_exclude"])  # else packages of that name are left out
    assert {"/deploy/secrets.env", "/.dvc/config.local"} <= set(asked["rsync_exclude"])
    started = [*prepared["head_start_ray_commands"], *prepared["worker_start_ray_commands"]]
    assert sum("ray start --head" in line for line in started) == 1
    assert sum("--address=$RAY_HEAD_IP:6379" in line for line in started) == 1
    assert all("RAY_AUTH_MODE=token" in line for line in started if "ray start" in line)
    ray = [service["environment"] for service in SERVICES.values() if "RAY_AUTH_TOKEN" in service["environment"]]
    assert len(ray) == 3 and all(environment["RAY_AUTH_MODE"] == "token" for environment in ray)
    wrong = {**prepared, "worker_ips": []}
    with pytest.raises(Exception, match="worker_ips"):
        util.validate_config(wrong)
