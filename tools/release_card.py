"""The model card of the network that ships, from its model.json and from figures on real sets, where there are any.

The figures stand in ``scores.json`` beside model.json::

    {"command": "what made them", "machine": "…", "seconds_per_megapixel": 1.2,
     "rows": [{"set": "CFD", "split": "test", "images": 118, "scale": "auto (1.41)", "ods": 0.73, "ods_low": 0.70,
               "ods_high": 0.76, "ois": 0.74, "at_half": 0.71}],
     "chosen_on": "masks of 120 training crops of CRACK500",
     "crack_free": [{"set": "CRACK500 training", "images": 100, "share": 0.002}],
     "failures": "docs/pictures/shipped_failures.png"}

``split``, ``scale``, ``seen`` (a word of the ledger; ``unseen``), the interval, ``ois``, ``at_half`` (F1 at a score of
0.5), ``chosen_on``, ``crack_free`` (share of pixels that are called crack on crack-free patches), ``failures`` and the
time may be left out.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.errors import HairlineError
from hairline.nn.runtime import weights
from hairline.nn.segmenter import shipped
from hairline.reporting.formatting import markdown

SCORES = "scores.json"
LIMITS = """
It knows cracks from generated images. Expect false alarms at mortar joints and at the shadows below bricks, at the
edges of painted lines, between the stones of gravel and of open asphalt, at roots, cables and scratches; expect
misses where a crack is much wider than 40 px or thinner than 1 px at the scale it is seen at (so try `--scale`),
where it is faint on blurred aggregate, and where annotators fill a spalled crack as an area. It was not tested on
photos with people or plants, on metal, glass or wood, and must not decide on safety alone: a person checks the
result.
""".strip().replace("\n", " ")


def write(folder: Path) -> None:
    """Write CARD.md into the folder of a network, from what else lies there."""
    info = json.loads((folder / weights.INFO_FILE).read_text(encoding="utf-8"))
    scores = folder / SCORES
    found = json.loads(scores.read_text(encoding="utf-8")) if scores.exists() else None
    (folder / shipped.CARD).write_text(card(info, found, scores), encoding="utf-8")


def card(info: Mapping[str, Any], scores: Mapping[str, Any] | None, file: Path) -> str:
    """The card in Markdown.

    Args:
        info: Content of model.json, of ``tools/release_weights.py``.
        scores: Content of scores.json; None where there is none.
        file: The latter, for messages.
    """
    return "\n\n".join([*_what(info), *_figures(info, scores, file), *_limits(scores), *_licence(info)]) + "\n"


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
    try:
        yield markdown(pd.DataFrame([_row(row) for row in scores["rows"]]))
        yield (
            f"Made by `{scores['command']}`. Brackets: 95% bootstrap intervals over photos. F1 at 0.5 pools all pixels "
            "of a set at the threshold that ships."
        )
        if "chosen_on" in scores:
            yield f"Options of the generator and the training were chosen on {scores['chosen_on']}."
        for each in scores.get("crack_free", []):
            told = f"On {each['images']} crack-free patches of {each['set']}"
            yield f"{told}, {each['share']:.2%} of the pixels are called crack."
        if "seconds_per_megapixel" in scores:
            yield f"Time: {scores['seconds_per_megapixel']:.2g} s a megapixel on {scores['machine']}."
    except (KeyError, TypeError, ValueError) as error:
        raise HairlineError(
            f"{file}: no figures as 'python tools/release_weights.py --help' and tools/release_card.py have them "
            f"({type(error).__name__}: {error}); expected rows with set, images and ods, and a command; mend it"
        ) from None


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    interval = f" [{row['ods_low']:.3f}, {row['ods_high']:.3f}]" if "ods_low" in row else ""
    return {
        "set": f"{row['set']} {row.get('split', '')}".strip(),
        "images": f"{row['images']:,}",
        "seen": row.get("seen", "unseen"),
        "scale": str(row.get("scale", 1)),
        "ODS": f"{row['ods']:.3f}{interval}",
        "OIS": f"{row['ois']:.3f}" if "ois" in row else "–",
        "F1 at 0.5": f"{row['at_half']:.3f}" if "at_half" in row else "–",
    }


def _limits(scores: Mapping[str, Any] | None) -> Iterator[str]:
    yield "## Limits"
    yield LIMITS
    if scores is not None and "failures" in scores:
        yield f"Where it fails, in pictures: `{scores['failures']}` in the repository."


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
