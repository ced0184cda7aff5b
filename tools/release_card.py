"""The model card of the network that ships, from its model.json and from figures on real sets, where there are any.

The figures stand in ``scores.json`` beside model.json, as ``benchmarks/shipped.py`` writes it::

    {"weights_sha256": "…", "command": "what made them", "machine": "…", "seconds_per_megapixel": 1.2,
     "rows": [{"set": "CFD test", "images": 118, "scale": "auto (1.41)", "ods": 0.73, "ods_low": 0.70, "ods_high": 0.76,
               "ois": 0.74, "at_half": 0.71, "seen": "same photo", "seen_counts": {"unseen": 100, "same photo": 18},
               "images_unseen": 100, "ods_unseen": 0.72, "seen_why": "18 of 118 images, by …"}],
     "chosen_on": ["120 of 591 images of crack500 chose the generator, …"],
     "crack_free": [{"set": "CRACK500 training", "images": 100, "share": 0.002}],
     "failures": {"picture": "docs/pictures/shipped_failures.jpg", "images": 96, "shown": 9, "median_f1": 0.7,
                  "crack_free": 24, "crack_free_marked": 3}}

``command``, ``rows``, and of a row ``set``, ``images`` and ``ods`` are needed. ``seen`` is a word of the ledger; where
it is left out, the card says that it is not known. Figures of other weights than those of model.json are refused.
``at_half`` is F1 at a score of 0.5; ``crack_free`` the share of pixels that are called crack on crack-free patches.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.data.seen import WORDS
from hairline.errors import HairlineError
from hairline.io.atomic import write_texts
from hairline.io.reading import read_text
from hairline.nn.runtime import weights
from hairline.nn.segmenter import shipped
from hairline.reporting import seen_signs
from hairline.reporting.formatting import ABSENT, bracketed, markdown

SCORES = "scores.json"
NEEDED = ("options", "generated", "images", "training", "seed", "epochs", "stored", "scores_on_generated",
          "calibration", weights.HASH)  # fmt: skip
LIMITS = """
It knows cracks from generated images. Expect false alarms at mortar joints and at the shadows below bricks, at the
edges of painted lines, between the stones of gravel and of open asphalt, at roots, cables and scratches; expect
misses where a crack is much wider than 36 px or thinner than 1 px at the scale it is seen at (so try `--scale`),
where it is faint on blurred aggregate, and where annotators fill a spalled crack as an area. It was not tested on
photos with people or plants, on metal, glass or wood, and must not decide on safety alone: a person checks the
result.
""".strip().replace("\n", " ")


def write(folder: Path, scores: Path | None = None) -> None:
    """Write CARD.md into the folder of a network, from what else lies there; or nothing, where that is not as it must.

    Args:
        folder: Where model.json lies.
        scores: Figures that become the folder's ``scores.json``; None for those that are there, if any.

    Raises:
        HairlineError: If the network is none that ``release_weights.py`` wrote, or the figures are none.
    """
    info = json.loads(read_text(folder / weights.INFO_FILE))
    if lacking := [name for name in NEEDED if name not in info]:
        raise HairlineError(
            f"{folder / weights.INFO_FILE}: has no {', '.join(lacking)}; expected what 'make release-weights' writes; "
            "name such a folder by --out"
        )
    file = scores or folder / SCORES
    content = read_text(file) if scores or file.exists() else None
    with _as_written(file):
        found = None if content is None else json.loads(content)
    texts = {folder / shipped.CARD: card(info, found, file)}
    write_texts(texts | ({} if content is None else {folder / SCORES: content}))


def card(info: Mapping[str, Any], scores: Mapping[str, Any] | None, file: Path) -> str:
    """The card in Markdown.

    Args:
        info: Content of model.json, of ``tools/release_weights.py``.
        scores: Content of scores.json; None where there is none.
        file: The latter, for messages.
    """
    parts = [*_what(info), *_figures(info, scores, file), *_limits(), *_failures(scores, file), *_licence(info)]
    return "\n\n".join(parts) + "\n"


def _what(info: Mapping[str, Any]) -> Iterator[str]:
    options, generated, recipe = info["options"], info["generated"], info["training"]["recipe"]
    yield "# The network that ships with hairline"
    yield (
        f"A U-Net on `{options['encoder']}` (decoder {', '.join(map(str, options.get('decoder_channels', ())))}) that "
        "gives every pixel of an RGB photo of a road, a floor or a wall a score of crack in [0, 1], of which 0.5 is "
        "the sensible threshold. It is what `hairline predict` and `hairline.load_segmenter()` use."
    )
    yield "## What it has seen"
    yield (
        f"{info['images']:,} generated images of {generated['height_px']} × {generated['width_px']} px. No real image "
        "took part in its training or its calibration, but for those of ImageNet that its start had seen. It started "
        f"from {_start(info)}; seed {info['seed']}; {info['epochs']} epochs of crops of "
        f"{info['training']['crop_px']} px, {recipe['batch']} a step; matrices are stored as {info['stored']}. "
        f"`make release-weights` makes it again. SHA-256 of the weights: `{info[weights.HASH]}`."
    )
    yield f"Options of the generator: `{json.dumps(generated)}`."


def _start(info: Mapping[str, Any]) -> str:
    origin = info.get("origin")
    if origin:
        version, licence = origin.get("version"), origin.get("licence") or "licence not stated"
        return (
            f"ImageNet weights of {origin['source']}{' ' + version if version else ''} ({licence}, SHA-256 "
            f"`{str(origin['sha256'])[:12]}…`)"
        )
    return "random weights" if info["initialisation"] == "none" else f"`{info['initialisation']}`"


def _figures(info: Mapping[str, Any], scores: Mapping[str, Any] | None, file: Path) -> Iterator[str]:
    yield "## Figures"
    own, bias = info["scores_on_generated"], info["calibration"]
    yield (
        f"On generated images that it did not learn from: ODS {own['ods']:.3f}, OIS {own['ois']:.3f}. Its best "
        f"threshold there, {own['ods_threshold']:.2f}, was made 0.5 (logit / {bias['temperature']:g} + "
        f"{bias['bias']:g})."
    )
    if scores is None:
        yield "Not scored on real images yet."
        return
    with _as_written(file):
        if scores.get(weights.HASH, info[weights.HASH]) != info[weights.HASH]:
            raise HairlineError(
                f"{file}: figures of other weights ({scores[weights.HASH][:12]}…) than those of model.json "
                f"({info[weights.HASH][:12]}…); score these anew (python benchmarks/shipped.py)"
            )
        yield markdown(pd.DataFrame([_row(row) for row in scores["rows"]]))
        yield (
            f"Made by `{scores['command']}`. Brackets: 95% bootstrap intervals over photos. F1 at 0.5 pools all pixels "
            "of a set at the threshold that ships. Seen: by the ledger of hairline (docs/ledger.md in the repository), "
            "how many of the images took part in making the network or the rule for its scale."
        )
        whys = {row["set"]: row.get("seen_why") for row in reversed(scores["rows"])}  # that of the first row of a set
        yield from (f"{name}: {why}" for name, why in reversed(whys.items()) if why)
        yield from (f"{choice}." if choice[-1] not in ".)" else choice for choice in scores.get("chosen_on", []))
        for each in filter(_some, scores.get("crack_free", [])):
            told = f"On {each['images']} crack-free patches of {each['set']}"
            yield f"{told}, {each['share']:.2%} of the pixels are called crack."
        if "seconds_per_megapixel" in scores:
            yield f"Time: {scores['seconds_per_megapixel']:.2g} s a megapixel on {scores['machine']}."


def _some(patches: Mapping[str, Any]) -> bool:
    """Whether there were any patches without crack, as there are not in small images."""
    return patches["images"] > 0


@contextmanager
def _as_written(file: Path) -> Iterator[None]:
    """Say which file is not as it must be."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HairlineError(
            f"{file}: no figures as benchmarks/shipped.py writes them ({type(error).__name__}: {error}); expected rows "
            "with set, images and ods, and a command, as tools/release_card.py has them; make it anew, or mend it"
        ) from None


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "set": row["set"],
        "images": f"{row['images']:,}",
        "seen": _seen(row),
        "scale": str(row.get("scale", 1)),
        "ODS": bracketed(row["ods"], row.get("ods_low"), row.get("ods_high"), ".3f"),
        "ODS of unseen images": seen_signs.unseen_alone({"images_unseen": None, **row}),
        "OIS": f"{row['ois']:.3f}" if "ois" in row else ABSENT,
        "F1 at 0.5": f"{row['at_half']:.3f}" if "at_half" in row else ABSENT,
    }


