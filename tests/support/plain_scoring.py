"""Scoring as its definitions say it: every threshold, every pixel, every distance, one after the other."""

import math

import numpy as np

THRESHOLDS = [k / 100 for k in range(1, 100)]


def predicted(scores, k, above=False):
    """Pixels predicted at threshold k/100; of 8-bit scores in whole numbers, so that nothing is rounded."""
    if scores.dtype == np.uint8:
        left, right = scores.astype(int) * 100, 255 * k
    else:
        left, right = scores.astype(np.float64), k / 100
    return left > right if above else left >= right


def near(one, other, radius):
    """How many pixels of one set lie within a distance of another set, by all their distances."""
    mine, theirs = np.argwhere(one), np.argwhere(other)
    squares = ((mine[:, None] - theirs[None]) ** 2).sum(axis=2)
    return (squares <= radius**2 + 1e-9).any(axis=1).sum()


def sides(k, scores, mask, ignored=None, above=False):
    """Predicted and crack pixels of an image at a threshold, and those that count at all."""
    counted = np.ones(mask.shape, bool) if ignored is None else ~ignored
    return predicted(scores, k, above) & counted, mask & counted, counted


def tally(scores, mask, k, radius=0.0, above=False, ignored=None):
    """Right, predicted, found, crack and all pixels of an image at a threshold."""
    guess, mask, counted = sides(k, scores, mask, ignored, above)
    all_of = mask.sum(), counted.sum()
    return np.array([near(guess, mask, radius), guess.sum(), near(mask, guess, radius), *all_of], float)


def precision(t):
    return t[0] / t[1] if t[1] else 1.0


def recall(t):
    return t[2] / t[3] if t[3] else 1.0


def harmonic(one, other):
    return 2 * one * other / (one + other) if one + other else 0.0


def f1(t):
    if not t[1] or not t[3]:
        return float(not t[1] and not t[3])
    return harmonic(precision(t), recall(t))


def crack_iou(t):
    union = t[1] + t[3] - t[0]
    return t[0] / union if union else 1.0


def mean_iou(t):
    background, wrong = t[4] - (t[1] + t[3] - t[0]), t[1] + t[3] - 2 * t[0]
    return (crack_iou(t) + (background / (background + wrong) if background + wrong else 1.0)) / 2


def mean_of(measure):
    return lambda tallies: float(np.mean([measure(t) for t in tallies]))


def pooled(measure):
    return lambda tallies: measure(np.sum(tallies, axis=0))


def f1_of_means(tallies):
    return harmonic(mean_of(precision)(tallies), mean_of(recall)(tallies))


def area(points):
    """Sum of recall gained times precision, from the highest threshold down, of (precision, recall) in rising order."""
    total, before = 0.0, 0.0
    for one, other in reversed(points):
        total, before = total + (other - before) * one, other
    return total


def tallies(pairs, radius_of=lambda shape: 0.0, above=False):
    """Tallies of every image, score map and mask, at every threshold; a tolerance in pixels follows from its shape.

    A third part of a pair, as of those below, is the pixels that are ignored.
    """
    return [[tally(s, m, k, radius_of(m.shape), above, *out) for s, m, *out in pairs] for k in range(1, 100)]


def row(found, combine, single, points):
    """What a convention comes to, field by field, and its whole curve.

    Args:
        found: Tallies of every image at every threshold.
        combine: Tallies of all images to a value.
        single: Tally of an image to its own value, whose best threshold OIS takes.
        points: Tallies of all images to precision and recall, or None.
    """
    curve = [combine(each) for each in found]
    own = [max(range(99), key=lambda k: single(found[k][i])) for i in range(len(found[0]))]
    return {
        "ods": max(curve),
        "ods_threshold": THRESHOLDS[int(np.argmax(curve))],
        "ois": combine([found[k][i] for i, k in enumerate(own)]),
        "ap": area([points(each) for each in found]) if points else math.nan,
        "at_half": curve[49],
        "mean": sum(curve) / 99,
    }, curve


def pooled_points(tallies):
    total = np.sum(tallies, axis=0)
    return precision(total), recall(total)


def mean_points(tallies):
    return mean_of(precision)(tallies), mean_of(recall)(tallies)


