"""How many words the docstrings of public functions and classes have: of the public API, and of the whole library.

    python tools/docstring_words.py             # medians
    python tools/docstring_words.py --short 12  # and the shortest of the public API by name

Words are what stands between blanks, examples included; what begins with ``_`` is not public.
"""

import argparse
import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from types import ModuleType

import hairline
from hairline.io import terminal

ROOT = Path(hairline.__file__).parent
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", type=int, default=0, metavar="N", help="the N shortest of the public API")
    args = parser.parse_args()
    every = words(ROOT)
    exposed = of_api(every)
    for told, counts in (("public API", exposed), ("all public functions and classes", every)):
        print(f"{told}: median {median(counts.values()):g} words, {len(counts)} docstrings")
    for name in sorted(exposed, key=exposed.__getitem__)[: args.short]:
        print(f"  {exposed[name]:4} {name}")


def words(folder: Path) -> dict[str, int]:
    """Name of a public function, class or method below a folder → words of its docstring.

    Args:
        folder: Of a package.
    """
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*.py")):
        module = ".".join([folder.name, *path.relative_to(folder).with_suffix("").parts]).removesuffix(".__init__")
        found |= {f"{module}.{name}": count for name, count in _counted(ast.parse(path.read_text(encoding="utf-8")))}
    return found


def of_api(every: Mapping[str, int]) -> dict[str, int]:
    """What of the docstrings is of the public API: what ``hairline`` exports, and the public parts of it."""
    exported = {name: getattr(hairline, name) for name in hairline.__all__}
    homes = {each.__name__ if isinstance(each, ModuleType) else f"{getattr(each, '__module__', '')}.{name}"
             for name, each in exported.items()}  # fmt: skip
    return {name: count for name, count in every.items() if name in homes or name.rpartition(".")[0] in homes}


def _counted(parent: ast.AST, before: str = "") -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield before + node.name, len((ast.get_docstring(node) or "").split())
            if isinstance(node, ast.ClassDef):
                yield from _counted(node, f"{before}{node.name}.")


if __name__ == "__main__":
    with terminal.as_long_as_read():
        main()
