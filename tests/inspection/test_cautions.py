"""What the page says of how fine its numbers can be."""

from pathlib import Path

import pytest

from hairline.config import width_bands
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance, width_classes
from hairline.inspection.page.cautions import cautions, square_metres


def photo(mm_per_px: float | None, width: int = 500) -> MeasuredPhoto:
    return MeasuredPhoto(None, "a.jpg", "a", width, 400, Path("a.png"), (), mm_per_px=mm_per_px)


def provenance(by_network: bool = True) -> Provenance:
    return Provenance(classes=width_classes(width_bands.read("aci224r").bands), by_network=by_network)


def test_classes_narrower_than_a_pixel_cannot_be_judged() -> None:
    told = " ".join(cautions([photo(0.2), photo(0.2)], provenance()))
    assert "A pixel is 0.200 mm" in told and "classes A, B and C cannot be judged" in told
    told = " ".join(cautions([photo(0.05), photo(0.1)], provenance()))
    assert "0.050 to 0.100 mm" in told and "in the coarsest photos class A cannot be judged" in told
    told = " ".join(cautions([photo(0.01)], provenance()))
    assert "A pixel is 0.010 mm" in told and "judged" not in told
    assert "A pixel" not in " ".join(cautions([photo(None)], provenance()))


def test_the_area_is_told_where_every_scale_is_known() -> None:
    both = [photo(0.2), photo(0.1, width=1000)]
    assert square_metres(both) == pytest.approx(0.1 * 0.08 + 0.1 * 0.04)
    assert cautions(both, provenance())[0].startswith("The photos show 0.012 m² in all")
    assert square_metres([*both, photo(None)]) is None and square_metres([]) is None


def test_masks_of_nobody_knows_whom_are_not_called_a_networks() -> None:
    assert "by a network" in cautions([photo(None)], provenance())[-1]
    assert "network" not in cautions([photo(None)], provenance(by_network=False))[-1]
