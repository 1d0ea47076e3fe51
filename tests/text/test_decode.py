"""Which letters a text file holds is known or refused, never guessed."""

import io

import pytest

from crosslight.text import NotText, as_windows, decode, split_lines, text_lines

TEXT = "title: Café\nrules: \U0001f525\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_with_their_mark_and_all_line_ends(codec: str, end: str) -> None:
    data = TEXT.replace("\n", end).encode(codec)
    assert split_lines(decode(data)) == TEXT.split("\n")
    assert list(text_lines(io.BytesIO(data), 100)) == TEXT.splitlines()


def test_utf16_in_the_other_order() -> None:
    data = b"\xfe\xff" + TEXT.encode("utf-16-be")
    assert decode(data) == TEXT
    assert list(text_lines(io.BytesIO(data), 100)) == TEXT.splitlines()


def test_an_older_code_page_is_named_with_line_and_letters() -> None:
    with pytest.raises(NotText) as caught:
        decode("eins\r\nKüche\r\n".encode("cp1252"))
    assert caught.value.message.startswith("line 2: not UTF-8 (byte 0xfc)")
    assert "Windows-1252 (cp1252) the line reads 'Küche'" in caught.value.message
    assert "iconv -f CP1252" in caught.value.hint
    assert as_windows("K\udcfcche") == "Küche"


def test_bytes_that_are_no_windows_text_are_not_called_so() -> None:
    with pytest.raises(NotText, match="byte 0x81") as caught:
        decode(b"a\x81b")
    assert "1252" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("data", [TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be"), bytes(9)])
def test_utf16_without_a_mark_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match="without its mark"):
        decode(data)
    with pytest.raises(NotText, match="without its mark"):
        list(text_lines(io.BytesIO(data), 100))


@pytest.mark.parametrize("data", [b"\xff\xfea", b"\xff\xfe\x00\xd8a\x00", b"\xfe\xff\xdc\x00"])
def test_broken_utf16_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match="UTF-16"):
        decode(data)
    with pytest.raises(NotText, match="UTF-16"):
        list(text_lines(io.BytesIO(data), 100))


def test_a_row_with_a_wrong_byte_costs_itself() -> None:
    assert decode(b"a\nK\xfcche\n", "surrogateescape").split("\n")[1] == "K\udcfcche"
    assert list(text_lines(io.BytesIO(b"a\nK\xfcche"), 100)) == ["a", "K\udcfcche"]


def test_only_line_ends_end_a_line() -> None:
    assert split_lines("a\x85b\u2028c\x0cd\r\ne") == ["a\x85b\u2028c\x0cd", "e"]


def test_a_line_without_end_is_bounded() -> None:
    lines = text_lines(io.BytesIO(b"ab\n" + b"x" * 1000), 100)
    assert next(lines) == "ab"
    with pytest.raises(NotText, match="more than 100"):
        next(lines)
