"""A page under examination: a tab of a headless Chromium for each scenario.

The page under examination is not changed in any way; it is told where to connect in its own URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from playwright.async_api import Browser, ConsoleMessage, Error, Page, async_playwright

from conformance.run.client.drivers.browser import chromium
from conformance.run.client.drivers.browser_delay import BrowserDelay
from conformance.run.client.drivers.driver import CannotStart, LastWords
from conformance.run.client.drivers.run_delay import watch_delay
from conformance.wire.client.actor import BrowserState
from conformance.wire.client.listener import Listener

BECOMES = """(state) => {
    const found = { visibilityState: state, hidden: state === "hidden" };
    for (const [name, value] of Object.entries(found))
        Object.defineProperty(document, name, { configurable: true, get: () => value });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
"""Has a page believe that its tab is hidden, or visible again."""


ONLINE_AGAIN = '() => window.dispatchEvent(new Event("online"))'
"""Tells a page that it is online once more: a browser that knows it to be tells it nothing."""


LOADING = 15_000.0
"""How long (milliseconds) a page may take to load."""


@dataclass(slots=True)
class Tab:
    """A page in a tab, and a browser context, of its own."""

    listener: Listener
    page: Page
    delay: BrowserDelay
    words: LastWords = field(default_factory=LastWords)
    _tasks: tuple[asyncio.Task[None], ...] = ()
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _is_offline: bool = False

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def said(self) -> str:
        return str(self.words)

    async def over(self) -> None:
        await self._over.wait()

    async def ask(self, firmly: bool) -> None:
        """Close the tab, as a user does; `firmly`, leave the page for an empty one."""
        if self.is_over:
            return
        asked = self.listener.tell("asked", "page left" if firmly else "page closed")
        with contextlib.suppress(Error):
            if firmly:
                await self.page.goto("about:blank")
            else:
                await self.page.close(run_before_unload=True)
        self.listener.recorder.amend(asked, self.listener.now())
        if firmly:
            self._end("page left")

    async def become(self, state: BrowserState) -> None:
        """Cut the page off from all networks, or the contrary; or say that its tab is hidden.

        A headless browser hides no tab: the page gets the event, and finds the state in its
        document, while its timers run on.
        """
        with contextlib.suppress(Error):
            if state == "online" and not self._is_offline:
                await self.page.evaluate(ONLINE_AGAIN)
            elif state in ("offline", "online"):
                self._is_offline = state == "offline"
                await self.page.context.set_offline(self._is_offline)
            else:
                await self.page.evaluate(BECOMES, state)

    async def dismiss(self, hurry: bool = False) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Error):
            await self.page.context.close()

    def watch(self) -> None:
        """Take down what the page says, when it is gone, and how long it waits, from now on."""
        told = self.listener.recorder.client_was_starved
        waits = watch_delay(self.delay.waited, self.listener.now, told)
        self._tasks = (asyncio.get_running_loop().create_task(waits),)
        # Playwright leaves its mark on the object of a method, and a Tab has no room for it.
        self.page.on("console", lambda message: self._take_down(message))  # noqa: PLW0108
        self.page.on("pageerror", lambda error: self.words.take(f"{error}\n"))
        self.page.on("crash", lambda _: self._end("page crashed"))
        self.page.on("close", lambda _: self._end("page closed"))

    def _take_down(self, message: ConsoleMessage) -> None:
        self.words.take(f"{message.type}: {message.text}\n")

    def _end(self, how: str) -> None:
        if not self.is_over:
            self._over.set()
            self.listener.tell("exited", how)


@dataclass(frozen=True, slots=True)
class PageStarter:
    """Opens the page, with the URL put in the place of `{url}`."""

    browser: Browser
    address: str
    delay: BrowserDelay

    async def start(self, listener: Listener, scenario: str, environment: Mapping[str, str]) -> Tab:
        since = listener.now()
        context = await self.browser.new_context()
        tab = Tab(listener, await context.new_page(), self.delay)
        tab.watch()
        try:
            await tab.page.goto(
                self.address.replace("{url}", quote(listener.url, safe="")),
                wait_until="commit",
                timeout=LOADING,
            )
        except Error as error:
            await tab.dismiss()
            raise CannotStart(f"The page could not be opened: {_told(error)}.") from None
        listener.tell("started", "page", since)
        return tab


@asynccontextmanager
async def page_starter(address: str) -> AsyncIterator[PageStarter]:
    """A browser for as long as pages are examined; raises CannotStart."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        try:
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=arguments, handle_sigint=False,
                handle_sigterm=False, handle_sighup=False,
            )  # fmt: skip
        except Error as error:
            raise CannotStart(f"Chromium could not be started: {_told(error)}.") from None
        try:
            yield PageStarter(browser, address, BrowserDelay(os.getpid()))
        finally:
            await browser.close()


def _told(error: Error) -> str:
    """The first line of what Playwright says of a failure."""
    return error.message.splitlines()[0].rstrip(".")
