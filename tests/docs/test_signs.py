"""README and docs: each score has the sign of what it has seen, each claim something to back it (tools/signs.py)."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import run_records
import signs
from support.repository import git
from support.results import BOOTSTRAP, labels, random_table, saw, segmenter

from hairline.data.seen import SIGNS
from hairline.errors import HairlineError
from hairline.reporting import comparison, formatting

ROOT = Path(__file__).parents[2]
ROW = {"kind": "segmenter", "labels": "konig", "model": "unet", "test_set": "cfd", "ods": 0.5, "ods_low": 0.41,
       "ods_high": 0.6, "ois": 0.55, "ap": 0.4, "seen": "unseen", "made_with": "patch labels"}  # fmt: skip
TABLE = """<!-- results {"run": "mine", "kind": "segmenter", "columns": {"CFD (46)": "cfd"}} -->
| trained on | CFD (46) | paper |
| --- | --- | --- |
| U-Net, konig | 0.499 [0.410, 0.600] | 0.184 |
"""


def test_the_pages_are_backed(capsys: pytest.CaptureFixture[str]) -> None:
    assert signs.main(["--check"]) == 0, capsys.readouterr().out


def test_every_sign_is_of_a_ledger_which_counts_images_and_says_why() -> None:
    for run, record in run_records.read(ROOT / "results").items():
        for fact in record["results"]:
            assert fact["seen_images"] >= 1 and fact["images_unseen"] >= 0, (run, fact)
            told = [why for why in fact.get("seen_why", "").split(". ") if why]
            counted = [why for why in told if re.match(r"\d+ of \d+ images", why)]
            assert (fact["seen"] == "unseen") == (counted == []), (run, fact)
            assert all(" started from " in why for why in told if why not in counted), (run, fact)


@pytest.mark.parametrize("page", ["docs/results.md", "docs/report.md"])
def test_the_signs_that_a_page_explains_are_those_of_the_ledger(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").replace("| ", "").replace(" |", "")
    assert [word for word, sign in SIGNS.items() if f"{sign} {word}" in text] == list(SIGNS)


def test_numbers_and_signs_are_written_from_the_facts() -> None:
    found, faults = signs.signed(TABLE, {"mine": [ROW]})
    assert "| U-Net, konig | 0.500 [0.410, 0.600] ○ | 0.184 |" in found and faults == []
    again, _ = signs.signed(found, {"mine": [{**ROW, "seen": "chosen on"}]})
    assert "0.600] ◑ |" in again and "○" not in again
    assert signs.signed(found, {"mine": [{**ROW, "seen": None}]})[0].count(" ? |") == 1


def test_labels_and_networks_follow_from_the_first_cells_and_are_carried_on() -> None:
    rows = [{**ROW, "model": model, "labels": name, "ods": number}
            for number, (model, name) in enumerate([("unet", "manual"), ("unet", "konig"), ("deepcrack_zou", "manual"),
                                                    ("deepcrack_zou", "konig_tuned")])]  # fmt: skip
    cells = ("U-Net, masks (FSV)", "`konig`: ours", "DeepCrack (Zou) | masks (FSV)", "DeepCrack (Zou) | konig_tuned")
    text = TABLE.rpartition("|")[0].rpartition("\n")[0] + "\n"
    for cell in cells:
        text += f"| {cell} | 0.999 | – |\n" if "|" not in cell else ""
    found, faults = signs.signed(text, {"mine": rows})
    assert faults == [] and re.findall(r"\d\.\d{3} ○", found) == ["0.000 ○", "1.000 ○"]
    wide = text.replace("| trained on |", "| network | trained on |").replace("| --- |", "| --- | --- |", 1)
    wide = wide.partition("| U-Net, masks")[0] + "".join(f"| {cell} | 0.999 | – |\n" for cell in cells[2:])
    found, faults = signs.signed(wide, {"mine": rows})
    assert faults == [] and re.findall(r"\d\.\d{3} ○", found) == ["2.000 ○", "3.000 ○"]


def test_a_table_may_have_a_column_a_metric_or_three_in_a_cell() -> None:
    text = TABLE.replace(
        '"kind": "segmenter", "columns": {"CFD (46)": "cfd"}', '"rows": {"U-Net": ["segmenter", "cfd"]}'
    )
    text = text.replace("CFD (46)", "OIS").replace("0.499 [0.410, 0.600]", "0.001")
    assert "| 0.550 ○ |" in signs.signed(text, {"mine": [ROW]})[0]
    text = TABLE.replace("0.499 [0.410, 0.600]", "0.1 [0.2, 0.3] / 0.001 / 0.002".replace("0.1", "0.100"))
    assert "| 0.500 [0.410, 0.600] / 0.550 / 0.400 ○ |" in signs.signed(text, {"mine": [ROW]})[0]


def test_a_cell_without_a_result_or_with_two_is_told() -> None:
    for facts in ([], [ROW, ROW]):
        found, (fault,) = signs.signed(TABLE, {"mine": facts})
        assert found == TABLE and f"mine: {len(facts)} results for segmenter, konig, cfd, unet" in fault


def test_scores_without_sign_and_signs_without_run_are_found() -> None:
    assert signs.bare(TABLE) == ["0.499 [0.410, 0.600]"]
    signed = signs.signed(TABLE, {"mine": [ROW]})[0]
    assert signs.bare(signed) == [] and signs.unsigned(signed) == []
    assert signs.unsigned(signed.partition("\n")[2]) == ["0.500 [0.410, 0.600] ○"]


def test_claims_are_found_in_sentences_and_cells_and_not_in_code() -> None:
    text = "One. Images never\nseen turn it; good.\n\n| a | unseen |\n| made without masks | b |\n\n```\nunseen\n```\n"
    assert list(signs.claims(text)) == ["Images never seen turn it;", "unseen", "made without masks"]
    assert list(signs.claims("A box is no mask. It seems never to be seen.")) == []


@pytest.mark.parametrize(
    ("entry", "row", "fault"),
    [
        ({"results": [{"run": "mine", "labels": "konig", "seen": "unseen"}]}, {}, None),
        ({"results": [{"run": "mine", "labels": "konig", "seen": "unseen"}]}, {"seen": "same photo"}, "is not true of"),
        ({"results": [{"run": "mine", "labels": "konig", "seen": "unseen"}]}, {"seen": None}, "is not true of"),
        ({"results": [{"run": "mine", "made_with": "patch labels"}]}, {}, None),
        ({"results": [{"run": "mine", "made_with": "patch labels"}]}, {"made_with": "masks"}, "is not true of"),
        ({"results": [{"run": "mine", "made_with": "no labels"}]}, {}, "is not true of"),
        ({"results": [{"run": "other", "seen": "unseen"}]}, {}, "does not have"),
        ({"test": "tests/docs/test_signs.py::test_the_pages_are_backed"}, {}, None),
        ({"test": "tests/docs/test_signs.py::test_gone"}, {}, "not there"),
        ({}, {}, "needs either"),
        ({"says": "always seen", "test": "tests/docs/test_signs.py::test_the_pages_are_backed"}, {}, "nothing in docs"),
    ],
)  # fmt: skip
def test_a_claim_needs_what_backs_it(entry: dict[str, object], row: dict[str, object], fault: str | None) -> None:
    fact = {key: value for key, value in {**ROW, **row}.items() if value is not None}
    register = [{"page": "README.md", "says": "never seen", **entry}]
    told = list(signs.unbacked("README.md", "On images never seen it wins.", register, {"mine": [fact]}, ROOT))
    assert (told == []) if fault is None else any(fault in each for each in told)


def _record(root: Path, run: str, rows: list[dict[str, object]], **told: object) -> Path:
    path = root / "results" / f"{run}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(run_records.text({**dict.fromkeys(run_records.WHERE_FROM), **told}, rows), encoding="utf-8")
    return path


def test_a_record_says_of_which_commit_seed_and_data_its_numbers_are(tmp_path: Path) -> None:
    comparison = tmp_path / "reports" / "mine" / "comparison" / "comparison.csv"
    comparison.parent.mkdir(parents=True)
    for name in ("params.yaml", "gates.yaml", "studies.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    stage = {"cmd": "x", "outs": [{"path": "data/s", "hash": "md5", "md5": "0a1"}]}
    (tmp_path / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": {"ingest@s": stage}}) + "\n")
    run_records.write(tmp_path / "results/mine.json", run_records.origin("mine", None, comparison), [ROW])
    record = run_records.read(tmp_path / "results")["mine"]
    assert (record["seed"], record["data"], record["results"]) == (7, {"s": {"data/s": "0a1"}}, [ROW])
    assert "cores" in record["machine"] and record["commit"] is None


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"results": []}')
    with pytest.raises(HairlineError, match=r"mine\.json: is no record of a run; expected command, commit"):
        run_records.read(tmp_path)


def test_a_row_from_which_on_another_run_is_meant() -> None:
    text = TABLE.replace('"run": "mine"', '"run": "mine", "runs": {"taught further": "other"}')
    text += "| taught further by konig | 0.111 [0.100, 0.200] | – |\n"
    found, faults = signs.signed(text, {"mine": [ROW], "other": [{**ROW, "model": "adapted", "ods": 0.7}]})
    assert faults == [] and "| taught further by konig | 0.700 [0.410, 0.600] ○ | – |" in found


def test_what_is_no_comparison_is_not_taken_in(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    store = _record(tmp_path, "mine", [])
    before = store.read_text(encoding="utf-8")
    for name, content in (("other.csv", "a,b\n1,2\n"), ("empty.csv", ""), ("ledger.json", "{}")):
        (tmp_path / name).write_text(content)
    for told, fault in (
        ("mine", "expected RUN=FILE"), (f"mine={tmp_path / 'gone.csv'}", "expected RUN=FILE with a file that is there"),
        (f"mine={tmp_path / 'other.csv'}", "has no column kind, labels, ods, test_set"),
        (f"mine={tmp_path / 'empty.csv'}", "is not as the stages"), (f"mine={tmp_path / 'ledger.json'}", "is not as"),
        (f"yours={tmp_path / 'ledger.json'}", "has no 'yours' to sign"),
    ):  # fmt: skip
        with pytest.raises(HairlineError, match=fault):
            signs.main([told, "--root", str(tmp_path)])
    assert store.read_text(encoding="utf-8") == before and len(list(store.parent.iterdir())) == 1


def test_one_command_takes_a_comparison_and_writes_the_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    _record(tmp_path, "old", [])
    entry = {
        "page": "README.md",
        "says": "never seen",
        "results": [{"run": "mine", "kind": "segmenter", "seen": "unseen"}],
    }
    (tmp_path / "docs" / "claims.json").write_text(json.dumps([entry]))
    readme = tmp_path / "README.md"
    readme.write_text(f"# It\n\nBetter on images never seen.\n\n{TABLE}", encoding="utf-8")
    results = [saw(segmenter("konig", random_table(1)), tuned_on=2), saw(labels("konig", random_table(2)))]
    summary = comparison.summarise(results, BOOTSTRAP)
    path = tmp_path / "comparison.csv"
    path.write_text(formatting.csv(summary), encoding="utf-8")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")
    for name in ("params.yaml", "gates.yaml", "studies.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "pages")
    commit = git(tmp_path, "describe", "--always")
    arguments = [f"mine={path}", "--root", str(tmp_path)]
    before = readme.read_text(encoding="utf-8")
    assert signs.main([*arguments, "--check"]) == 1 and readme.read_text(encoding="utf-8") == before
    assert "python tools/signs.py" in capsys.readouterr().out
    assert signs.main(arguments) == 1  # the claim is not true of it
    assert "'never seen' is not true of konig on cfd: tuned on, patch labels" in capsys.readouterr().out
    row = summary.iloc[0]
    told = f"| {row['ods']:.3f} [{row['ods_low']:.3f}, {row['ods_high']:.3f}] ◕ | 0.184 |"
    assert told in readme.read_text(encoding="utf-8")
    kept = run_records.read(tmp_path / "results")
    assert set(kept) == {"old", "mine"} and kept["mine"]["command"] == "hairline profile mine && dvc repro"
    assert kept["mine"]["commit"] == commit  # not that of pages with these numbers
    assert [row["test_set"] for row in kept["mine"]["results"]] == ["cfd", "crack500-train"]
    assert kept["mine"]["results"][0]["images_unseen"] == 10
    readme.write_text(readme.read_text(encoding="utf-8").replace(" never seen", ""), encoding="utf-8")
    (tmp_path / "docs" / "claims.json").write_text("[]")
    assert signs.main(["--root", str(tmp_path), "--check"]) == 0


def test_rows_that_were_not_scored_are_no_facts() -> None:
    table = pd.DataFrame([{**ROW, "status": "scored"}, {**ROW, "status": "not run"}])
    assert len(signs.facts_of(table)) == 1


def test_a_ledger_gives_its_signs_to_numbers_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    rows = [ROW, {**ROW, "kind": "label", "model": "resnet18", "test_set": "cfd-test"}, {**ROW, "labels": "otsu"}]
    _record(tmp_path, "mine", rows, commit="abc")
    (tmp_path / "docs" / "claims.json").write_text("[]", encoding="utf-8")
    (tmp_path / "README.md").write_text("", encoding="utf-8")
    entry = {"name": "konig", "dataset": "cfd", "split": "test", "labels": "masks", "why": ["1 of 3 images: seen."]}
    entries = [
        {**entry, "kind": "segmenter", "architecture": "unet", "training_set": "a", "images": {"trained on": 1}},
        {**entry, "kind": "label", "architecture": "", "training_set": "", "images": {"unseen": 2, "same photo": 1}},
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": entries}), encoding="utf-8")
    signs.main([f"mine={path}", "--root", str(tmp_path)])
    record = run_records.read(tmp_path / "results")["mine"]
    assert record["commit"] == "abc"
    network, label, other = record["results"]
    assert (network["seen"], network["made_with"], network["seen_images"]) == ("trained on", "masks", 1)
    assert (label["seen"], label["images_unseen"], label["seen_why"]) == ("same photo", 2, "1 of 3 images: seen.")
    assert other == rows[2]
