"""What is read of a dataset, and what that costs."""

from pathlib import Path

from crosslight.build import open_stored, read_run
from tests.build.calibrate.test_run import a_run


def test_a_text_that_many_rows_have_is_held_once(tmp_path: Path) -> None:
    """A card reads all rows of a build: their provenance alone would be most of its memory."""
    rows = read_run(a_run(tmp_path)).rows
    assert len(rows) > 50
    for name in ("provenance", "pattern", "risk", "why", "element", "decided_by", "split"):
        assert len({id(getattr(row, name)) for row in rows}) == 1, name
    assert len({id(row.photo) for row in rows}) == len({row.photo for row in rows})


def test_photos_of_one_row_group_share_their_place(tmp_path: Path) -> None:
    run = read_run(a_run(tmp_path))
    places = list(run.where.values())
    assert len(places) > 20 and len({id(place) for place in places}) == len(set(places))


def test_rows_that_stay_on_disk_are_the_same_with_the_same_pictures(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    held, stored = read_run(folder), open_stored(folder)
    assert tuple(stored.rows) == tuple(stored.rows) == held.rows
    assert len(stored.rows) == len(held.rows) and held.rows[-1] in stored.rows
    photos = [row.photo for row in held.rows[::7]] + ["f" * 64]
    assert dict(stored.pictures(photos)) == dict(held.pictures(photos)) != {}
