"""The address of a page: it says the whole state, and nothing that somebody types breaks it."""

import math
from urllib.parse import parse_qsl

from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.view.rows.query import Query, read_query

NAMES = st.text("abc_ü.", min_size=1, max_size=6)
VALUES = st.text(min_size=1, max_size=12).filter(lambda s: s.encode("utf-8", "ignore") == _utf(s))
ENDS = st.floats(allow_nan=False)


def _utf(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return b"\xff"


QUERIES = st.builds(
    Query,
    only=st.dictionaries(NAMES, st.lists(VALUES, min_size=1, unique=True), max_size=3).map(
        lambda d: tuple((n, tuple(v)) for n, v in sorted(d.items()))
    ),
    between=st.dictionaries(NAMES, st.tuples(ENDS, ENDS), max_size=3).map(
        lambda d: tuple((n, *ends) for n, ends in sorted(d.items()))
    ),
    search=VALUES.map(str.strip),
    sort=st.just("") | NAMES,
    falling=st.just(False),
    group=st.just("") | NAMES,
    page=st.integers(1, 10**8),
    look=st.sampled_from(["grid", "table"]),
)


def read(address: str) -> Query:
    return read_query(parse_qsl(address, keep_blank_values=True))


@settings(max_examples=40, deadline=None)
@given(QUERIES)
def test_an_address_says_the_whole_state(query: Query) -> None:
    assert read(query.address(page=query.page)) == query


def test_a_number_keeps_all_its_digits() -> None:
    query = Query(between=(("p", 0.1234567890123, math.inf),))
    assert read(query.address()).between == (("p", 0.1234567890123, math.inf),)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=20)), max_size=12))
def test_what_somebody_types_is_never_an_error(pairs: list[tuple[str, str]]) -> None:
    query = read_query(pairs)
    assert query.page >= 1
    assert not any(math.isnan(end) for _, low, high in query.between for end in (low, high))


def test_what_makes_no_sense_is_left_out() -> None:
    query = read_query(
        [("page", "-3"), ("r.x", "nan~1"), ("r.y", "a~b"), ("lo.z", "0.5"), ("hi.z", "")]
    )
    assert query.page == 1
    assert query.between == (("z", 0.5, math.inf),)
    assert read_query([("page", "٣")]).page == 1
    assert read_query([("page", "9" * 30)]).page == 1


def test_an_address_of_thousands_of_parts_is_cut() -> None:
    query = read_query([("f.a", str(n)) for n in range(5_000)])
    assert len(query.values_of("a")) == 200


def test_a_value_goes_in_and_out() -> None:
    query = read(Query(page=7).toggled("kind", "a=b&c"))
    assert query.only == (("kind", ("a=b&c",)),)
    assert query.page == 1
    assert read(query.toggled("kind", "a=b&c")).only == ()
