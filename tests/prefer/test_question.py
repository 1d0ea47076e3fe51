"""A question is known by its photo and its words."""

from crosslight.prefer.question import Question, without_copies
from crosslight.records import AskedAs, Done, Dropped


def test_the_same_words_beside_the_same_photo_are_asked_once() -> None:
    rows = [
        Question("p", "What is this?", AskedAs.EASY, leaf="theft"),
        Question("p", "What is this?", AskedAs.EASY, leaf="weapon"),
        Question("q", "What is this?", AskedAs.EASY, leaf="theft"),
        Question("p", "What is this for?", AskedAs.EASY, leaf="theft"),
    ]
    kept = without_copies(rows)
    assert [one.value for one in kept if isinstance(one, Done)] == [rows[0], rows[2], rows[3]]
    assert kept[1] == Dropped("questions", "same_question", "also written as easy of theft")
    assert rows[0].id == rows[1].id != rows[2].id
