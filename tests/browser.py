"""Chromium for tests, and pages in it that are watched for what goes wrong in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gloctm.explorer import write_report

for package in ("jinja2", "vl_convert"):
    pytest.importorskip(package, reason=f"browser tests need {package}")
axe = pytest.importorskip("axe_playwright_python.base", reason="browser tests need axe-playwright-python")
playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    reason = "browser tests need Chromium: apt-get install chromium"
    if os.environ.get("BROWSER_TESTS") == "required":
        raise RuntimeError(reason)
    pytest.skip(reason, allow_module_level=True)

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
FLAGS += [f"--disable-{feature}" for feature in ("background-networking", "component-update", "sync")]
# Long: other work on the same machine must not fail a test.
PATIENCE = 120_000
# Colors that an animation is halfway through are nobody's.
STILL = {"reduced_motion": "reduce"}

Open = Callable[..., Any]


class Watched:
    """A browser profile that keeps what goes wrong in its pages, and what leaves them.

    ``refused`` tells how many answers of 4xx there must be: a browser puts each on its console, whatever a page does.
    """

    def __init__(self, browser: Any, *, refused: int = 0, permissions: tuple[str, ...] = (), **options: Any) -> None:
        self.problems: list[str] = []
        self.failed: list[str] = []
        self.refused = refused
        self.context = browser.new_context(**{**STILL, **options})
        self.context.grant_permissions(list(permissions))
        self.context.set_default_timeout(PATIENCE)

    def open(self, address: str) -> Any:
        page = self.context.new_page()
        parts = urlsplit(address)
        allowed = (f"{parts.scheme}://{parts.netloc}/", "blob:", "data:")
        keep = self.problems.append
        page.on("console", self.hear)
        page.on("pageerror", lambda error: keep(f"error: {error}"))
        page.on("dialog", lambda dialog: keep(f"dialog: {dialog.message}"))
        page.on("request", lambda request: request.url.startswith(allowed) or keep(f"request: {request.url}"))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page

    def hear(self, message: Any) -> None:
        kept = self.failed if "Failed to load resource" in message.text else self.problems
        kept.append(f"console: {message.type}: {message.text}")

    def check(self) -> None:
        """Nothing may have gone wrong, nor left the page."""
        assert self.problems == []
        assert len(self.failed) == self.refused, self.failed


# Fixtures for the modules that import them.


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Opens an address in a fresh browser profile; at the end nothing may have gone wrong, nor left the page."""
    profiles: list[Watched] = []

    def open_address(address: str, **options: Any) -> Any:
        profiles.append(Watched(browser, **options))
        return profiles[-1].open(address)

    yield open_address
    for profile in profiles:
        profile.context.close()
    for profile in profiles:
        profile.check()


@pytest.fixture(scope="module")
def shared(
    browser: Any, summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Watched, Any]]:
    """The page of the module's ``summary``, which its tests share, and the profile that it is open in."""
    report = write_report(summary, tmp_path_factory.mktemp("shared") / "report.html")
    profile = Watched(browser)
    yield profile, profile.open(report.as_uri())
    profile.context.close()


@pytest.fixture
def page(shared: tuple[Watched, Any]) -> Iterator[Any]:
    """The shared page, at no view; at the end nothing may have gone wrong, nor left it."""
    profile, page = shared
    go(page, "#view=nothing")
    yield page
    profile.check()


def heading(page: Any) -> str:
    return str(page.locator("h1").inner_text())


def go(page: Any, view: str) -> None:
    """To another view of the page that is open."""
    arrive(page, page.evaluate("(view) => { location.hash = view; return location.hash; }", view or "#view=overview"))


def arrive(page: Any, address: str) -> None:
    """Wait for the view whose address, as the browser spells it, begins like this: it is drawn after that changes."""
    page.wait_for_selector(f'html[data-shown^="{address}"]')


def serious_violations(page: Any, *rules: str) -> list[Any]:
    """What axe-core finds of serious impact, by all of its rules or by some."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]][:3])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def saved(page: Any, button: Any) -> tuple[str, bytes]:
    """What a button saves: its name, its content."""
    with page.expect_download() as started:
        button.click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()
