"""Write down what the names of segmentation networks stand for, one file each."""

from collections.abc import Sequence
from dataclasses import asdict

from hairline.io.atomic import whole_folder, write_json
from hairline.nn.segmenter import networks
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write network, options and hash of the source of every name in ``matrix.architectures`` to a file NAME.json.

    Segmenters depend on these files, for DVC could not look up the module of a name.
    """
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    with whole_folder(paths.architectures) as folder:
        for name in params.matrix.architectures:
            architecture = params.architecture(name)
            content = {**asdict(architecture), "source": networks.digest(architecture.network)}
            content.pop("training")  # stands in params.yaml for those it is for
            write_json(folder / f"{name}.json", content)


if __name__ == "__main__":
    stage.run(main)
