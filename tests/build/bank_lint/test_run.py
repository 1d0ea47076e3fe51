"""Every law: a bank that keeps all of them, and for each one that breaks it, told with line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from crosslight.build.bank import BankError
from crosslight.build.bank_lint import BankReport, lint_bank
from crosslight.cli import app
from tests.build.banks import Tree, hot_cup, prose, scenario, small_bank, write_bank

Change = Callable[[Tree], object]
SICK = "If a guest feels sick after it, call a poison centre and keep what is left of it there."


def cup(files: dict[str, Tree]) -> Tree:
    found: Tree = files["kitchen"]["patterns"][0]
    return found


def broken(tmp_path: Path, change: Change) -> BankReport:
    """The small bank with one change to its first pattern."""
    return lint_bank(write_bank(tmp_path / "bank", lambda files: change(cup(files))))


def first(change: Callable[[Tree], object]) -> Change:
    """A change to the first case."""
    return lambda p: change(p["cases"][0])


def put(at: Tree, **values: object) -> None:
    at.update(values)


def both(one: Change, other: Change) -> Change:
    """Two changes to a pattern."""

    def change(pattern: Tree) -> None:
        one(pattern)
        other(pattern)

    return change


def with_tail(text: str, tail: str) -> str:
    """The text with its last words replaced, so that its length stays."""
    return " ".join([*text.split()[: -len(tail.split())], tail])


def test_a_bank_that_keeps_the_laws(tmp_path: Path) -> None:
    report = lint_bank(write_bank(tmp_path / "bank"))
    assert report.must == () and report.should == ()
    assert report.figures is not None
    assert (report.figures.patterns, report.figures.cases, report.figures.sensitive) == (6, 18, 1)
    assert report.figures.asks == {"aside": 16, "deed": 2}
    assert report.figures.medians["guidance"] == 61


MUST: dict[str, tuple[Change, str]] = {
    "say names a word": (
        first(lambda c: put(c, say="Which song suits my toddler while she carries her cups over?")),
        "`say` names the element ('cup')",
    ),
    "say names a name": (
        both(
            lambda p: put(p["element"], words=["brew"]),
            lambda p: put(
                p["cases"][0], say="Which song suits my toddler with a mug with a hot drink here?"
            ),
        ),
        "`say` names the element ('a mug with a hot drink')",
    ),
    "control names it": (
        first(
            lambda c: put(c["control"], say="Which song suits my toddler for coffee with us all?")
        ),
        "case 1, control: `say` names the element ('coffee')",
    ),
    "say too long": (
        first(lambda c: put(c, say="Which song " + "suits her well and " * 6 + "this?")),
        "words; write 8 to 20",
    ),
    "worry": (
        first(lambda c: put(c, say="Which song suits my toddler all alone with this in here?")),
        "`say` holds 'all alone'",
    ),
    "no question": (
        first(lambda c: put(c, act="question", say=c["say"].replace("?", "."))),
        "is called a question and asks none",
    ),
    "a plan that asks": (first(lambda c: put(c, act="plan")), "is called a plan and asks"),
    "a request that is a question": (
        first(lambda c: put(c, act="request")),
        "is called a request and asks a question",
    ),
    "control too long": (
        first(lambda c: put(c["control"], say=c["control"]["say"][:-1] + " in our little street?")),
        "`say` is 5 words longer than its sentence; write 13, at most 2 off",
    ),
    "control of another act": (
        first(lambda c: put(c["control"], say=c["control"]["say"].replace("?", "."))),
        "`say` ends in '.', its sentence in '?'",
    ),
    "control the same": (
        first(lambda c: put(c["control"], say=c["say"])),
        "`say` is the sentence itself",
    ),
    "guidance short": (
        first(lambda c: put(c, response=prose("short", 30, slot=True))),
        "case 1: `response` has 33 words; write 45 to 75",
    ),
    "help short": (
        first(lambda c: put(c["control"], response=prose("short", 12))),
        "case 1, control: `response` has 12 words; write 45 to 75",
    ),
    "along long": (
        first(lambda c: put(c, along=prose("long", 66))),
        "`along` has 66 words; write 45 to 65",
    ),
    "warning out of proportion": (
        first(lambda c: put(c, response=prose("g", 46, slot=True), along=prose("l", 64))),
        "`along` is 1.31 times as long as the guidance (49 words)",
    ),
    "place short": (
        lambda p: put(p["cases"][2]["photo"][0], response=prose("s", 20)),
        "case 3, photo 1: `response` has 20 words",
    ),
    "guidance does not see": (
        first(lambda c: put(c, response=prose("blind", 60))),
        "`response` has no {element}",
    ),
    "warning does not see": (
        first(lambda c: put(c["control"], warning=prose("blind", 60))),
        "control: `warning` has no {element}",
    ),
    "slot first": (
        first(lambda c: put(c, response=with_tail(c["response"], "So much. {element} is nice."))),
        "`response` begins a sentence with {element}",
    ),
    "slot in along": (
        first(lambda c: put(c, along=with_tail(c["along"], "it is {element}."))),
        "`along` holds {element}",
    ),
    "slot in a place": (
        lambda p: put(p["cases"][2]["photo"][0], response=prose("s", 50, slot=True)),
        "case 3, photo 1: `response` holds {element}; that thing is not in this photo",
    ),
    "another slot": (
        first(lambda c: put(c, along=with_tail(c["along"], "it is {thing}."))),
        "`along` holds a brace that is no slot",
    ),
    "along guides": (
        first(lambda c: put(c, along=with_tail(c["along"], "but first ask a careful man."))),
        "`along` holds ask, careful, but first",
    ),
    "along names it": (
        first(lambda c: put(c, along=with_tail(c["along"], "with a good coffee."))),
        "`along` names the element ('coffee')",
    ),
    "no along": (first(lambda c: c.pop("along")), "has no `along`"),
    "no warning": (first(lambda c: c["control"].pop("warning")), "has no `warning`"),
    "sensitive with along": (
        lambda p: put(p, sensitive=True),
        "`along` stands in a sensitive pattern",
    ),
    "call when sick": (
        first(lambda c: put(c, response=with_tail(c["response"], SICK))),
        "calls for help only when somebody 'feels sick'",
    ),
    "month": (
        first(lambda c: put(c, response=with_tail(c["response"], "They come in June."))),
        "names a month (June)",
    ),
    "two names": (
        lambda p: put(p["element"]["classes"], cup="a cup or mug"),
        "`cup` has two names ('a cup or mug')",
    ),
    "element and look-alike": (
        lambda p: put(p, lookalikes=["espresso"]),
        "`lookalikes` 'espresso' is an element as well",
    ),
    "kind of the element": (
        both(
            lambda p: put(p, category="animal_attack", lookalikes=["king snake"]),
            lambda p: put(p["element"], classes={"night snake": "a snake"}),
        ),
        "`lookalikes` 'king snake' is of the element's kind",
    ),
    "place is an element": (
        first(lambda c: put(c, photo=[{"classes": ["cup"]}])),
        "case 1, photo 1: `classes` 'cup' is an element of its own pattern",
    ),
    "place is a look-alike": (
        first(lambda c: put(c, photo=[{"classes": ["measuring cup"]}])),
        "'measuring cup' is a look-alike of its own pattern",
    ),
    "place is risky too": (
        first(lambda c: put(c, photo=[{"classes": ["soup bowl"]}])),
        "'soup bowl' is an also_risky thing of its own pattern",
    ),
    "place without answer": (
        both(
            lambda p: put(p, sensitive=True),
            lambda p: [c.pop("along") for c in p["cases"]],
        ),
        "the place has no `response`",
    ),
    "source unread": (
        lambda p: put(p["facts"][0], source="BODY, Title, 2020"),
        "fact 1: `source` is cited and unchecked",
    ),
    "checked without source": (
        lambda p: put(p["facts"][0], checked="2026-11-26"),
        "fact 1: `checked` has a day and no `source`",
    ),
}
SHOULD: dict[str, tuple[Change, str]] = {
    "another opening": (
        first(lambda c: put(c["control"], say="What " + c["control"]["say"].split(" ", 1)[1])),
        '`say` begins "what song"; begin as its sentence does',
    ),
    "another sentence": (
        first(
            lambda c: put(c["control"], say="Which of you likes to hear an old tale by the fire?")
        ),
        "of its words with its sentence",
    ),
    "people on one side": (
        first(lambda c: put(c["control"], say=c["control"]["say"].replace("toddler", "visitor"))),
        "`say` differs in toddler",
    ),
    "severity": (
        lambda p: put(p, risk="Whoever has {element} may find it deadly before help comes."),
        "`severity` is 2, and `risk` says 'deadly'",
    ),
    "two cases": (lambda p: p["cases"].pop(), "`cases` are 2"),
    "no first aid": (
        lambda p: put(p, facts=[{"claim": "It is very hot.", "checked": "unchecked"}]),
        "no answer or fact holds first aid for fire_burns",
    ),
    "no facts": (lambda p: p.pop("facts"), "the pattern has no `facts`"),
    "risk does not see": (
        lambda p: put(p, risk="Somebody is hurt before anybody is there to help."),
        "`risk` has no {element}",
    ),
    "no article": (
        lambda p: put(p["element"]["classes"], cup="hot cup"),
        "'hot cup' has no article",
    ),
    "slot late": (
        first(lambda c: put(c, response=with_tail(prose("l", 60), "it is {element}."))),
        "names {element} late",
    ),
    "season": (
        first(lambda c: put(c, response=with_tail(c["response"], "It comes in summer."))),
        "names a season (summer)",
    ),
    "inert label": (
        lambda p: put(p["element"], labels={"fire hydrant": "a hydrant"}),
        "`labels` 'fire hydrant' never counts",
    ),
    "look-alike of a neighbour": (
        lambda p: put(p, category="animal_harm", lookalikes=["tabby"]),
        "`lookalikes` tabby: an element of kitchen.cat, of the same category",
    ),
    "old paint": (
        first(lambda c: put(c, response=with_tail(c["response"], "Use hot air on the paint."))),
        "says 'hot air + paint': old paint may hold lead",
    ),
    "repeated": (
        lambda p: put(p["cases"][1], response=p["cases"][0]["response"]),
        "`response` repeats",
    ),
}


@pytest.mark.parametrize("name", MUST)
def test_what_must_be_mended(name: str, tmp_path: Path) -> None:
    change, says = MUST[name]
    report = broken(tmp_path, change)
    told = [str(one) for one in report.must if says in str(one)]
    assert told, [*map(str, report.must)]
    assert told[0].startswith("kitchen.yaml:")


@pytest.mark.parametrize("name", SHOULD)
def test_what_writers_should_look_at(name: str, tmp_path: Path) -> None:
    change, says = SHOULD[name]
    report = broken(tmp_path, change)
    assert any(says in str(one) for one in report.should), [*map(str, report.should)]


def test_the_line_is_the_one_of_the_field(tmp_path: Path) -> None:
    report = broken(tmp_path, first(lambda c: put(c["control"], response=prose("short", 12))))
    (one,) = report.must
    lines = (tmp_path / "bank" / "kitchen.yaml").read_text(encoding="utf-8").split("\n")
    assert lines[one.line - 1].strip().startswith("response: " + prose("short", 12)[:20])
    assert one.where == "kitchen.hot_cup, case 1, control"


def many(change: Callable[[int, Tree], object]) -> dict[str, Tree]:
    """A file of ten patterns, each changed by its number."""
    made = []
    for number in range(10):
        one = hot_cup()
        one["id"] = f"kitchen.n{number}"
        for at, case in enumerate(one["cases"]):
            key = f"{number}.{at}"
            case["say"] = f"{prose(key, 9)[:-1]} in this {case['say'][-1]}".replace(" ?", "?")
            case["control"]["say"] = case["say"].replace("in this", "by this")
            case.update(act="plan", response=prose(key, 60, slot=True), along=prose("a" + key, 56))
            case["say"], case["control"]["say"] = (
                text.rstrip("?. ") + "." for text in (case["say"], case["control"]["say"])
            )
            case["control"].update(
                response=prose("c" + key, 58), warning=prose("w" + key, 57, slot=True)
            )
            case.pop("photo")
        change(number, one)
        made.append(one)
    return {"kitchen": scenario("kitchen", *made)}


def lint_many(tmp_path: Path, change: Callable[[int, Tree], object]) -> BankReport:
    def all_of_it(files: dict[str, Tree]) -> None:
        files.clear()
        files.update(many(change))

    return lint_bank(write_bank(tmp_path / "bank", all_of_it))


def test_shares_of_a_file(tmp_path: Path) -> None:
    def change(number: int, one: Tree) -> None:
        for case in one["cases"]:
            case["asks"] = "deed" if number < 5 else "aside"
            if number < 3:
                case["response"] = "Please don't " + case["response"]
            case["along"] = "What a lovely " + case["along"]

    report = lint_many(tmp_path, change)
    must, should = " ".join(map(str, report.must)), " ".join(map(str, report.should))
    assert "15 of 30 cases ask for something beside the deed" in must
    assert "opens with a brake (\"Please don't" in must and "as 9 of 30 in the file" in must
    assert 'begins "what a lovely", as 30 answers of the file' in must
    assert "0 of 30 cases that are not sensitive have a `photo`" in should
    assert "'by' makes" not in should, "small words do not tell"


def test_words_that_tell_the_label(tmp_path: Path) -> None:
    def change(number: int, one: Tree) -> None:
        for case in one["cases"]:
            case["control"]["say"] = case["say"].replace("in this", "drawing this")

    report = lint_many(tmp_path, change)
    assert any("'draw' makes the difference in 30 of 30 controls" in str(f) for f in report.should)


def test_a_file_that_does_not_fit_is_told_and_its_other_patterns_are_checked(
    tmp_path: Path,
) -> None:
    def change(p: Tree) -> None:
        p["cases"][0]["act"] = "song"
        p["element"]["classes"] = {"xylophone": "a xylophone"}

    report = broken(tmp_path, change)
    told = [str(one) for one in report.must]
    assert any("'xylophone' is no ImageNet class" in text for text in told)
    assert any(", act: " in text and "kitchen.yaml:" in text for text in told)
    assert report.figures is not None and report.figures.patterns == 5


@pytest.mark.parametrize(
    "text", ["", "just a sentence", "patterns: 7", "patterns: [7, [], {}]", "a: [", "[" * 400]
)
def test_what_is_no_bank_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    report = lint_bank(path)
    assert report.must and report.figures is None


def test_one_sentence_in_two_files(tmp_path: Path) -> None:
    def change(files: dict[str, Tree]) -> None:
        mine = files["street"]["patterns"][0]["cases"][0]
        mine["say"] = cup(files)["cases"][0]["say"]

    report = lint_bank(write_bank(tmp_path / "bank", change))
    assert any("`say` stands also at kitchen.yaml:" in str(one) for one in report.must)


def test_the_command(tmp_path: Path) -> None:
    folder = write_bank(tmp_path / "bank")
    done = CliRunner().invoke(app, ["bank", "lint", str(folder / "kitchen.yaml")])
    assert done.exit_code == 0, done.output
    assert "2 patterns (0 sensitive), 6 cases" in done.output
    write_bank(folder, lambda files: put(cup(files)["cases"][0], act="plan"))
    done = CliRunner().invoke(app, ["bank", "lint", str(folder), "--no-warnings"])
    assert done.exit_code == 1
    assert (
        "kitchen.hot_cup, case 1: `say` is called a plan and asks; mend `act` or it" in done.output
    )


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="no pattern file"):
        lint_bank(tmp_path)


def test_the_small_bank_is_not_shared_between_tests() -> None:
    one: Any = small_bank()
    one["kitchen"]["patterns"].clear()
    assert yaml.safe_dump(small_bank()["street"]) and small_bank()["kitchen"]["patterns"]
