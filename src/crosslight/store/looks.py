"""The looks that one picture takes until nothing of it is hidden: frames, pieces, another ground.

An ordinary picture is seen at one look, the whole. A view hides something where it shows one frame
of several, where it is shrunk to a strip, or where light parts lie on a white ground.
"""

from dataclasses import dataclass

from crosslight.store.frames import Frame, Frames, spread_over
from crosslight.store.pixels import BLACK, WHITE

LEAST = 64
"""Pixels of the shorter side of what a model is shown, where its longer side is at least four times
that: below, a strip shows next to nothing."""
NARROW = "too narrow"
"""How the note of a view begins that is a strip."""
LOOKS = 16
"""The most looks at one picture, unless asked otherwise."""
_OVERLAP = 8
"""A piece shares this part of its length with the next: what lies on a cut is seen whole."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """One way to see a picture: a frame, all of it or a box of its upright pixels, on a ground.

    `name` is for people, and empty where it is the only look.
    """

    frame: int = 0
    box: Box | None = None
    ground: int = WHITE
    name: str = ""

    @property
    def mark(self) -> str:
        """Behind the recipe of a view; empty for the first frame as a whole on white."""
        box = "" if self.box is None else "|part:" + ",".join(map(str, self.box))
        ground = "" if self.ground == WHITE else f"|ground:{self.ground}"
        return (f"|frame:{self.frame}" if self.frame else "") + box + ground


WHOLE = Look()


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks to take. `unseen` says in words what they leave out; empty: nothing."""

    looks: tuple[Look, ...] = (WHOLE,)
    unseen: str = ""


def is_narrow(width: int, height: int, side: int) -> bool:
    """Whether a view with no side over `side` would be a strip."""
    return max(width, height) * least_shown(side) > min(width, height) * side


def least_shown(side: int) -> int:
    """The shorter side in pixels that a view must have."""
    return min(LEAST, side // 4)


def plan_looks(found: Frames, side: int, most: int) -> Looks:
    """At most so many looks, evenly over all that it would take."""
    every = [look for frame in found.chosen for look in _of_frame(frame, found.total, side)]
    taken = spread_over(every, most)
    frames = {look.frame for look in taken}
    shown = sum(frame.same for frame in found.chosen if frame.at in frames)
    unseen = told_frames(shown, found.total, found.broken)
    if len(taken) < len(every):
        pieces = f"{len(taken)} of {len(every)} pieces of it were looked at"
        unseen = f"{unseen}; {pieces}" if unseen else pieces
    return Looks(tuple(taken), unseen)


def told_frames(shown: int, total: int, broken: str = "") -> str:
    """In words that not all frames were looked at; empty where they were."""
    if shown >= total:
        return ""
    were = "was" if shown == 1 else "were"
    return f"{shown} of {total:,} frames {were} looked at" + (f" ({broken})" if broken else "")


def _of_frame(frame: Frame, total: int, side: int) -> list[Look]:
    name = f"frame {frame.at + 1} of {total:,}" if total > 1 else ""
    boxes = pieces(frame.width, frame.height, side)
    looks = []
    for at, box in enumerate(boxes):
        part = f"piece {at + 1} of {len(boxes)}" if box else ""
        looks.append(Look(frame.at, box, WHITE, ", ".join(filter(None, (name, part)))))
    if frame.light:
        looks += [Look(o.frame, o.box, BLACK, _on_black(o.name)) for o in looks]
        looks = [Look(o.frame, o.box, o.ground, o.name or "on white") for o in looks]
    return looks


def _on_black(name: str) -> str:
    return f"{name}, on black" if name else "on black"


def pieces(width: int, height: int, side: int) -> list[Box | None]:
    """The boxes that a strip is cut into, so that each is shown with the least height (or width);
    one None for a picture that is no strip."""
    if not is_narrow(width, height, side):
        return [None]
    short, long = min(width, height), max(width, height)
    length = max(1, short * side // least_shown(side))
    step = max(1, length - length // _OVERLAP)
    starts = [*range(0, max(1, long - length), step), max(0, long - length)]
    spans = [(start, min(long, start + length)) for start in dict.fromkeys(starts)]
    if width >= height:
        return [(a, 0, b, height) for a, b in spans]
    return [(0, a, width, b) for a, b in spans]
