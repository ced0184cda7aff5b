r"""Train the network that ships from generated images alone, and write it into the package.

    make release-weights                        # the profile 'release' in a workspace of its own, state/release
    make release-weights ARGS=--check           # train anew in a folder that is removed, and compare every byte
    python tools/release_weights.py --scores scores.json --card    # only the card anew, with figures on real sets
    python tools/release_weights.py --network                      # only the network for onnxruntime anew
    python tools/release_weights.py --workspace /tmp/try --out /tmp/net \
        --set synthetic_sets.surfaces.train=16 --set segmenter.recipe.epochs=1       # a try, minutes

writes ``weights.safetensors`` (matrices in half precision, the few other numbers as they are), ``model.json`` (network,
calibration, everything it was made of), ``network.onnx`` (the network for onnxruntime, whose weights are those of the
file beside it) and ``CARD.md`` to ``src/hairline/nn/shipped``, 16 MB at most. An interrupted
training goes on. ``--scores`` names a JSON file with figures on real sets, as :mod:`release_card` has it.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import release_card
import safetensors.torch
import torch

from hairline.config import yaml_files
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.errors import HairlineError
from hairline.io.atomic import whole_folder
from hairline.io.hashing import content_hash
from hairline.metrics import learned, operating_point
from hairline.nn.exporting import graph
from hairline.nn.runtime import weights
from hairline.nn.segmenter import segmenter, shipped
from hairline.version import installed

ROOT = Path(__file__).parents[1]
COPIED = ("dvc.yaml", "baselines", "pipeline", "src", "profiles", ".gitignore", ".dvcignore")
PROFILE, SET, OTHERS, NAME = "release", "surfaces", "others", SegmenterName("manual", "unet", "surfaces")
MOST_BYTES = 16_000_000
THREADS = "2"
MARK = ".release"
"""A file of workspaces that this tool made."""


def main() -> None:
    """Train, convert, write; or compare, or write the card alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=ROOT / "state" / "release", help="where it is trained")
    parser.add_argument("--out", type=Path, default=shipped.FOLDER, help="where the network is written")
    parser.add_argument("--scores", type=Path, help="JSON file of figures on real sets, for the card")
    parser.add_argument("--card", action="store_true", help="write the card alone, from what --out holds")
    parser.add_argument("--network", action="store_true", help="only the network for onnxruntime anew")
    parser.add_argument("--check", action="store_true", help="train anew and compare with what --out holds")
    parser.add_argument("--precision", choices=("float16", "bfloat16"), default="float16", help="of matrices, on disk")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a parameter, for a try")
    args = parser.parse_args()
    if args.set and args.out == shipped.FOLDER:
        raise HairlineError("--set is for tries, which must not ship; name another folder by --out")
    if args.card:
        write_card(args.out, args.scores)
    elif args.network:
        found = graph.write(args.out, shipped.NETWORK)
        print(f"{args.out / shipped.NETWORK}: {found.largest:.2g} at most from torch's scores")
    elif args.check:
        check(args.out, args.set, args.precision)
    else:
        train(args.workspace, args.set)
        write(args.workspace, args.out, args.precision, args.scores)
        print(f"{args.out}: {size(args.out):,} bytes, sha256 {content_hash(args.out / weights.WEIGHTS_FILE)[:12]}")


def train(workspace: Path, changes: list[str]) -> None:
    """Run the profile in a workspace of its own, from generated images to the segmenter's scores on others.

    Raises:
        HairlineError: If the folder holds anything but such a workspace, or a command fails.
    """
    refuse_others(workspace)
    workspace.mkdir(parents=True, exist_ok=True)
    (workspace / MARK).touch()
    for name in COPIED:
        shutil.rmtree(workspace / name, ignore_errors=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, workspace / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, workspace / name)
    if not (workspace / ".dvc").is_dir():
        run(workspace, "git", "init", "-q")
        run(workspace, "dvc", "init", "-q")
        run(workspace, "dvc", "config", "cache.type", "hardlink,copy")
    run(workspace, "hairline", "profile", PROFILE, "--force")
    change(workspace / "params.yaml", changes)
    run(workspace, "dvc", "repro", f"evaluate_segmenter@{NAME}-{OTHERS}")


def refuse_others(workspace: Path) -> None:
    """Refuse a folder whose source and profiles would be replaced though it is no workspace of this tool.

    Raises:
        HairlineError: If it is one.
    """
    params = workspace / "params.yaml"
    if not workspace.exists() or (workspace.is_dir() and not any(workspace.iterdir())) or (workspace / MARK).exists():
        return
    if workspace.resolve() != ROOT and params.is_file() and Params(params).experiment == PROFILE:
        return
    raise HairlineError(
        f"--workspace {workspace}: holds other things, of which {', '.join(COPIED)} would be replaced; expected a new "
        "or empty folder, or one that this command made; name another"
    )


