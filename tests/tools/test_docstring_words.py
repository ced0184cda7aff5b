"""Docstrings of the public API: they are counted, and long enough to be of use (tools/docstring_words.py)."""

from statistics import median

import docstring_words

import hairline


def test_what_is_exported_is_told_of_in_45_words_and_more() -> None:
    exposed = docstring_words.of_api(docstring_words.words(docstring_words.ROOT))
    homes = {name.rpartition(".")[0] for name in exposed} | {name.rpartition(".")[2] for name in exposed}
    assert {"hairline.labelling.methods.konig", "Predictor", "measure", "score"} <= homes
    assert len(exposed) > len(hairline.__all__) and median(exposed.values()) >= 45
