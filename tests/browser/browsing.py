"""A person at a browser: pages are opened, looked at by axe, and anything that the console complains about fails."""

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from deploy.local.endpoints import Endpoints
from shared.sessions import COOKIE

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTHS, LANGUAGES, THEMES = (1280, 360), ("id", "en"), ("light", "dark")
"""Every page is looked at in all of these ways."""
WAYS = tuple(itertools.product(LANGUAGES, WIDTHS, THEMES))
TWO_WAYS = (("id", 360, "light"), ("en", 1280, "dark"))
"""For the later ones of many pages that are built alike."""
AXE = Axe()


def chromium() -> str | None:
    """The browser's program; PAYUNG_CHROMIUM names another one."""
    return os.environ.get("PAYUNG_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)


@dataclass
class Visitor:
    """One browser window of one person; `complaints` is what the console and the page said that was not expected."""

    page: Page
    context: BrowserContext
    endpoints: Endpoints
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of complaints that a test provokes, such as `404`."""

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complain(f"{message.text} ({message.location.get('url', '')})")

    def complain(self, text: str) -> None:
        if not any(each in text for each in self.expected):
            self.complaints.append(text)

    async def open(self, service: str, path: str = "/") -> None:
        await self.page.goto(getattr(self.endpoints, service) + path)

    async def look(self, width: int, theme: str) -> None:
        """In a window of this width, with the system's theme."""
        await self.page.set_viewport_size({"width": width, "height": 640 if width < 600 else 800})
        await self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    async def sign_in(self, key: str) -> None:
        """By the form, without looking at it."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.endpoints.registration}/sign-in", data={"key": key})
        assert answer.status_code == 200, answer.text
        await self.context.add_cookies([{
            "name": COOKIE, "value": answer.cookies[COOKIE], "url": self.endpoints.registration, "httpOnly": True,
            "sameSite": "Strict",
        }])  # fmt: skip

    async def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is, each with the element."""
        found: dict[str, Any] = (await AXE.run(self.page)).response
        return [
            f"{each['id']}: {each['help']} {node['html'][:150]} {node.get('failureSummary', '')[:200]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    async def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        return bool(
            await self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )


@asynccontextmanager
async def visiting(
    browser: Browser,
    endpoints: Endpoints,
    *,
    width: int = 1280,
    language: str = "id",
    theme: str = "light",
    scripts: bool = True,
    key: str | None = None,
    expected: tuple[str, ...] = (),
) -> AsyncIterator[Visitor]:
    """A window for a while; fails at its end if there were complaints. `key`: signed in with it."""
    context = await browser.new_context(
        viewport={"width": width, "height": 640 if width < 600 else 800},
        locale="id-ID" if language == "id" else "en-GB",
        color_scheme="dark" if theme == "dark" else "light",
        java_script_enabled=scripts,
        reduced_motion="reduce",  # colours are measured, which are others while they change
    )
    context.set_default_timeout(60_000)
    visitor = Visitor(await context.new_page(), context, endpoints, expected=list(expected))
    visitor.page.on("console", visitor.hear)
    visitor.page.on("pageerror", lambda problem: visitor.complain(str(problem)))
    try:
        if key is not None:
            await visitor.sign_in(key)
        yield visitor
        assert not visitor.complaints, visitor.complaints
    finally:
        await context.close()


async def keep_screenshot(page: Page, name: str) -> None:
    """What the page looks like, if PAYUNG_SCREENSHOTS names a folder."""
    if folder := os.environ.get("PAYUNG_SCREENSHOTS"):
        await page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)


async def check_in_every_way(
    browser: Browser,
    endpoints: Endpoints,
    service: str,
    path: str,
    key: str | None,
    ways: Sequence[tuple[str, int, str]] = WAYS,
    **more: Any,
) -> None:
    """A page in both widths, languages and themes: no complaint, nothing that axe finds, no wider than the window.

    It is opened once a language. axe looks at all of the first one, and at the second one once, since a translation
    changes no colour and no structure. PAYUNG_SCREENSHOTS=FOLDER keeps what it looks like.
    """
    wrong: list[str] = []
    for language, looks in itertools.groupby(ways, key=lambda way: way[0]):
        async with visiting(browser, endpoints, language=language, key=key, **more) as visitor:
            await visitor.open(service, path)
            for number, (_, width, theme) in enumerate(looks):
                await visitor.look(width, theme)
                way = f"{width}-{language}-{theme}"
                if language == LANGUAGES[0] or number == 0:
                    wrong += [f"{way} {each}" for each in await visitor.violations()]
                if await visitor.overflows():
                    wrong.append(f"{way}: wider than the window")
                await keep_screenshot(visitor.page, f"{service}{path.partition('?')[0].replace('/', '-')}-{way}")
    assert not wrong, "\n".join(wrong)
