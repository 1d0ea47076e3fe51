"""The report: one page that loads nothing, shows what there is, and believes no text of the run."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from crosslight.build.dataset import Row, StoredRows, open_stored, read_run
from crosslight.export import render_card
from crosslight.runs import RunError
from crosslight.text.show import probability, visible
from crosslight.view import write_report
from crosslight.view.page import script_hash
from crosslight.view.pages import build as report
from crosslight.view.pages.build import render
from crosslight.view.pages.build_photos import photos_that_gave_nothing
from crosslight.view.pages.build_select import Choosing, Family, Selected
from crosslight.view.thumbs import Thumbs
from tests.view.make_run import TEXTS, make_run, picture, write_lost

VOID = {"meta", "img", "input", "br", "path"}
ATTACK = '"><img src=x onerror=alert(1)></style></script><script>alert(2)</script>\u202etxt.exe\x00'


class Page(HTMLParser):
    """Collects tags and checks that they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of a name."""
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self) -> str:
        """All text with single spaces."""
        return " ".join("".join(self.words).split())


def assert_harmless(page: Page) -> None:
    """Nothing is loaded, linked to, or run but the one script of the page."""
    assert len(page.of("script")) == 1
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on")], tag
        assert attrs.get("src", "data:").startswith("data:image/jpeg;base64,"[:5])
        assert attrs.get("href", "#").startswith("#")
    assert {tag for tag, _ in page.tags}.isdisjoint({"iframe", "object", "embed", "link", "base"})


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), families=24)


@pytest.fixture(scope="module")
def text(run_dir: Path) -> str:
    return write_report(run_dir).read_text(encoding="utf-8")


def test_the_page_says_whether_a_text_gives_the_label_away(text: str) -> None:
    audit = text.split('<section id="audit">')[1].split("</section>", maxsplit=1)[0]
    assert "the label can be read off the sentence" in audit and "bag of words" in audit
    assert audit.count("<tr>") == 10 and audit.count("<td>") == 27


def test_one_page_that_loads_nothing(text: str) -> None:
    page = Page(text)
    assert_harmless(page)
    assert "@import" not in text and "url(" not in text
    policy = next(m["content"] for m in page.of("meta") if "http-equiv" in m)
    assert "default-src 'none'" in policy and "img-src data:" in policy
    script = text.split("<script>", 1)[1].split("</script>", 1)[0]
    assert f"'{script_hash(script)}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_what_a_reader_finds(text: str) -> None:
    page = Page(text).text
    for words in (
        "24 unsafe together",
        "48 controls",
        "68 dropped",
        "3 failed",
        "near duplicate 9",
        "failed: unreachable 2",
        "one row can become several",
        "Showing 72 rows of 72",
        "Why neither shows it alone",
        "Guidance response",
        "same photo, harmless text",
        "Wave 2: 24 patterns in 10 scenarios",
        "sees objects, places and printed text",
        "1,873 answers",
        "a retry can help 2",
    ):
        assert words in page, words


def test_photos_have_words_and_controls_stand_beside_their_row(text: str) -> None:
    page = Page(text)
    assert all(img["alt"] for img in page.of("img"))
    first = text.split('<article class="family"', 2)[1]
    assert first.count('data-kind="unsafe"') == 2, "an idea and its further wording"
    assert first.count("The same idea in 1 further wording<") == 1
    assert first.count('data-kind="control_text"') == 2
    assert first.count('data-kind="control_photo"') == 2


def test_every_photo_is_there_and_those_that_gave_nothing_say_why(text: str, run_dir: Path) -> None:
    photos = text.split('<section id="photos"')[1].split("</section>", maxsplit=1)[0]
    told = " ".join(Page(photos).text.split())
    gave = {row.photo for row in read_run(run_dir).rows}
    assert photos.count("<li data-care=") == len(gave)
    assert f"72 rows from {len(gave)} of 53 photos" in told
    assert "Gave nothing: " in told and "1 idea, 8 rows" in told and "14 control rows" in told
    assert "photo-screen-3.jpgscreen: near duplicate" in told
    lost = photos_that_gave_nothing(run_dir, gave)
    assert photos.count("<tr>") == lost.inputs + 1 == len(lost.shown) + 1
    few = photos_that_gave_nothing(run_dir, gave, most=3)
    assert few.shown == lost.shown[:3] and few.inputs == lost.inputs


def test_why_a_photo_gave_nothing_is_what_ended_most_of_its_drafts(tmp_path: Path) -> None:
    make_run(tmp_path, families=2)
    rows = read_run(tmp_path).rows
    gave = {row.photo for row in rows}
    at = {"input": "empty.jpg", "photo": "e" * 64, "row": ""}
    good = {**at, "input": "good.jpg", "photo": rows[0].photo}
    drops = [("cross_check", "undecided"), ("cross_check", "leak"), ("cross_check", "undecided")]
    lost = [{**at, "step": s, "reason": r, "detail": "", "text": ""} for s, r in drops]
    lost += [{**good, "step": "answer", "reason": "not_naming", "detail": "", "text": ""}]
    failed = [
        {**at, "step": "imagine", "error": "server_fault: 500", "retryable": True, "hint": ""}
    ]
    write_lost(tmp_path, lost, failed)
    (found,) = photos_that_gave_nothing(tmp_path, gave).shown
    assert found.source == "empty.jpg"
    assert found.why == (
        ("cross_check", "undecided", 2),
        ("cross_check", "leak", 1),
        ("imagine", "server_fault", 1),
    )
    page = Page(render(read_run(tmp_path)))
    assert "cross check: undecided (2)" in page.text
    assert_harmless(page)


def test_sensitive_photos_are_covered_and_do_not_open_the_page(text: str, run_dir: Path) -> None:
    covered = [part for part in text.split("<figure") if part.startswith(' class="photo veiled"')]
    assert covered
    assert all('type="checkbox"' in part and "aria-label" in part for part in covered)
    opening = select(run_dir, 1, 3).opening
    assert len(opening) == 3 and not any(family.main.sensitive for family in opening)
    assert "veiled" not in text.split('class="opening"')[1].split("</section>", maxsplit=1)[0]


def test_unknown_is_a_word_and_no_number(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("text_alone", "text_elsewhere", "photo_alone", "together"))
    make_run(tmp_path, families=1, change={**nothing, "together": float("nan")})
    card = render(read_run(tmp_path)).split('class="main"')[1].split('<dl class="story')[0]
    assert '<dl class="nums"' not in card, "four empty bars say less than a line"
    (numbers,) = re.findall(r'<p class="told".*?</p>', card, re.DOTALL)
    assert numbers.count("unknown: ") == 1 and numbers.count(",") == 3
    assert "<b>" not in numbers and "0.00" not in numbers
    assert [probability(v) for v in (None, 0.0, 0.001, 0.999, 1.0)] == [
        "unknown",
        "0.00",
        "<0.01",
        ">0.99",
        "1.00",
    ]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = make_run(tmp_path / "a/run", families=5), make_run(tmp_path / "b/run", families=5)
    manifest = json.loads((b / "run.json").read_text())
    manifest["seconds"], manifest["calls"] = 9999, {"asked": 0, "replayed": 5}
    manifest["faults"] = {"unreachable": 77}
    (b / "run.json").write_text(json.dumps(manifest))
    assert write_report(a).read_bytes() == write_report(b).read_bytes()
    assert sorted(p.name for p in a.iterdir()) == [
        "dataset",
        "dropped.parquet",
        "failed.parquet",
        "report.html",
        "run.json",
    ]


@pytest.mark.parametrize("column", [c for c in TEXTS if c not in ("kind", "split")])
def test_no_column_is_believed(tmp_path: Path, column: str) -> None:
    make_run(tmp_path, families=2, change={column: ATTACK, "notes": [ATTACK]})
    text = render(read_run(tmp_path))
    assert_harmless(Page(text))
    assert "\u202e" not in text and "\x00" not in text
    assert "onerror=alert(1)>" not in text.replace("&gt;", "")


@pytest.mark.parametrize("column", ["kind", "label"])
def test_a_foreign_kind_is_shown_and_not_believed(tmp_path: Path, column: str) -> None:
    make_run(tmp_path, families=2, change={column: ATTACK})
    assert_harmless(Page(render(read_run(tmp_path))))


def test_lost_rows_and_the_manifest_are_not_believed(tmp_path: Path) -> None:
    make_run(tmp_path, families=1)
    names = "input photo row step reason detail text error hint".split()
    lost: dict[str, Any] = dict.fromkeys(names, ATTACK)
    write_lost(tmp_path, [lost], [{**lost, "retryable": True}])
    manifest = json.loads((tmp_path / "run.json").read_text())
    manifest["status"] = ATTACK
    manifest["models"] = [{"role": ATTACK, "spec": ATTACK, "weakness": ATTACK}]
    manifest["funnel"] = [{"step": ATTACK, "in": 1, "dropped": {ATTACK: 1}, "failed": {ATTACK: 1}}]
    manifest["coverage"] = [{"round": 1, "counts": {ATTACK: 1}, "grown": [ATTACK]}]
    (tmp_path / "run.json").write_text(json.dumps(manifest))
    text = render(read_run(tmp_path))
    assert_harmless(Page(text))
    assert "\u202e" not in text
    assert "is not complete" in text


def test_long_text_is_cut_honestly(tmp_path: Path) -> None:
    make_run(tmp_path, families=1, change={"text": "x" * 1_000_000, "provenance": "y" * 10**6})
    text = render(read_run(tmp_path))
    assert "(998,000 more characters)" in text
    assert len(text) < 1_500_000


def test_joiners_of_scripts_and_emoji_stay() -> None:
    family, persian = "\U0001f468\u200d\U0001f469", "می\u200cخواهم"
    assert visible(family + persian) == family + persian
    assert visible("a\u2066b\U000e0041") == "a‹U+2066›b‹U+E0041›"


def test_the_page_is_capped_and_says_so(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_FAMILIES", 5)
    text = render(read_run(run_dir))
    assert re.search(r"Showing (15|30) rows of 72", Page(text).text)
    assert text.count('<article class="family"') == 5
    shown = re.findall(r'data-scenario="([^"]+)"', text)
    assert len(set(shown)) == 5, "scenarios take turns"


def test_pictures_are_bounded(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_PICTURE_BYTES", 60_000)
    text = render(read_run(run_dir))
    assert sum(len(img["src"]) for img in Page(text).of("img")) <= 60_000
    assert "The photo cannot be shown here." in text
    thumb = Thumbs({"a": picture("kodak/kodim02.png")}, 10**6).get("a", 100)
    assert thumb is not None and max(thumb.width, thumb.height) == 100


def test_a_broken_photo_does_not_break_the_page(tmp_path: Path) -> None:
    broken = {"photo": "f" * 64, "image": {"bytes": b"no image", "path": "x.jpg"}}
    make_run(tmp_path, families=1, change=broken)
    assert "The photo cannot be shown here." in render(read_run(tmp_path))


def test_a_scenario_has_one_name_on_the_whole_page(tmp_path: Path) -> None:
    make_run(tmp_path, families=2)
    told = json.loads((tmp_path / "run.json").read_text())
    scenario = read_run(tmp_path).rows[0].scenario
    told["titles"] = {scenario: "What its author calls it"}
    told["coverage"][0]["grown"] = [scenario]
    (tmp_path / "run.json").write_text(json.dumps(told))
    text = render(read_run(tmp_path))
    tags = re.findall(r'<span class="tag"><bdi>(.*?)</bdi>', text)
    assert "What its author calls it" in tags
    options = re.findall(r"<option[^>]*>(.*?)</option>", text)
    assert any("What its author calls it" in one for one in options)
    assert "asked for next: <bdi>What its author calls it" in text


def select(run_dir: Path, limit: int, opening: int) -> Selected:
    rows = read_run(run_dir).rows
    with Choosing() as choosing:
        for row in rows:
            choosing.add(row)
        return choosing.chosen(rows, limit, opening)


def test_a_page_reads_the_dataset_twice_and_a_card_once(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 166,000 rows a reading takes eight seconds."""
    read: list[StoredRows] = []
    rows = StoredRows.__iter__

    def told(stored: StoredRows) -> Iterator[Row]:
        read.append(stored)
        return rows(stored)

    monkeypatch.setattr(StoredRows, "__iter__", told)
    render(open_stored(run_dir))
    assert len(read) == 2, "one for all that is counted, one for the rows that are shown"
    render_card(open_stored(run_dir))
    assert len(read) == 3


