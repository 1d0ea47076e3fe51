"""What the card says about shortcuts of a build, and how an audit is printed."""

from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.build import read_run
from crosslight.export import audit_markdown, audit_run, render_card
from crosslight.export.sorted_texts import SortedTexts
from crosslight.stats import AuditRow, audit_texts, sample_rows
from tests.view.make_run import make_run

TITLE = "## Can it be solved without the picture?"


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), families=24)


def section(card: str) -> str:
    return card.split(TITLE)[1].split("\n## ", maxsplit=1)[0]


def test_the_card_says_aloud_what_tells_and_names_the_remedy(run_dir: Path) -> None:
    told = section(render_card(read_run(run_dir)))
    assert (
        "> **Without the picture, the label can be read off the sentence (AUC above 0.65)" in told
    )
    assert "length in words 0.998" in told and "write both kinds in the same lengths" in told
    assert "| bag of words |" in told
    assert "48 rows, 24 unsafe, in 12 groups" in told
    assert "passes 0.65" not in told


def test_of_a_large_build_a_sample_is_looked_at_and_the_card_says_so(run_dir: Path) -> None:
    run = read_run(run_dir)
    found = audit_run(run, most=40)
    assert (found.sentences.rows, found.sentences.of) == (40, 48)
    assert (found.responses.rows, found.responses.of) == (40, 72)
    assert audit_run(run, most=40) == found != audit_run(run, most=40, seed=1)
    many = replace(run, rows=run.rows * 20)
    assert "of 1,440 rows a sample of 1,000 rows at most" in section(render_card(many))


def test_the_sample_is_that_of_rows_in_memory() -> None:
    names = ("\uffff", "\U0001f600", "a\0b", "a", "Z", "é", "")
    rows = [AuditRow(names[n * n % 7] + "x" * (n % 5), n % 2, names[n % 7]) for n in range(300)]
    with SortedTexts() as texts:
        texts.add((n % 3, row) for n, row in enumerate(rows))
        for side in range(3):
            mine = rows[side::3]
            for most in (30, 100):
                assert texts.sample(side, most, 4) == (tuple(sample_rows(mine, most, 4)), 100)


def test_photo_controls_lower_what_a_sentence_tells(run_dir: Path) -> None:
    found = audit_run(read_run(run_dir))
    text, every = found.sentences.auc("words").value, found.against_all.auc("words").value
    assert text is not None and every is not None and text > 0.95
    assert every < 0.8
    assert (found.sentences.rows, found.against_all.rows) == (48, 72)


def test_words_of_responses_are_printed_and_not_bounded(run_dir: Path) -> None:
    found = audit_run(read_run(run_dir))
    assert "bag" in [one.name for one in found.responses.loud]
    (line,) = [line for line in found.warnings if "read off the response" in line]
    assert "length in words" in line and "bag of words" not in line and "commas" not in line


def test_a_row_of_no_known_label_is_on_neither_side(run_dir: Path) -> None:
    run = read_run(run_dir)
    rows = tuple(replace(r, label="" if n == 0 else r.label) for n, r in enumerate(run.rows))
    found = audit_run(replace(run, rows=rows))
    assert (found.against_all.rows, found.responses.rows) == (71, 71)


def test_a_small_build_is_unknown_and_not_fine(tmp_path: Path) -> None:
    card = section(render_card(read_run(make_run(tmp_path, families=3))))
    assert "Unknown: 3 rows with one of the labels, fewer than 10." in card
    assert "0.5" not in card and "passes" not in card


def test_texts_of_the_data_are_shown_and_not_believed() -> None:
    act = "| <script>x</script> [a](https://evil.example)"
    rows = [
        AuditRow(f"<b>see</b> https://evil.example {n} |{'!' * (n % 2)}", n % 2, str(n), a)
        for n, a in enumerate([act, "plan"] * 20)
    ]
    told = audit_markdown(audit_texts(rows))
    assert "<script" not in told and "https://" not in told
    assert "](" not in told.replace("\\]", "")
    for line in told.splitlines():
        if line.startswith("| "):
            assert len(line.replace("\\|", "").split("|")) == 6
