"""The embedded roles over made-up scenes: the bank speaks, perception counts."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from crosslight.build.bank import Case
from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import decide
from crosslight.build.roles import (
    NOT_ELSEWHERE,
    ControlWish,
    Eyes,
    Reading,
    Roles,
    Subject,
    roles_for,
)
from crosslight.build.roles.banked import NOTE
from crosslight.build.roles.seeing import element_in, hazard_in, name_in
from crosslight.build.wish import ScenarioHint, Wish
from crosslight.models import Scene
from crosslight.models.errors import BadAnswer, NotSupported
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Answer, Request
from crosslight.records import CrossCheck, Done, ImageView, Outcome, Photo, Triplet
from tests.build.banks import made_bank

BANK = made_bank()
CONFIG = BuildConfig()
BOX = [0.1, 0.1, 0.5, 0.5]
SCENES: dict[str, dict[str, Any]] = {
    "cat": {"tags": {"tabby": 0.9, "tiger cat": 0.05}},
    "coffee": {"tags": {"espresso": 0.97}},
    "mug": {"tags": {"coffee mug": 0.9, "espresso": 0.08}},
    "soup": {"tags": {"soup bowl": 0.95}},
    "unsure": {"tags": {"tabby": 0.12, "lynx": 0.1}},
    "meadow": {"tags": {"worm fence": 0.2}},
    "shore": {"tags": {"seashore": 0.95}},
    "cliff": {"tags": {"cliff": 0.95}},
    "notice": {"tags": {"worm fence": 0.2}, "text": [["WET PAINT", 0.99]]},
    "kennel": {"tags": {"worm fence": 0.2}, "things": [["dog", 0.9, BOX]]},
    "street": {"tags": {"minibus": 0.95}, "things": [["person", 0.95, BOX]] * 4},
    "three": {"tags": {"worm fence": 0.9}, "things": [["person", 0.95, BOX]] * 4},
}


def told(name: str) -> dict[str, Any]:
    """The scene as perception gives it."""
    made = {"text": [], "safety": {"safe": 0.97, "sexual": 0.01, "graphic": 0.02}, **SCENES[name]}
    return {**made, "tags": [[tag, p] for tag, p in SCENES[name]["tags"].items()]}


def look(request: Request) -> Answer:
    return Answer("", told(request.messages[-1].images[0].photo))


def subject(name: str) -> Subject:
    photo = Photo(name, f"{name}.jpg", 100, 100, "JPEG", "v:0")
    return Subject(photo, ImageView(name, "jpeg-v1:768:85", b""))


def roles() -> Roles:
    model = FakeModel(look, name="eyes", scene=True)
    return roles_for(model, model, model, BANK, CONFIG)


def done(outcomes: Sequence[Outcome[Triplet]]) -> list[Triplet]:
    assert all(isinstance(one, Done) for one in outcomes)
    return [one.value for one in outcomes if isinstance(one, Done)]


def checked(triplet: Triplet, name: str, *others: str) -> CrossCheck:
    """All that the guard reads, beside other photos."""
    guard = roles().guard

    async def beside() -> AsyncIterator[Subject]:
        for other in others:
            yield subject(other)

    async def read() -> CrossCheck:
        check = await guard.pair(triplet, subject(name))
        check = await guard.claim(triplet, subject(name), check)
        return await guard.elsewhere(triplet, check, beside())

    return asyncio.run(read())


def imagined(name: str, k: int = 6) -> list[Triplet]:
    return done(asyncio.run(roles().author.imagine(subject(name), k, Wish(name))).ideas)


def spoken(pattern: str, at: int, name: str) -> Triplet:
    """A pattern's case on a photo."""
    every = imagined(name)
    first = next(t for t in every if t.pattern == pattern)
    others = done(asyncio.run(roles().author.reword(first, subject(name), 9)))
    say = BANK.patterns[pattern].cases[at].say
    return next(t for t in (first, *others) if t.text == say)


def case_of(triplet: Triplet) -> Case:
    found = BANK.patterns[triplet.pattern].case(triplet.text)
    assert found is not None
    return found


