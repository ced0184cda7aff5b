r"""How much of the length of winding cracks is found: sine waves of known amplitude and wavelength, at three angles.

    python benchmarks/widths_winding.py

Masks are the pixels at least half of whose 6 × 6 points lie within half a width of the wave; its ends are round, so
that the length from tip to tip is that of the wave and a width.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from widths import plain

from hairline.inspection.measuring.measure import measure

WIDTHS, ANGLES = (2.0, 4.0, 8.0), (0.0, 20.0, 45.0)
WAVES = ((4, 64), (8, 64), (4, 32), (8, 32), (2, 16), (4, 16))
FINE, SIDE = 6, 170


def mask(width: float, amplitude: float, wavelength: float, degrees: float) -> tuple[NDArray[np.bool_], float]:
    """A wave as a mask, and its length from tip to tip."""
    x = np.linspace(-60, 60, 6000)
    wave = np.stack([x, amplitude * np.sin(2 * np.pi * x / wavelength)], axis=1)
    length = float(np.hypot(*np.diff(wave, axis=0).T).sum())
    turn = np.radians(degrees)
    wave = wave @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + 0.2
    fine = (np.arange(SIDE * FINE) + 0.5) / FINE - SIDE / 2
    points = np.stack(np.meshgrid(fine, fine), axis=2).reshape(-1, 2)
    near = cKDTree(wave).query(points, distance_upper_bound=width)[0] <= width / 2
    return near.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3)) >= 0.5, length + width


def main() -> None:
    """Print errors of the length, in per cent: the mean over angles, ours and plain."""
    print("width amplitude wavelength  hairline  plain")
    for width in WIDTHS:
        for amplitude, wavelength in WAVES:
            made = [mask(width, amplitude, wavelength, degrees) for degrees in ANGLES]
            ours = np.mean([100 * (measure(each).length_px / length - 1) for each, length in made])
            theirs = np.mean([100 * (plain(each)[0] / length - 1) for each, length in made])
            print(f"{width:5g} {amplitude:9g} {wavelength:10g} {ours:9.1f} {theirs:6.1f}")


if __name__ == "__main__":
    main()
