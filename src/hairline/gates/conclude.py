"""How every gate ends: a page, and a verdict that the next stage depends on, or a stop."""

import json
import sys
from argparse import Namespace

from hairline.errors import HairlineError
from hairline.gates.rules import Verdict, message, verdict_json
from hairline.io.atomic import whole_folder, write_json

THUMBNAIL_PX = 240


def conclude(verdict: Verdict, page: str, args: Namespace) -> None:
    """Write the page to ``--page`` and, where the gate passes, the verdict to ``--verdict``.

    Raises:
        HairlineError: If the gate stops.
    """
    with whole_folder(args.page) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")
        (folder / "gate.json").write_text(json.dumps(verdict.raw, indent=2, default=str) + "\n")
    told = f"{message(verdict)}\n\nSee {args.page / 'index.html'}"
    if not verdict.passed:
        raise HairlineError(told)
    print(told, file=sys.stderr)
    write_json(args.verdict, verdict_json(verdict))
