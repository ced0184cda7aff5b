"""MODEL PHOTOS… and PHOTOS… --model: which word is the network."""

from pathlib import Path

import pytest

from hairline.inspection import named


def test_the_first_word_is_the_network_where_it_can_be_no_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("net", "half", "photos"):
        Path(folder).mkdir()
    for file in ("net/model.json", "net/weights.safetensors", "half/model.json", "photos/a.jpg"):
        Path(file).touch()

    def split(*words: str, model: str | None = None) -> tuple[str, list[str]]:
        source, photos = named.split([Path(word) for word in words], model)
        return source, [str(photo) for photo in photos]

    assert split("photos") == ("shipped", ["photos"])
    assert split("net", "photos", "b.jpg") == ("net", ["photos", "b.jpg"])
    assert split("models:/mine@champion", "photos") == ("models:/mine@champion", ["photos"])
    assert split("models://mine/3", "photos") == ("models:/mine/3", ["photos"])
    assert split("x.onnx", "photos") == ("x.onnx", ["photos"])
    assert split("shipped", "photos") == ("shipped", ["photos"])
    assert split("half", "photos") == ("shipped", ["half", "photos"])
    assert split("net", "photos", model="other") == ("other", ["net", "photos"])
    assert split("net") == ("shipped", ["net"])
    Path("shipped").mkdir()
    assert split("shipped", "photos") == ("shipped", ["shipped", "photos"])
