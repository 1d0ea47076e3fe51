"""Words of rows: what somebody types is never syntax, and half an index is never believed."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosslight.view.rows.search import Search
from crosslight.view.rows.table import Table
from tests.view.rows.make import table

SAID = [
    "the kettle boils",
    'a "quoted" word',
    "AND OR NOT",
    "straße 12",
    "nul\x00byte",
    None,
    "I don't",
]


def made(tmp_path: Path, *, indexed: bool) -> Table:
    """Seven rows, scanned or out of an index."""
    search = Search(tmp_path / "cache", scanned=0 if indexed else 100)
    found = table(
        tmp_path,
        {"t": SAID, "tags": [["x"], ["boat"], [], None, [], [], []]},
        search,
        texts=("t", "tags"),
    )
    if indexed:
        search.find(found, "kettle")
        for making in search._making.values():
            assert making.wait(30)
    return found


def found(of: Table, words: str) -> list[int]:
    mask, seen = of.search.find(of, words)
    assert seen == of.rows
    return [int(n) for n in mask.nonzero()[0]]


@pytest.mark.parametrize("indexed", [False, True])
def test_all_words_are_wanted_anywhere_in_the_row(tmp_path: Path, indexed: bool) -> None:
    of = made(tmp_path, indexed=indexed)
    assert found(of, "kettle") == [0]
    assert found(of, "KETTLE boil") == [0]
    assert found(of, "kettle boat") == []
    assert found(of, "boat") == [1]
    assert found(of, "straße") == [3]


@pytest.mark.parametrize("indexed", [False, True])
def test_signs_of_a_search_language_are_plain_text(tmp_path: Path, indexed: bool) -> None:
    of = made(tmp_path, indexed=indexed)
    assert found(of, "NOT") == [2]
    assert found(of, "AND") == [2]
    assert found(of, '"quoted"') == [1]
    assert found(of, "don't") == [6]
    for words in ('"', "* OR *", "text:kettle", "NEAR(a b)", "kettle*) OR (", "^", "-kettle"):
        found(of, words)


def test_nothing_that_somebody_types_is_an_error(tmp_path: Path) -> None:
    of = made(tmp_path, indexed=True)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=30).map(str.strip).filter(bool))
    def asked(words: str) -> None:
        assert len(of.search.find(of, words)[0]) == len(SAID)

    asked()


def test_a_torn_index_is_made_again(tmp_path: Path) -> None:
    of = made(tmp_path, indexed=True)
    (index,) = (tmp_path / "cache").glob("*.sqlite")
    index.write_bytes(index.read_bytes()[:1000])
    hits, _ = of.search.find(of, "kettle")  # of the rows seen so far, where the making takes long
    assert hits.nonzero()[0].tolist() == [0]
    for making in of.search._making.values():
        assert making.wait(30)
    assert found(of, "kettle") == [0]
    with sqlite3.connect(index) as base:
        assert base.execute("SELECT count(*) FROM words").fetchone()[0] >= 0


def test_an_index_belongs_to_the_files_it_was_made_from(tmp_path: Path) -> None:
    made(tmp_path, indexed=True)
    SAID[0], kept = "the pan boils", SAID[0]
    try:
        of = made(tmp_path, indexed=True)
    finally:
        SAID[0] = kept
    assert found(of, "pan") == [0]
    assert found(of, "kettle") == []
    assert len(list((tmp_path / "cache").iterdir())) == 1  # that of the former files is gone
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0  # the words of rows are in it


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    of = table(tmp_path, {"t": SAID}, Search(tmp_path / "cache", scanned=2), texts=("t",))
    mask, seen = of.search.find(of, "kettle")
    for making in of.search._making.values():
        making.wait(30)
    mask, seen = of.search.find(of, "kettle")
    assert (mask.nonzero()[0].tolist(), seen) == ([0], len(SAID))


def test_without_an_index_each_load_sees_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = table(tmp_path, {"t": ["a word"] * 90}, Search(tmp_path / "c", scanned=20), texts=("t",))
    monkeypatch.setattr(of.search, "_made", lambda *_: Unready())
    first = of.search.find(of, "word")
    assert of.search.find(of, "word")[1] == first[1] < 90
    assert int(first[0].sum()) == first[1] >= 20
    monkeypatch.setattr("crosslight.view.rows.search.SAME_S", -1.0)
    of.search._seen.clear()
    seen = [of.search.find(of, "word")[1] for _ in range(6)]
    assert seen == sorted(seen) and seen[0] < seen[-1] == 90


class Unready:
    """An index that is never there."""

    failed = False

    def wait(self, seconds: float) -> bool:
        return False
