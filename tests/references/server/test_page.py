"""The page as it is served: what a browser is sent, and what it is forbidden."""

import json
import re
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute

import reference_server.page
from reference_server import Settings
from reference_server.application import PATH
from reference_server.page import page
from spec import load_timing

ROOT = Path(__file__).parents[3]
FILES = {
    "/": ("text/html", ROOT / "reference_server" / "static" / "index.html"),
    "/page.css": ("text/css", ROOT / "reference_server" / "static" / "page.css"),
    "/page.js": ("text/javascript", ROOT / "reference_server" / "static" / "page.js"),
    "/heartbeat-client.js": (
        "text/javascript",
        ROOT / "reference_client" / "heartbeat-client.js",
    ),
    "/heartbeat-timing.js": (
        "text/javascript",
        ROOT / "reference_client" / "heartbeat-timing.js",
    ),
}


def fetched(url: str, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", FILES)
def test_every_file_is_served_as_it_is(url: str, path: str) -> None:
    media_type, file = FILES[path]
    response, body = fetched(url, path)
    assert response.status == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert body == file.read_bytes()


def test_the_timing_is_that_of_the_server(url: str) -> None:
    response, body = fetched(url, "/timing.json")
    assert response.headers["content-type"] == "application/json"
    assert load_timing(json.loads(body)) == load_timing("fast")


def test_head_has_the_headers_and_no_body(url: str) -> None:
    response, body = fetched(url, "/", "HEAD")
    assert (response.status, body) == (200, b"")


def test_nothing_else_is_served(url: str) -> None:
    for path in ("/page.py", "/static/index.html", "/..%2fpage.py", "/openapi.json", "/docs"):
        assert fetched(url, path)[0].status == 404


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


def test_it_needs_nothing_from_elsewhere_and_nothing_inline(url: str) -> None:
    response, body = fetched(url, "/")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    references = _References()
    references.feed(body.decode())
    assert references.inline == []
    assert {f"/{each}" for each in references.found if each != "data:,"} <= set(FILES)
    script = fetched(url, "/page.js")[1].decode() + fetched(url, "/heartbeat-client.js")[1].decode()
    assert {f"/{name}" for name in re.findall(r'from "\./([^"]+)"', script)} <= set(FILES)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_the_page_connects_to_the_path_of_the_server() -> None:
    assert f'new URL("{PATH.removeprefix("/")}"' in FILES["/page.js"][1].read_text("utf-8")


def test_without_the_client_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_server.page, "find_spec", lambda _: None)
    routes = page(Settings.from_timing(load_timing("fast"))).routes
    answers = {route.path: route.endpoint() for route in routes if isinstance(route, APIRoute)}
    assert set(answers) == {*FILES, "/timing.json"}
    for path in FILES:
        assert answers[path].status_code == 503
        assert b"expected the package reference_client to be installed" in answers[path].body
