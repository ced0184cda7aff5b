"""Make the label set NAME_tuned: that of a study with the best options it found; score it against the masks."""

from collections.abc import Sequence

from hairline.config.params import LabelSet
from hairline.tuning import best_file
from pipeline import label, score_labels, stage


def main(argv: Sequence[str] | None = None) -> None:
    """As ``label`` and ``score_labels``, with the best options of ``--study``."""
    args = stage.arguments(__doc__, argv, "study")
    params, paths = stage.opened(args.params)
    study, name, best = params.study(args.study), params.tuned(args.study), paths.study_best(args.study)
    own = params.label_set(study.label_set)
    options = best_file.read(best, f"tune@{args.study}")["options"]
    label_set = LabelSet(own.method, own.classifier, params.options_of(study.label_set)(options))
    raw = {**params.raw("label_sets")[study.label_set], "options": options, "study": args.study}
    label.make(params, paths, name, label_set, raw, paths.study_record(args.study))
    score_labels.score(params, paths, name, best)


if __name__ == "__main__":
    stage.run(main)
