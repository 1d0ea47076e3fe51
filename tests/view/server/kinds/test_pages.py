"""Pages special to a kind: sliders that ask nothing, and nothing of strangers alive."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crosslight.judge import read_verdicts, rethreshold_run
from crosslight.store import ImageStore, read_json, write_json
from tests.bench.small import By, items
from tests.bench.small import run as bench_run
from tests.export.test_pairs import EVIL, fixed, made
from tests.judge.running import job, run
from tests.judge.simulated import scenes
from tests.rate.test_write import NASTY, report
from tests.view.server.ask import Answer, ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import open_places


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    run(job(scenes(12), folder))
    return folder


def shown(folder: Path, address: str) -> Answer:
    images = folder.parent / "images"
    runs = open_places([folder], ImageStore(images) if images.is_dir() else None, None)
    answer = ask(application(runs, hosts=LOCAL), f"/r/{folder.name}/{address}")
    assert 'style="' not in answer.body.decode("utf-8", "replace"), "the policy refuses it"
    return answer


def counts(page: str) -> list[int]:
    numbers = page.split('<dl class="numbers">')[1].split("</dl>", maxsplit=1)[0]
    return [int(n) for n in re.findall(r"<dd>([\d,]+)", numbers)][:3]


def test_sliders_count_what_rethreshold_counts_and_write_nothing(
    judged: Path, tmp_path: Path
) -> None:
    before = sorted((p.name, p.stat().st_mtime_ns) for p in (judged / "run").iterdir())
    moved = {"alpha1": -1.0, "alpha2": 0.2}
    page = shown(judged / "run", "kind?alpha1=-1&alpha2=0.2").text
    told = rethreshold_run(judged / "run", tmp_path / "again", moved)
    wanted = [told["verdicts"].get(name, 0) for name in ("unsafe", "undecided", "safe")]
    assert counts(page) == wanted != counts(shown(judged / "run", "kind").text)
    assert f"{told['rethreshold']['flipped']}</dd>" in page
    assert "--set alpha1=-1 --set alpha2=0.2" in page
    assert sorted((p.name, p.stat().st_mtime_ns) for p in (judged / "run").iterdir()) == before


def test_rules_that_every_image_keeps_are_folded_where_they_are_many(tmp_path: Path) -> None:
    run(job(scenes(12), tmp_path))
    file, record = tmp_path / "run" / "verdicts.parquet", tmp_path / "run" / "run.json"
    names = [f"k{n}" for n in range(9)]
    told = read_json(record)
    write_json(record, told | {"rules": told["rules"] | {name: {"clear": 12} for name in names}})
    kept = [
        {"rule": name, "finding": "clear", "reason": "", "score": 0.0, "relevance": None}
        for name in names
    ]
    table = pq.read_table(file)
    rules = [json.dumps(json.loads(one) + kept) for one in table["rules"].to_pylist()]
    at = table.schema.get_field_index("rules")
    pq.write_table(table.set_column(at, table.schema.field(at), [rules]), file)
    page = shown(tmp_path / "run", "kind").text
    open_, _, folded = page.split("Rule by rule")[1].partition('<details class="more">')
    quiet = int(folded.split(" rules that every image keeps")[0].rsplit(">", 1)[1])
    assert 9 <= quiet < 15 and folded.count("<tr><td") == quiet
    assert open_.count("<tr><td") == 15 - quiet


def test_the_matrix_leads_to_rows(judged: Path) -> None:
    page = shown(judged / "run", "kind").text
    cells = re.findall(r'<a class="cell \w+" href="/r/run/(row/[^"]+)"', page)
    assert len(cells) == 12 * 6 and len(set(cells)) == 12
    assert shown(judged / "run", cells[0]).status == 200


def test_the_pictures_of_the_matrix_are_covered_as_elsewhere(judged: Path) -> None:
    lines = shown(judged / "run", "kind").text.split('<td class="thumb">')[1:]
    verdicts = [re.findall(r'class="dot (\w+)"', line)[0] for line in lines]
    assert len(lines) == 12 and {"unsafe", "safe"} <= set(verdicts)
    for line, verdict in zip(lines, verdicts, strict=True):
        assert ("data-src=" in line) is (verdict != "safe"), verdict
    assert shown(judged / "run", "picture/0.0-160.jpg").body.startswith(b"\xff\xd8")
    # With a threshold that calls more unsafe more is covered, and nothing less.
    moved = shown(judged / "run", "kind?alpha1=-1&alpha2=0").text
    assert moved.count("data-src=") >= sum(v != "safe" for v in verdicts)
    for address in set(re.findall(r'href="/r/run/(row/[^"]+)"', moved)):
        assert shown(judged / "run", address).status == 200


def test_two_judges_are_compared_photo_by_photo(judged: Path, tmp_path: Path) -> None:
    told = rethreshold_run(judged / "run", tmp_path / "again", {"alpha1": -1.0, "alpha2": 0.2})
    runs = open_places([judged / "run", tmp_path / "again"], None, None)
    page = ask(application(runs, hosts=LOCAL), "/compare?a=run&b=again&column=verdict").text
    assert "<dt>in both</dt><dd>12</dd>" in page and "<dt>only in A</dt><dd>0</dd>" in page
    assert f">verdict {told['rethreshold']['flipped']}</a>" in page
    assert "Not compared:" in page and "provenance" in page


def test_a_judged_row_has_every_question_on_one_axis(judged: Path) -> None:
    verdict = next(v for v in read_verdicts(judged / "run") if v.violated)
    page = shown(judged / "run", f"row/{verdict.id}").text
    assert page.count('<svg class="evid"') == sum(len(r.evidence) for r in verdict.rules)
    assert all(f'value="unsafe@{r.rule}"' in page for r in verdict.rules)
    first = page.split('<section class="judged ')[1]
    assert first.startswith("violated") and '<circle class="shown"' in first
    assert 'aria-label="without the image ' in first


@pytest.mark.parametrize("asked", ["alpha1=x", "alpha1=nan", "beta=1e999"])
def test_what_is_no_threshold_is_told_or_held_in_its_range(judged: Path, asked: str) -> None:
    answer = shown(judged / "run", f"kind?{asked}")
    assert answer.status == (200 if asked == "beta=1e999" else 400)
    if answer.status == 200:
        assert 'name="beta" min="0.0" max="1.0" step="0.01" value="1.0"' in answer.text


def test_the_plot_can_be_had_as_a_file(judged: Path) -> None:
    svg, png = (shown(judged / "run", f"plot.{form}") for form in ("svg", "png"))
    assert svg.headers["content-disposition"] == 'attachment; filename="matrix.svg"'
    assert png.body.startswith(b"\x89PNG")
    assert shown(judged / "run", "plot.exe").status == 404


def test_a_bench_run_has_its_plane_and_leads_to_what_is_wrong(tmp_path: Path) -> None:
    bench_run(tmp_path, items(16, "choice"), By("fake:x", lambda request: {"Yes": 1.0}))
    page = shown(tmp_path / "out", "kind").text
    assert 'class="spot s0"' in page and "Accuracy, unsafe side" in page
    wrong = re.search(r'href="/r/out/(rows\?f\.right=0[^"]*)"', page)
    assert wrong is not None
    assert "<b>8</b> of 16 rows" in shown(tmp_path / "out", wrong[1]).text


def test_a_mirror_stands_beside_its_pair_and_believes_nobody(tmp_path: Path) -> None:
    page = shown(made(tmp_path / "pairs", fixed(reply=EVIL)), "kind").text
    assert page.count('class="reply chosen"') == page.count('class="reply rejected"') >= 2
    assert "<script>alert" not in page
    groups = page.split('<section class="twin')[1:]
    assert all(1 <= group.count("<article>") <= 2 for group in groups)


def test_a_rating_is_a_matrix_whose_names_stay_names(tmp_path: Path) -> None:
    folder = tmp_path / "rated"
    folder.mkdir()
    (folder / "run.json").write_text('{"kind": "rate", "status": "complete"}')
    (folder / "rate.json").write_text(report(NASTY).model_dump_json())
    page = shown(folder, "kind").text
    assert '<td class="above-1"><b>0.60</b>' in page
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert b"0.60" in shown(folder, "plot.svg").body


def test_other_kinds_have_no_such_page(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"kind": "audit", "status": "complete"}')
    assert shown(tmp_path, "kind").status == 404
