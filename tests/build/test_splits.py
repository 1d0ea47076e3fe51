"""Splits: growth moves nothing, no sentence and no photo stands in two, and too few are none."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from crosslight.build.row_log import RowLog
from crosslight.build.splits import LEAST, UNSPLIT, Said, Splits, copy_groups, groups_in
from crosslight.records import CrossCheck, Kind, Photo, Sample, Triplet

SENTENCES = ("May I?", "I'll light it here.", "We sit down.", "Where is it?", "Let me in", "Now.")
Told = tuple[int, int, int, bool]
ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 5), st.integers(0, 30), st.booleans()),
    min_size=1,
    max_size=120,
)
PHOTOS = 200


def made(photo: int, sentence: str, pattern: int = 0, unsafe: bool = True) -> Sample:
    triplet = Triplet(f"p{photo}", "fire.x", "a stove", sentence, "r", "w", f"idea_{pattern}", "f")
    kind = Kind.UNSAFE if unsafe else Kind.CONTROL_PHOTO
    check = CrossCheck(0.0, 0.1, 0.05, 0.9, decided_by="test")
    return Sample(triplet, kind, "unsafe" if unsafe else "safe", "Mind it.", check, recipe="r")


def rows_of(told: Sequence[Told]) -> list[Sample]:
    return [made(photo, SENTENCES[s], pattern, unsafe) for photo, s, pattern, unsafe in told]


def placed(rows: Sequence[Sample], by: str = "photo", seed: int = 0) -> list[str]:
    splits = Splits.of(map(Said.by, rows), by, seed)
    return [splits.place(Said.by(row)) for row in rows]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["photo", "pattern"]), st.integers(0, 3))
def test_no_unit_and_no_sentence_stands_in_two_splits(told: list[Told], by: str, seed: int) -> None:
    rows = rows_of(told)
    found = [(row, s) for row, s in zip(rows, placed(rows, by, seed), strict=True) if s != UNSPLIT]
    for name in (by, "text"):
        where: dict[str, set[str]] = {}
        for row, split in found:
            where.setdefault(getattr(row.triplet, name), set()).add(split)
        assert all(len(splits) == 1 for splits in where.values()), where


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.sampled_from(["photo", "pattern"]), st.integers(0, 120))
def test_growth_moves_no_row_between_splits(
    told: list[Told], more: list[Told], by: str, at: int
) -> None:
    rows, new = rows_of(told), rows_of(more)
    before = Splits.of(map(Said.by, rows), by)
    after = Splits.of(map(Said.by, [*rows[:at], *new, *rows[at:]]), by)
    if before.whole:
        return  # nothing was split yet
    for row in rows:
        assert {before.place(Said.by(row)), after.place(Said.by(row))} - {UNSPLIT} != {
            "train",
            "test",
        }
        was, now = before.place(Said.by(row)), after.place(Said.by(row))
        assert UNSPLIT in (was, now) or was == now


def test_rows_added_at_the_end_leave_all_unsafe_rows_where_they_are() -> None:
    rows = [made(n, SENTENCES[n % 6], n) for n in range(60)]
    new = [made(n, SENTENCES[n % 6], n) for n in range(60, 120)]
    assert placed([*rows, *new])[:60] == placed(rows)


def test_a_sentence_is_the_same_in_other_case_and_punctuation() -> None:
    rows = [made(n, "May I?" if n % 2 else "  may  I!", n) for n in range(PHOTOS)]
    found = set(placed(rows))
    assert len(found - {UNSPLIT}) == 1 and UNSPLIT in found
    lone = [made(n, "?" * (n + 1), n) for n in range(PHOTOS)]
    assert UNSPLIT not in placed(lone), "signs alone are sentences of their own"


def test_a_control_does_not_take_the_sentence_from_its_row() -> None:
    fill = [made(n, f"Number {n}?") for n in range(PHOTOS)]
    split = dict(zip((row.triplet.photo for row in fill), placed(fill), strict=True))
    test = next(n for n in range(PHOTOS) if split[f"p{n}"] == "test")
    train = next(n for n in range(PHOTOS) if split[f"p{n}"] == "train")
    pair = [made(train, "In here.", unsafe=False), made(test, "In here.")]
    assert placed([*fill, *pair])[-2:] == [UNSPLIT, "test"]


def test_about_a_tenth_goes_to_each_of_test_and_validation() -> None:
    found = placed([made(n, f"Number {n}?", n) for n in range(2000)])
    assert 150 < found.count("test") < 250 and 150 < found.count("validation") < 250
    assert UNSPLIT not in found
    other = placed([made(n, f"Number {n}?", n) for n in range(2000)], seed=1)
    assert other != found


def test_too_few_photos_are_not_split_and_that_is_said() -> None:
    rows = [made(n, "May I?") for n in range(LEAST - 1)]
    splits = Splits.of(map(Said.by, rows))
    assert {splits.place(Said.by(row)) for row in rows} == {"train"}
    assert splits.notes() == ["no split: 9 photos, 10 are the least; "
                              "all rows stand in train"]  # fmt: skip
    assert Splits.of([]).notes() == []


def test_what_stands_in_no_split_and_an_empty_split_are_said() -> None:
    rows = [made(n, "May I?") for n in range(PHOTOS)]
    splits = Splits.of(map(Said.by, rows))
    found = [splits.place(Said.by(row)) for row in rows]
    notes = "\n".join(splits.notes())
    assert f"{found.count(UNSPLIT)} rows stand in no split (`unsplit`)" in notes
    assert "no row stands in test" in notes or "no row stands in train" in notes
    assert "--split-by pattern" in notes
    placed_by = Splits.of(map(Said.by, rows), "pattern")
    assert "--split-by" not in "\n".join(placed_by.notes()), "it is split so already"


def test_photos_without_a_row_make_no_split_empty() -> None:
    assert Splits.of([], album=PHOTOS).notes() == []


def test_why_a_row_of_two_photos_stands_in_no_split() -> None:
    pairs = [Said((f"p{n}", f"p{n + 1}"), "x", f"Number {n}?", True) for n in range(PHOTOS)]
    splits = Splits.of(pairs)
    assert UNSPLIT in {splits.place(row) for row in pairs}
    notes = "\n".join(splits.notes())
    assert "two photos are of two splits" in notes
    assert "--split-by" not in notes, "a build of two photos has no such option"


def test_copies_that_the_screen_let_in_stand_in_one_split() -> None:
    far = [(f"p{n}", f"v:{n * 0x0F0F_3355_00FF_1177 % 2**64:016x}") for n in range(2, 40)]
    groups = copy_groups([("p0", "v:00000000ffffffff"), ("p1", "v:00000000fffffffe"), *far])
    assert groups["p1"] == "p0"
    for seed in range(40):
        rows = [made(n, f"Number {n}?") for n in range(40)]
        splits = Splits.of(map(Said.by, rows), "photo", seed, groups)
        assert splits.place(Said.by(rows[0])) == splits.place(Said.by(rows[1]))


def test_copies_are_found_in_the_log() -> None:
    log = RowLog()
    for at, (id, phash) in enumerate([("b", "v:00000000000000ff"), ("a", "v:00000000000000fe")]):
        log.add_photo(at, Photo(id, f"{id}.jpg", 99, 99, "JPEG", phash), "")
    assert groups_in(log) == {"a": "b"}
