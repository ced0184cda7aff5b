"""The page of a gate: one HTML file that shows every rule, what was measured, and pictures of the samples at fault."""

import base64
import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.gate import Finding, Verdict, ways_out

PICTURES = 12
TITLES = {"samples": "Data set", "patches": "Patches of", "labels": "Labels"}
CSS = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #656d76; --line: #d5dae0; --panel: #f5f7f9;
  --good: #17743a; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --paper: #14171b; --faint: #98a1ab; --line: #343b43;
  --panel: #1c2126; --good: #5ecb85; --bad: #ff8f84; --warn: #e9b44c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.faint { color: var(--faint); } .passed { color: var(--good); } .error { color: var(--bad); }
.warn { color: var(--warn); } .passed, .error, .warn { font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; font-size: .85rem; } td { overflow-wrap: anywhere; }
td:first-child, td:nth-child(3) { white-space: nowrap; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .2rem 1.1rem 1.1rem;
  margin-top: 1.2rem; } section h2 { margin-top: .9rem; } section p { margin: .3rem 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .9rem;
  margin-top: .9rem; }
figure { margin: 0; } figure img { width: 100%; border-radius: 4px; display: block; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; margin-top: .25rem; }
"""


def thumbnails(
    verdict: Verdict,
    image_of: Callable[[str], NDArray[np.uint8]],
    mask_of: Callable[[str], NDArray[np.bool_]],
    side_px: int,
) -> dict[str, bytes]:
    """JPEG pictures of what the page shows: the image, at most ``side_px`` on a side, its crack pixels in red.

    Args:
        verdict: Whose samples at fault are wanted.
        image_of: Id to RGB uint8 [height, width, 3]; HairlineError where it cannot be read.
        mask_of: Id to bool [height, width]; HairlineError where it cannot be read.
        side_px: Longest side of a picture.

    Returns:
        Id to JPEG bytes; without those whose image cannot be read, with no red where the mask does not fit.
    """
    wanted = dict.fromkeys(sample for finding in verdict.findings for sample in _shown(finding))
    pictures = {sample: _picture(image_of, mask_of, sample, side_px) for sample in wanted}
    return {sample: picture for sample, picture in pictures.items() if picture is not None}


def _shown(finding: Finding) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.samples))[:PICTURES]


def _picture(
    image_of: Callable[[str], NDArray[np.uint8]],
    mask_of: Callable[[str], NDArray[np.bool_]],
    sample: str,
    side_px: int,
) -> bytes | None:
    try:
        image = image_of(sample)
    except HairlineError:  # told by the rule pairs_complete, or no sample but a split or a quantity
        return None
    with suppress(HairlineError):  # so is a mask that cannot be read
        image = _reddened(image, mask_of(sample))
    picture = Image.fromarray(image)
    picture.thumbnail((side_px, side_px))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def _reddened(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    if mask.shape != image.shape[:2]:
        return image
    mixed = (image.astype(np.uint16) + np.array([255, 40, 40], np.uint16)) // 2
    return np.where(mask[..., None], mixed, image).astype(np.uint8)


def page(verdict: Verdict, contents: str, origins: Mapping[str, str], pictures: Mapping[str, bytes]) -> str:
    """One HTML file with everything inside it: no script, no font, no address outside.

    Args:
        verdict: What the page tells.
        contents: What was judged, in one line.
        origins: Id to where it comes from; shown under its picture.
        pictures: As made by :func:`thumbnails`.
    """
    state = "passed" if verdict.passed else "error"
    outcome = "passes its gate" if verdict.passed else "is stopped at its gate"
    subject = f"{TITLES[verdict.gate]} {escape(verdict.subject)}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{subject} {outcome}</title><style>{CSS}</style></head><body>",
            f'<h1>{subject} <span class="{state}">{outcome}</span></h1>',
            f'<p class="faint">{escape(contents)}</p>',
            _rules(verdict),
            *(_section(finding, verdict, origins, pictures) for finding in verdict.findings),
            _waivers(verdict),
            "</body></html>",
            "",
        ]
    )


def contents_of_set(table: pd.DataFrame) -> str:
    """A data set in one line: images, splits, masks, share of crack."""
    counts = table["split"].value_counts()
    splits = ", ".join(f"{split} {count}" for split, count in counts.items())
    pixels = int((table["mask_height"] * table["mask_width"]).sum())
    share = f", {table['crack_pixels'].sum() / pixels:.2%} of their pixels crack" if pixels else ""
    return f"{len(table)} images ({splits or 'none'}), {int(table['has_mask'].sum())} masks{share}"


def _rules(verdict: Verdict) -> str:
    rows = [_rule_row(check) for check in verdict.checks]
    note = f'<p class="faint">Off, or nothing to look at: {", ".join(verdict.unseen)}.</p>' if verdict.unseen else ""
    head = "<tr><th>Rule</th><th>Outcome</th><th>Measured</th><th>Expected</th><th>Waived</th></tr>"
    return f'<h2>Rules</h2><div class="wide"><table>{head}{"".join(rows)}</table></div>{note}'


def _rule_row(check: Finding) -> str:
    state, word = (check.severity, check.severity) if check.failed else ("passed", "passed")
    name = f'<a href="#{check.rule}">{check.rule}</a>' if check.failed else check.rule
    return (
        f'<tr><td>{name}</td><td class="{state}">{word}</td><td>{escape(check.measured)}</td>'
        f"<td>{escape(check.expected)}</td><td>{len(check.waived) or ''}</td></tr>"
    )


def _section(finding: Finding, verdict: Verdict, origins: Mapping[str, str], pictures: Mapping[str, bytes]) -> str:
    values = dict(zip(finding.samples, finding.values, strict=True))
    figures = "".join(
        _figure(sample, values[sample], origins.get(sample, ""), pictures.get(sample)) for sample in _shown(finding)
    )
    rest = ", ".join(dict.fromkeys(finding.samples[len(_shown(finding)) :]))
    more = f'<p class="faint">Also: {escape(rest)}</p>' if rest else ""
    remedies = "".join(f"<li>{escape(line)}</li>" for line in ways_out(finding, verdict))
    return (
        f'<section id="{finding.rule}"><h2>{finding.rule} <span class="{finding.severity}">{finding.severity}</span>'
        f"</h2><p>Found {escape(finding.measured)}; expected {escape(finding.expected)}.</p><ul>{remedies}</ul>"
        f'<div class="pictures">{figures}</div>{more}</section>'
    )


def _figure(sample: str, value: str, origin: str, picture: bytes | None) -> str:
    source = base64.b64encode(picture).decode() if picture is not None else ""
    alt = escape(f"{sample}: {value}", quote=True)
    shown = f'<img alt="{alt}" src="data:image/jpeg;base64,{source}">' if source else ""
    return (
        f"<figure>{shown}<figcaption><strong>{escape(sample)}</strong><br>{escape(value)}<br>"
        f'<span class="faint">{escape(origin)}</span></figcaption></figure>'
    )


def _waivers(verdict: Verdict) -> str:
    rows = "".join(
        f"<tr><td>{waiver.rule}</td><td>{escape(waiver.sample)}</td><td>{escape(waiver.reason)}</td></tr>"
        for waiver in verdict.waived
    )
    head = "<tr><th>Rule</th><th>Sample</th><th>Reason</th></tr>"
    return f'<h2>Accepted by waiver</h2><div class="wide"><table>{head}{rows}</table></div>' if rows else ""
