"""The small files of a workspace that are no stages: what git and DVC pass over, and the next commands."""

from pathlib import Path

GIT_IGNORES = """\
__pycache__
# Not "/data/*": DVC would take that for the folder data/ itself.
/data/?*
!/data/raw/
/data/raw/?*
!/data/raw/*.dvc
# Clicks are work: they are versioned.
!/data/raw/photos/
/data/raw/photos/?*
!/data/raw/photos/*.dvc
!/data/raw/photos/clicks/
!/data/raw/photos/split.csv
/models/
/reports/
/state/
/mlruns/
/.hairline/features/
/.hairline/classifier/
.*.partial
.partial.*
"""

OUTPUTS = ("labels", "found")
"""Folders that the commands of the README write, which git passes over unless somebody else's lie there."""
OUTPUT_FILE = "predictions.csv"
"""What tells such a folder of ours."""

DVC_IGNORES = """\
# Never inputs or outputs of a stage: DVC need not walk them.
.*.partial
.partial.*
/.venv
/mlruns
/state
__pycache__
"""

BASELINES = """\
`hairline accept` writes here how the images of each data set look, for the gate's rule `drift`; commit these files.
"""

CLICKED = """\
# {name}: labels of cracks, a click a patch

In this folder, with the environment active that hairline is installed in (its `python` first on the path):

1. `hairline click` opens a page: say of patches whether they show a crack. Clicks stay in `data/raw/photos/clicks/`.
2. `hairline check` looks whether everything is in order: parameters, photos, clicks.
3. Labels by clicks alone: `hairline label PHOTOS --classifier state/clicking/photos/classifier --out labels`
4. `dvc repro` trains the classifier, makes labels of all photos and trains the segmenter; again after more clicks.
5. Labels: `reports/{name}/sheets/`. The whole report: `reports/{name}/comparison/index.html`.
6. `hairline predict PHOTOS --model models/{name}/segmenters/half_generated/multiscale/adapted --out found --overlay`
7. More photos go into `data/raw/photos/images/`. After an upgrade of hairline: `hairline init --update`.
"""

MASKED = """\
# {name}: cracks, with masks

In this folder, with the environment active that hairline is installed in (its `python` first on the path):

1. `hairline check` looks whether everything is in order: parameters, photos, masks.
2. `dvc repro` trains the classifier, makes labels, trains segmenters on masks and on labels, and scores all of them.
3. The report: `reports/{name}/comparison/index.html`, as text `hairline summary`.
4. `hairline predict PHOTOS --model models/{name}/segmenters/half_generated/multiscale/adapted --out found --overlay`
5. More photos and masks go into `data/raw/photos/images/` and `masks/`, and a row each into `split.csv` there.
6. After an upgrade of hairline: `hairline init --update`.
"""


def texts(folder: Path, name: str, masked: bool) -> dict[str, str]:
    """Path in a workspace → text.

    Args:
        folder: The workspace.
        name: Of the experiment.
        masked: Whether there are masks.
    """
    return {
        ".gitignore": GIT_IGNORES + ignored_outputs(folder),
        ".dvcignore": DVC_IGNORES,
        "baselines/README.md": BASELINES,
        "README.md": (MASKED if masked else CLICKED).format(name=name),
    }


def ignored_outputs(folder: Path) -> str:
    """Lines for :data:`OUTPUTS`, without those of a folder that is there and that hairline did not write."""
    places = {name: folder / name for name in OUTPUTS}
    ours = [name for name, place in places.items() if not place.exists() or (place / OUTPUT_FILE).is_file()]
    return "".join(f"/{name}/\n" for name in ours)


def with_lacking(text: str, wanted: str) -> str:
    """A list of ignored files of somebody's with the lines that it lacks, at its end."""
    there = {line.strip() for line in text.splitlines()}
    lacking = [line for line in wanted.splitlines() if line.strip() not in there]
    gap = "" if not text or text.endswith("\n") else "\n"
    return text + gap + "".join(f"{line}\n" for line in lacking)
