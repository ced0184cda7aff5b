"""What every engine owes the stages, shown on a cluster that is played by this process."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.played import Played

from hairline.engine import errand, flow, shared
from hairline.engine.chunks import cut
from hairline.engine.errand import Place
from hairline.engine.flow import Flow
from hairline.engine.options import Options
from hairline.errors import HairlineError

ASKED = Options(name="ray", chunk=4, ahead=2, retries=3)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where errands go to
    monkeypatch.setattr(flow, "POLL_S", 0)
    for name in errand.THREADS:  # which errands set
        monkeypatch.setenv(name, "1")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, 1, {})


def mapped(cluster: Played, items: Iterator[Any] | Sequence[Any], kept: Path | None = None) -> Iterator[Any]:
    for _, results in Flow(cluster, cut(items, ASKED.chunk, str), ASKED, kept):
        yield from results


def square(item: int) -> int:
    return item * item


@pytest.mark.parametrize("count", [0, 1, 4, 5, 101])
def test_results_come_in_order_whatever_ends_first_and_is_lost(place: Place, count: int) -> None:
    cluster = Played(square, place, lambda chunk, tries: (chunk.number * 7 + tries) % 3 == 0)
    assert list(mapped(cluster, range(count))) == [item * item for item in range(count)]


def test_no_more_is_taken_than_may_be_on_its_way(place: Place) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in itertools.count():
            taken += 1
            yield item

    most, chunks = 0, ASKED.chunk * ASKED.ahead * 3
    for given, _ in zip(itertools.count(1), mapped(Played(square, place), items()), strict=False):
        most = max(most, taken - given)
        if given == 2000:
            break
    assert most <= flow.HELD * chunks + ASKED.chunk


def test_a_chunk_that_kills_its_workers_is_named_and_not_tried_for_ever(place: Place) -> None:
    cluster = Played(square, place, lambda chunk, tries: chunk.number == 5)
    with pytest.raises(HairlineError, match=r"20 … 23: the worker of these 4 was lost 4 times \(killed by a test\)"):
        list(mapped(cluster, range(100)))
    assert cluster.tries[5] == ASKED.retries + 1


def test_an_error_is_that_of_the_first_item_and_the_rest_is_cancelled(place: Place) -> None:
    def fails(item: int) -> int:
        if item in (30, 31, 60):
            raise HairlineError(f"{item}.png: cannot be read; expected a picture")
        return item

    cluster, given = Played(fails, place), list[int]()
    with pytest.raises(HairlineError, match=r"^30\.png: cannot be read; expected a picture$"):
        given.extend(mapped(cluster, range(1000)))
    assert cluster.cancelled and max(cluster.begun) < 1000 // ASKED.chunk - 1


def test_whoever_stops_listening_cancels(place: Place) -> None:
    cluster = Played(square, place)
    results = mapped(cluster, itertools.count())
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined] # as an interruption does
    assert cluster.cancelled


def test_a_later_run_goes_on_after_the_chunks_that_are_finished(tmp_path: Path, place: Place) -> None:
    kept, done = tmp_path / "kept", list[int]()

    def work(item: int, stops: int) -> int:
        if item == stops:
            raise KeyboardInterrupt
        done.append(item)
        return item * item

    there = Place(tmp_path, 1, {}, kept)
    with pytest.raises(KeyboardInterrupt):
        list(mapped(Played(partial(work, stops=50), there), range(100), kept))
    finished = {int(path.name[:8]) for path in kept.iterdir()}
    assert finished and not list(kept.glob("*.partial*"))
    cluster = Played(partial(work, stops=-1), there)
    assert list(mapped(cluster, range(100), kept)) == [item * item for item in range(100)]
    assert not finished & set(cluster.begun)
    assert sorted(finished | set(cluster.begun)) == list(range(25))
    whole = [item for item in range(100) if item // 4 in finished]
    assert all(done.count(item) == 1 for item in whole)


def test_what_is_kept_of_other_items_or_is_cut_short_is_done_again(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    there = Place(tmp_path, 1, {}, kept)
    list(mapped(Played(square, there), range(40), kept))
    first, second, *_ = sorted(kept.iterdir())
    first.write_bytes(first.read_bytes()[:-3])
    second.write_bytes(b"")
    cluster = Played(square, there)
    assert list(mapped(cluster, range(40), kept)) == [item * item for item in range(40)]
    assert sorted(cluster.begun) == [0, 1]
    other = Played(square, there)
    assert list(mapped(other, range(1, 41), kept)) == [item * item for item in range(1, 41)]
    assert sorted(other.begun) == list(range(10))


def test_another_installation_and_a_folder_that_is_not_there_are_refused(tmp_path: Path) -> None:
    chunk = next(cut(["a"], 1, str))
    other = Place(tmp_path, 1, {"hairline": "0123", "Python": "2.7"})
    error = errand.run(lambda: lambda items: items, chunk, other).error
    assert isinstance(error, HairlineError)
    assert "hairline" in str(error) and "Python 3." in str(error) and "2.7 here" in str(error)
    error = errand.run(lambda: lambda items: items, chunk, Place(tmp_path / "none", 1, {})).error
    assert isinstance(error, HairlineError)
    assert "no such folder" in str(error) and "file system that all machines see" in str(error)


def test_a_machine_with_another_folder_of_the_same_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "BETWEEN_S", 0)
    chunk, done = next(cut(["a"], 1, str)), list[str]()

    def work(items: Sequence[str]) -> list[None]:
        return [done.append(item) for item in items]

    with shared.marked(tmp_path / "out") as mark:
        assert errand.run(lambda: work, chunk, Place(tmp_path, 1, {}, mark=mark)).error is None and done == ["a"]
        elsewhere = tmp_path / "other" / "out" / mark.name if mark else None  # as the other machine sees it
        error = errand.run(lambda: work, chunk, Place(tmp_path, 1, {}, mark=elsewhere)).error
        assert isinstance(error, HairlineError) and "it is another folder than where this was asked" in str(error)
    assert done == ["a"] and not list((tmp_path / "out").iterdir())


def test_work_that_ends_its_process_does_not_take_the_worker_with_it(place: Place) -> None:
    error = errand.run(lambda: lambda items: sys.exit(3), next(cut(["a"], 1, str)), place).error
    assert isinstance(error, RuntimeError) and "work ended its process with status 3" in str(error)


def test_errors_that_cannot_be_sent_come_as_text(place: Place) -> None:
    class HereError(Exception):
        """Known to nobody else."""

    def fails(items: Sequence[Any]) -> Sequence[Any]:
        raise HereError("unheard of")

    error = errand.run(lambda: fails, next(cut(["a"], 1, str)), place).error
    assert isinstance(error, RuntimeError) and "HereError: unheard of" in str(error)


def test_errors_of_a_bug_tell_where_they_came_from(place: Place) -> None:
    error = errand.run(lambda: lambda items: [1 / 0], next(cut(["a"], 1, str)), place).error
    assert isinstance(error, ZeroDivisionError) and "in <lambda>" in error.__notes__[0]
