"""Steps to a label: what is kept of them, and that it comes back from its file."""

import numpy as np

from hairline.labelling import steps


def test_a_listener_adds_counts_and_keeps_its_own_small_maps():
    listener, silent = steps.Listener(draws=True), steps.Listener(draws=False)
    growing = np.zeros((10, 12), dtype=np.float32)
    large = np.zeros((1000, 2000), dtype=bool)
    large[3, 4] = True
    for hears in (listener, silent):
        hears("windows", 5)
        hears("growing", growing)
        hears("large", large)
        hears("windows", 6)
    growing += 1
    assert listener.counts == silent.counts == {"windows": 11}
    assert silent.panels == []
    assert [panel.title for panel in listener.panels] == ["growing", "large"]
    assert not listener.panels[0].pixels.any()
    assert listener.panels[1].pixels.shape == (210, 420)
    assert listener.panels[1].pixels.dtype == bool and listener.panels[1].pixels.sum() == 1


def test_what_is_written_comes_back_and_equal_steps_are_equal_bytes(tmp_path):
    rng = np.random.default_rng(1)
    panels = [
        steps.panel("image", rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)),
        steps.panel("σ map", rng.random((30, 40), dtype=np.float32)),
        steps.panel("dark", rng.random((30, 40)) > 0.5),
    ]
    for name in ("one", "other"):
        steps.write(tmp_path / f"{name}.npz", panels, {"windows": 7})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    found, counts = steps.read(tmp_path / "one.npz")
    assert counts == {"windows": 7}
    assert [each.title for each in found] == ["image", "σ map", "dark"]
    for each, given in zip(found, panels, strict=True):
        assert each.pixels.dtype == given.pixels.dtype
        np.testing.assert_array_equal(each.pixels, given.pixels)


def test_steps_without_maps_come_back(tmp_path):
    steps.write(tmp_path / "none.npz", [], {})
    assert steps.read(tmp_path / "none.npz") == ([], {})
