"""Write down what the images of a data set are known by, whatever they are called: hashes and fingerprints."""

from collections.abc import Sequence
from functools import partial

from hairline.data.samples import read_samples
from hairline.gates import identities
from hairline.io.atomic import whole_file
from hairline.io.threads import in_threads
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the identities of ``--dataset`` (Parquet)."""
    args = stage.arguments(__doc__, argv, "dataset")
    _, paths = stage.opened(args.params)
    folder = paths.dataset(args.dataset)
    each = partial(in_threads, doing=f"identify {args.dataset}")
    table = identities.identify(read_samples(folder), folder, each)
    with whole_file(paths.identities(args.dataset)) as partial_file:
        table.to_parquet(partial_file, index=False)


if __name__ == "__main__":
    stage.run(main)
