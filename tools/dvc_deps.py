"""Keep the code deps in dvc.yaml equal to each stage's import closure, which DVC itself does not follow.

A stage's closure is every module of ``pipeline`` and ``hairline`` that ``pipeline/STAGE.py`` imports, directly or not,
and that the variants it may choose (labellers, layouts, architectures) import, and the data files beside these modules
that they name, such as ``published_results.csv``. The variants themselves stand in dvc.yaml as one templated line, such
as ``src/hairline/labelling/methods/${item.method}.py``, as their whole folder, which is left as it is, or as a file
that holds their hash (:data:`HASHED`).

    python tools/dvc_deps.py            # tells what is missing or superfluous, exit status 1 if anything is
    python tools/dvc_deps.py --write    # puts it right
"""

import sys
from pathlib import Path

import grimp
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
DAG = ROOT / "dvc.yaml"
VARIANTS = ("hairline.data.layouts", "hairline.labelling.methods", "hairline.nn.architectures")
HASHED = {"data/${experiment}/architectures/${item.architecture}.json": "hairline.nn.architectures"}
FOLDERS = tuple(str(Path("src", *package.split("."))) for package in VARIANTS)


def closures() -> dict[str, list[str]]:
    """Source files each stage needs, by stage name, sorted, relative to the repository."""
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    graph = grimp.build_graph("hairline", "pipeline", cache_dir=None)
    return {stage: _files(graph, stage) for stage in _load()["stages"]}


def _files(graph: grimp.ImportGraph, stage: str) -> list[str]:
    start = f"pipeline.{stage}"
    modules = {start, *graph.find_upstream_modules(start)}
    for package in VARIANTS:
        if package in _templated(stage):
            for variant in graph.find_children(package):
                modules |= graph.find_upstream_modules(variant, as_package=True)
    modules |= {parent for module in modules for parent in _parents(module)}
    inside = tuple(f"{package}." for package in VARIANTS)
    sources = {_path(module) for module in modules if not module.startswith(inside)}
    return sorted(sources.union(*map(_data, sources)))


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _path(module: str) -> str:
    base = Path("src" if module.startswith("hairline") else ".", *module.split("."))
    return str(base / "__init__.py" if (ROOT / base).is_dir() else base.with_suffix(".py"))


def _data(source: str) -> set[str]:
    """Files and folders beside a module that are no Python and whose names stand in it."""
    path = ROOT / source
    text = path.read_text()
    beside = (each for each in path.parent.iterdir() if not (each.suffix == ".py" or [*each.glob("*.py*")]))
    return {str(file.relative_to(ROOT)) for file in beside if file.name in text}


def _templated(stage: str) -> set[str]:
    deps = _body(_load(), stage)["deps"]
    lines = [Path(dep).parent for dep in deps if "${" in dep and dep.startswith("src/")]
    lines += [Path(dep) for dep in deps if dep in FOLDERS]
    hashed = {package for dep, package in HASHED.items() if dep in deps}
    return hashed | {".".join(line.parts[1:]) for line in lines}


def _load() -> dict:
    return YAML().load(DAG)


def _body(dag: dict, stage: str) -> dict:
    return dag["stages"][stage].get("do", dag["stages"][stage])


def is_code(dep: str) -> bool:
    """Whether a dep is a source file spelled out, rather than data or a templated variant."""
    return dep.startswith(("src/", "pipeline/")) and "${" not in dep and dep not in FOLDERS


def differences() -> list[str]:
    """One line for each dep that is missing or superfluous."""
    dag, lines = _load(), []
    for stage, files in closures().items():
        listed = {dep for dep in _body(dag, stage)["deps"] if is_code(dep)}
        lines += [f"{stage}: add {name}" for name in sorted(set(files) - listed)]
        lines += [f"{stage}: drop {name}" for name in sorted(listed - set(files))]
    return lines


def write() -> None:
    """Rewrite the code deps in dvc.yaml, leaving everything else as it is."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    dag = yaml.load(DAG)
    for stage, files in closures().items():
        deps = _body(dag, stage)["deps"]
        deps[:] = [dep for dep in deps if not is_code(dep)] + files
        deps.fa.set_block_style()
    with DAG.open("w") as file:
        yaml.dump(dag, file)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    found = differences()
    print("\n".join(found) or "dvc.yaml lists exactly what its stages import")
    sys.exit(bool(found))
