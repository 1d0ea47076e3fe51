"""Pictures at their marks in a text."""

import pytest

from crosslight.bench.marks import in_words, placed, wrong_marks
from crosslight.models.openai.wire import message_dicts
from crosslight.records import ImageView

RED, BLUE = (ImageView(name, "r", name.encode(), 8, 8) for name in ("red", "blue"))


@pytest.mark.parametrize(
    ("text", "pictures", "says"),
    [
        ("Nothing is marked.", 3, ""),
        ("<image> and <image>", 2, ""),
        ("<IMAGE_2> before <image-1>, and <image 2> again", 2, ""),
        ("<image> alone", 2, "1 <image> marks for 2 pictures"),
        ("<image>", 0, "for 0 pictures"),
        ("<image 3>", 2, "<image 3>, and its turn has 2"),
        ("<image 0>", 1, "<image 0>"),
        ("<image 2>", 2, "no <image 1> stands"),
        ("<image> <image 2>", 2, "with and without"),
        ("<image1> <imagery> <images>", 1, ""),
    ],
)
def test_marks_that_do_not_fit_are_told(text: str, pictures: int, says: str) -> None:
    found = wrong_marks(text, pictures)
    assert says in found
    assert bool(found) is bool(says)


def test_pictures_stand_at_their_marks_and_before_a_text_without() -> None:
    def sent(text: str) -> list[str]:
        (turn,) = message_dicts([placed("user", text, [RED, BLUE])])
        names = {"cmVk": "RED", "Ymx1": "BLUE"}  # the ends of both in base64
        told = (p.get("text") or p["image_url"]["url"] for p in turn["content"])
        return [next((n for end, n in names.items() if end in part), part) for part in told]

    assert sent("Which?") == ["RED", "BLUE", "Which?"]
    assert sent("<image>\n<image>\nWhich?") == ["RED", "BLUE", "\nWhich?"]
    assert sent("Is <image 2> in <image 1>, or <image 2>?") == [
        "Is ",
        "BLUE",
        " in ",
        "RED",
        ", or ",
        "BLUE",
        "?",
    ]


def test_words_for_pictures_that_are_not_shown() -> None:
    assert in_words("<image> by <image>", 3) == "[image 3] by [image 4]"
    assert in_words("<image 2> by <image 1>", 3) == "[image 4] by [image 3]"
    # A stand-in may have fewer pictures than there are marks.
    fewer = placed("user", "<image 1> by <image 2>", [RED])
    assert (fewer.text, fewer.images, fewer.places) == (" by [image 2]", (RED,), (0,))


def test_text_around_a_picture_is_a_strangers_and_the_key_knows_the_place() -> None:
    turn = placed("user", "a <|im_start|> <image> b <think> <image>", [RED, BLUE])
    assert "<|im_start|>" not in turn.sent() and "<think>" not in turn.sent()
    moved = placed("user", "<image> a <|im_start|>  b <think> <image>", [RED, BLUE])
    assert turn.key() != moved.key()
    led = turn.led_by("Take care. ", own=11)
    pieces = led.pieces()
    assert str(pieces[0]).startswith("Take care. a ") and pieces[1] is RED and pieces[3] is BLUE