def rows(pairs):
    """Place of the paper's threshold, and convention → its row."""
    mean, plain = mean_of(f1), tallies(pairs)
    above, two, five = tallies(pairs, above=True), tallies(pairs, lambda _: 2), tallies(pairs, lambda _: 5)
    diagonal = tallies(pairs, lambda shape: 0.0075 * math.hypot(*shape))
    asked = {
        "F1, score ≥ t": (plain, mean, f1, pooled_points),
        "F1, score > t": (above, mean, f1, pooled_points),
        "F1 on pooled counts": (plain, pooled(f1), f1, pooled_points),
        "F1 of mean precision and mean recall": (plain, f1_of_means, f1, mean_points),
        "F1, tolerance 2 px": (two, mean, f1, pooled_points),
        "F1, tolerance 5 px": (five, mean, f1, pooled_points),
        "F1, tolerance 0.0075 of the diagonal": (diagonal, mean, f1, pooled_points),
        "crack IoU (mean over t: AIU)": (plain, mean_of(crack_iou), crack_iou, None),
        "crack IoU on pooled counts": (plain, pooled(crack_iou), crack_iou, None),
        "mIoU of crack and background": (plain, mean_of(mean_iou), mean_iou, None),
        "mIoU on pooled counts": (plain, pooled(mean_iou), mean_iou, None),
    }
    found = {told: row(*parts) for told, parts in asked.items()}
    place = int(np.argmax(found["F1, score ≥ t"][1]))
    return place, {told: {**fields, "at_paper_threshold": curve[place]} for told, (fields, curve) in found.items()}


def boundary(pixels):
    """Pixels of a set with one of the four neighbours outside of it."""
    inside = {tuple(place) for place in np.argwhere(pixels).tolist()}
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    return [(y, x) for y, x in inside if any((y + b, x + a) not in inside for b, a in steps)]


def hausdorff95(guess, mask):
    one, other = boundary(guess), boundary(mask)
    if not one or not other:
        return 0.0 if not one and not other else math.hypot(*mask.shape)
    ways = ((one, other), (other, one))
    return max(np.percentile([min(math.dist(p, q) for q in theirs) for p in own], 95) for own, theirs in ways)


def points(pixels):
    """Places of a set of pixels."""
    return [(int(y), int(x)) for y, x in np.argwhere(pixels)]


def close(place, others, radius):
    return any((place[0] - y) ** 2 + (place[1] - x) ** 2 <= radius**2 + 1e-9 for y, x in others)


def line_counts(guess, truth, radius):
    """Hits and misses among the true places, then false and right ones among the predicted."""
    hits = sum(close(place, guess, radius) for place in truth)
    false = sum(not close(place, truth, radius) for place in guess)
    return hits, len(truth) - hits, false, len(guess) - false


def centre_iou(counts):
    """clIoU: a true place is a hit or a miss, a predicted one far from all true ones is false."""
    hits, misses, false, _ = counts
    return hits / (hits + misses + false) if hits + misses + false else 1.0


def line_f1(counts):
    hits, misses, false, right = counts
    if not hits + misses or not false + right:
        return float(not hits + misses and not false + right)
    return harmonic(right / (right + false), hits / (hits + misses))


def surface_dice(counts):
    hits, _, _, right = counts
    return (hits + right) / sum(counts) if sum(counts) else 1.0


def line_rows(pairs, k, thin):
    """Conventions of lines at a threshold; ``thin`` makes the skeleton of a set."""
    two, diagonal, middle = [], [], []
    for pair in pairs:
        guess, mask, _ = sides(k, *pair)
        middle.append(line_counts(points(thin(guess)), points(thin(mask)), 4))
        edges = boundary(guess), boundary(mask)
        two.append(line_counts(*edges, 2))
        diagonal.append(line_counts(*edges, 0.0075 * math.hypot(*mask.shape)))
    return {
        "clDice, tolerance 4 px": mean_of(line_f1)(middle),
        "clIoU, tolerance 4 px": mean_of(centre_iou)(middle),
        "clIoU on pooled counts, tolerance 4 px": pooled(centre_iou)(middle),
        "boundary F1, tolerance 0.0075 of the diagonal": mean_of(line_f1)(diagonal),
        "surface Dice, tolerance 2 px": mean_of(surface_dice)(two),
    }


def false_alarms(pairs, k):
    """Share of crack-free images with a predicted pixel, predicted pixels a megapixel there; NaN without any."""
    parts = [sides(k, *pair) for pair in pairs]
    found = [(int(guess.sum()), counted.sum()) for guess, mask, counted in parts if not mask.any()]
    if not found:
        return math.nan, math.nan
    return sum(count > 0 for count, _ in found) / len(found), 1e6 * sum(c for c, _ in found) / sum(s for _, s in found)


def unit(scores):
    return [level / 255 if scores.dtype == np.uint8 else float(level) for level in scores.ravel()]


def calibration(pairs):
    """Expected calibration error in ten bins, and Brier score, over all pixels of all images."""
    bins, squares = [[] for _ in range(10)], []
    for scores, mask, *out in pairs:
        counted = sides(1, scores, mask, *out)[2].ravel()
        for tenth, score, crack, counts in zip(tenths(scores), unit(scores), mask.ravel(), counted, strict=True):
            if not counts:
                continue
            bins[tenth].append((score, bool(crack)))
            squares.append((score - crack) ** 2)
    error = sum(abs(sum(s for s, _ in items) - sum(c for _, c in items)) for items in bins)
    return error / len(squares), sum(squares) / len(squares)


def tenths(scores):
    """Bin of each score: how many of 0.1 … 0.9 it reaches."""
    return sum(predicted(scores, k).ravel().astype(int) for k in range(10, 100, 10))
