"""Learns from the clicks in the background, so that the page is there before the libraries are."""

import threading
from pathlib import Path

from hairline.clicking.estimating import audit_order
from hairline.clicking.groups import SECONDS
from hairline.clicking.order import InTurn, in_a_sentence
from hairline.clicking.session import Session
from hairline.errors import HairlineError
from hairline.io import extras


def begin(session: Session, folder: Path, parent: str = "", seconds: float = SECONDS) -> None:
    """Let the first patches come in the order that the estimate is made from, and choose later ones once that can be.

    Args:
        session: What is clicked on.
        folder: For features of photos, and for ``classifier``, that of all clicks, which ``hairline label`` takes.
        parent: See :func:`hairline.clicking.groups.of_photos`.
        seconds: See :func:`hairline.clicking.groups.of_photos`.
    """
    session.order = InTurn(audit_order(session.patches, session.seed))
    threading.Thread(target=_learn, args=(session, folder, parent, seconds), daemon=True).start()


def _learn(session: Session, folder: Path, parent: str, seconds: float) -> None:
    try:
        with extras.needed("the choice of the next patches"):
            from hairline.clicking import learner  # its imports take seconds, in which people click already

            learner.learn(session, folder, parent, seconds)
    except (HairlineError, OSError) as error:
        session.notes.append(f"{in_a_sentence(error)}; patches come in a random order")