def families(run_dir: Path) -> tuple[Family, ...]:
    """All of a run."""
    return select(run_dir, 10**6, 0).chosen


def test_other_photos_are_shown_before_the_same_again(run_dir: Path) -> None:
    found = families(run_dir)
    farm = [f.main.photo for f in found if f.main.scenario == "wildlife_farm"]
    assert len(farm) == len(set(farm)) == 2
    assert len(found) == 12 and sum(1 + len(f.wordings) for f in found) == 24
    assert select(run_dir, 5, 0).chosen == found[:5]


def test_a_control_without_its_row_stands_alone(tmp_path: Path) -> None:
    make_run(tmp_path, families=2, change={"id": "gone"})
    found = families(tmp_path)
    assert sorted(len(f.controls) for f in found) == [0, 0, 0, 2]
    assert_harmless(Page(render(read_run(tmp_path))))


def test_an_empty_dataset_and_a_folder_that_is_none(tmp_path: Path) -> None:
    make_run(tmp_path / "empty", families=0, status="stopped")
    text = render(read_run(tmp_path / "empty"))
    assert "The dataset has no rows." in text and "is <b>stopped</b>" in text
    with pytest.raises(RunError, match=r"run\.json"):
        write_report(tmp_path)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_the_script_runs_under_its_own_policy(run_dir: Path, text: str, tmp_path: Path) -> None:
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    done = subprocess.run(
        [
            "chromium",
            *flags.split(),
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            "--disable-background-networking",
            "--disable-component-update",
            f"file://{run_dir / 'report.html'}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert '<output id="count">72 rows</output>' in done.stdout
