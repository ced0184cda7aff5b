import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
from PIL import Image

from hairline.data.samples import RawSample, ingest, load_image, load_mask, read_binary_mask
from hairline.gates.rules import Finding, Verdict, Waiver
from hairline.imaging.images import write_image, write_mask
from hairline.reporting.gate_page import PICTURES, contents_of_set, page, thumbnails

VOID = {"meta", "br", "img"}


class Balance(HTMLParser):
    """Fails on a tag that is closed out of turn."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def finding(samples, rule="polarity", severity="error", waived=()):
    values = tuple(f"value of {sample}" for sample in samples)
    return Finding(rule, severity, bool(samples), samples, values, "found <much>", "less & less", "invert it", waived)


def verdict_of(checks, subject="walls"):
    return Verdict("samples", subject, checks, ("drift",), {})


def origins(table):
    return dict(zip(table["id"], table["source"], strict=True))


def pictures_of(verdict, folder, side_px):
    return thumbnails(verdict, lambda name: load_image(folder, name), lambda name: load_mask(folder, name), side_px)


def make_set(folder, ids):
    samples = []
    for index, name in enumerate(ids):
        image, mask = folder / "raw" / f"{index}.png", folder / "raw" / f"{index}_mask.png"
        write_image(image, np.full((40, 60, 3), 100, np.uint8))
        write_mask(mask, np.arange(60)[None, :].repeat(40, 0) < 30)
        samples.append(RawSample(name, "train", name, image, mask, read_binary_mask))
    (folder / "set").mkdir()
    return ingest(samples, folder / "set")


def test_the_page_holds_everything_it_shows(tmp_path):
    table = make_set(tmp_path, ["a", "b"])
    verdict = verdict_of((finding(("a",)), finding(("b",), "contrast", "warn")))
    html = page(
        verdict,
        contents_of_set(table),
        origins(table),
        pictures_of(verdict, tmp_path / "set", 30),
    )
    assert not re.search(r"https?:|//|url\(|@import|<script|<link", re.sub(r"base64,[^\"]*", "", html))
    inline = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert len(inline) == 2
    assert Image.open(io.BytesIO(base64.b64decode(inline[0]))).size == (30, 20)
    assert "prefers-color-scheme: dark" in html
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in html  # and no script
    for part in (
        "Data set walls",
        "is stopped at its gate",
        "value of a",
        "found &lt;much&gt;",
        "less &amp; less",
        "2 images (train 2)",
    ):
        assert part in html
    assert "Off, or nothing to look at: drift." in html


def test_names_are_escaped(tmp_path):
    table = make_set(tmp_path, ["a"])
    hostile = "<img src=x onerror=alert(1)>&\"'"
    table["id"] = table["source"] = hostile
    waiver = Waiver("samples", hostile, "contrast", hostile, hostile)
    verdict = verdict_of((finding((hostile,)), finding((), "contrast", waived=(waiver,))), subject=hostile)
    html = page(verdict, hostile, origins(table), {hostile: b"picture"})
    assert html.count("<img") == 1  # the picture itself
    assert html.count("&lt;img src=x") >= 6
    parser = Balance()
    parser.feed(html)
    assert parser.open == []


def test_crack_pixels_are_reddened_and_other_pixels_kept(tmp_path):
    make_set(tmp_path, ["a"])
    verdict = verdict_of((finding(("a",)),))
    picture = pictures_of(verdict, tmp_path / "set", 60)["a"]
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    assert pixels[20, 10, 0] - pixels[20, 10, 1] > 80
    assert np.abs(pixels[20, 50] - 100).max() < 8


def test_a_sample_without_readable_files_is_told_without_picture(tmp_path):
    table = make_set(tmp_path, ["a", "b"])
    (tmp_path / "set/images/a.png").unlink()
    (tmp_path / "set/masks/b.png").unlink()
    verdict = verdict_of((finding(("a", "b"), "pairs_complete"),))
    pictures = pictures_of(verdict, tmp_path / "set", 30)
    assert list(pictures) == ["b"]
    html = page(verdict, contents_of_set(table), origins(table), pictures)
    assert html.count("<figure>") == 2
    assert html.count("<img") == 1


def test_many_samples_are_named_but_not_all_pictured(tmp_path):
    ids = [f"s{index:02d}" for index in range(PICTURES + 3)]
    table = make_set(tmp_path, ids)
    verdict = verdict_of((finding(tuple(ids)),))
    html = page(
        verdict,
        contents_of_set(table),
        origins(table),
        pictures_of(verdict, tmp_path / "set", 20),
    )
    assert html.count("<figure>") == PICTURES
    assert "Also: " + ", ".join(ids[PICTURES:]) in html
    many = verdict_of((finding(tuple(f"s{index}" for index in range(5000))),))
    html = page(many, "", {}, {})
    folded = html.partition("<details><summary>Also 4,988 others</summary>")[2].partition("</details>")[0]
    assert folded.count(", ") == 4987 and "s4999" in folded


def test_a_passed_gate_says_so_and_an_empty_table_does_no_harm(tmp_path):
    table = make_set(tmp_path, [])
    assert isinstance(table, pd.DataFrame)
    html = page(verdict_of((finding(()),)), contents_of_set(table), {}, {})
    assert "passes its gate" in html
    assert "0 images (none)" in html
