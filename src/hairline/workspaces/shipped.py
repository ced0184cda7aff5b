"""What a workspace is made of and comes with hairline: stages, dvc.yaml, profiles; in a wheel or a checkout."""

from pathlib import Path

from hairline.config import yaml_files
from hairline.errors import HairlineError

INSTALLED = "hairline_workspace"
"""The folder beside the installed package that a wheel puts these files into (pyproject.toml says which)."""

FROM_SOURCE = "      - src/hairline\n"
"""The dependency of the stage ``code`` that a workspace has not: the source lies where hairline is installed."""

CODE = "    cmd: python -m pipeline.code\n"
ALWAYS = "    always_changed: true  # hairline is installed elsewhere; this stage looks whether it is another one\n"


def folder(package: Path = Path(__file__).parents[1]) -> Path:
    """Where the files lie: the root of a checkout, or beside the installed package.

    Raises:
        HairlineError: If they are in neither place.
    """
    checkout = [package.parents[1]] if package.parent.name == "src" else []
    for place in (*checkout, package.parent / INSTALLED):
        if (place / "dvc.yaml").is_file() and (place / "pipeline").is_dir() and (place / "profiles").is_dir():
            return place
    raise HairlineError(
        f"{package.parent / INSTALLED}: not found, though every wheel of hairline has it; install hairline again"
    )


def stages() -> dict[str, str]:
    """Path in a workspace → text, of what is hairline's own: dvc.yaml and the stages."""
    home = folder()
    modules = sorted((home / "pipeline").glob("*.py"))
    texts = {f"pipeline/{path.name}": path.read_text(encoding="utf-8") for path in modules}
    return {"dvc.yaml": dag((home / "dvc.yaml").read_text(encoding="utf-8")), **texts}


def dag(text: str) -> str:
    """The dvc.yaml of this repository as a workspace has it, where hairline is not beside it but installed.

    Raises:
        HairlineError: If the stage ``code`` is not as it is expected there.
    """
    if text.count(FROM_SOURCE) != 1 or text.count(CODE) != 1:
        raise HairlineError(f"{folder() / 'dvc.yaml'}: its stage 'code' is another than this version's; install again")
    changed = text.replace(FROM_SOURCE, "").replace(CODE, CODE + ALWAYS)
    yaml_files.parse(changed, Path("dvc.yaml"))
    return changed


def profiles() -> Path:
    """The folder of the profiles."""
    return folder() / "profiles"


def plots_page() -> Path:
    """The page that ``dvc plots show`` fills, which has its scripts in it."""
    checkout = folder() / ".dvc" / "plots" / "page.html"
    return checkout if checkout.is_file() else folder() / "plots_page.html"
