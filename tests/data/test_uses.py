"""What results have seen, by uses and pictures: against plain sets of images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.data.seen import WORDS, Seen, strongest, together
from hairline.data.uses import Ledger, Pictures, Use, kinds

KEYS = tuple("abcdefgh")
NUMBERS = st.lists(st.integers(0, 5), min_size=len(KEYS), max_size=len(KEYS))
PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1]), max_size=4)


def pictures(same=None, photos=None, alike=(), overlapping=()) -> Pictures:
    def pairs(of):
        return np.array(of, dtype=np.intp).reshape(-1, 2)

    plain = range(len(KEYS))
    return Pictures(
        KEYS, np.array(list(same or plain), np.intp), np.array(list(photos or plain), np.intp), pairs(alike),
        pairs(overlapping),
    )  # fmt: skip


def use(images: str, word="trained on", labels="patch labels", how="it was used") -> Use:
    return Use(how, word, labels, frozenset(images))


def words(found: Pictures, *uses: Use) -> dict[str, str]:
    return {key: word for key, word in zip(KEYS, Ledger(found).words(uses, KEYS), strict=True) if word != "unseen"}


def test_a_use_holds_for_copies_and_in_the_weaker_word_for_parts_of_the_photo() -> None:
    found = pictures(same=[0, 0, 1, 2, 3, 4, 5, 6], photos=[0, 0, 1, 0, 2, 3, 4, 5], alike=[(1, 2)],
                     overlapping=[(2, 4)])  # fmt: skip
    assert words(found, use("a", "tuned on")) == {
        "a": "tuned on", "b": "tuned on", "c": "tuned on", "d": "same photo", "e": "same photo",
    }  # fmt: skip


def test_a_copy_of_another_part_of_the_photo_is_of_that_photo() -> None:
    found = pictures(photos=[0, 0, 1, 2, 3, 4, 5, 6], alike=[(1, 2)])
    assert words(found, use("a")) == {"a": "trained on", "b": "same photo", "c": "same photo"}


def test_what_looks_alike_is_one_picture_but_not_what_looks_like_that() -> None:
    assert words(pictures(alike=[(0, 1), (1, 2)]), use("a")) == {"a": "trained on", "b": "trained on"}


@settings(deadline=None, max_examples=150)
@given(NUMBERS, NUMBERS, PAIRS, PAIRS, st.lists(st.tuples(st.sets(st.sampled_from(KEYS)), st.sampled_from(WORDS[2:])),
                                                max_size=4))  # fmt: skip
def test_words_are_those_of_plain_sets(same, photos, alike, overlapping, taken) -> None:
    def near(one: int, other: int) -> bool:
        return any(
            {same[i], same[j]} == {same[one], same[other]} for i, j in alike
        ) or same[one] == same[other]  # fmt: skip

    def expected(image: int) -> str:
        told = []
        for images, word in taken:
            shown = {i for i in range(8) for key in images if near(i, KEYS.index(key))}
            if image in shown:
                told.append(word)
            elif any(photos[i] == photos[image] for i in shown) or any(
                same[here] == same[image] and there in shown
                for pair in overlapping for here, there in (pair, pair[::-1])
            ) or any(
                same[here] == same[image] and there not in shown and any(photos[i] == photos[there] for i in shown)
                for pair in alike for here, there in (pair, pair[::-1])
            ):  # fmt: skip
                told.append("same photo")
        return strongest(told)

    found = pictures([*same], [*photos], alike, overlapping)
    uses = [use("".join(sorted(images)), word, how=f"{number}") for number, (images, word) in enumerate(taken)]
    assert Ledger(found).words(uses, KEYS) == [expected(image) for image in range(8)]


def test_a_result_tells_each_way_the_strongest_first_and_the_dearest_labels() -> None:
    uses = [
        use("ab", "chosen on", "masks to choose options", "options were chosen on it"),
        use("a", how="it was learned"),
        Use("its start is not known", "unseen", "no labels"),
    ]
    seen = Ledger(pictures(photos=[0, 0, 0, 1, 2, 3, 4, 5])).seen(uses, ["a", "b", "c", "h"])
    assert seen.images == {"unseen": 1, "same photo": 1, "chosen on": 1, "trained on": 1}
    assert (seen.word, seen.count, seen.labels) == ("trained on", 1, "masks to choose options")
    assert seen.why == (
        "1 of 4 images: it was learned.",
        "2 of 4 images: options were chosen on it.",
        "its start is not known.",
        "2 of 4 images, by another part of its photo or place: it was learned.",
        "1 of 4 images, by another part of its photo or place: options were chosen on it.",
    )


def test_nothing_used_is_unseen_without_labels() -> None:
    assert Ledger(pictures()).seen([], KEYS) == Seen({"unseen": 8}, "no labels")
    assert Ledger(pictures()).seen([use("a")], []) == Seen({}, "patch labels")


def test_images_of_other_sets_than_the_pictures_count_for_nothing() -> None:
    with pytest.raises(KeyError, match="x"):
        Ledger(pictures()).words([use("x")], KEYS)


def test_images_of_one_kind_took_part_in_the_same() -> None:
    found = pictures(same=[0, 0, 1, 2, 3, 4, 5, 6])
    assert kinds(found, []).tolist() == [0] * 8
    numbers = kinds(found, [use("ac"), use("c", "tuned on", how="otherwise")])
    assert numbers[0] == numbers[1] != numbers[2] and 0 not in numbers[:3].tolist()
    assert set(numbers[3:].tolist()) == {0}


def test_several_sets_together() -> None:
    one = Seen({"unseen": 2, "tuned on": 1}, "masks to choose options", ("1 of 3 images: searched.",))
    other = Seen({"unseen": 1}, "patch labels")
    assert together([("cfd", one), ("ael", other)]) == Seen(
        {"unseen": 3, "tuned on": 1}, "masks to choose options", ("cfd: 1 of 3 images: searched.",)
    )
