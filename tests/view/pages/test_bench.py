"""The page of a bench run: safe to open, the same every time, honest about what is missing."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from crosslight.bench.compare import compare_runs, read_bench, write_comparison
from crosslight.models.errors import ContentFiltered
from crosslight.models.protocol import Request
from crosslight.view.page import script_hash
from crosslight.view.pages.bench import write_bench_report, write_comparison_report
from tests.bench.small import By, items, run

NASTY = "<script>alert(1)</script> <img src=http://evil.example/x.png> \u202egnp {{ 7*7 }} | `x`"


def answer(request: Request) -> Any:
    if request.messages[-1].text.endswith("question 5"):
        raise ContentFiltered("x")
    return {"No": 0.7, "Yes": 0.3}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.urls += [v or "" for k, v in attrs if k in ("src", "href", "action", "data")]


def own_script(page: str) -> str:
    return page.split("<script>", 1)[1].split("</script>", 1)[0]


def page(tmp_path: Path, text: str = "") -> str:
    rows = [
        replace(i, text=text + i.text, labels={"category": text[:40] + i.labels["category"]})
        for i in items(16, "choice")
    ]
    run(tmp_path, rows, By(f"fake:{text[:20]}", answer))
    return write_bench_report(tmp_path / "out").read_text("utf-8")


def test_hostile_texts_stay_text(tmp_path: Path) -> None:
    made = page(tmp_path, NASTY)
    tags = Tags()
    tags.feed(made)
    assert tags.tags.count("script") == 1, "the page's own, by its hash"
    assert "img" not in tags.tags
    assert all(url.startswith("#") for url in tags.urls)
    assert "‹U+202E›" in made
    assert "{{ 7*7 }}" in made
    assert "default-src 'none'" in made
    assert f"script-src '{script_hash(own_script(made))}'" in made


def test_the_page_says_what_has_no_score(tmp_path: Path) -> None:
    made = page(tmp_path)
    assert "failed: content filter" in made
    assert "coverage 87.5% of 8" in made
    assert re.search(r"bounds 0\.0% – 12\.5%", made)
    assert "always objects" in made


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    assert page(tmp_path / "a") == page(tmp_path / "b")


def test_without_a_score_there_is_no_plane_and_no_crash(tmp_path: Path) -> None:
    def nothing(request: Request) -> Any:
        raise ContentFiltered("x")

    run(tmp_path, items(4, "choice"), By("fake:none", nothing))
    made = write_bench_report(tmp_path / "out").read_text("utf-8")
    assert "<b>unknown</b>" in made
    assert 'class="spot' not in made


def test_several_runs_stand_beside_each_other(tmp_path: Path) -> None:
    run(tmp_path, items(16, "choice"), By("fake:a", answer), out="a")
    other = By("fake:b", lambda request: {"Yes": 1.0})
    run(tmp_path, items(16, "choice"), other, out="b", remedy="light")
    pairs = compare_runs([read_bench(tmp_path / name) for name in "ab"])
    write_comparison(tmp_path / "c", pairs)
    made = write_comparison_report(tmp_path / "c", pairs).read_text("utf-8")
    assert made.count('class="spot') == 2
    assert "fake:b + light" in made
    assert "Differences on the same items" in made
