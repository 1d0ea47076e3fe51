"""The viewer in a real browser: keys, kills, two reviewers, hostile rows, and axe-core."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.view.browser import PHONE, WIDE, Seen, chromium, violations
from tests.view.served import pictured, served

AT = "/r/rows.parquet"
SENSITIVE = [f"row-{n}" for n in range(0, 24, 3)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_twenty_reviews_by_keyboard_with_a_kill_in_the_middle(browser: Any, tmp_path: Path) -> None:
    place = pictured(tmp_path / "table", 24)
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    with served(tmp_path / "home", place) as (base, process):
        seen = Seen(page, base)
        page.goto(f"{base}{AT}/rows")
        with page.expect_navigation():  # keys are heard from when a page is loaded
            page.click(".facet a:has-text('fire')")  # filter
        assert "f.category=fire" in page.url and page.locator(".card").count() == 8
        with page.expect_navigation():
            page.click("text=Clear all")
        page.locator(".card").nth(23).wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")  # open
        page.wait_for_url("**/row/row-0?*")
        picture = page.locator(".pic img").first
        assert picture.get_attribute("src") is None
        with page.expect_response("**/picture/0.0-1280.jpg*") as answer:
            page.keyboard.press("v")  # reveal
        assert answer.value.ok
        assert page.locator("#seen").inner_text() == "opened today: 1"
        page.keyboard.press("?")
        assert page.locator("dialog dd").count() > 8
        page.keyboard.press("Escape")
        page.fill("input[name=by]", "ann")
        page.keyboard.press("Escape")
        for n in range(10):
            press(page, "ars"[n % 3], n + 1)
        assert seen.odd == []
        process.kill()
        process.wait()
    with served(tmp_path / "home", place) as (base, _):
        page.goto(f"{base}{AT}/row/row-10")
        assert page.input_value("input[name=by]") == "ann"
        for n in range(10, 20):
            press(page, "ars"[n % 3], n + 1)
        page.keyboard.press("u")  # goes back to the row that it takes back
        page.wait_for_url("**/row/row-19?*")
        press(page, "r", 20)
        page.goto(f"{base}{AT}/review")
        # Seen: the one that was revealed, and 13 photos that nobody marked as sensitive.
        assert page.locator("tbody tr").first.inner_text().split() == "ann 7 7 6 0 0 14 14".split()
    file = place.with_name("rows.parquet.reviews.jsonl")
    said = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one["row"] for one in said[:20]] == [f"row-{n}" for n in range(20)]
    assert [one["verdict"] for one in said[19:]] == ["reject", "", "reject"]
    assert [one["row"] for one in said if one.get("shown") and one["row"] in SENSITIVE] == ["row-0"]
    context.close()


def press(page: Any, key: str, onward: int) -> None:
    page.keyboard.press(key)
    page.wait_for_url(f"**/row/row-{onward}?*")


@pytest.mark.slow
def test_two_reviewers_their_care_and_an_edit(browser: Any, tmp_path: Path) -> None:
    place = pictured(tmp_path / "table", 6)
    with served(tmp_path / "home", place) as (base, _):
        for by, key in (("ann", "r"), ("bo", "a")):
            context = browser.new_context(viewport=WIDE)
            page = context.new_page()
            page.goto(f"{base}/care")
            page.fill("input[name=by]", by)
            page.check("input[value=medicine]")
            page.fill("input[name=limit]", "1")
            with page.expect_navigation():
                page.click("text=Keep")
            page.goto(f"{base}{AT}/row/row-0")
            page.keyboard.press("v")
            assert "A break helps" in page.locator("#enough").inner_text()
            page.fill("input[name=reason]", "a reason")
            page.press("input[name=reason]", "Enter")  # is no verdict
            page.keyboard.press("Escape")
            assert "/row/row-0" in page.url
            page.keyboard.press("e")
            page.keyboard.type(f"{by} says: ")
            page.keyboard.press("Escape")
            page.keyboard.press(key)
            page.wait_for_url("**/row/row-2?*")  # row-1 is medicine
            context.close()
        lines = place.with_name("rows.parquet.reviews.jsonl").read_text().splitlines()
        assert [json.loads(line)["verdict"] for line in lines] == ["reject", "accept"]
        context = browser.new_context(viewport=WIDE)
        page = context.new_page()
        page.goto(f"{base}{AT}/review")
        text = page.locator(".disputes").inner_text()
        assert "row-0" in text and "ann: reject" in text and "bo: accept" in text
        page.goto(f"{base}/care")
        page.check("input[value=medicine]")
        with page.expect_navigation():
            page.click("text=Keep")
        page.goto(f"{base}{AT}/rows")
        assert page.locator(".card.unwanted .open").first.is_visible()
        page.keyboard.press("n")
        page.wait_for_url("**/row/row-0?*")
        page.goto(f"{base}{AT}/row/row-1")
        page.click(".unwanted > summary")
        assert "number 1?" in page.locator(".said").inner_text()
        page.goto(f"{base}{AT}/row/row-0")
        assert "bo says: What do I do" in page.locator(".said").inner_text()
        context.close()


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"\' onmouseover=alert(1) x="',
    "javascript:alert(1)",
    "[a](javascript:alert(1)) <a href='javascript:alert(1)'>a</a>",
    "\u202etxt.exe \u2066\u200f\u0000\u0007\x1b[31m",
    "{{ 7 * 7 }}{% for x in y %}",
    "</textarea></form><form action=https://evil.example><input name=by>",
    "</style><link rel=stylesheet href=https://evil.example/a.css>",
    "W" * 3_000,
    "a b" * 350_000,
    "../../../etc/passwd?#%2e%2e/&amp;",
)


@pytest.mark.slow
def test_hostile_rows_on_every_page(browser: Any, tmp_path: Path) -> None:
    rows = len(HOSTILE)
    short = [text[:3_000] for text in HOSTILE]
    place = pictured(
        tmp_path / "table",
        rows,
        id=[f"{text[:200]}{n}" for n, text in enumerate(HOSTILE)],
        text=HOSTILE,
        response=HOSTILE[::-1],
        category=short,
        **{'x"><script>alert(1)</script>': short},
    )
    with served(tmp_path / "home", place) as (base, _):
        context = browser.new_context(viewport=PHONE)
        page = context.new_page()
        seen = Seen(page, base)
        for path in ("/rows", "/rows?look=table", "/rows?q=%3Cscript%3E&f.x=%22%3E%3Cscript%3E"):
            page.goto(f"{base}{AT}{path}")
            fits(page, path)
        page.goto(f"{base}{AT}/rows")
        links = [a.get_attribute("href") for a in page.locator("a.open").all()]
        assert len(set(links)) == rows
        for link in links:
            page.goto(base + link)
            fits(page, link)
            page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
            fits(page, link)
        page.locator("input[name=by]").fill("<b onclick=alert(1)>ann")
        page.locator("input[name=reason]").fill(HOSTILE[1])
        page.click("button[value=reject]")
        page.goto(base + links[0])
        page.locator("input[name=by]").fill("bo")
        page.click("button[value='unsafe@']")
        for path in (f"{AT}/review", links[0].replace("/row/", "/calls/"), "/care", "/nowhere"):
            page.goto(base + path)
            fits(page, path)
        assert [one for one in seen.odd if "404" not in one] == []
        context.close()


def fits(page: Any, path: str) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"{path[:80]} is {width} px wide"
    assert (
        page.locator("form[action*='evil'], link[href*='evil'], a[href^='javascript']").count() == 0
    )


@pytest.mark.slow
def test_no_serious_violation_by_axe(browser: Any, tmp_path: Path) -> None:
    place = pictured(tmp_path / "table", 6)
    found = []
    with served(tmp_path / "home", place) as (base, _):
        for size in (WIDE, PHONE):
            # Its own script could not run under our policy; all other tests keep it.
            context = browser.new_context(viewport=size, bypass_csp=True)
            page = context.new_page()
            for path in (f"{AT}/rows", f"{AT}/rows?look=table", f"{AT}/row/row-0", *OTHERS):
                page.goto(base + path)
                if path == f"{AT}/row/row-0" and size is WIDE:
                    page.fill("input[name=by]", "ann")
                    page.click("button[value=accept]")
                    page.goto(base + path)
                found += violations(page, f"{path} {size['width']}")
            context.close()
    assert found == []


OTHERS = (f"{AT}/review", f"{AT}/calls/row-0", "/care", "/nowhere")
