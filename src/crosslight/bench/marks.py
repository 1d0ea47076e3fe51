"""Where the pictures of a text stand: `<image>` for the next one, `<image 2>` for the second."""

import re
from collections.abc import Sequence

from crosslight.bench.item import Role
from crosslight.models import Message
from crosslight.records import ImageView

_MARK = re.compile(r"<image(?:[ _-]?(\d{1,3}))?>", re.IGNORECASE)


def wrong_marks(text: str, pictures: int) -> str:
    """Why the marks of a text do not fit its pictures; empty where they do, or where it has none.

    What would be shown at the wrong place, twice by chance, or not at all is no item.
    """
    marks = list(_MARK.finditer(text))
    numbers = [int(mark[1]) for mark in marks if mark[1]]
    if not marks:
        return ""
    if numbers and len(numbers) < len(marks):
        return "the text has marks with and without a number (<image>, <image 1>)"
    if not numbers:
        fits = len(marks) == pictures
        return "" if fits else f"the text has {len(marks)} <image> marks for {pictures} pictures"
    for number in numbers:
        if not 1 <= number <= pictures:
            return f"the text has <image {number}>, and its turn has {pictures} pictures"
    unshown = set(range(1, pictures + 1)) - set(numbers)
    return f"no <image {min(unshown)}> stands among the marks of the text" if unshown else ""


def in_words(text: str, first: int = 1) -> str:
    """The text for a reader who is shown the pictures apart, or not at all: `[image 2]`.

    `first`: the number of its first picture.
    """
    at = iter(range(first, first + len(text)))
    return _MARK.sub(lambda mark: f"[image {_number(mark, first) or next(at)}]", text)


def placed(role: Role, text: str, views: Sequence[ImageView]) -> Message:
    """The turn with its pictures at their marks; without marks they stand before the text.

    A picture that is named twice is shown twice. A mark without a picture (a stand-in may have
    fewer) stays as words.
    """
    out, places, images, end, count = "", list[int](), list[ImageView](), 0, 0
    for mark in _MARK.finditer(text):
        count += 1
        number = int(mark[1] or count)
        out += text[end : mark.start()]
        end = mark.end()
        if 1 <= number <= len(views):
            places.append(len(out))
            images.append(views[number - 1])
        else:
            out += f"[image {number}]"
    if not count:
        return Message(role, text, tuple(views))
    return Message(role, out + text[end:], tuple(images), places=tuple(places))


def written(message: Message, *, headed: bool) -> str:
    """What was asked, for people: with marks again; `headed` by whose turn it is."""
    text = message.text
    for place in sorted(message.places, reverse=True):
        text = f"{text[:place]}<image>{text[place:]}"
    return f"{message.role}: {text}" if headed else text


def _number(mark: re.Match[str], first: int) -> int:
    return int(mark[1]) + first - 1 if mark[1] else 0
