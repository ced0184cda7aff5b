from dataclasses import replace

import numpy as np
import pytest
from support.results import labels, random_table, segmenter

from hairline.errors import HairlineError
from hairline.metrics.score_table import metrics
from hairline.reporting import seed_table


def seeds(*numbers):
    results = [segmenter("konig", random_table(number), architecture=f"unet_{number}") for number in numbers]
    return [replace(result, replicate_of=results[0].architecture) for result in results]


def test_mean_and_deviation_over_seeds_are_those_of_the_single_scores():
    alone = segmenter("konig", random_table(9), architecture="oed")
    found = seed_table.over_seeds([*seeds(1, 2, 3), alone, labels("konig", random_table(4))])
    assert list(found.columns) == list(seed_table.COLUMNS) and len(found) == 1
    line = found.iloc[0]
    assert (line["labels"], line["model"], line["test_set"], line["seeds"]) == ("konig", "unet_1", "cfd", 3)
    for name in ("ods", "ois", "ap"):
        values = [metrics(random_table(number))[name] for number in (1, 2, 3)]
        assert [line[f"{name}_mean"], line[f"{name}_sd"]] == pytest.approx([np.mean(values), np.std(values, ddof=1)])
    readable = seed_table.readable(found).iloc[0]
    assert readable["ODS"] == f"{line['ods_mean']:.3f} ± {line['ods_sd']:.3f}"


def test_seeds_on_other_images_are_refused():
    first, second = seeds(1, 2)
    with pytest.raises(HairlineError, match="different images"):
        seed_table.over_seeds([first, replace(second, table=second.table.iloc[1:])])


def test_one_seed_makes_no_table():
    found = seed_table.over_seeds(seeds(1))
    assert found.empty and seed_table.readable(found).empty
