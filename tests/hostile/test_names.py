"""Whatever a file is called, its picture is read under that name, or the name is refused; never lost or another's."""

import os
import unicodedata

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from support.kinds import crack, grey, wall

from hairline.data.layouts import folder
from hairline.data.samples import ingest, load_image, load_mask
from hairline.errors import HairlineError

OPTIONS = folder.Options(shares={"train": 1.0}, exclude=[])
NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)) | st.sampled_from(" .%#?;$'\"\\\n"), min_size=1
).filter(lambda name: name.strip(".") != "" and len(name.encode()) < 200)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=NAMES, second=NAMES)
@example(first="a", second="A")
@example(first="Brücke", second="Bru\u0308cke")
@example(first="wall #1", second="wall #2")
@example(first="x; rm -rf .", second="$(date)")
@example(first="100%", second="100%25")
@example(first="a.b", second="a")
@example(first=" lead", second="trail ")
@example(first="-rf", second="--help")
def test_two_photos_of_any_name(first, second, tmp_path_factory):
    home = tmp_path_factory.mktemp("names")
    root, target = home / "raw", home / "set"
    target.mkdir()
    written = {}
    for number, name in enumerate((first, second)):
        for kind, pixels in (("images", wall(chr(97 + number))), ("masks", grey(crack(chr(97 + number))))):
            (root / kind).mkdir(parents=True, exist_ok=True)
            try:
                Image.fromarray(pixels).save(root / kind / f"{name}.png", "PNG")
            except OSError:  # a name that the file system itself refuses
                return
        written[name] = chr(97 + number)
    files = len(list((root / "images").iterdir()))
    try:
        table = ingest(folder.read(root, OPTIONS), target)
    except HairlineError as error:
        assert len(str(error).splitlines()) == 1, error
        return
    hidden = sum(name.startswith(".") for name in written)
    assert len(table) == files - hidden
    for name, which in written.items():
        if not name.startswith("."):
            known = unicodedata.normalize("NFC", name)
            assert known in set(table["id"])
            assert np.array_equal(load_image(target, known), wall(which))
            assert np.array_equal(load_mask(target, known), crack(which))


@pytest.mark.parametrize("layout", ["folder"])
def test_a_name_that_no_text_is(layout, attempt):
    trial = attempt(layout)
    trial.image.rename(trial.image.with_name(os.fsdecode(b"wall-\xff.png")))
    seen = trial.ingest()
    assert seen.status == 1
    assert "Traceback" not in seen.told
    assert trial.written() == []
