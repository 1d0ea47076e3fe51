"""The file of reviews: what stands after undos, torn lines, links, kills and several processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosslight.runs import Act, ReviewError, ReviewKey, Reviews


def said(row: str, by: str = "ann", **parts: object) -> Act:
    return Act(**{"row": row, "by": by, "verdict": "", **parts})  # type: ignore[arg-type]


def test_verdict_label_and_edits_stand_beside_each_other_and_an_undo_takes_the_last(
    tmp_path: Path,
) -> None:
    reviews = Reviews(tmp_path)
    reviews.add(said("1", verdict="reject", reason="blurred"))
    reviews.add(said("1", edit=(("text", "a"),)))
    reviews.add(said("1", edit=(("risk", "b"),)))
    reviews.add(said("1", label="safe"))
    reviews.add(said("1", label="unsafe", rule="pets"))
    reviews.add(said("1", by="bo", verdict="accept"))

    standing = reviews.standing()
    mine = standing[ReviewKey("1", "ann", "")]
    assert (mine.verdict, mine.reason, mine.label) == ("reject", "blurred", "safe")
    assert dict(mine.edit) == {"text": "a", "risk": "b"}
    assert standing[ReviewKey("1", "ann", "pets")].label == "unsafe"
    assert standing[ReviewKey("1", "bo", "")].verdict == "accept"

    reviews.add(said("1"))
    reviews.add(said("1"))
    mine = reviews.standing()[ReviewKey("1", "ann", "")]
    assert (mine.label, dict(mine.edit), mine.verdict) == ("", {"text": "a"}, "reject")
    for _ in range(4):  # more undos than acts
        reviews.add(said("1"))
    assert set(reviews.standing()) == {ReviewKey("1", "ann", "pets"), ReviewKey("1", "bo", "")}


def test_the_last_act_of_a_reviewer_is_found_over_rows_and_rules(tmp_path: Path) -> None:
    reviews = Reviews(tmp_path)
    assert reviews.last_of("ann") is None
    reviews.add(said("1", verdict="accept"))
    reviews.add(said("2", label="unsafe", rule="pets"))
    reviews.add(said("3", by="bo", verdict="skip"))
    last = reviews.last_of("ann")
    assert last is not None and (last.row, last.rule) == ("2", "pets")
    reviews.add(said("2", rule="pets"))
    last = reviews.last_of("ann")
    assert last is not None and last.row == "1"
    reviews.add(said("1"))
    assert reviews.last_of("ann") is None


def test_torn_and_hostile_lines_are_passed_over_and_the_next_act_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    lines = [
        b'{"row":"1","by":"ann","verdict":"accept"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"row":1,"by":"ann","verdict":"accept"}',
        b'{"row":"1","by":"ann","verdict":"love"}',
        b'{"row":"1","by":"ann","verdict":"accept","more":1}',
        b'{"row":"1","by":"\\ud800","verdict":"accept"}',
        b'{"row":"1","by":"ann","verdict":"accept","edit":[1]}',
        b'{"row":"2","by":"ann","verd',
    ]
    path.write_bytes(b"\n".join(lines))
    reviews = Reviews(tmp_path)
    assert [act.row for act in reviews.acts()] == ["1"]
    reviews.add(said("3", verdict="reject"))
    assert [act.row for act in reviews.acts()] == ["1", "3"]
    assert json.loads(path.read_bytes().splitlines()[-1])["row"] == "3"
    assert oct(path.stat().st_mode & 0o777) in ("0o644", "0o600")

    path.write_bytes(b'{"row":"9","by":"bo","verdict":"skip"}\n')  # somebody replaced it
    assert [act.row for act in reviews.acts()] == ["9"]
    assert [act.row for act in reviews.standing().values()] == ["9"]
    longer = b"".join(said(f"other-{n}", verdict="skip").as_line() for n in range(9))
    path.write_bytes(longer)  # by more than was read so far
    assert [act.row for act in reviews.acts()] == [f"other-{n}" for n in range(9)]
    path.unlink()
    assert not reviews.acts() and not reviews.standing() and not reviews.of_row("other-1")

    versions = [reviews.version()]
    for told in (longer, longer.replace(b"other", b"there"), longer[: len(longer) // 2]):
        path.write_bytes(told)  # of as many acts, too
        versions.append(reviews.version())
        assert reviews.standing() == Reviews(tmp_path).standing()
    assert len(set(versions)) == len(versions) and reviews.version() == versions[-1]


def test_a_last_line_that_only_lacks_its_end_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_bytes(said("1", verdict="accept").as_line().rstrip())  # as an editor leaves it
    reviews = Reviews(tmp_path)
    assert [act.row for act in reviews.acts()] == ["1"]
    reviews.add(said("2", verdict="skip"))
    assert [act.row for act in reviews.acts()] == ["1", "2"]
    assert [act.row for act in Reviews(tmp_path).acts()] == ["1", "2"]


def test_what_stands_is_kept_up_act_by_act(tmp_path: Path) -> None:
    reviews, told = Reviews(tmp_path), []
    for n in range(60):
        undo = n % 4 == 3
        act = said(str(n % 5), by="ab"[n % 2], verdict="" if undo else "accept", reason=str(n))
        told.append(reviews.add(act))
        if n % 7 == 0:
            reviews.standing()
    again = Reviews(tmp_path)
    assert reviews.standing() == again.standing()
    by_row = sorted(act.row for n in range(5) for act in reviews.of_row(str(n)))
    assert by_row == sorted(act.row for act in again.standing().values())
    before = reviews.standing()
    reviews.add(said("new", verdict="accept"))
    assert len(reviews.standing()) == len(before) + 1  # what was given away does not change


def test_no_line_and_no_file_of_somebody_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosslight.runs.reviews.MOST_LINE", 1_000)
    monkeypatch.setattr("crosslight.runs.reviews._AT_ONCE", 512)
    path = tmp_path / "reviews.jsonl"
    line = said("1", verdict="accept").as_line()
    path.write_bytes(line + b"x" * 5_000 + b"\n" + line)
    assert [act.row for act in Reviews(tmp_path).acts()] == ["1", "1"]
    monkeypatch.setattr("crosslight.runs.reviews.MOST_FILE", 1_000)
    with pytest.raises(ReviewError, match="more than reviews are"):
        Reviews(tmp_path).acts()


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_a_link_or_a_pipe_in_its_place_is_neither_read_nor_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(b'{"row":"1","by":"ann","verdict":"accept"}\n')
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "reviews.jsonl").symlink_to(outside)
    reviews = Reviews(folder)
    with pytest.raises(ReviewError, match="a link that leads out of its folder"):
        reviews.acts()
    with pytest.raises(ReviewError, match=r"reviews\.jsonl cannot be written"):
        reviews.add(said("2", verdict="accept"))
    assert outside.read_bytes().count(b"\n") == 1
    (folder / "reviews.jsonl").unlink()
    os.mkfifo(folder / "reviews.jsonl")
    with pytest.raises(ReviewError, match="cannot be read"):
        reviews.acts()


def test_what_says_too_much_or_nothing_is_refused(tmp_path: Path) -> None:
    reviews = Reviews(tmp_path)
    for bad in (
        said("", verdict="accept"),
        said("1", by="", verdict="accept"),
        said("1", verdict="maybe"),
        said("1", verdict="accept", reason="x" * 20_001),
        said("1", edit=(("text", "\ud800"),)),
    ):
        with pytest.raises(ReviewError):
            reviews.add(bad)
    assert not (tmp_path / "reviews.jsonl").exists()


WRITER = """
import sys
from pathlib import Path
from crosslight.runs import Act, Reviews
reviews = Reviews(Path(sys.argv[1]))
for n in range(100_000):
    reviews.add(Act(row=str(n), by=sys.argv[2], verdict="accept", reason="x" * 300))
    print(n, flush=True)
"""


def test_two_processes_are_killed_and_every_act_that_was_told_is_there(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), by], stdout=subprocess.PIPE, env=env
        )
        for by in ("ann", "bo")
    ]
    told = {}
    for process, by in zip(started, ("ann", "bo"), strict=True):
        assert process.stdout is not None
        for _ in range(20):
            last = process.stdout.readline()
        told[by] = int(last)
    for process in started:
        process.kill()
        process.communicate()
    acts = Reviews(tmp_path).acts()
    for by, last_told in told.items():
        rows = [int(act.row) for act in acts if act.by == by]
        assert rows[: last_told + 1] == list(range(last_told + 1))
