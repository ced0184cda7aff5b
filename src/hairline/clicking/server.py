"""The page's server: what a browser on this machine may ask for, and nothing for anybody else.

Photos are known by their names in a table; no path is ever made of what a request says.
"""

import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from hairline.clicking import cuts
from hairline.clicking.decoded import REDUCED
from hairline.clicking.patches import Patch
from hairline.clicking.session import Session
from hairline.errors import HairlineError

log = logging.getLogger(__name__)

HOST, PORT = "127.0.0.1", 8710
HOSTS = (HOST, "localhost")
"""What a browser may call this server: pages of other names that lead here (DNS rebinding) are refused."""

PAGE = {"/": ("page.html", "text/html"), "/page.js": ("page.js", "text/javascript"),
        "/viewer.js": ("viewer.js", "text/javascript"), "/page.css": ("page.css", "text/css")}  # fmt: skip
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # fmt: skip
PATCH_PX = 448
REGION_PX = 2048
PREVIEW_PX = 640
PICTURES = 512
"""Pictures that are kept ready, some 30 KB each."""

Next = Callable[[Request], Awaitable[Response]]
Number = Annotated[int, Query(ge=-1_000_000, le=1_000_000)]
Length = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass
class Where:
    """A patch, as the page names it."""

    photo: str
    x: int
    y: int
    size: int

    def patch(self) -> Patch:
        """The patch itself."""
        return Patch(self.photo, self.x, self.y, self.size)


@dataclass
class Joining:
    """Somebody begins."""

    who: str


@dataclass
class Clicking:
    """Somebody says something of a patch."""

    who: str
    patch: Where
    label: str


@dataclass
class Asking:
    """Somebody wants more patches."""

    who: str
    count: int
    showing: list[Where] = field(default_factory=list)


def app(session: Session) -> FastAPI:
    """The application for a session."""
    made = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    made.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))
    made.middleware("http")(_guarded)
    made.add_exception_handler(HairlineError, _refused)
    _add_page(made)
    _add_pictures(made, session)
    _add_clicks(made, session)
    return made


async def _guarded(request: Request, answer: Next) -> Response:
    """Take requests of this page alone, and tell the browser to load nothing from elsewhere."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        found: Response = JSONResponse({"error": "this server answers its own page alone"}, 403)
    else:
        found = await answer(request)
    found.headers.setdefault("Content-Security-Policy", POLICY)
    found.headers.setdefault("Cache-Control", "no-store")
    found.headers.update({"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
                          "Cross-Origin-Resource-Policy": "same-origin"})  # fmt: skip
    return found


def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 409)


def _add_page(made: FastAPI) -> None:
    folder = resources.files("hairline.clicking") / "page"
    for path, (name, kind) in PAGE.items():
        content = (folder / name).read_bytes()

        def page(content: bytes = content, kind: str = kind) -> Response:
            return Response(content, media_type=kind)

        made.add_api_route(path, page, methods=["GET"], response_class=Response)


def _add_pictures(made: FastAPI, session: Session) -> None:
    @lru_cache(PICTURES)
    def patch_picture(patch: Patch) -> bytes:
        pixels = session.pixels(patch.photo)
        return cuts.jpeg(cuts.with_surroundings(pixels, patch.x, patch.y, patch.size, PATCH_PX))

    @made.get("/patch.jpg")
    def patch(photo: str, x: Number, y: Number, size: Length) -> Response:
        asked = Patch(photo, x, y, size)
        if asked not in session.known:
            return _unknown()
        return _picture(patch_picture(asked))

    @made.get("/region.jpg")
    def region(photo: str, left: Number, top: Number, width: Length, height: Length, px: Length) -> Response:
        if photo not in session.files:
            return _unknown()
        most, small = min(px, REGION_PX), REDUCED * px <= max(width, height)
        pixels = session.pixels(photo, reduced=small)
        step = REDUCED if small else 1
        try:
            part = cuts.region(pixels, left // step, top // step, -(-width // step), -(-height // step), most)
            return _picture(cuts.jpeg(part))
        except ValueError:
            return _unknown()

    @made.get("/preview.jpg")
    def preview(photo: str) -> Response:
        found = session.order.preview(photo)
        return _unknown() if found is None else _picture(cuts.jpeg(cuts.at_most(found, PREVIEW_PX)))


def _unknown() -> Response:
    return JSONResponse({"error": "there is no such part of a photo; load the page anew"}, 404)


def _picture(content: bytes) -> Response:
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})


def _add_clicks(made: FastAPI, session: Session) -> None:
    @made.post("/join")
    def join(body: Joining) -> dict[str, Any]:
        who = session.join(body.who)
        history = [{"patch": asdict(patch), "label": label} for patch, label in session.history(who)]
        sizes = {name: list(size) for name, size in session.sizes.items()}
        return {"who": who, "history": history, "sizes": sizes, "around": cuts.AROUND, "state": session.state(who)}

    @made.post("/click")
    def click(body: Clicking) -> dict[str, Any]:
        session.click(body.who, body.patch.patch(), body.label)
        return {"saved": True}

    @made.post("/next")
    def following(body: Asking) -> list[dict[str, Any]]:
        showing = [where.patch() for where in body.showing]
        return [asdict(patch) for patch in session.screen(body.who, max(0, min(body.count, 200)), showing)]

    @made.get("/state")
    def state(who: str) -> dict[str, Any]:
        return session.state(who)


def listening(port: int | None) -> socket.socket:
    """A socket on this machine's own address.

    Args:
        port: The port; None for :data:`PORT`, or a free one where that is taken.

    Raises:
        HairlineError: If the port is taken, or may not be used.
    """
    for wanted in (PORT, 0) if port is None else (port,):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, wanted))
            found.listen(128)  # who comes before the server has started waits for it
            return found
        except OSError as error:
            found.close()
            told = error.strerror
    raise HairlineError(f"--port {port}: cannot be used ({told}); expected a free one; name another, or leave it out")


def serve(session: Session, sock: socket.socket) -> None:
    """Answer requests until the process is told to end."""
    threading.Thread(target=session.prepare, daemon=True).start()
    config = uvicorn.Config(app(session), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    with suppress(KeyboardInterrupt):  # how a person ends it
        uvicorn.Server(config).run(sockets=[sock])
