"""Printed names: one line, and never the same for two."""

from hypothesis import given
from hypothesis import strategies as st

from crosslight.photos.sources import printable, printable_url
from crosslight.photos.sources.names import plain_text, printable_path

NAMES = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)


@given(NAMES)
def test_names_can_be_printed(name: str) -> None:
    shown = printable(name)
    assert shown.isprintable()
    shown.encode("utf-8")


@given(NAMES, NAMES)
def test_names_stay_different(one: str, other: str) -> None:
    assert (printable(one) == printable(other)) == (one == other)


def test_hostile_names() -> None:
    assert printable("a\nb") == "a\\u000ab"
    assert printable("\u202eevil") == "\\u202eevil"
    assert printable("bad\udcff") == "bad\\xff"
    assert printable("a\\u000ab") == "a\\\\u000ab"
    assert printable("日本 😀 שלום.jpg") == "日本 😀 שלום.jpg"
    assert printable("\U000e0041") == "\\U000e0041"


def test_urls_lose_what_may_be_secret() -> None:
    url = "https://me:pass@host.org:8443/a/b.jpg?token=1#frag"
    assert printable_url(url) == "https://host.org:8443/a/b.jpg"
    assert printable_url("http://[bad") == "(not a URL)"


def test_absolute_paths_are_not_told() -> None:
    assert printable_path("/home/me/a.jpg") == "a.jpg"
    assert printable_path("C:\\me\\a.jpg") == "a.jpg"
    assert printable_path("x/a.jpg") == "x/a.jpg"


def test_cells_are_plain_text() -> None:
    assert plain_text("\udcff" + "x" * 2000).encode("utf-8")
    assert len(plain_text("x" * 2000)) == 1000
