"""What became of every input: each question in one place, each failure counted where it is due."""

from crosslight.flow import Leaf, RowResult
from crosslight.prefer.answered import Item
from crosslight.prefer.fates import Fates
from crosslight.prefer.question import Question
from crosslight.prefer.sources import Inputs
from crosslight.records import AskedAs, Done, Dropped, Failed, Photo


def test_the_same_words_beside_the_same_photo_are_compared_once() -> None:
    rows = [
        Question("p", "What is this?", AskedAs.EASY, leaf="theft"),
        Question("p", "What is this?", AskedAs.EASY, leaf="weapon"),
        Question("p", "What is this for?", AskedAs.EASY, leaf="theft"),
    ]
    assert rows[0].id == rows[1].id != Question("q", "What is this?").id
    photo = Photo("p", "p.jpg", 100, 100, "JPEG", "")
    fates = Fates(Inputs((photo,), ("p.jpg",), {"p": photo}))
    leaves = [Leaf(Done(Item(row, ())), row) for row in rows]
    items, failed = fates.graded(RowResult(0, photo, tuple(leaves)))
    assert [item.question for item in items] == [rows[0], rows[2]] and not failed
    _, (lost, *rest) = fates.end()
    assert isinstance(lost.outcome, Dropped) and lost.outcome.reason == "same_question"
    assert (lost.input, lost.row, "weapon" in lost.outcome.detail) == ("p.jpg", rows[1].id, True)
    assert [one.input for one in rest] == ["p.jpg"], "the two others still wait for a comparison"


def test_a_responder_answers_for_what_it_was_asked_and_for_nothing_before() -> None:
    asked = Question("p", "What is this?")
    photo = Photo("p", "p.jpg", 100, 100, "JPEG", "")
    for step, before, counts in (
        ("check_question", asked, 0),
        ("answers", asked, 1),
        ("grade", Item(asked, ()), 1),
    ):
        fates = Fates(Inputs((photo,), ("p.jpg",), {"p": photo}))
        result = RowResult(0, photo, (Leaf(Failed(step, "unreachable: gone"), before),))
        assert fates.graded(result) == ([], counts), step
        account, (lost,) = fates.end()
        assert (account.failed, lost.text) == (1, "What is this?")
