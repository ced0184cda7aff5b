"""The data gate: judge a canonical data set by its rules and stop the DAG where one that counts as error fails."""

import json
import sys
from collections.abc import Sequence

from hairline.errors import HairlineError
from hairline.expectations import check
from hairline.gate import GateOptions, message, verdict_json
from hairline.gate_columns import computed
from hairline.gate_page import page, thumbnails
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from hairline.samples import read_samples
from pipeline import entry

THUMBNAIL_PX = 240


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the data set at ``--set``; write its page to ``--page`` and, where it passes, ``--verdict``."""
    args = entry.arguments(__doc__, argv, paths=["set", "verdict", "page"], names=["dataset"])
    options = Params(args.params).get("gates", GateOptions)
    samples = read_samples(args.set)
    verdict = check(computed(samples, args.set), options)
    pictures = thumbnails(verdict, args.set, THUMBNAIL_PX)
    with whole_folder(args.page) as folder:
        (folder / "index.html").write_text(page(verdict, args.dataset, samples, pictures), encoding="utf-8")
        (folder / "gate.json").write_text(json.dumps(verdict.raw, indent=2, default=str) + "\n")
    told = f"{message(verdict, args.dataset)}\n\nSee {args.page / 'index.html'}"
    if not verdict.passed:
        raise HairlineError(told)
    print(told, file=sys.stderr)
    write_json(args.verdict, verdict_json(verdict, args.dataset))


if __name__ == "__main__":
    entry.run(main)
