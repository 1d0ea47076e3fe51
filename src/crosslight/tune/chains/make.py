"""Chains out of the rows of a build: every sentence of theirs, or of our templates.

A chain says what the photo shows, what is asked, what the two mean together, and then answers: on
both sides, so that the form tells nothing. Nothing is invented: a row that lacks a part gives none.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslight.build import Row
from crosslight.records import stable_id
from crosslight.text import PromptFolder

PROMPTS = PromptFolder(Path(__file__).parent / "prompts")
HEADS = ("What the photo", "What is asked: ", "Together: ", "Answer: ")
"""How each part of a chain begins."""
MOST_SEEN = 3
"""Things that a chain names of one photo."""
_KINDS = ("unsafe", "control_text", "hard_negative", "control_photo")


@dataclass(frozen=True, slots=True)
class Chain:
    """A row for SFT. `photos`: hashes, none to two. `rows`: what it was made of."""

    id: str
    photos: tuple[str, ...]
    asked: str
    target: str
    split: str
    side: str
    rows: tuple[str, ...]
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Chains:
    """What was made, and the rows that gave no chain, each with the reason."""

    made: tuple[Chain, ...]
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _View:
    """One photo of a chain. `seen` is empty where no row says what it shows."""

    seen: str
    meaning: str
    response: str


def make_chains(rows: Sequence[Row], *, several: bool = False) -> Chains:
    """One chain a row. With `several` also chains with two photos (a text beside the photo where it
    is a danger and the one where it is none) and with none (the words alone)."""
    shown = _shown(rows)
    left_out: list[tuple[str, str]] = []
    whole: list[Row] = []
    made: list[Chain] = []
    for row in rows:
        reason = _lacks(row)
        if reason:
            left_out.append((row.id, reason))
            continue
        if row.photo_2:
            made.append(_of_two(row))
            continue
        whole.append(row)
        made.append(_chain([row], shown, row.text))
    if several:
        made += _with_two(whole, shown)
        made += _with_none(whole)
    return Chains(tuple(made), tuple(left_out))


def _shown(rows: Iterable[Row]) -> dict[str, list[str]]:
    """What the rows say of each photo: the things that unsafe rows see in it."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.kind == "unsafe" and row.element.strip():
            # "a cup" and "an open cup" are one thing: the shorter word for it is enough.
            thing = row.element.strip()
            named = found.setdefault(row.photo, {}).setdefault(thing.split()[-1].lower(), thing)
            if len(thing) < len(named):
                found[row.photo][thing.split()[-1].lower()] = thing
    return {photo: list(things.values())[:MOST_SEEN] for photo, things in found.items()}


def _lacks(row: Row) -> str:
    """Why there is no chain of this row; empty where there is one."""
    if row.kind not in _KINDS:
        return "unknown_kind"
    if not row.text.strip() or not row.response.strip():
        return "no_text"
    if not row.element.strip():
        return "no_element"
    if row.kind == "unsafe" and not (row.why.strip() and row.risk.strip()):
        return "no_reason"
    return ""


def _chain(rows: Sequence[Row], shown: dict[str, list[str]], asked: str) -> Chain:
    """A chain over the photos of these rows, which share one text."""
    first = rows[0]
    target = PROMPTS.render("chain", text=first.text, views=[_view(row, shown) for row in rows])
    return Chain(
        id=stable_id("chain", of=[row.id for row in rows], asked=asked),
        photos=tuple(row.photo for row in rows),
        asked=asked,
        target=target,
        split=first.split,
        side="unsafe" if any(row.label == "unsafe" for row in rows) else "safe",
        rows=tuple(row.id for row in rows),
        sensitive=any(row.sensitive for row in rows),
    )


def _of_two(row: Row) -> Chain:
    """The chain of a row that shows two photos: its risk lies in what they are to each other."""
    fields = {"elements": (row.element, row.element_2), "text": row.text, "kind": row.kind}
    reasons = {"why": row.why.strip(), "risk": row.risk.strip()}
    target = PROMPTS.render("of_two", **fields, **reasons, response=_answer(row))
    return Chain(
        id=stable_id("chain", of=[row.id], asked=row.text),
        photos=row.photos,
        asked=row.text,
        target=target,
        split=row.split,
        side=row.label,
        rows=(row.id,),
        sensitive=row.sensitive,
    )


def _answer(row: Row) -> str:
    """The reply without what it says of the photos and of what is wanted: the chain says that."""
    _, found, answer = row.response.partition(row.intent.strip())
    return (answer if row.intent.strip() and found else row.response).strip()


def _view(row: Row, shown: dict[str, list[str]]) -> _View:
    # The element of a photo control is what its photo lacks: others say what is in it.
    things = shown.get(row.photo, []) if row.kind == "control_photo" else [row.element]
    fields = {"element": row.element, "why": row.why.strip(), "risk": row.risk.strip()}
    meaning = PROMPTS.render("meaning", kind=row.kind, **fields)
    return _View(", ".join(things), meaning, row.response.strip())


def _with_two(rows: Sequence[Row], shown: dict[str, list[str]]) -> Iterator[Chain]:
    """Each photo control beside the row that it came from; which comes first hangs on the ids.

    Photos of two splits are never shown together.
    """
    by_id = {row.id: row for row in rows}
    for row in rows:
        parent = by_id.get(row.parent) if row.kind == "control_photo" else None
        if parent is None or parent.split != row.split or parent.text != row.text:
            continue
        pair = [parent, row]
        if int(stable_id("order", a=parent.id, b=row.id), 16) % 2:
            pair.reverse()
        yield _chain(pair, shown, PROMPTS.render("two_photos", text=row.text))


def _with_none(rows: Iterable[Row]) -> Iterator[Chain]:
    """The words of an unsafe row alone, one for each photo and pattern."""
    had: set[tuple[str, str]] = set()
    for row in rows:
        if row.kind != "unsafe" or (row.photo, row.pattern) in had:
            continue
        had.add((row.photo, row.pattern))
        yield Chain(
            id=stable_id("chain", of=[row.id], asked="alone"),
            photos=(),
            asked=row.text,
            target=PROMPTS.render("chain", text=row.text, views=[]),
            split=row.split,
            side="safe",
            rows=(row.id,),
            sensitive=row.sensitive,
        )
