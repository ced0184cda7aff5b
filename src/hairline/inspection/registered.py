"""Networks of MLflow's registry, fetched when one is asked for; nothing else here needs MLflow."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io import extras
from hairline.io.hashing import workspace_root
from hairline.nn.runtime.model_files import INFO_FILE, WEIGHTS_FILE

SCHEME = "models:/"
DATA = "data"
"""Where MLflow puts a model's files; the code beside them holds the network that ships."""


def is_one(source: str | Path) -> bool:
    """Whether a source is named as the registry does; a path of this name has one slash less or more."""
    return isinstance(source, str) and source.startswith(SCHEME)


@contextmanager
def fetched(source: str, kind: str = "segmenter") -> Iterator[Path]:
    """The folder of a registered network, which is gone after the block.

    Args:
        source: ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``, in the store of the workspace that this is called
            in, or the one that MLFLOW_TRACKING_URI names.
        kind: What is expected, for the message: ``segmenter`` or ``classifier``.

    Raises:
        HairlineError: If the store or the model is not there, or the model is no network of hairline's.
    """
    extras.refuse_without("mlflow", f"the network {source}")
    from hairline.tracking import registry, store  # MLflow, which takes seconds to load

    uri = store.store_uri(workspace_root(Path.cwd()))
    with tempfile.TemporaryDirectory(prefix="hairline-") as made:
        folder = registry.fetch(uri, source, Path(made))
        found = sorted(path.parent for path in (folder / DATA).rglob(INFO_FILE))
        if len(found) != 1 or not (found[0] / WEIGHTS_FILE).is_file():
            raise HairlineError(
                f"{source}: holds no {INFO_FILE} with {WEIGHTS_FILE}; expected a {kind} that "
                "hairline trained; name another model or version"
            )
        yield found[0]
