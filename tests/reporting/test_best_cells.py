import pandas as pd

from hairline.reporting import best_cells


def test_neither_fsv_nor_what_learned_nothing_nor_what_was_not_scored_is_the_best() -> None:
    table = pd.DataFrame(
        {
            "Trained on": ["FSV", "otsu ∅", "konig", "crf", "svm"],
            "ODS": ["0.9", "0.8", "0.7 [0.6, 0.8]", "0.7", "not run"],
        }
    )
    assert best_cells.of_column(table, "ODS") == {(2, 1), (3, 1)}  # equals both
    assert best_cells.of_column(table, "AP") == frozenset()
    assert best_cells.of_column(table.iloc[[0, 4]], "ODS") == frozenset()


def test_each_row_has_its_own_best_among_the_columns_named() -> None:
    table = pd.DataFrame({"Test set": ["a", "b"], "FSV": ["1", "1"], "crf": ["0.6 ∅", "0.4"], "konig": ["0.5", "–"]})
    assert best_cells.of_rows(table, {"crf", "konig", "manual"}) == {(0, 3), (1, 2)}


def test_a_name_that_begins_as_fsv_is_another() -> None:
    table = pd.DataFrame({"Trained on": ["FSV", "FSVish", "konig"], "ODS": ["0.9", "0.8", "0.7"]})
    assert best_cells.of_column(table, "ODS") == {(1, 1)}