def change(params: Path, changes: list[str]) -> None:
    """Change values of params.yaml, each given as KEY.KEY=VALUE with a JSON value."""
    values = yaml_files.parse_commented(yaml_files.read_text(params, ""), params)
    for each in changes:
        place, _, value = each.partition("=")
        *path, last = place.split(".")
        section: Any = values
        try:
            for part in path:
                section = section[part]
            section[last] = json.loads(value)
        except (KeyError, TypeError, ValueError) as error:
            raise HairlineError(
                f"--set {each}: {type(error).__name__}: {error}; expected KEY.KEY=VALUE with a place of {params} and a "
                "JSON value, as segmenter.recipe.epochs=1; correct it"
            ) from None
    params.write_text(yaml_files.dump(values), encoding="utf-8")


def run(workspace: Path, *command: str) -> None:
    """Run a command there, with the code there."""
    there = workspace.resolve()
    env = {**os.environ, "PYTHONPATH": f"{there / 'src'}{os.pathsep}{there}",
           "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", THREADS)}  # fmt: skip
    env.pop("MLFLOW_TRACKING_URI", None)
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(command, cwd=there, env=env, check=False)
    if done.returncode:
        raise HairlineError(f"{workspace}: '{' '.join(command)}' ended with {done.returncode}; its output says why")


def write(workspace: Path, out: Path, precision: str, scores: Path | None) -> None:
    """Convert what was trained in a workspace, and describe it."""
    params, paths = Params(workspace / "params.yaml"), Paths(workspace, PROFILE)
    trained, info = segmenter.load(paths.segmenter(NAME))
    if info.get("status") != "trained" or learned.verdict_of(info) == "nothing":
        raise HairlineError(f"{workspace}: the segmenter learned nothing, which must not ship; train it longer")
    found = json.loads(paths.segmenter_metrics(NAME, OTHERS).read_text(encoding="utf-8"))
    if "ods_threshold" not in found:
        raise HairlineError(
            f"{workspace}: no generated image of '{OTHERS}' was scored, which calibration needs; set "
            f"synthetic_sets.{OTHERS}.test above 0"
        )
    with whole_folder(out) as folder:
        halve(trained, folder / weights.WEIGHTS_FILE, getattr(torch, precision))
        told = {
            **info, "calibration": calibration(float(found["ods_threshold"])), "stored": precision,
            "generated": params.raw("synthetic_sets")[SET], "seen": "generated images alone",
            "scores_on_generated": {name: found[name] for name in ("ods", "ois", "ods_threshold")},
            "hairline": installed(), weights.HASH: content_hash(folder / weights.WEIGHTS_FILE),
        }  # fmt: skip
        told.pop(operating_point.NAME, None)  # of scores before the calibration, after which it is one half
        _json(folder / weights.INFO_FILE, told)
        release_card.write(folder, scores)
        segmenter.load(folder)
        graph.write(folder, shipped.NETWORK)
        if size(folder) > MOST_BYTES:
            raise HairlineError(f"{out}: {size(folder):,} bytes, more than {MOST_BYTES:,}; choose a smaller network")


def halve(model: torch.nn.Module, path: Path, precision: torch.dtype) -> None:
    """Write weights with their matrices in half precision; biases and statistics are few, and small ones matter."""
    tensors = {
        name: (tensor.to(precision) if tensor.ndim > 1 and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in model.state_dict().items()
    }
    spoilt = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if spoilt:
        raise HairlineError(f"{path}: {spoilt[0]} does not fit {precision}; choose --precision bfloat16")
    path.write_bytes(safetensors.torch.save(tensors))


def calibration(threshold: float) -> dict[str, float]:
    """What makes 0.5 of a threshold that was best on generated images."""
    return {"temperature": 1.0, "bias": round(math.log((1 - threshold) / threshold), 6)}


def size(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write_card(out: Path, scores: Path | None) -> None:
    """Write the card of a network that is there."""
    segmenter.load(out)
    release_card.write(out, scores)
    print(out / shipped.CARD)


def check(out: Path, changes: list[str], precision: str) -> None:
    """Train anew, and compare weights and description with what is there.

    Raises:
        HairlineError: If they differ, or nothing is there.
    """
    segmenter.load(out)  # before half an hour of training
    with tempfile.TemporaryDirectory() as home:
        train(Path(home) / "workspace", changes)
        write(Path(home) / "workspace", Path(home) / "net", precision, None)
        names = (weights.WEIGHTS_FILE, weights.INFO_FILE, shipped.NETWORK)
        other = [name for name in names if (Path(home) / "net" / name).read_bytes() != (out / name).read_bytes()]
    if other:
        raise HairlineError(
            f"{out}: {', '.join(other)} differ from what was trained now; on another machine, or with other libraries, "
            "last digits do; on the same one, see what changed since"
        )
    print(f"{out}: the same, byte for byte")


def _json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except HairlineError as error:
        sys.exit(f"release_weights: {error}")
