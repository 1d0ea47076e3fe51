"""Comma, semicolon, tab: the header tells, and `sep=` where a spreadsheet wrote it."""

import pytest

from crosslight.text import separator, table_start

WANTED = {"image", "label"}.__contains__


@pytest.mark.parametrize(
    ("header", "sign"),
    [
        ("image,label", ","),
        ("image;label;note, long", ";"),
        ("image\tlabel", "\t"),
        ('"image";"label"', ";"),
        ("image", ","),
        ("image,a;b;c;d", ","),  # a title with semicolons
        ("path;who", ";"),  # none of them is known
        ("", ","),
        ('"image', ","),
    ],
)
def test_the_header_tells(header: str, sign: str) -> None:
    assert separator(header, WANTED) == sign


def test_the_name_of_the_file_wins_a_tie() -> None:
    assert separator("image", WANTED, own="\t") == "\t"
    assert separator("image,label", WANTED, own="\t") == ","


def test_a_line_that_says_it() -> None:
    lines = iter(["sep=;\r\n", "a,b;c\r\n", "1;2\r\n"])
    start = table_start(lines, WANTED)
    assert (start.separator, start.header, start.taken) == (";", "a,b;c\r\n", 2)
    assert list(lines) == ["1;2\r\n"]
