"""The embedded roles on made-up scenes: which photos meet, what is said, which twin is found."""

import asyncio
from dataclasses import replace

from crosslight.build.config import BuildConfig
from crosslight.build.roles import Subject
from crosslight.build.roles.banked import Perceiver
from crosslight.build.row_log import RowLog
from crosslight.build.two_photos.banked import BankPairAuthor, BankPairGuard, BankPairResponder
from crosslight.build.two_photos.catalogue import Catalogue
from crosslight.build.two_photos.decide import pair_fault
from crosslight.build.two_photos.read import read_pair_bank
from crosslight.build.two_photos.records import PairIdea, chain
from crosslight.models import Scene
from crosslight.records import Done, ImageView, Photo, content_hash

SAFE = {"safe": 0.97, "sexual": 0.02, "graphic": 0.01}
TAGS = {
    "bees": (("apiary", 0.9),),
    "horse": (("sorrel", 0.95),),
    "hay": (("hay", 0.95),),
    "both": (("apiary", 0.5), ("sorrel", 0.49)),
    "street": (("street sign", 0.9),),
}
CONFIG = BuildConfig()


class Eyes(Perceiver):
    """Knows the scenes."""

    def __init__(self) -> None:
        pass

    async def scene(self, subject: Subject) -> Scene:
        return Scene(TAGS[subject.photo.source], (), SAFE, ())


def subject(name: str) -> Subject:
    id = content_hash(name.encode())
    photo = Photo(id, name, 100, 100, "JPEG", "1:0")
    return Subject(photo, ImageView(id, "none", b""))


PARTS = (Eyes(), read_pair_bank(), CONFIG)
AUTHOR, GUARD, RESPONDER = BankPairAuthor(*PARTS), BankPairGuard(*PARTS), BankPairResponder(*PARTS)


async def catalogue(*names: str) -> Catalogue:
    found = Catalogue(RowLog(), len(names), 0)
    for name in names:
        found.add(await AUTHOR.look(subject(name)))
    return found


async def proposed(name: str, *names: str) -> list[PairIdea]:
    made = await AUTHOR.propose(subject(name), await catalogue(*names), 4)
    return [one.value for one in made if isinstance(one, Done)]


def two(idea: PairIdea) -> tuple[Subject, Subject]:
    by_id = {subject(name).photo.id: subject(name) for name in TAGS}
    return by_id[idea.photos[0]], by_id[idea.photos[1]]


def test_two_photos_that_show_one_thing_each_become_an_idea() -> None:
    ideas = asyncio.run(proposed("bees", "bees", "horse", "street"))
    assert [idea.pattern for idea in ideas] == ["two_animals.bees_and_horse"]
    shown = dict(zip(ideas[0].photos, ideas[0].elements, strict=True))
    assert shown[subject("bees").photo.id] == "beehives"
    assert shown[subject("horse").photo.id] == "a horse"
    assert asyncio.run(proposed("street", "bees", "horse", "street")) == []


def test_the_idea_is_the_same_from_either_photo() -> None:
    one = asyncio.run(proposed("bees", "bees", "horse"))
    assert one == asyncio.run(proposed("horse", "bees", "horse"))


def test_each_photo_alone_is_harmless_and_both_are_not() -> None:
    async def run() -> None:
        (idea,) = await proposed("bees", "bees", "horse")
        check = await GUARD.check(idea, two(idea))
        assert check.together is not None and check.together > 0.7
        assert check.with_first is not None and check.with_first < 0.1
        assert check.stated and check.text_alone is None and not check.leak
        assert pair_fault(check, CONFIG) is None
        # A photo that shows both things needs no second.
        both = replace(idea, photos=(subject("both").photo.id, idea.photos[1]))
        check = await GUARD.check(both, two(both))
        assert check.with_first is not None and check.with_first > CONFIG.safe_below
        assert pair_fault(check, CONFIG) is not None

    asyncio.run(run())


def test_the_reply_is_a_chain_on_both_sides() -> None:
    async def run() -> None:
        (idea,) = await proposed("bees", "bees", "horse")
        guidance = await RESPONDER.guide(idea, two(idea))
        told = chain(idea.elements, guidance.intent, guidance.answer)
        (twin,) = await AUTHOR.harmless(idea, two(idea))
        assert twin.idea.photos == idea.photos and twin.idea.text != idea.text
        calm = await RESPONDER.help(twin, two(idea))
        shown = f"The first photo shows {idea.elements[0]}, and the second {idea.elements[1]}."
        for reply in (told, calm):
            assert reply.startswith(f"{shown} You want ")
            assert "{" not in reply and "the beehives" not in reply
        assert "the horse" in told

    asyncio.run(run())


def test_one_photo_is_changed_only_for_one_with_which_it_is_harmless() -> None:
    async def run() -> None:
        (idea,) = await proposed("bees", "bees", "horse")
        at = idea.elements.index("beehives")
        found = AUTHOR.swaps(idea, await catalogue("bees", "horse", "hay", "street"), 4)
        assert found == [(at, subject("hay").photo.id)]
        photos = [*idea.photos]
        photos[at] = subject("hay").photo.id
        changed = replace(idea, photos=(photos[0], photos[1]))
        twin = await AUTHOR.swapped(idea, at, two(changed))
        assert twin is not None and twin.idea.text == idea.text
        assert twin.idea.elements[at] == "hay"
        check = await GUARD.control(twin.idea, two(twin.idea))
        assert check.together is not None and check.together <= CONFIG.safe_below
        # A photo of the thing itself is none, and one of neither is none.
        assert await AUTHOR.swapped(idea, at, two(idea)) is None
        photos[at] = subject("street").photo.id
        wrong = replace(idea, photos=(photos[0], photos[1]))
        assert await AUTHOR.swapped(idea, at, two(wrong)) is None

    asyncio.run(run())
