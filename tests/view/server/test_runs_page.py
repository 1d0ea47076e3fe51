"""The page of several runs: what came of each, and which two are compared."""

import re
from pathlib import Path

import pytest

from tests.view.every_kind import every_kind
from tests.view.rows.make import write
from tests.view.server.ask import ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import open_places


def test_a_rating_has_no_table_of_rows_and_that_is_no_zero(tmp_path: Path) -> None:
    _, runs = every_kind(tmp_path / "runs", "words")
    page = ask(application(open_places(runs[:5], None, None), hosts=LOCAL), "/").text
    cards = {card.split("</h2>")[0].rsplit(">", 2)[-2]: card for card in page.split("<li class=")}
    rated = next(card for name, card in cards.items() if name.startswith("rated"))
    assert "No table of rows" in rated and "0 rows" not in rated and "<svg" not in rated
    assert "what came of it" in rated
    assert sum("rows</a>" in card for card in cards.values()) == 4


def test_two_of_one_kind_are_proposed_to_be_compared(tmp_path: Path) -> None:
    _, runs = every_kind(tmp_path / "runs", "words")
    other = write(tmp_path / "other.parquet", {"text": ["a"]})
    app = application(open_places([*runs, other], None, None), hosts=LOCAL)
    form = ask(app, "/").text.partition('action="/compare"')[2]
    assert re.findall(r'<option value="([^"]+)" selected>', form) == ["rows.parquet", "two"]
    of_table = ask(app, "/r/other.parquet/overview").text
    assert of_table.index('<option value="two">') < of_table.index('<option value="built">')
