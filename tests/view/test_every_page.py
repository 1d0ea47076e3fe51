"""Each page of the viewer in a real browser: nothing of strangers lives, all of it can be used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.view.browser import PHONE, WIDE, Seen, chromium, violations
from tests.view.every_kind import every_kind, pages
from tests.view.served import served
from tests.view.test_browser import HOSTILE, fits

FRIENDLY = "plain words"
EVIL = "".join(text[:300] for text in HOSTILE)
ALIKE = {
    *("overview of bench", "overview of pairs", "overview of rated"),
    *("failed", "items", "item", "pair"),
}
"""Pages of the templates of others: looked at where there is more time."""
OPEN = "all => all.forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def looked_at(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[Path]]:
    """Runs of each kind; in a thread of their own, for the browser keeps this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(every_kind, tmp_path / "runs", request.param).result()


@pytest.mark.parametrize("looked_at", [EVIL], indirect=True, ids=["evil"])
def test_what_strangers_say_stays_words_and_within_a_phone(
    browser: Any, looked_at: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    store, runs = looked_at
    with served(tmp_path / "home", *runs, store=store) as (base, _):
        context = browser.new_context(viewport=PHONE)
        page = context.new_page()
        seen = Seen(page, base)
        for what, address in pages(runs).items():
            if what in ALIKE:
                continue
            answer = page.goto(base + address)
            assert answer.status == (404 if what == "not there" else 200), what
            page.locator("details").evaluate_all(OPEN)
            fits(page, what)
        assert [one for one in seen.odd if "404" not in one] == []
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize("looked_at", [FRIENDLY], indirect=True, ids=["friendly"])
def test_no_page_has_a_serious_violation_by_axe(
    browser: Any, looked_at: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    store, runs = looked_at
    found = []
    with served(tmp_path / "home", *runs, store=store) as (base, _):
        for size in (WIDE, PHONE):
            # Its own script could not run under our policy; all other tests keep it.
            context = browser.new_context(viewport=size, bypass_csp=True)
            page = context.new_page()
            for what, address in pages(runs).items():
                page.goto(base + address)
                page.locator("details").evaluate_all(OPEN)
                found += violations(page, f"{what} {size['width']}")
            context.close()
    assert found == []
