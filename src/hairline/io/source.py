"""Which source code a result depends on: the import closure of a module, without the code that only shows.

DVC compares files and follows no import. The stage ``code`` writes what this module finds, one small file for each
stage and each variant, and every other stage depends on those files: it reruns when code changes that its numbers come
from, and does not when a sentence in a report changes.

Variants (labellers, layouts, architectures) are imported by name at run time, which no import line tells: ask for the
closure of a variant by itself.
"""

import importlib.util
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import grimp

from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.io.observers import EVERYWHERE, computes

PACKAGES = ("hairline", "pipeline")


class Source:
    """The import graph of hairline and its stages, as it lies on disk; a second or so to read."""

    @cached_property
    def _graph(self) -> grimp.ImportGraph:
        try:
            graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=True)
        except (grimp.exceptions.SourceSyntaxError, UnicodeError) as error:
            raise HairlineError(f"{error}; mend it, for what a stage consists of is told by its imports") from None
        lost = sorted(str(path) for path in _sources() if _module(path) not in graph.modules)
        if lost:
            raise HairlineError(f"{', '.join(lost)}: in no package, so that no stage would rerun when it changes; "
                                "add an __init__.py to its folder")  # fmt: skip
        return graph

    def _everywhere(self) -> set[str]:
        return set(EVERYWHERE) & self._graph.modules

    def modules(self, package: str) -> list[str]:
        """Names of the modules directly inside a package, sorted."""
        return sorted(self._graph.find_children(package))

    def closure(self, module: str, shows: bool = False) -> dict[str, str]:
        """Everything of this project that a module's results come from.

        Args:
            module: Where to start, such as ``pipeline.label``; for a package all modules in it.
            shows: Follow the code that draws, too.

        Returns:
            Module, or ``PACKAGE/FILE`` for data files that a module names → SHA-256 of its content, sorted by name.

        Raises:
            HairlineError: If there is no such module, a module is no valid Python, or a source file is in no package.
        """
        if module not in self._graph.modules:
            raise HairlineError(f"{module}: there is no such module to follow the imports of")
        found, waiting = set[str](), [module, *self._graph.find_descendants(module), *self._everywhere()]
        while waiting:
            name = waiting.pop()
            if name in found or not computes(name, shows):
                continue
            found.add(name)
            waiting += [*self._graph.find_modules_directly_imported_by(name), *_parents(name)]
        return dict(sorted(_hashes(found)))


def _roots() -> Iterator[Path]:
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.origin is not None, package
        yield Path(spec.origin).parent


def _sources() -> Iterator[Path]:
    return (path for root in _roots() for path in root.rglob("*.py"))


def _module(path: Path) -> str:
    (root,) = (root for root in _roots() if path.is_relative_to(root))
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _hashes(modules: set[str]) -> Iterator[tuple[str, str]]:
    for module in modules:
        path = _path(module)
        yield module, content_hash(path)
        text = path.read_text(encoding="utf-8")
        for data in path.parent.iterdir():
            if module.startswith("hairline") and _names(text, data.name) and _is_data(data):
                yield f"{'.'.join(module.split('.')[:-1])}/{data.name}", content_hash(data)


def _path(module: str) -> Path:
    (root,) = (root for root in _roots() if root.name == module.partition(".")[0])
    base = root.parent.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _names(text: str, name: str) -> bool:
    """Whether source code has a name as a text of its own."""
    return f'"{name}"' in text or f"'{name}'" in text


def _is_data(path: Path) -> bool:
    """Whether something beside a module is a data file, or a folder of such files."""
    if path.is_dir():
        return path.name != "__pycache__" and not any(path.rglob("*.py"))
    return path.suffix not in (".py", ".pyc", ".typed")
