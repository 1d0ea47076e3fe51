"""What a report is written as: names of strangers stay names in every form."""

import json
import re
from pathlib import Path

import pytest

from crosslight.rate import RateReport, rating_latex, rating_markdown
from crosslight.rate.report import Cell, DatasetEntry, Line, Number, WithinEntry, read_rating
from crosslight.rate.sentence import sentence_of, within_sentence
from crosslight.rate.within import ALL, PICTURE, WORDS
from crosslight.rate.write import rating_card
from crosslight.runs import NotARunFolder, RunError
from crosslight.view.pages.rate import rate_page
from crosslight.view.pages.shell import About

NASTY = "<script>alert(1)</script>|[x](javascript:1)\\input{/etc/passwd}%\u202e"


def number(value: float, half: float = 0.05) -> Number:
    return Number(value=value, low=value - half, high=value + half)


def line(name: str, value: float, half: float = 0.05, **more: object) -> Line:
    cells = (Cell(test="other", figures={"auc": number(value, half)}),)
    return Line(name=name, kind="set", cells=cells, sets=1, mean=number(value, half), **more)  # type: ignore[arg-type]


MUTE = Line(name="untuned", kind="untuned", cells=(Cell(test="other", unknown=9),))
"""An untuned judge that gave no answers that can be read."""


def report(name: str) -> RateReport:
    entry = DatasetEntry(
        name=name, licence=name, read=9, unsafe=5, safe=4, train=(2, 2), slice=(1, 1),
        test=(2, 1), testable=True, why_not=name, notes=(name,), left_out={name: 1},
    )  # fmt: skip
    other = entry.model_copy(update={"name": "other"})
    return RateReport(
        sentence=name, judge=name, proxy="A proxy.", datasets=(entry, other), per_class=2,
        seeds=3, seed=0, draws=10, lines=(line(name, 0.6),), mixture_end=name, notes=(name,),
    )  # fmt: skip


def test_no_name_becomes_markup_or_a_command() -> None:
    made = report(NASTY)
    page = rate_page(made, About("run", "rate", ()))
    assert "<script" not in page and "&lt;script&gt;" in page and "\u202e" not in page
    for text in (rating_markdown(made), rating_card(made)):
        assert "<script" not in text and "\u202e" not in text
        assert not re.search(r"(?<!\\)\]\(javascript", text)
        assert all(row.count(" | ") < 12 for row in text.splitlines())
    tabular = rating_latex(made)
    assert "\\input" not in tabular and "\\textbackslash{}input" in tabular


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([line("a", 0.5)], "Nothing above chance"),
        ([line("a", 0.6)], "none is better than no training"),
        ([line("a", 0.6), MUTE], "better than no training is unknown"),
        ([line("a", 0.5), MUTE], "Nothing above chance"),
        ([line("a", 0.7, gain=number(0.2), p=0.001, p_holm=0.001)], "taught a judge something"),
        ([line("a", 0.3, gain=number(-0.2), p=0.001, p_holm=0.001)], "Nothing above chance"),
        ([], "there is no measure"),
    ],
)
def test_the_sentence_says_what_there_is_and_what_there_is_not(rows: list[Line], said: str) -> None:
    assert said in sentence_of(rows, "a judge")


def within(seen: str, value: float | None, *, texts: bool = True) -> WithinEntry:
    bounds = {} if value is None else {"low": value - 0.05, "high": value + 0.05}
    held = "photos and texts" if texts else "photos"
    return WithinEntry(
        title=f"{seen}; {held} held out", seen=seen, held=held, texts=texts, value=value,
        rows=9, reason="" if value is not None else "no fold has both labels", **bounds,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            [within(ALL, 0.9, texts=False), within(ALL, 0.53), within(WORDS, 0.54)],
            "Nothing above chance: a judge that learnt from demo tells unsafe from safe on photos "
            "and texts that it did not see no better than by chance "
            "(AUC 0.53, 95% interval 0.48 to 0.58).",
        ),
        (
            [within(ALL, 0.53), within(PICTURE, 0.5), within(WORDS, 0.64)],
            "A judge that learnt from demo tells unsafe from safe on photos and texts that it did "
            "not see no better than by chance (AUC 0.53, 95% interval 0.48 to 0.58), though words "
            "of the text alone give 0.64.",
        ),
        ([within(ALL, 0.4)], "did not see worse than by chance (AUC 0.40"),
        (
            [within(ALL, 0.8), within(PICTURE, 0.6), within(WORDS, 0.5)],
            "A judge that learnt from demo tells unsafe from safe on photos and texts that it did "
            "not see (AUC 0.80, 95% interval 0.75 to 0.85); the picture alone gives 0.60.",
        ),
        (
            [within(ALL, 0.8), within(PICTURE, 0.6), within(WORDS, 0.78)],
            "0.85), but words of the text alone do as well (0.78).",
        ),
        (
            [within(ALL, 0.8, texts=False), within(ALL, None), within(WORDS, 0.79)],
            "on photos that it did not see (AUC 0.80, 95% interval 0.75 to 0.85).",
        ),
        (
            [within(ALL, None), within(WORDS, 0.9)],
            "demo can be told apart within itself is unknown: no fold",
        ),
        ([], "unknown: there are too few rows."),
    ],
)  # fmt: skip
def test_of_one_set_one_plain_sentence_with_one_figure(found: list[WithinEntry], said: str) -> None:
    assert said in within_sentence("demo", found)


def test_a_command_in_a_note_is_code_and_a_lone_backtick_stays() -> None:
    made = report("a").model_copy(update={"lines": (), "notes": ("do `x <y>` or ` z",)})
    page = rate_page(made, About("run", "rate", ()))
    assert "<li>do <code>x &lt;y&gt;</code> or ` z</li>" in page
    assert "<code>crosslight bench fetch SUITE</code>" in page
    assert "<h1>One dataset by itself</h1>" in page and "What a judge learns" not in page
    assert rating_markdown(made).startswith("# One dataset by itself")


def test_a_folder_of_something_else_or_a_broken_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotARunFolder):
        read_rating(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"kind": "rate", "status": "stopped"}))
    with pytest.raises(RunError, match="did not end"):
        read_rating(tmp_path)
    (tmp_path / "rate.json").write_text('{"sentence": 3}')
    with pytest.raises(RunError, match="cannot be read"):
        read_rating(tmp_path)
