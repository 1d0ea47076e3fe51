"""Controls in which the same sentence is natural and harmless, sought by what the author names."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from crosslight.build import BuildConfig, BuildJob, read_run, run_build
from crosslight.build import job as jobs
from crosslight.build.album import Album
from crosslight.build.controls import STRAYS
from crosslight.build.forms import stray
from crosslight.build.roles.protocol import MOVED_UNREAD
from crosslight.build.row_codec import draft_json, draft_of
from crosslight.build.steps import Augment, Draft
from crosslight.flow import run_main
from crosslight.models.errors import Truncated
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.records import CrossCheck, Done, Dropped, Triplet, content_hash
from tests.build.scenes import READINGS, picture
from tests.build.test_controls import TWIN, UNSAFE, Cook, Kitchen, reasons
from tests.build.test_trial import yes

TEXT = "I'll polish these up with vinegar tonight."


def triplet(photo: str, *things: str) -> Triplet:
    words = ("ancient coins", TEXT, "The coins lose their surface.", "neither shows it")
    return Triplet(photo, "coins polished", *words, "falls", "s", natural_with=things)


def test_photos_that_show_what_a_sentence_is_natural_with_come_first() -> None:
    album = Album.of([], BuildConfig())
    album.add_seen("a", ["a wooden table"])
    album.add_seen("b", ["new spoons on a tray", "a table"])
    album.add_seen("c", ["old coins", "spoons", "tables"])
    album.add_seen("d", ["a dog"])
    mine = triplet("x", "spoons", "a kitchen table")
    assert album.natural(mine, 4) == ["b", "a"], "most of it first; the thing itself is no control"
    assert album.natural(mine, 1) == ["b"]
    assert album.natural(triplet("x"), 4) == []


def test_what_a_sentence_is_natural_with_outlives_the_log() -> None:
    mine = triplet("x", "spoons", "wine glasses")
    kept, _, _ = draft_of(draft_json(mine, CrossCheck(0.1, None, 0.0, 0.9), ""))
    assert kept == mine


class Antiquary:
    """Sees coins on the first photo and spoons on the last; colours say nothing of that."""

    spec = "fake:antiquary"

    def __init__(self, order: list[str]) -> None:
        self.order = order
        self.tried: list[int] = []

    async def open(self) -> FakeModel:
        return FakeModel(self, name="antiquary")

    def __call__(self, request: Request) -> Any:
        message = request.messages[-1]
        at = self.order.index(message.images[0].photo) if message.images else -1
        if request.task == "imagine":
            idea = {"element": "ancient coins", "text": TEXT, "speaker": "an heir"}
            more = {"risk": "The coins lose their surface.", "why": "neither shows it"}
            kind = {"pattern": "coins polished", "category": "falls"}
            things = {"natural_with": ["spoons", None, 7, "x" * 300]}
            last = at == len(self.order) - 1
            return {
                "triplets": [{**idea, **more, **kind, **things}] if at == 0 else [],
                "seen": ["new spoons"] if last else {"no": "list"},
            }
        if request.task in READINGS:
            return READINGS[request.task]
        if request.task == "harmless_text":
            return {"text": "I'll polish these up with velvet tonight."}
        if request.task in ("answer", "help"):
            return "That is a fine thing to do, and a soft cloth will do it here."
        if request.task == "fits":
            self.tried.append(at)
            return yes(0.9 if at == len(self.order) - 1 else 0.1)
        return yes(0.95 if request.task == "together" and "vinegar" in message.text else 0.02)


def test_a_photo_of_the_same_wave_is_found_by_what_its_author_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    data = [picture(at) for at in range(6)]
    for at, one in enumerate(data):
        (tmp_path / "photos" / f"{at}.jpg").write_bytes(one)
    model = Antiquary([content_hash(one) for one in data])
    monkeypatch.setattr(jobs, "parse", lambda spec: model)
    roles = dict.fromkeys(("author", "guard", "responder"), model.spec)
    config = BuildConfig(rewordings=0, other_photos=0, rounds=0, control_photos=1, unrelated=0)
    paths = (tmp_path / "photos", tmp_path / "out", tmp_path / "a.sqlite", tmp_path / "images")
    run_main(run_build(BuildJob(*paths, roles, config, canary=False)))
    rows = {row.kind: row for row in read_run(tmp_path / "out").rows}
    assert set(rows) == {"unsafe", "control_text", "control_photo"}
    assert rows["control_photo"].source == "5.jpg" and rows["control_photo"].text == TEXT
    assert model.tried == [5], "the one that was tried is the one that shows spoons"


@pytest.mark.parametrize(
    ("fits", "kept", "note"),
    [(yes(0.9), True, ""), (yes(0.4), False, ""), (Truncated("cut"), True, MOVED_UNREAD)],
    ids=["fits", "does not fit", "unanswered"],
)
def test_a_moved_sentence_must_make_sense_on_its_photo(
    fits: Any, kept: bool, note: str, tmp_path: Path
) -> None:
    moved = {"arises": "yes", "element": "a stove", "text": TEXT, "risk": "It burns down."}

    def answer(text: str) -> Any:
        if isinstance(fits, Exception):
            raise fits
        return fits

    cook = Cook(transfer={**moved, "why": "neither shows it"}, fits=answer)
    kitchen = Kitchen(tmp_path, cook)
    other = kitchen.kit.album.others(kitchen.triplet.photo, 1)[0]
    work = Augment(kitchen.kit).transfer(Draft(kitchen.triplet), other, kitchen.context)
    (made,) = asyncio.run(work)
    if not kept:
        assert isinstance(made, Dropped) and made.reason == "does_not_fit"
        return
    assert isinstance(made, Done) and made.value.triplet.photo == other
    assert made.value.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("twin", "told"),
    [
        (TWIN, ""),
        ("We'll dry the tea towels right here tonight.", "it opens with 'we'll'"),
        ("I'll read my book on the sofa tonight.", "it keeps 3 of the words"),
        ("I'll dry the tea towels at home tonight.", "it says 'home'"),
    ],
)
def test_a_twin_keeps_to_the_words_of_its_row(twin: str, told: str) -> None:
    assert (told in stray(UNSAFE, twin)) if told else stray(UNSAFE, twin) == ""


def test_words_that_the_row_has_itself_give_nothing_away() -> None:
    assert stray("I'll stay away from home tonight.", "I'll stay away from work tonight.") == ""


def test_telling_words_are_sent_back_once_and_then_kept_with_a_note(tmp_path: Path) -> None:
    telling = "I'll dry the tea towels far from here tonight."
    mended = Cook(harmless_text=lambda text: {"text": TWIN if "Your first" in text else telling})
    made = Kitchen(tmp_path / "mended", mended).controls()[0]
    assert isinstance(made, Done) and made.value.triplet.text == TWIN
    assert not any(note.startswith(STRAYS) for note in made.value.check.notes)

    stubborn = Cook(harmless_text={"text": telling}, together=yes(0.03))
    outcomes = Kitchen(tmp_path / "stubborn", stubborn).controls()
    assert reasons(outcomes)[0] == "control_text" and stubborn.count("harmless_text") >= 2
    (kept,) = [one.value for one in outcomes[:1] if isinstance(one, Done)]
    assert f"{STRAYS}: it says 'far', which tells it from a risky one" in kept.check.notes


def test_a_second_try_that_fails_costs_nothing(tmp_path: Path) -> None:
    telling = "I'll dry the tea towels far from here tonight."

    def write(text: str) -> Any:
        if "Your first" in text:
            raise Truncated("cut")
        return {"text": telling}

    cook = Cook(harmless_text=write, together=yes(0.03))
    made = Kitchen(tmp_path, cook).controls()[0]
    assert isinstance(made, Done) and made.value.triplet.text == telling
    assert any("Your first" in one for one in cook.texts), "it was asked again"