def test_who_shows_a_person_is_counted_and_what_nobody_looked_for_is_unknown() -> None:
    def shown(name: str, eyes: Eyes | None) -> bool | None:
        assert eyes is not None
        return asyncio.run(eyes.shows_person(subject(name)))

    eyes = roles().eyes
    assert shown("street", eyes) is True and shown("soup", eyes) is None
    assert shown("kennel", eyes) is False

    def broken(request: Request) -> Answer:
        raise BadAnswer("no scene")

    blind = FakeModel(broken, name="eyes", scene=True)
    writer = FakeModel(look, name="vlm")
    assert shown("street", roles_for(blind, writer, writer, BANK, CONFIG).eyes) is None
    assert roles_for(writer, writer, writer, BANK, CONFIG).eyes is None


def test_it_imagines_only_what_perception_sees() -> None:
    (found,) = imagined("cat")
    case = case_of(found)
    assert found.pattern == "kitchen.cat"
    assert (found.style, found.speaker, found.asks) == (case.act, case.speaker, "aside")
    assert found.risk == "A small child pulls a tabby down and is hurt before anybody is there."
    assert imagined("meadow") == []


def test_the_thing_is_called_what_is_seen_best_in_this_photo() -> None:
    assert imagined("coffee")[0].element == "a cup of espresso"
    assert imagined("mug")[0].element == "a mug with a hot drink"
    (notice,) = imagined("notice")
    assert notice.element == "the notice"
    answer = asyncio.run(roles().responder.guide(imagined("mug")[0], subject("mug")))
    assert "a mug with a hot drink" in answer and "{" not in answer


def test_a_crowd_needs_its_people_and_what_stands_beside_them() -> None:
    assert [t.pattern for t in imagined("street")] == ["street.crowd"]
    assert imagined("three") == []
    crowd = BANK.patterns["street.crowd"]
    blind = Scene.from_json({**told("street"), "things": None})
    assert element_in(crowd, blind) is None, "no detector looked: unknown, not absent"


def test_what_shares_the_hazard_is_neither_the_element_nor_a_harmless_place() -> None:
    cup, soup = BANK.patterns["kitchen.hot_cup"], Scene.from_json(told("soup"))
    assert imagined("soup") == []
    seen, hazard = element_in(cup, soup), hazard_in(cup, soup)
    assert seen is not None and seen < 0.3
    assert hazard is not None and hazard > 0.7
    triplet = imagined("coffee")[0]
    check = checked(triplet, "coffee", "soup")
    assert check.text_elsewhere == hazard and check.beside == 1


def test_other_wordings_are_the_other_cases() -> None:
    first = imagined("coffee")[0]
    found = done(asyncio.run(roles().author.reword(first, subject("coffee"), 9)))
    says = {case.say for case in BANK.patterns["kitchen.hot_cup"].cases}
    assert {t.text for t in found} == says - {first.text}
    assert {t.element for t in found} == {"a cup of espresso"}


def test_the_number_of_a_stated_text_is_unknown_and_the_row_is_kept() -> None:
    triplet = imagined("cat")[0]
    check = checked(triplet, "cat", "coffee", "meadow", "unsure")
    assert check.text_alone is None and check.stated
    assert check.notes == (NOTE, "region: US and Canada")
    assert check.text_elsewhere is not None and check.text_elsewhere < 0.1
    assert check.photo_alone == pytest.approx(0.03)
    assert check.together is not None and check.together > 0.7
    assert isinstance(decide(check, CONFIG), Done)


def test_without_another_photo_nobody_was_asked_and_that_is_noted() -> None:
    check = checked(imagined("cat")[0], "cat")
    assert (check.text_elsewhere, check.beside) == (None, 0)
    assert NOT_ELSEWHERE in check.notes
    assert isinstance(decide(check, CONFIG), Done)


def test_wanted_scenarios_come_first_never_alone_and_no_sentence_comes_twice() -> None:
    author, here = roles().author, subject("coffee")
    plain = imagined("coffee")
    thin = (ScenarioHint("kitchen", "Kitchen"),)
    again = Wish("coffee", thin, already=(plain[0].text,), turn=1)
    found = done(asyncio.run(author.imagine(here, 6, again)).ideas)
    assert found[0].scenario == "kitchen" and plain[0].text not in {t.text for t in found}
    other = Wish("coffee", (ScenarioHint("street", "Street"),))
    assert done(asyncio.run(author.imagine(here, 6, other)).ideas) == plain, "no street, no less"
    every = tuple(case.say for pattern in BANK for case in pattern.cases)
    assert done(asyncio.run(author.imagine(here, 6, replace(again, already=every))).ideas) == []


