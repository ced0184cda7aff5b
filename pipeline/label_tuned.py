"""Make the label set NAME_tuned: that of a study with the best options it found; score it against the masks."""

import json
from collections.abc import Sequence

from hairline.params import LabelSet, Params
from pipeline import entry, label, score_labels


def main(argv: Sequence[str] | None = None) -> None:
    """As ``label`` and ``score_labels``, with the options of ``--best`` (best.json of the study ``--study``)."""
    args = entry.arguments(
        __doc__, argv, names=["study"],
        paths=["sets", "evidence", "best", "out", "metrics", "timing", "sheet", "strips", "scores",
               "score-metrics", "upstream", "record"],
    )  # fmt: skip
    params = Params(args.params)
    study, name = params.study(args.study), params.tuned(args.study)
    own = params.label_set(study.label_set)
    options = json.loads(args.best.read_text())["options"]
    label_set = LabelSet(own.method, own.classifier, params.options_of(study.label_set)(options))
    raw = {**params.raw("label_sets")[study.label_set], "options": options, "study": args.study}
    label.made(args, params, name, label_set, raw, args.evidence / own.classifier)
    score_labels.score(args.sets, args.out, params.matrix.localized, args.scores, args.score_metrics, args.best)


if __name__ == "__main__":
    entry.run(main)
