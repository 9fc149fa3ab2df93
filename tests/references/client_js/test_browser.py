"""The page in a real browser: Chromium, driven by Playwright."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.peers.process import running

pytestmark = pytest.mark.proof

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", *QUIET]
PATIENCE = 30_000  # milliseconds
CALM = {  # quick to reconnect, and slow to lose patience with a machine that is busy with others
    "name": "calm",
    "heartbeat_interval": 3,
    "heartbeat_timeout": 30,
    "check_interval": 3,
    "reconnect_delay": 0.3,
    "reconnect_jitter": 0.2,
    "reconnect_cap": 3,
    "reply_deadline": 1,
    "pong_timeout": 2.9,
    "interval_tolerance": 0.25,
    "tolerance": 1,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    timing = tmp_path_factory.mktemp("timing") / "calm.json"
    timing.write_text(json.dumps(CALM))
    with running("reference_server", "--port", "0", "--timing", str(timing)) as server:
        yield server.url.replace("ws://", "http://").removesuffix("ws")


Lives = SimpleQueue["Life"]
Listener = tuple[str, Lives]


class Life:
    """One connection of the page, as the listener saw it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.heard: SimpleQueue[object] = SimpleQueue()
        self.ended: SimpleQueue[int | None] = SimpleQueue()

    def live(self) -> None:
        try:
            for text in self.connection:
                self.heard.put(json.loads(text))
                if json.loads(text) == {"type": "ping"}:
                    self.connection.send('{"type":"pong"}')
        except ConnectionClosed:
            pass
        received = self.connection.protocol.close_rcvd
        self.ended.put(received.code if received else None)

    def ping(self) -> None:
        assert self.heard.get(timeout=PATIENCE / 1000) == {"type": "ping"}

    def code(self) -> int | None:
        """Wait for the end; return the code of the Close that came, None if there was none."""
        return self.ended.get(timeout=PATIENCE / 1000)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Serve on a free port, and put each connection into a queue."""
    lives: SimpleQueue[Life] = SimpleQueue()

    def begin(connection: ServerConnection) -> None:
        life = Life(connection)
        lives.put(life)
        life.live()

    with serve(begin, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/", lives
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def page(browser: Browser, listener: Listener) -> Iterator[Page]:
    """A tab that must not have complained at its end, which comes before that of the listener."""
    del listener
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    context.close()
    assert complaints == []


def next_life(lives: Lives) -> Life:
    life = lives.get(timeout=PATIENCE / 1000)
    life.ping()
    return life


def test_it_connects_pings_and_is_answered(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#state")).to_have_text("Open")
    expect(page.locator("#answered")).to_have_text(re.compile(r"^[2-9]$"))
    expect(page.locator("#strip .answered").nth(1)).to_be_attached()
    expect(page.locator("#latest")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    expect(page.locator("#timing")).to_contain_text("Timing “calm”")
    assert page.title() == "Open · wsbeat"


def test_a_message_is_echoed_and_shown_as_text(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#state")).to_have_text("Open")
    page.fill("#text", '"<img src=x onerror=alert(1)>\u202e"')
    expect(page.locator("#hint")).to_contain_text("echo")
    page.click("#send")
    expect(page.locator("#log .received span")).to_have_text(
        r'{"type":"echo","data":"<img src=x onerror=alert(1)>\u202e"}'
    )
    assert page.locator("img").count() == 0
    page.fill("#text", "{")
    expect(page.locator("#hint")).to_contain_text("ignores")


def test_a_dropped_connection_comes_back(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#drop")
    expect(page.locator("#log .ended").first).to_contain_text("dropped by hand")
    expect(page.locator("#connections")).to_have_text(re.compile(r"^[2-9]$"))
    expect(page.locator("#state")).to_have_text("Open")
    expect(page.locator("#strip .ended").first).to_be_attached()


def test_closing_for_good_is_final_until_it_is_told_otherwise(
    page: Page, address: str, listener: Listener
) -> None:
    url, lives = listener
    page.goto(f"{address}?ws={url}")
    first = next_life(lives)
    page.click("#close")
    assert first.code() == 1000
    expect(page.locator("#state")).to_have_text("Closed")
    expect(page.locator("#send")).to_be_disabled()
    assert lives.empty()
    page.click("#close")
    next_life(lives)


def test_closing_the_page_closes_the_connection(
    page: Page, address: str, listener: Listener
) -> None:
    url, lives = listener
    page.goto(f"{address}?ws={url}")
    life = next_life(lives)
    page.close()
    assert life.code() in (1000, 1001)


def test_leaving_the_page_closes_and_coming_back_connects(
    page: Page, address: str, listener: Listener
) -> None:
    url, lives = listener
    page.goto(f"{address}?ws={url}")
    life = next_life(lives)
    page.evaluate("globalThis.kept = true")
    page.goto(f"{address}timing.json")
    assert life.code() in (1000, 1001)
    page.go_back(wait_until="commit")  # a page out of the cache is not loaded again
    next_life(lives)
    expect(page.locator("#state")).to_have_text("Open")
    if not page.evaluate("globalThis.kept"):
        pytest.skip("Chromium loaded the page again instead of taking it out of its cache")


def test_a_server_that_is_gone_is_waited_for(page: Page, address: str, listener: Listener) -> None:
    url, lives = listener
    page.goto(f"{address}?ws={url}")
    next_life(lives).connection.close(1012, "restart")
    expect(page.locator("#log .ended span").first).to_contain_text("1012 restart")
    next_life(lives)


@pytest.mark.parametrize("wrong", ["ftp://127.0.0.1/", "ws://", "nonsense://"])
def test_a_url_that_cannot_work_is_said(page: Page, address: str, wrong: str) -> None:
    page.goto(f"{address}?ws={wrong}")
    expect(page.locator("#state")).to_have_text("Cannot connect")
    expect(page.locator("#detail")).to_contain_text("begins with ws: or wss:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1100])
def test_it_fits(
    browser: Browser, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    viewport = ViewportSize(width=width, height=800)
    with browser.new_context(viewport=viewport, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.locator("#state")).to_have_text("Open", timeout=PATIENCE)
        page.fill("#text", json.dumps("x" * 300))
        page.click("#send")
        expect(page.locator("#log .received")).to_have_count(1, timeout=PATIENCE)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        red = int(re.findall(r"\d+", ground)[0])
        assert (red < 64) == (scheme == "dark")
