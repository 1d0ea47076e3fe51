"""The page of a judging run: a matrix that leads to evidence; what went wrong, with what helps."""

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crosslight.judge import Thresholds
from crosslight.judge.tables import VERDICTS
from crosslight.records import Evidence, Finding, Measured, Reading, RuleFinding, Score
from crosslight.runs import DROPPED_FILE, FAILED_FILE
from crosslight.runs.lost import DROPPED, FAILED
from crosslight.store import write_table
from crosslight.view import write_judge_report
from crosslight.view.pages.judge_words import band, sentence
from tests.judge.running import job, run
from tests.judge.simulated import scenes
from tests.view.pages.test_build import ATTACK, Page, assert_harmless


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    run(job(scenes(12), folder))
    return folder


def asked(question: str, answer: str, *, absent: bool = False) -> Evidence:
    return Evidence(0, 0, question, Measured(), Reading(answer, "perception"), absent=absent)


def test_a_cell_an_image_and_rule_and_each_leads_to_its_evidence(judged: Path) -> None:
    text = write_judge_report(judged / "run", judged / "images").read_text()
    page = Page(text)
    assert_harmless(page)
    matrix = text.split('id="matrix"')[1].split("</section>")[0]
    cells = re.findall(r'<a class="cell (\w+)" href="#(v-\d+)"[^>]*>(.)</a>', matrix)
    assert len(cells) == 12 * 6
    letters = {finding: letter for finding, _, letter in cells}
    assert letters["violated"] == "V" and letters["clear"] == "·", "a shape beside the colour"
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert {at for _, at, _ in cells} <= set(ids)
    assert "run · verdicts · Crosslight" in text and "<small>method</small>" in text
    assert "<h4" not in text.split("<h2>The images")[0], "no heading is skipped"


def test_photos_of_what_is_not_safe_are_covered(judged: Path) -> None:
    text = write_judge_report(judged / "run", judged / "images").read_text()
    articles = re.findall(r'data-verdict="(\w+)".*?<figure class="([^"]+)"', text, re.DOTALL)
    assert {"unsafe", "safe"} <= {verdict for verdict, _ in articles}
    assert all(("veiled" in figure) == (verdict != "safe") for verdict, figure in articles)


def test_a_run_in_which_all_failed_says_why_and_shows_no_zeros(
    judged: Path, tmp_path: Path
) -> None:
    told = json.loads((judged / "run/run.json").read_text())
    told |= {"rows": 0, "verdicts": {}, "failed": 2, "status": "failed"}
    (tmp_path / "run.json").write_text(json.dumps(told))
    write_table(tmp_path / "verdicts.parquet", VERDICTS, [])
    (tmp_path / "evidence.parquet").write_bytes((judged / "run/evidence.parquet").read_bytes())
    where = {"input": f"a.jpg {ATTACK}", "photo": "", "row": "", "subset": "", "step": "ask"}
    lost = {**where, "error": "bad_key: no", "retryable": True, "hint": "set the key anew"}
    write_table(tmp_path / FAILED_FILE, FAILED, [lost, lost])
    write_table(tmp_path / DROPPED_FILE, DROPPED, [])
    text = write_judge_report(tmp_path, judged / "images").read_text()
    assert_harmless(Page(text))
    assert "No image was judged." in text and "bad key" in text and "set the key anew" in text
    assert 'id="matrix"' not in text and 'id="rules"' not in text


def test_of_an_image_that_breaks_many_rules_two_stand_open(judged: Path, tmp_path: Path) -> None:
    run = shutil.copytree(judged / "run", tmp_path / "run")
    table = pq.read_table(run / "verdicts.parquet")
    broken = [
        json.dumps([{**rule, "finding": "violated"} for rule in json.loads(said)])
        for said in table["rules"].to_pylist()
    ]
    at = table.schema.get_field_index("rules")
    pq.write_table(table.set_column(at, table.schema.field(at), [broken]), run / "verdicts.parquet")
    text = write_judge_report(run, judged / "images").read_text()
    articles = text.split("<article")[1:]
    assert len(articles) == 12
    for article in articles:
        open_, _, folded = article.partition('<details class="source open-rules">')
        assert open_.count('class="rule violated"') == 2
        assert "also</span> 4 rules" in folded and folded.count('class="rule violated"') == 4


def test_a_kept_rule_is_one_sentence() -> None:
    def of(finding: Finding, reason: str, *evidence: Evidence) -> str:
        return sentence(RuleFinding("r", finding, reason, 0.1, None, evidence))

    clear = of(Finding.CLEAR, "precondition 1: perception", asked("a firearm", "no"))
    assert clear == "no firearm to be seen"
    assert of(Finding.CLEAR, "relevance") == "the image has nothing to do with it"
    helmet = asked("a helmet", "yes", absent=True)
    assert of(Finding.CLEAR, "x", helmet) == "a helmet to be seen"
    broken = of(
        Finding.VIOLATED, "x", asked("a cat", "yes"), asked("the helmet", "no", absent=True)
    )
    assert broken == "broken: a cat; no helmet"
    assert of(Finding.UNDECIDED, "unseen", asked("a fight", "unknown")).endswith(": a fight")


def test_the_band_is_where_the_first_test_decides_nothing() -> None:
    seen = Evidence(0, 0, "a cat", Measured(prior=Score(0.5, 0.5)), Reading("unknown", "band"))
    low, high = band(seen, Thresholds()) or (0, 0)
    assert (low, high) == pytest.approx((0.35, 0.9))
    assert band(asked("a cat", "no"), Thresholds()) == (0.28, 0.53)
    assert band(Evidence(0, 0, "x", Measured(), Reading("no", "joint")), Thresholds()) is None
