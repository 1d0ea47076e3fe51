"""The machine's own Chromium, driven by Playwright; tests say so and skip where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
AXE = Path(__file__).parent / "axe" / "axe.min.js"
AXE_RUN = "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})"


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser. Skips where Playwright, the viewer's packages or Chromium are missing."""
    pytest.importorskip("starlette", reason="the viewer needs the extra web")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Seen:
    """What a page did that it should not: dialogs, requests to elsewhere, errors of scripts."""

    def __init__(self, page: Any, base: str) -> None:
        self.odd: list[str] = []
        page.on("dialog", self._asked)
        page.on("pageerror", lambda error: self.odd.append(f"error {error}"))
        page.on("console", self._said)
        page.on("request", self._sent)
        self.base = base

    def _asked(self, dialog: Any) -> None:
        self.odd.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _sent(self, request: Any) -> None:
        if not request.url.startswith((f"{self.base}/", "data:")):
            self.odd.append(request.url)

    def _said(self, message: Any) -> None:
        if message.type == "error" and "favicon" not in str(message.location):
            self.odd.append(f"console {message.text}")


def violations(page: Any, where: str) -> list[str]:
    """What axe-core finds serious on a page, in both themes. The page's context bypasses its
    policy (`bypass_csp`), under which a script of ours could not run."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [
            f"{where} {theme} {one['id']} {one['nodes'][0]['html'][:99]}"
            for one in page.evaluate(AXE_RUN)["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    return found
