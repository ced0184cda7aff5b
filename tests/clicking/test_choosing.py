"""Which patches come next, and whether what is told of the classifier is true: on features made of numbers."""

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hairline.clicking import estimating
from hairline.clicking.choosing import AT_RANDOM, Chooser
from hairline.clicking.estimating import Estimate, audit_order, audited, interval, kappa, scores
from hairline.clicking.patches import Patch
from hairline.errors import HairlineError
from hairline.nn.classifier import linear

LENGTH = 8


class World:
    """Photos whose patches have features that tell, up to noise, whether they show a crack."""

    def __init__(self, photos: int, each: int, share: float = 0.3, noise: float = 1.0, seed: int = 0) -> None:
        draws = np.random.default_rng(seed)
        self.patches = [Patch(f"{photo:03}.jpg", 128 * n, 0, 128) for photo in range(photos) for n in range(each)]
        crack = draws.random(len(self.patches)) < share
        values = draws.normal(size=(len(crack), LENGTH)) * noise
        values[:, 0] += 2.0 * crack
        values += 0.3 * np.repeat(draws.normal(size=(photos, LENGTH)), each, axis=0)  # photos differ
        self.truth = dict(zip(self.patches, map(bool, crack), strict=True))
        self._values = values.astype(np.float32).reshape(photos, each, LENGTH)
        self.asked = 0

    def features(self, photo: str) -> NDArray[np.float32]:
        self.asked += 1
        return self._values[int(photo[:3])]

    def rows(self, patches: Sequence[Patch]) -> NDArray[np.float32]:
        return np.stack([self._values[int(patch.photo[:3]), patch.x // 128] for patch in patches])

    def photos(self) -> set[str]:
        return {patch.photo for patch in self.patches}

    def says(self, line: linear.Line, patches: Sequence[Patch]) -> NDArray[np.bool_]:
        return line.probabilities(self.rows(patches)) >= 0.5

    def chooser(self, seed: int = 0) -> Chooser:
        return Chooser(self.patches, self.features, seed)

    def clicked(self, chooser: Chooser, clicks: int, screen: int = 20) -> dict[Patch, bool | None]:
        labels = dict[Patch, bool | None]()
        while len(labels) < clicks:
            labels |= {patch: self.truth[patch] for patch in chooser.next(labels, min(screen, clicks - len(labels)))}
        return labels


def test_the_same_seed_and_labels_give_the_same_patches_also_after_a_restart() -> None:
    world = World(10, 20)
    labels = world.clicked(world.chooser(), 60)
    assert labels == world.clicked(world.chooser(), 60)
    assert world.chooser().next(labels, 20) == world.chooser().next(dict(reversed(labels.items())), 20)
    assert list(labels) != list(world.clicked(world.chooser(1), 60))


def test_nothing_comes_twice_and_all_come_in_the_end() -> None:
    world = World(3, 7)
    chooser, labels = world.chooser(), dict[Patch, bool | None]()
    while found := chooser.next(labels, 4):
        assert len(found) == len(set(found)) and not set(found) & set(labels)
        labels |= {patch: world.truth[patch] for patch in found}
    assert set(labels) == set(world.patches)
    told = chooser.estimate(labels)
    assert told.enough and told.why == "every patch is labelled" and told.drawn == 21


def test_those_the_classifier_is_unsure_of_come_and_a_share_at_random() -> None:
    world = World(20, 50, noise=0.5)
    chooser = world.chooser()
    labels = world.clicked(chooser, 100)
    line = chooser.classifier(labels)
    assert line is not None
    margin = {
        patch: abs(float(line.probabilities(world.features(patch.photo))[patch.x // 128]) - 0.5)
        for patch in world.patches if patch not in labels
    }  # fmt: skip
    found = chooser.next(labels, 40)
    waiting = [patch for patch in audit_order(world.patches, 0) if patch not in labels]
    at_random = set(waiting[: round(40 * AT_RANDOM)])
    assert at_random <= set(found)
    chosen = [margin[patch] for patch in found if patch not in at_random]
    assert np.mean(chosen) < 0.5 * np.mean(list(margin.values()))


def test_a_screen_is_spread_over_photos() -> None:
    world = World(20, 50)
    chooser = world.chooser()
    found = chooser.next(world.clicked(chooser, 60), 20)
    assert max(Counter(patch.photo for patch in found).values()) <= 2 + 20 * AT_RANDOM
    assert len({patch.photo for patch in found}) >= 8


def test_no_features_are_asked_for_before_both_answers_were_given_and_then_once_a_photo() -> None:
    world = World(6, 5)
    chooser = world.chooser()
    first = chooser.next({}, 3)
    assert first == audit_order(world.patches, 0)[:3]
    told = chooser.estimate(dict.fromkeys(first, False))
    assert (told.f1, told.enough, world.asked) == (None, False, 0)
    assert "only patches without a crack" in told.why
    assert "no patch yet" in chooser.estimate({}).why
    world.clicked(chooser, 30)
    assert world.asked == 6


def test_unsure_patches_and_those_of_others_teach_nothing_and_do_not_come() -> None:
    world = World(10, 20)
    chooser = world.chooser()
    labels = world.clicked(chooser, 60)
    held = dict.fromkeys(chooser.next(labels, 20))
    assert not set(chooser.next(labels | held, 20)) & set(held)
    assert chooser.estimate(labels | held).clicks == 60
    elsewhere = {Patch("other.jpg", 0, 0, 64): True}
    before, after = chooser.classifier(labels), chooser.classifier(labels | elsewhere)
    assert before is not None and after is not None and np.array_equal(before.weight, after.weight)


def test_the_estimate_is_unbiased_though_most_patches_were_chosen() -> None:
    """Over many seeds its mean is that of the same classifiers on all patches of the photos they did not see."""
    errors, naive = [], []
    for seed in range(16):
        world = World(20, 20, share=0.35, seed=seed)
        chooser = world.chooser(seed)
        labels = {patch: label for patch, label in world.clicked(chooser, 120, screen=40).items() if label is not None}
        told = chooser.estimate(labels)
        crack, by = np.array(list(world.truth.values())), linear.standard([world.features("000.jpg")])

        def teach(some: Sequence[Patch], world: World = world, by: linear.Standard = by) -> linear.Line | None:
            return linear.fit(world.rows(some), np.array([world.truth[patch] for patch in some]), by)

        fold = estimating.folds(list(labels), seed)
        there = {patch.photo: fold[patch] for patch in labels}
        said = np.zeros(len(crack), bool)
        for number in range(5):
            places = [place for place, patch in enumerate(world.patches) if there.get(patch.photo, 0) == number]
            line = teach([each for each in labels if fold[each] != number])
            assert line is not None
            said[places] = world.says(line, [world.patches[place] for place in places])
        true = scores(said, crack)[2]
        chosen = np.array([patch in labels for patch in world.patches])
        assert told.f1 is not None and true is not None
        errors.append(told.f1 - true)
        naive.append((scores(said[chosen], crack[chosen])[2] or 0) - true)
    error = float(np.std(errors) / np.sqrt(len(errors)))
    assert abs(np.mean(errors)) < 3 * error
    assert np.mean(naive) < -3 * error  # what was chosen is harder: an estimate from all clicks would be wrong


def test_what_was_chosen_leaves_the_random_sample_as_it_is() -> None:
    """The sample is the front of an order that no click changes; chosen patches in it count, others do not."""
    world = World(5, 10)
    order = audit_order(world.patches, 3)
    labels = {patch: world.truth[patch] for patch in [*order[:4], *order[5:9], order[30]]}
    assert audited(order, labels) == order[:4]
    assert audited(order, {**labels, order[4]: None}) == [*order[:4], *order[5:9]]
    assert audit_order(world.patches[::-1], 3) == order
    assert [patch for patch in order if patch.photo != "000.jpg"] == audit_order(world.patches[10:], 3)
    first = [audit_order(world.patches, seed)[0] for seed in range(200)]
    assert len(set(first)) > 40  # every patch may be the first


def test_one_photo_is_told_of_too() -> None:
    for columns in (20, 200):
        one_photo(columns)


def one_photo(columns: int) -> None:
    world = World(1, 200)
    patches = [Patch("000.jpg", 128 * (n % columns), 128 * (n // columns), 128) for n in range(200)]
    truth = dict(zip(patches, world.truth.values(), strict=True))
    chooser = Chooser(patches, world.features, 0)
    told = chooser.estimate({patch: truth[patch] for patch in audit_order(patches, 0)[:100]})
    assert told.f1 is not None and told.low is not None and told.high is not None
    assert told.low < told.f1 < told.high


def test_enough_comes_where_more_clicks_change_little_and_not_before() -> None:
    easy, hard = World(20, 40, 0.5, noise=0.2), World(20, 40, 0.5, noise=3)
    assert easy.chooser().estimate(easy.clicked(easy.chooser(), 200)).enough
    told = hard.chooser().estimate(hard.clicked(hard.chooser(), 200))
    assert not told.enough and "more clicks change little" in told.why
    few = easy.chooser().estimate(easy.clicked(easy.chooser(), 15))
    assert not few.enough and "patches at random show a crack" in few.why


def test_thousands_of_patches_take_less_than_a_second() -> None:
    draws = np.random.default_rng(0)
    patches = [Patch(f"{photo}.jpg", 128 * n, 0, 128) for photo in range(50) for n in range(200)]
    values = {str(photo): draws.normal(size=(200, 256)).astype(np.float32) for photo in range(50)}
    chooser = Chooser(patches, lambda photo: values[photo.removesuffix(".jpg")], 0)
    some = [patches[place] for place in draws.permutation(len(patches))[:400]]
    labels = {p: bool(values[p.photo.removesuffix(".jpg")][p.x // 128, 0] > 0) for p in some}
    chooser.next(dict(list(labels.items())[:50]), 20)  # loads features and scikit-learn
    begun = time.process_time()
    assert len(chooser.next(labels, 24)) == 24
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("shape", [(3, 2), (5,), (5, 0)])
def test_features_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    world = World(1, 5)
    chooser = Chooser(world.patches, lambda photo: np.full(shape, np.nan, np.float32), 0)
    with pytest.raises(HairlineError, match=r"features of 000\.jpg: found float32"):
        chooser.next({world.patches[0]: True, world.patches[1]: False}, 2)


def test_the_interval_holds_the_true_f1_and_never_claims_certainty() -> None:
    draws, held = np.random.default_rng(0), 0
    for _ in range(100):  # 20 photos of 4 patches, with recall and precision of 0.8
        crack = draws.random(80) < 0.5
        said = np.where(draws.random(80) < 0.8, crack, ~crack)
        low, high = interval(said, crack, [str(n // 4) for n in range(80)], 0)
        held += low <= 0.8 <= high
    assert held >= 91  # of 95 %, 95 are expected
    right = np.array([True] * 4 + [False] * 36)
    low, high = interval(right, right, [str(n) for n in range(40)], 0)
    assert low < 0.85 and high == 1


def test_scores_and_agreement_by_hand() -> None:
    said, crack = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert scores(said, crack) == (0.5, 0.5, 0.5)
    assert scores(~said & said, crack) == (None, 0.0, 0.0)
    assert scores(~said & said, ~crack & crack) == (None, None, None)
    assert kappa(said, crack) == 0 and kappa(said, said) == 1 and kappa(said, ~said) == -1
    assert kappa(said | True, said | True) == 1


def test_a_line_takes_features_as_they_come() -> None:
    draws = np.random.default_rng(0)
    values = draws.normal(5, 3, (200, 4)).astype(np.float32)
    values[:, 3] = 7  # says nothing
    crack = values[:, 0] > 5
    line = linear.fit(values, crack, linear.standard([values[:50], values[50:]]))
    assert line is not None
    assert ((line.probabilities(values) >= 0.5) == crack).mean() > 0.95
    assert np.allclose(linear.standard([values]).mean, values.mean(axis=0), atol=1e-3)
    assert np.allclose(linear.standard([values]).spread[:3], values.std(axis=0)[:3], rtol=1e-3)
    assert linear.fit(values, crack | True, linear.standard([values])) is None


def test_state_is_the_estimate_in_plain_values() -> None:
    world = World(4, 20)
    state = world.chooser().state(world.clicked(world.chooser(), 40))["estimate"]
    assert Estimate(**state) == world.chooser().estimate(world.clicked(world.chooser(), 40))
    assert estimating.FOLDS == 5 and state["clicks"] == 40


def twice(world: World) -> tuple[list[Patch], dict[str, str]]:
    """Every photo once more under another name, as a burst has it, and the groups."""
    copies = [Patch(patch.photo.replace(".", "b."), patch.x, patch.y, patch.size) for patch in world.patches]
    return [*world.patches, *copies], {copy.photo: each.photo for copy, each in zip(copies, world.patches, strict=True)}


def test_photos_that_come_twice_make_no_interval_narrower() -> None:
    draws = np.random.default_rng(0)
    crack = draws.random(80) < 0.5
    said = np.where(draws.random(80) < 0.8, crack, ~crack)
    photos = [str(n // 4) for n in range(80)]
    both, groups = [*photos, *(f"{name}b" for name in photos)], {f"{name}b": name for name in photos}
    once = interval(said, crack, photos, 0)
    assert interval(np.tile(said, 2), np.tile(crack, 2), both, 0, groups) == pytest.approx(once, abs=1e-9)
    low, high = interval(np.tile(said, 2), np.tile(crack, 2), both, 0)
    assert high - low < 0.8 * (once[1] - once[0])


def test_a_classifier_is_not_asked_about_photos_of_which_it_knows_another_view() -> None:
    world = World(20, 10, share=0.5, seed=1)
    noise = {name: np.random.default_rng(int(name[:3])).normal(size=(10, 300)) for name in world.photos()}
    patches, groups = twice(world)
    truth = world.truth | {each: world.truth[world.patches[n]] for n, each in enumerate(patches[200:])}

    def features(photo: str) -> NDArray[np.float32]:
        return noise[f"{photo[:3]}.jpg"].astype(np.float32)  # which say nothing of cracks, but are known by heart

    leaks = Chooser(patches, features, 0).estimate(truth)
    honest = Chooser(patches, features, 0, groups).estimate(truth)
    assert leaks.f1 is not None and honest.f1 is not None
    assert leaks.f1 > 0.85 and honest.f1 < 0.65


def test_folds_are_groups_and_of_one_group_photos() -> None:
    patches, groups = twice(World(10, 3))
    fold = estimating.folds(patches, 0, groups)
    assert all(fold[one] == fold[other] for one, other in zip(patches[:30], patches[30:], strict=True))
    assert set(fold.values()) == set(range(estimating.FOLDS))
    one_place = estimating.folds(patches, 0, dict.fromkeys((patch.photo for patch in patches), "000.jpg"))
    assert len({one_place[patch] for patch in patches}) == estimating.FOLDS
    by_photo = {(patch.photo, place) for patch, place in one_place.items()}
    assert len(by_photo) == 20


def test_an_emphasised_feature_counts_for_more() -> None:
    from sklearn.linear_model import LogisticRegression

    draws = np.random.default_rng(0)
    crack = draws.random(40) < 0.5
    values = (crack[:, None] + draws.normal(size=(40, 6))).astype(np.float32) * [1, 100, 1, 1, 0.01, 1] + 3
    emphasis = np.array([3, 0.3, 0.3, 0.3, 0.3, 1.0])
    by = linear.standard([values], emphasis)
    line = linear.fit(values, crack, by)
    own = LogisticRegression(C=linear.STRENGTH, class_weight="balanced")
    scaled = (values - values.mean(axis=0)) / values.std(axis=0) * emphasis
    expected = own.fit(scaled, crack).predict_proba(scaled)[:, 1]
    assert line is not None and np.allclose(line.probabilities(values), expected, atol=1e-3)
    even = linear.fit(values, crack, linear.standard([values]))
    assert even is not None
    share = [abs(each.weight[0]) / np.abs(each.weight * values.std(axis=0)).sum() for each in (line, even)]
    assert share[0] > 2 * share[1]
