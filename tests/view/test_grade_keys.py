"""Grades by keyboard, in a real browser: a digit is a grade, and what was said is kept."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.judge.scripted import graded
from tests.view.browser import chromium
from tests.view.served import served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def test_a_digit_grades_and_t_is_ten(browser: Any, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(graded, tmp_path, "28").result()
    with served(tmp_path / "home", run, store=tmp_path) as (base, _):
        page = browser.new_page()
        page.goto(f"{base}/r/run/next")
        page.get_by_label("Reviewer").fill("ann")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert "grade it" in page.locator("dialog").inner_text()
        page.keyboard.press("?")
        for key, grade in (("7", "7"), ("t", "10")):
            with page.expect_navigation():
                page.keyboard.press(key)
            mine = page.locator(".marks button.mine")
            assert mine.inner_text() == grade
        page.close()
    said = [json.loads(line) for line in (run / "reviews.jsonl").read_text().splitlines()]
    assert [(one["by"], one["label"]) for one in said] == [("ann", "7"), ("ann", "10")]
