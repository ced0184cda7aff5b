"""A colour for each width class, from thin to wide, bright enough to be seen on dark stone."""

from collections.abc import Sequence

RAMP = ((255, 220, 40), (255, 145, 20), (240, 35, 55), (235, 30, 190), (150, 70, 255))
UNKNOWN = (230, 30, 30)
"""Of cracks of no class."""

Colour = tuple[int, int, int]


def ramp(count: int) -> list[Colour]:
    """Colours of so many classes, spread over the ramp; in between they are mixed.

    >>> ramp(1), ramp(2)[0]
    ([(240, 35, 55)], (255, 220, 40))
    """
    if count == 1:
        return [RAMP[2]]
    return [_mixed((len(RAMP) - 1) * number / (count - 1)) for number in range(count)]


def _mixed(place: float) -> Colour:
    below = min(int(place), len(RAMP) - 2)
    share = place - below
    red, green, blue = (
        round((1 - share) * one + share * other) for one, other in zip(RAMP[below], RAMP[below + 1], strict=True)
    )
    return red, green, blue


def css(colour: Colour) -> str:
    """As style sheets write it."""
    return "#" + "".join(f"{part:02x}" for part in colour)


def on(colour: Colour) -> str:
    """Black or white, whichever is better read on it."""
    return "#000000" if luminance(colour) > 0.179 else "#ffffff"


def luminance(colour: Sequence[int]) -> float:
    """Relative luminance in [0, 1], as WCAG 2 defines it."""
    linear = [(part / 255) / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
