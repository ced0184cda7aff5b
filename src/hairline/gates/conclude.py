"""How every gate ends: a page, and a verdict that the next stage depends on, or a stop."""

import json
import logging
from pathlib import Path

from hairline.errors import HairlineError
from hairline.gates.rules import Verdict, findings_json, message, verdict_json
from hairline.io.atomic import whole_folder, write_json

THUMBNAIL_PX = 240
_log = logging.getLogger("hairline.gates")


def conclude(verdict: Verdict, page: str, page_folder: Path, verdict_file: Path, findings_file: Path) -> None:
    """Write the page and, where the gate passes, the verdict.

    Args:
        verdict: What the gate found.
        page: The page about it (HTML).
        page_folder: Folder for index.html and gate.json.
        verdict_file: What the next stage depends on; not written where the gate stops.
        findings_file: What failed, for the report; not written where the gate stops.

    Raises:
        HairlineError: If the gate stops.
    """
    with whole_folder(page_folder) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")
        (folder / "gate.json").write_text(json.dumps(verdict.raw, indent=2, default=str) + "\n", encoding="utf-8")
    told = f"{message(verdict)}\n\nSee {page_folder / 'index.html'}"
    if not verdict.passed:
        raise HairlineError(told)
    _log.info("%s", told)
    write_json(verdict_file, verdict_json(verdict))
    write_json(findings_file, findings_json(verdict))
