"""The one-file pages in a real browser, as files: what is chosen holds, and nothing is too long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crosslight.view import write_any_report, write_prefer_report, write_report
from tests.export.test_pairs import fixed, made
from tests.judge.scripted import graded
from tests.view.browser import PHONE, WIDE, Seen, chromium, violations
from tests.view.every_kind import every_kind
from tests.view.make_run import make_run

NOTHING_KEPT = (
    "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }})"
)
LONGEST = 8_000
"""Pixels at 1280."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    many = fixed(40)
    return {
        "build": write_report(make_run(folder / "built", families=4, change={"sensitive": True})),
        "prefer": write_prefer_report(made(folder / "pairs", many)),
    }


def test_a_page_is_not_too_long_and_asks_for_nothing(browser: Any, pages: dict[str, Path]) -> None:
    for size in (WIDE, PHONE):
        context = browser.new_context(viewport=size)
        page = context.new_page()
        seen = Seen(page, "file:")
        for kind, path in pages.items():
            page.goto(path.as_uri())
            root = page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert root[0] <= size["width"], kind
            assert root[1] <= LONGEST * (1 if size is WIDE else 2.6), (kind, root[1])
        assert [one for one in seen.odd if not one.startswith("file:")] == []
        context.close()


@pytest.mark.parametrize("storage", [True, False])
def test_what_is_left_out_and_hidden_holds_also_without_storage(
    browser: Any, pages: dict[str, Path], storage: bool
) -> None:
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    if not storage:
        page.add_init_script(NOTHING_KEPT)
    page.goto(pages["build"].as_uri())
    veiled = page.locator(".shot .photo.veiled img").first
    assert veiled.evaluate("one => getComputedStyle(one).visibility") == "hidden"
    page.locator(".shot .photo.veiled .reveal").first.check()
    assert veiled.evaluate("one => getComputedStyle(one).visibility") == "visible"

    page.click("#wishes summary")
    of = page.locator("#wishes label").first
    category = of.inner_text().strip().replace(" ", "_")
    words = page.locator(f".ideas [data-care='{category}']")
    before = words.first.inner_text()
    of.locator("input").check()
    assert before and words.first.inner_text() == ""
    assert page.locator(f".both[data-care*='{category}'] img").first.is_hidden()
    page.reload()
    assert (words.first.inner_text() == "") is storage
    page.select_option("#care", "grey")
    page.reload()
    assert page.input_value("#care") == ("grey" if storage else "hidden")
    context.close()


@pytest.mark.slow
def test_no_page_has_a_serious_violation_by_axe(browser: Any, tmp_path: Path) -> None:
    """With everything unfolded, at both widths, in both themes."""
    store = tmp_path / "runs" / "store"
    with ThreadPoolExecutor(1) as pool:  # the browser keeps this thread's event loop
        _, runs = pool.submit(every_kind, tmp_path / "runs", "plain words").result()
        graded_run = pool.submit(graded, tmp_path / "graded", "28?5").result()
    written = [write_any_report(run, store / "images")[0] for run in runs[:5]]
    written.append(write_any_report(graded_run, tmp_path / "graded" / "images")[0])
    found = []
    for size in (WIDE, PHONE):
        context = browser.new_context(viewport=size, bypass_csp=True)
        page = context.new_page()
        for path in written:
            page.goto(path.as_uri())
            page.locator("details").evaluate_all(
                "all => all.forEach((one) => { one.open = true; })"
            )
            found += violations(page, f"{path.parent.name} {size['width']}")
        context.close()
    assert found == []
