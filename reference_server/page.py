"""The page that the server serves: the client's side of the contract, to look at."""

from collections.abc import Callable
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from reference_server.settings import Settings

PAGE = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
CLIENT = ("heartbeat-client.js", "heartbeat-timing.js")
HEADERS = {
    # Nothing but what this server serves, and WebSockets anywhere, because of ?ws=URL.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
ABSENT = (
    "This page is a client, and heartbeat-client.js, which it runs, was not found: expected the "
    "package reference_client to be installed beside reference_server. The WebSocket is at /ws.\n"
)


def page(settings: Settings) -> APIRouter:
    """Return the routes of the page; its client keeps to the times of ``settings.client``.

    Where ``reference_client`` is not installed, they answer 503 and say so.
    """
    router = APIRouter(default_response_class=PlainTextResponse)
    client = _client()

    def serve(path: str, answer: Callable[[], Response]) -> None:
        router.add_api_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)

    serve("/timing.json", lambda: JSONResponse(settings.client.to_json(), headers=HEADERS))
    for path, (name, media_type) in PAGE.items():
        text = (resources.files("reference_server") / "static" / name).read_text("utf-8")
        serve(path, _text(text if client else None, media_type))
    for name in CLIENT:
        script = (client / name).read_text("utf-8") if client else None
        serve(f"/{name}", _text(script, "text/javascript"))
    return router


def _text(text: str | None, media_type: str) -> Callable[[], Response]:
    if text is None:
        return lambda: PlainTextResponse(ABSENT, 503, HEADERS)
    return lambda: Response(text, headers=HEADERS, media_type=media_type)


def _client() -> Path | None:
    """Return the folder of the JavaScript client. Its package is found, and not imported."""
    found = find_spec("reference_client")
    for folder in (found.submodule_search_locations or ()) if found else ():
        if all((Path(folder) / name).is_file() for name in CLIENT):
            return Path(folder)
    return None
