"""Print: phrases, patterns, kinds of numbers and addresses, word lists; and what is none."""

import re
import time

import pytest

from crosslight.text import check_print, find_print, kinds_of_print


def lines(*texts: str, sure: float = 0.9) -> list[tuple[str, float]]:
    return [(text, sure) for text in texts]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("card", "VISA 4111 1111 1111 1111"),
        ("card", "5500-0000-0000-0004 12/29"),
        ("card", "3782 822463 10005"),
        ("card", "12/29 4111-1111-1111-1111 737"),
        ("card", "4111 1111\n1111 1111"),  # two lines of a card
        ("card", "4lll llll llll llll"),  # misread ones: the check digit confirms it
        ("iban", "IBAN DE89 3704 0044 0532 0130 00"),
        ("iban", "GB82 WEST 1234 5698 7654 32 Barclays"),
        ("iban", "DE89 37O4 0044 0532 0130 00"),
        ("phone", "Tel. 030 1234567"),
        ("phone", "+49 (0)30 123-4567"),
        ("phone", "(212) 555-0123"),
        ("phone", "call 5550123 now"),
        ("phone", "0171/2345678"),
        ("email", "joe.doe+x@mail.example.co.uk"),
        ("email", "joe @example . com"),  # as readers space it
        ("url", "www.alamy.com"),
        ("url", "see https://example.org/a?b=1"),
        ("url", "dreamstime.com"),
        ("url", "SHOP.EXAMPLE.DE"),
        ("plate", "B-MW 1234"),
        ("plate", "AB12 CDE"),
        ("plate", "7ABC123"),
        ("words:crime", "Methods for self-harm."),
        ("words:crime", "Wie man Drogen kocht"),
        ("words:crime-de", "DROGEN"),
        ("words:crime", "an iilegal trade"),  # as a reader read it
        ("words:agencies", "shutterstock.com 12345"),
    ],
)
def test_kinds_that_are_there(kind: str, text: str) -> None:
    found = find_print(lines(*text.split("\n")), kind=kind)
    assert found is not None and found.sure == 0.9


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("card", "4111 1111 1111 1112"),  # check digit
        ("card", "0000 0000 0000 0000"),
        ("card", "9111 1111 1111 1111"),  # no issuer begins so
        ("card", "4111 1111 1111"),
        ("iban", "DE89 3704 0044 0532 0130 01"),
        ("iban", "ZZ89 3704 0044 0532 0130 00"),
        ("iban", "DE89 3704 0044 0532 01"),  # too short for Germany
        ("phone", "12.05.2024"),
        ("phone", "2020-2024"),
        ("phone", "97335259"),  # a picture's number
        ("phone", "1,000,000"),
        ("phone", "1 000 000 000"),
        ("phone", "192.168.10.254"),
        ("phone", "4111 1111 1111 1111"),
        ("phone", "4 111 222 3333 44 555 66 77"),
        ("email", "@user"),
        ("email", "meet me @ home. thanks"),
        ("url", "e.g. this"),
        ("url", "that is the end.In the"),
        ("url", "joe@example.com"),
        ("url", "version 1.2.3"),
        ("plate", "MEN"),
        ("plate", "PAGE 12"),
        ("plate", "the car B-MW 1234 was sold"),  # a plate stands alone
        ("words:crime", "weaponry skills"),  # whole words
        ("words:law", "illegal"),
        ("words:hate", "late at night"),
    ],
)
def test_what_only_looks_like_it(kind: str, text: str) -> None:
    assert find_print(lines(text), kind=kind) is None


def test_numbers_of_people_are_hidden_in_what_is_kept() -> None:
    for kind, text in (
        ("card", "4111 1111 1111 1111"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("phone", "+49 30 1234567"),
        ("email", "joe.doe@example.com"),
    ):
        found = find_print(lines(text), kind=kind)
        assert found is not None
        assert len(re.findall(r"[^\W_]", found.shown)) == 4
        assert found.shown != text and text.endswith(found.shown[-2:])


def test_a_phrase_runs_over_line_ends_and_may_be_misread_a_little() -> None:
    found = find_print([("TOP", 0.7), ("SECRAT", 0.95)], phrase="top secret")
    assert found is not None and 0.7 * 0.8 <= found.sure <= 0.7
    assert find_print(lines("top of a secretary"), phrase="top secret") is None


def test_a_pattern_sees_lines_and_is_as_sure_as_the_least_of_them() -> None:
    rows = [("Steps to", 0.99), ("1.", 0.8), ("2.", 0.65), ("3.", 0.9)]
    found = find_print(rows, regex=r"(?m)^1\.\n2\.\n3\.$")
    assert found is not None and found.sure == 0.65 and found.shown == "1. / 2. / 3."


@pytest.mark.parametrize("regex", ["(?=a)", r"(a)\1", "[", "a" * 301, "a*", "(?:a{1000}){1000}"])
def test_patterns_that_cannot_be_are_refused_with_the_cause(regex: str) -> None:
    with pytest.raises(ValueError, match="regex"):
        check_print(regex=regex)


def test_unknown_kinds_and_lists_name_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="phone, card, email, iban, plate, url"):
        check_print(kind="passport")
    with pytest.raises(ValueError, match="agencies, crime"):
        check_print(kind="words:secret")
    with pytest.raises(ValueError, match="exactly one"):
        check_print(kind="url", phrase="www")
    with pytest.raises(ValueError, match="neither letter nor digit"):
        check_print(phrase="...")
    for kind in kinds_of_print():
        check_print(kind=kind)


@pytest.mark.parametrize(
    "text", ["a" * 500, "1 " * 250, "1-" * 250, "a." * 250, "a@" * 250, "AB12" * 125, "4111 " * 100]
)
def test_no_text_makes_it_slow(text: str) -> None:
    page = lines(*[text] * 12)
    start = time.process_time()
    for kind in kinds_of_print():
        find_print(page, kind=kind)
    find_print(page, regex="(a+)+(1?)+(.*.*)+$")
    assert time.process_time() - start < 3


def test_empty_pages_and_odd_characters() -> None:
    for rows in ([], lines(""), lines("\x00\ud800", "\n\n"), lines("ａlａmy")):
        for kind in ("phone", "url", "words:crime"):
            assert find_print(rows, kind=kind) is None
    assert find_print(lines("４１１１ 1111 1111 1111"), kind="card") is not None  # full width
    assert find_print(lines("“don’t”"), phrase="don't") is not None
