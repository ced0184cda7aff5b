"""`hairline …`: what a person does outside the DAG.

Commands import what they need when they run, so that `hairline --help` waits for none of it.
"""

import errno
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hairline.cli import annotate, splits
from hairline.cli.click import click
from hairline.cli.export import export
from hairline.cli.init import init
from hairline.cli.label import label
from hairline.cli.measure import measure
from hairline.cli.predict import predict
from hairline.cli.rank import rank
from hairline.cli.score import score
from hairline.errors import HairlineError
from hairline.io import extras, system_errors, terminal

app = typer.Typer(
    help="Cracks in photos: 'hairline predict PHOTOS --out found/ --overlay' finds them, 'hairline measure found/ "
    "--photos PHOTOS --out measured/' measures them. "
    "Networks are trained in a workspace ('hairline init') by 'dvc repro'.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        from hairline import version

        typer.echo(f"hairline {version.installed()}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself, before a command."""


study_app = typer.Typer(help="Searches for the best options of a label set.", no_args_is_help=True)
app.add_typer(study_app, name="study")
app.add_typer(splits.app, name="splits")
app.add_typer(annotate.app, name="annotate")
app.command()(init)
app.command()(score)
app.command()(predict)
app.command()(export)
app.command()(click)
app.command()(label)
app.command()(measure)
app.command()(rank)

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Errors of the file system that need not name a file, such as those of a full disk."""

INTERRUPTED = 130
GO_ON = ("predict", "label", "measure", "init")
"""Commands that skip what an earlier call of theirs has done."""

ParamsFile = Annotated[
    Path, typer.Option("--params", help="The params.yaml; gates.yaml and studies.yaml lie beside it.")
]


@app.command()
def profile(
    name: Annotated[str, typer.Argument(help="Name of a file in profiles/, without .yaml.")],
    force: Annotated[bool, typer.Option("--force", help="Write over files that were edited by hand.")] = False,
    params: ParamsFile = Path("params.yaml"),
    folder: Annotated[Path, typer.Option("--profiles", help="Where the profiles lie.")] = Path("profiles"),
) -> None:
    """Write params.yaml, gates.yaml and studies.yaml from a profile and print what changed."""
    from hairline.config import profiles

    changes = profiles.apply(folder, name, params, force, _refuse_invalid)
    typer.echo("\n".join(changes) if changes else f"{params}: already the profile '{name}'")
    typer.echo(_valid(params))


@app.command()
def check(params: ParamsFile = Path("params.yaml")) -> None:
    """Check all parameters: every value, every name it refers to, every network and weight file, every data root."""
    _refuse_invalid(params)
    from hairline.config import data_roots, initial_weights
    from hairline.config.params import Params

    told = [*data_roots.lines(Params(params)), *initial_weights.lines(Params(params))]
    typer.echo(_valid(params))
    for line in told:
        typer.echo(line, err=True)


def _refuse_invalid(params: Path) -> None:
    from hairline.config.checks import check as check_all
    from hairline.config.params import Params

    check_all(Params(params), networks=True)


def _valid(params: Path) -> str:
    from hairline.config import parameter_files

    return f"{', '.join(map(str, parameter_files.paths(params).values()))}: valid"


@app.command()
def upgrade(params: ParamsFile = Path("params.yaml")) -> None:
    """Bring an older params.yaml to the files of this version, and add to gates.yaml what it lacks of the base."""
    from hairline.config import completing, parameter_files, profiles, upgrading

    base = params.parent / "profiles" / profiles.BASE
    moved = upgrading.upgrade(params, base)
    for section in moved:
        typer.echo(f"{section}: moved from {params} to {parameter_files.path_of(params, section)}")
    gates = parameter_files.path_of(params, "gates")
    default = base / gates.name
    if not default.exists():
        typer.echo(f"{default}: not found, so nothing was added to {gates}; copy profiles/ here for that", err=True)
    added = completing.complete(gates, default) if gates.exists() and default.exists() else []
    for place in added:
        typer.echo(f"{place}: added to {gates} as in {default}")
    if not moved and not added:
        typer.echo(f"{params}: nothing to do")


@app.command()
def accept(
    datasets: Annotated[list[str] | None, typer.Argument(help="Data sets; none: all of matrix.datasets.")] = None,
    params: ParamsFile = Path("params.yaml"),
    baselines: Annotated[Path, typer.Option("--baselines", help="Where accepted distributions lie.")] = Path(
        "baselines"
    ),
) -> None:
    """Accept how the images of data sets look now: the gate then warns of drift away from it. Commit baselines/."""
    from hairline.config.params import Params
    from hairline.config.paths import Paths
    from hairline.data.samples import read_samples
    from hairline.gates import drift
    from hairline.gates.image_facts import computed

    values = Params(params)
    paths = Paths(Path(), values.experiment)
    for name in datasets or values.matrix.datasets:
        values.dataset(name)
        folder = paths.dataset(name)
        columns = computed(read_samples(folder), folder)
        path = drift.path(baselines, values.experiment, name)
        moved = drift.shifts(columns, drift.read(path))
        drift.write(path, drift.baseline(columns))
        typer.echo(f"{path}: {len(columns)} images accepted")
        for row in moved[moved["shift"] > 0].itertuples():
            typer.echo(f"  {row.id}: shift {row.shift:.2f}, median {row.old_median:.4g} → {row.new_median:.4g}")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
) -> None:
    """Look at machine and workspace: versions, GPU, disk, DVC, MLflow, telemetry, line endings; say what to do."""
    from hairline.cli import doctor_machine as machine
    from hairline.cli import doctor_workspace
    from hairline.io.hashing import workspace_root

    root = workspace_root(Path.cwd())
    found = [*machine.machine(root), *doctor_workspace.workspace(root)]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2))
    for each in [] if as_json else found:
        typer.echo(f"{each.level:8} {each.what}" + (f"\n         → {each.remedy}" if each.remedy else ""))
    raise typer.Exit(any(each.level == "problem" for each in found))


@app.command()
def lineage(
    target: Annotated[str, typer.Argument(help="A file that a stage made, or FILE:KEY/…/NAME of a metrics file.")],
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON, with whole hashes.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with status 1 where something changed since.")] = False,
    profiles: Annotated[
        Path | None, typer.Option("--profiles", help="Where the profiles lie; none: profiles/ of the workspace.")
    ] = None,
) -> None:
    """Print the way from a number or a file back to raw data: stages, hashes, runs, parameters, changes since."""
    from hairline.config.profiles import base_values
    from hairline.io.hashing import workspace_root
    from hairline.tracking import lineage as lineage_walk
    from hairline.tracking import lineage_target, lineage_text
    from hairline.tracking.records import flatten

    root = workspace_root(Path.cwd())
    folder = profiles or root / "profiles"
    default = flatten(base_values(folder))
    if not default:
        typer.echo(f"note: {folder} has no base, so that no value is told as another than the default", err=True)
    stages = lineage_walk.locked(root / "dvc.lock")
    path, number = lineage_target.target(root, target, [out for stage in stages.values() for out in stage.outs])
    links = lineage_walk.chain(root, stages, path, default)
    names = list(dict.fromkeys(link.stage.name for link in lineage_walk.walk(links)))
    changed = lineage_walk.changed(root, names)
    if as_json:
        told = {"target": target, "value": number, "from": lineage_text.values(links, changed)}
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo(target + ("" if number is None else f" = {number}"))
        typer.echo("\n".join(lineage_text.lines(links, changed, 1)))
    raise typer.Exit(strict and bool(changed))


@app.command()
def sync(
    close: Annotated[
        list[str] | None, typer.Option("--close", help="Id of a run to close that MLflow wrongly calls RUNNING.")
    ] = None,
) -> None:
    """Send to MLflow what runs kept while its server was gone, restore lost runs, close those of killed processes."""
    from hairline.io.hashing import workspace_root
    from hairline.tracking import syncing

    root = workspace_root(Path.cwd())
    if not (root / ".dvc").is_dir() and not (root / "dvc.yaml").is_file():
        raise HairlineError(f"{root}: no workspace, whose runs could be sent; run 'hairline sync' in one")
    done = syncing.sync(root, close or ())
    for run_id, count in done.sent.items():
        typer.echo(f"{run_id}: {count} entries sent")
    for old, new in done.restored.items():
        typer.echo(f"{old}: restored as {new}")
    for closed in done.closed:
        typer.echo(str(closed))
    counts = f"{len(done.sent)} runs sent, {len(done.restored)} restored, {len(done.closed)} closed"
    typer.echo(f"{counts}, {done.known} were there")


@app.command()
def promote(
    test_set: Annotated[
        str | None, typer.Option("--test-set", help="Where it must be best; none: the only one.")
    ] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Give the best segmenter of the last comparison the alias 'champion' in MLflow, and all of them a model card."""
    from hairline.cli import promote as promotion
    from hairline.config.params import Params

    version, name, rule = promotion.promote(Path.cwd(), Params(params), test_set)
    typer.echo(f"{name} version {version} is '{promotion.ALIAS}': {rule}")
    typer.echo(f"Load it with mlflow.pyfunc.load_model('models:/{name}@{promotion.ALIAS}')")


@app.command()
def summary(params: ParamsFile = Path("params.yaml")) -> None:
    """Print the comparison table of the last `dvc repro` and where everything lies."""
    from hairline.config.params import Params
    from hairline.config.paths import Paths
    from hairline.io.artefacts import read_text, repro

    paths = Paths(Path(), Params(params).experiment)
    if not paths.comparison_text.exists():
        raise HairlineError(f"{paths.comparison_text}: not found; run 'dvc repro' first")
    typer.echo(read_text(paths.comparison_text, repro("compare")))
    typer.echo(f"Report    {paths.comparison_page}")
    typer.echo(f"Figures   {paths.comparison}  (pr_curves.png, labels_*.png, predictions_*.png)")
    typer.echo(f"Gates     {paths.gate_pages}")
    typer.echo("MLflow    make ui   (then open http://127.0.0.1:5000)")


@study_app.command("show")
def study_show(
    name: Annotated[str, typer.Argument(help="A key of studies, in studies.yaml.")],
    count: Annotated[int, typer.Option("--count", help="Trials to print, of one objective.")] = 10,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Print the best trials of a study after `dvc repro tune@NAME`, and what they gain on held-out images."""
    from hairline.config.params import Params
    from hairline.config.paths import Paths
    from hairline.io.artefacts import FLAG, NUMBER, WHOLE, read_csv, repro, spoilt
    from hairline.tuning import best_file
    from hairline.tuning.summary import lines, where

    values = Params(params)
    if name not in values.names("studies"):
        known = ", ".join(values.names("studies"))
        raise HairlineError(f"{values.file('studies')}: studies has no '{name}'; it has {known}")
    paths = Paths(Path(), values.experiment)
    best = paths.study_best(name)
    told, trials, maker = best_file.read(best, f"tune@{name}"), paths.study_trials(name), repro(f"tune@{name}")
    numbers = {"slot": WHOLE, "best": FLAG, **dict.fromkeys(told["objective"], NUMBER)}
    table = read_csv(trials, numbers, maker)
    if len(table) != told["trials"]:
        raise spoilt(trials, f"has {len(table)} rows", f"the {told['trials']} trials of {best.name}", maker)
    typer.echo("\n".join(lines(told, table, count)))
    typer.echo(f"\nFigures   {where(paths.study_figures(name))}")


def main() -> None:
    """Run the command line; a user's mistake is one message and exit status 1."""
    terminal.settle()
    try:
        app()
    except HairlineError as error:
        typer.echo(f"hairline: {error}", err=True)
        sys.exit(1)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # by Ctrl+C, of which typer says nothing
            goes_on = "; the same command goes on from here" if sys.argv[1] in GO_ON else ""
            typer.echo(f"\nhairline: interrupted{goes_on}", err=True)
        raise
    except Exception as error:
        told = extras.told(error, f"'hairline {sys.argv[1]}'") if len(sys.argv) > 1 else None
        told = told or system_errors.told(error)
        if told is None and isinstance(error, OSError) and error.errno in UNWRITABLE:
            told = f"the output or a file: {error.strerror}"
        if told is None:  # a bug, a connection, a library
            raise
        typer.echo(f"hairline: {told}", err=True)
        sys.exit(1)