def test_a_text_that_nobody_of_the_bank_wrote_is_dropped_not_stated() -> None:
    play, triplet = roles(), imagined("cat")[0]
    foreign = replace(triplet, text="Something that a model made up on the way.")
    check = checked(foreign, "cat", "coffee")
    assert (check.text_alone, check.stated, check.notes[:1]) == (
        None,
        False,
        ("region: US and Canada",),
    )
    assert not isinstance(decide(check, CONFIG), Done)
    assert not play.guard.stated(triplet, "Something else.")
    with pytest.raises(NotSupported, match="no case with the sentence"):
        asyncio.run(play.responder.guide(foreign, subject("cat")))


def test_the_control_is_the_one_of_this_very_case() -> None:
    play, triplet = roles(), spoken("kitchen.hot_cup", 1, "mug")
    (control,) = asyncio.run(play.author.harmless(triplet, subject("mug"), ControlWish()))
    case = case_of(triplet)
    assert (control.text, control.speaker, control.style) == (
        case.control.say,
        "father",
        "request",
    )
    assert play.guard.stated(triplet, control.text)
    assert not play.guard.stated(triplet, triplet.text)
    assert asyncio.run(play.guard.together(triplet, control.text, subject("mug"))) is None


def test_a_photo_is_harmless_only_where_this_case_has_a_place() -> None:
    guard = roles().guard
    toddler, edge = (spoken("kitchen.hot_cup", at, "coffee") for at in (0, 2))
    on_cat = asyncio.run(guard.harmless_there(toddler, subject("cat")))
    assert on_cat.fits is not None and on_cat.fits > 0.7
    assert on_cat.unsafe is not None and on_cat.unsafe < 0.3
    other_case = asyncio.run(guard.harmless_there(edge, subject("cat")))
    assert other_case.fits is not None and other_case.fits < 0.3, "the place of another case"
    meadow = asyncio.run(guard.harmless_there(toddler, subject("meadow")))
    assert meadow.fits is not None and meadow.fits < 0.3


def test_a_place_is_answered_by_its_own_words_or_by_going_along() -> None:
    respond = roles().responder
    toddler = spoken("kitchen.hot_cup", 0, "coffee")
    reply = asyncio.run(respond.help(toddler, toddler.text, subject("cat"), ""))
    assert reply == case_of(toddler).along
    evening = spoken("street.ledge", 0, "cliff")
    assert evening.sensitive
    reply = asyncio.run(respond.help(evening, evening.text, subject("shore"), ""))
    assert reply == case_of(evening).photo[0].response
    assert asyncio.run(respond.help(evening, evening.text, subject("meadow"), "")) == ""
    assert asyncio.run(respond.help(evening, "x", subject("meadow"), "written")) == "written"


def test_answers_of_the_bank_name_the_hazard() -> None:
    play, photo = roles(), subject("coffee")
    for at in range(3):
        triplet = spoken("kitchen.hot_cup", at, "coffee")
        answer = asyncio.run(play.responder.guide(triplet, photo))
        assert asyncio.run(play.guard.read_answer(triplet, photo, answer)) == Reading()
    bad = asyncio.run(play.guard.read_answer(triplet, photo, "I can't help."))
    assert bad.problems == ("hazard_not_named", "bare_refusal")


def test_a_thing_that_no_name_was_seen_for_gets_the_first() -> None:
    nothing = Scene.from_json(told("meadow"))
    assert name_in(BANK.patterns["kitchen.cat"], nothing) == "a tabby"


def test_the_embedded_guard_cannot_check_another_authors_ideas() -> None:
    eyes = FakeModel(look, name="eyes", scene=True)
    other = FakeModel(lambda request: "", name="vlm")
    with pytest.raises(NotSupported, match="guard") as caught:
        roles_for(other, eyes, other, BANK, CONFIG)
    assert "three roles" in caught.value.hint


def test_a_model_without_eyes_is_refused_before_the_first_call() -> None:
    blind = FakeModel(lambda request: "", name="blind", images=False)
    with pytest.raises(NotSupported, match="does not take images"):
        roles_for(blind, blind, blind, BANK, CONFIG)
    assert blind.requests == []