def _seen(row: Mapping[str, Any]) -> str:
    """Sign and word of what the images of a row took part in, the strongest first, each with how many it is true of."""
    counts = row.get("seen_counts", {})
    words = [word for word in reversed(WORDS) if counts.get(word)]
    if len(words) < 2:
        return seen_signs.of_row(row)
    return ", ".join(f"{seen_signs.mark(word)} {counts[word]}" for word in words)


def _limits() -> Iterator[str]:
    yield "## Limits"
    yield LIMITS


def _failures(scores: Mapping[str, Any] | None, file: Path) -> Iterator[str]:
    if scores is None or "failures" not in scores:
        return
    with _as_written(file):
        found = scores["failures"]
        yield "## Failures"
        f1 = "–" if found["median_f1"] is None else f"{found['median_f1']:.2f}"  # where all are without a crack
        yield (
            f"Of {found['images']} generated images with a crack that it did not learn from, half have an F1 of "
            f"{f1} or less at the threshold that ships; on {found['crack_free_marked']} of "
            f"{found['crack_free']} without a crack it calls pixels crack. `{found['picture']}` in the repository "
            f"shows the {found['shown']} worst of the former and, below, the worst of the latter: image, mask and "
            "score. They are generated since no set of real photos may be passed on here."
        )


def _licence(info: Mapping[str, Any]) -> Iterator[str]:
    yield "## Licence"
    start = (info.get("origin") or {}).get("licence")
    yield (
        "MIT, as the code. The images that it learned from were generated by this code and scikit-image's textures"
        + (
            f"; the ImageNet weights that it started from are under {start}, whose notice stays with it"
            if start
            else ""
        )
        + "."
    )
