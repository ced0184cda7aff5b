"""Write down what the images of a data set are known by, whatever they are called: hashes and fingerprints."""

from collections.abc import Sequence

from hairline.data.samples import read_samples
from hairline.engine.choice import opened
from hairline.gates import identities
from hairline.io.atomic import whole_file
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the identities of ``--dataset`` (Parquet)."""
    args = stage.arguments(__doc__, argv, "dataset")
    params, paths = stage.opened(args.params)
    folder = paths.dataset(args.dataset)
    with opened(params.engine) as engine:
        table = identities.identify(read_samples(folder), folder, stage.Each(engine, f"identify {args.dataset}"))
    with whole_file(paths.identities(args.dataset)) as partial_file:
        table.to_parquet(partial_file, index=False)


if __name__ == "__main__":
    stage.run(main)
