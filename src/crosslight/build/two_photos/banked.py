"""The embedded roles for two photos: the bank writes, perception says what each photo shows.

All together is as unsafe as perception is sure that one photo shows the one thing and the other
photo the other; the sentence beside one photo, as it is that this photo shows both.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from crosslight.build.config import BuildConfig
from crosslight.build.roles import Reading, Subject
from crosslight.build.roles.banked import DECIDED_BY, NOTE, Perceiver
from crosslight.build.two_photos.catalogue import Catalogue, PhotoSeen, Shown
from crosslight.build.two_photos.protocol import Twin, Two
from crosslight.build.two_photos.read import PairBank
from crosslight.build.two_photos.records import Guidance, PairCheck, PairIdea, chain
from crosslight.build.two_photos.schema import SIDES, PairCase, PairPattern, Seen, filled
from crosslight.build.two_photos.seeing import chance_of, hazard_of, name_of
from crosslight.models import NotSupported
from crosslight.records import Done, Outcome, stable_id
from crosslight.text import bare_refusal, names_element

PARTNERS = 2
"""Photos to try beside one, for a thing that it shows."""


class _Banked:
    def __init__(self, eyes: Perceiver, bank: PairBank, config: BuildConfig) -> None:
        self._eyes, self._bank, self._config = eyes, bank, config

    def _pattern(self, idea: PairIdea) -> PairPattern:
        pattern = self._bank.patterns.get(idea.pattern)
        if pattern is None:
            raise NotSupported(
                f"the embedded model knows only two-photo patterns of the bank: '{idea.pattern}'",
                hint="--model names one model for all roles",
            )
        return pattern

    def _case(self, idea: PairIdea) -> PairCase:
        case = self._pattern(idea).case(idea.text)
        if case is None:
            raise NotSupported(
                f"'{idea.pattern}' has no case with the sentence of this row",
                hint="the embedded model knows only the sentences of the bank",
            )
        return case


class BankPairAuthor(_Banked):
    """Pairs photos of which perception sees one thing each, and speaks in the bank's cases."""

    writes_near = False

    async def look(self, subject: Subject) -> PhotoSeen:
        scene = await self._eyes.scene(subject)
        wanted: dict[str, Seen] = {}
        for pattern in self._bank.patterns.values():
            wanted |= {_part(pattern.id, side): pattern.part(side) for side in SIDES}
            for at, case in enumerate(pattern.cases):
                keys = (_swap(pattern.id, at, n) for n in range(len(case.swaps)))
                wanted |= dict(zip(keys, (swap.shows for swap in case.swaps), strict=True))
        found = []
        for key, thing in wanted.items():
            chance = chance_of(thing, scene)
            if chance is not None and chance >= self._config.safe_below:
                found.append(Shown(key, round(chance, 6), name_of(thing, scene)))
        return PhotoSeen(subject.photo.id, tuple(found))

    async def propose(
        self, subject: Subject, catalogue: Catalogue, k: int
    ) -> Sequence[Outcome[PairIdea]]:
        """The surest first, one of each pattern before a second of any."""
        photo, found = subject.photo.id, list[tuple[float, str, PairIdea]]()
        seen = catalogue[photo]
        for pattern in self._bank.patterns.values():
            for side, across in (SIDES, SIDES[::-1]):
                mine = _shown(seen, _part(pattern.id, side))
                if mine is None:
                    continue
                key = _part(pattern.id, across)
                for other in catalogue.holding(photo, key, PARTNERS):
                    theirs = catalogue.shown(other, key)
                    order = stable_id("order", parts=[pattern.id, *sorted((photo, other))])
                    things = {side: (photo, mine), across: (other, theirs)}
                    idea = self._idea(pattern, order, things)
                    found.append((-round(mine.chance * theirs.chance, 1), order, idea))
        found.sort(key=lambda one: one[:2])
        had: Counter[str] = Counter()
        turns = list[tuple[int, PairIdea]]()
        for _, _, idea in found:
            had[idea.pattern] += 1
            turns.append((had[idea.pattern], idea))
        return [Done(idea) for _, idea in sorted(turns, key=lambda turn: turn[0])[:k]]

    def _idea(
        self, pattern: PairPattern, order: str, things: dict[str, tuple[str, Shown]]
    ) -> PairIdea:
        """Which photo comes first, and which case it is, hangs on the photos alone."""
        number = int(order, 16) ^ self._config.seed
        first, second = SIDES if number % 2 else SIDES[::-1]
        case = pattern.cases[number // 2 % len(pattern.cases)]
        names = {side: shown.name for side, (_, shown) in things.items()}
        return PairIdea(
            photos=(things[first][0], things[second][0]),
            elements=(names[first], names[second]),
            pattern=pattern.id,
            text=case.say,
            intent=case.intent,
            risk=filled(pattern.risk, **names),
            why=filled(pattern.why, **names),
            category=pattern.category,
            scenario=pattern.scenario,
            speaker=case.speaker,
            style=case.act,
            asks=case.asks,
            sensitive=pattern.sensitive,
            sides=(first, second),
        )

    async def harmless(self, idea: PairIdea, two: Two, complaint: str = "") -> Sequence[Twin]:
        control = self._case(idea).control
        said = replace(idea, text=control.say, intent=control.intent)
        return [Twin(said, filled(control.response, **_names(idea)))]

    def swaps(self, idea: PairIdea, catalogue: Catalogue, n: int) -> list[tuple[int, str]]:
        pattern, case = self._pattern(idea), self._case(idea)
        case_at, tries = pattern.cases.index(case), list[tuple[int, str]]()
        for number, swap in enumerate(case.swaps):
            at = idea.sides.index(swap.side)
            key = _swap(pattern.id, case_at, number)
            found = catalogue.holding(idea.photos[1 - at], key, n)
            tries += [(at, photo) for photo in found if photo not in idea.photos]
        return list(dict.fromkeys(tries))[:n]

    async def swapped(self, idea: PairIdea, at: int, two: Two) -> Twin | None:
        pattern, side = self._pattern(idea), idea.sides[at]
        scene = await self._eyes.scene(two[at])
        risky = hazard_of(pattern.part(side), scene)
        if risky is None or risky > self._config.safe_below:
            return None
        fit = [(chance_of(s.shows, scene) or 0.0, s) for s in self._case(idea).swaps]
        sure = [(c, s) for c, s in fit if s.side == side and c >= self._config.unsafe_above]
        if not sure:
            return None
        swap = max(sure, key=lambda one: one[0])[1]
        name = name_of(swap.shows, scene)
        elements = (name, idea.elements[1]) if at == 0 else (idea.elements[0], name)
        photos = (two[0].photo.id, two[1].photo.id)
        shown = replace(idea, photos=photos, elements=elements)
        return Twin(shown, filled(swap.response, **_names(shown)))


class BankPairGuard(_Banked):
    """The numbers that perception has; what the bank states is noted and stays without one."""

    async def photo_alone(self, subject: Subject) -> float | None:
        scene = await self._eyes.scene(subject)
        return None if not scene.safety else 1.0 - scene.safety["safe"]

    async def check(self, idea: PairIdea, two: Two) -> PairCheck:
        pattern = self._pattern(idea)
        words = (*pattern.one.words, *pattern.other.words, *pattern.one.names, *pattern.other.names)
        return await self._numbers(idea, two, leak=names_element(idea.text, words))

    async def claim(self, idea: PairIdea, two: Two, check: PairCheck) -> PairCheck:
        return check  # that both are seen is `together` here; what follows, people wrote

    async def control(self, idea: PairIdea, two: Two) -> PairCheck:
        """Of another sentence perception measures nothing: people wrote it."""
        check = await self._numbers(idea, two)
        if self._case(idea).say == idea.text:
            return check
        return replace(check, with_first=None, with_second=None, together=None)

    async def _numbers(self, idea: PairIdea, two: Two, *, leak: bool = False) -> PairCheck:
        """`with_first`: the first photo shows its own thing and the second's as well."""
        pattern = self._pattern(idea)
        scenes = [await self._eyes.scene(subject) for subject in two]
        parts = [pattern.part(side) for side in idea.sides]
        own = [hazard_of(part, scene) for part, scene in zip(parts, scenes, strict=True)]
        seen = [chance_of(part, scene) for part, scene in zip(parts, scenes, strict=True)]
        across = [hazard_of(part, scene) for part, scene in zip(parts[::-1], scenes, strict=True)]
        first, second = (_both(a, b) for a, b in zip(own, across, strict=True))
        alone = (await self.photo_alone(two[0]), await self.photo_alone(two[1]))
        return PairCheck(
            text_alone=None,
            photos_alone=alone,
            with_first=first,
            with_second=second,
            together=_both(*seen),
            leak=leak,
            stated=True,
            decided_by=DECIDED_BY,
            notes=(NOTE,),
        )

    async def read(self, idea: PairIdea, two: Two, reply: str) -> Reading:
        return Reading(("bare_refusal",) if bare_refusal(reply) else ())

    async def read_control(self, text: str, two: Two, reply: str) -> Reading:
        return Reading()  # people wrote it


class BankPairResponder(_Banked):
    """The replies that people wrote, as chains."""

    async def guide(self, idea: PairIdea, two: Two, complaint: str = "") -> Guidance:
        case = self._case(idea)
        return Guidance(idea.intent, filled(case.response, **_names(idea)))

    async def help(self, twin: Twin, two: Two) -> str:
        return chain(twin.idea.elements, twin.idea.intent, twin.reply)


def _names(idea: PairIdea) -> dict[str, str]:
    """As an answer calls the two things once it has said that they are there."""
    return dict(zip(idea.sides, map(_the, idea.elements), strict=True))


def _the(name: str) -> str:
    article, _, rest = name.partition(" ")
    return f"the {rest}" if article in ("a", "an") else name


def _part(id: str, side: str) -> str:
    return f"{id} {side}"


def _swap(id: str, case: int, number: int) -> str:
    return f"{id} swap {case} {number}"


def _shown(seen: PhotoSeen, key: str) -> Shown | None:
    return next((thing for thing in seen.things if thing.key == key), None)


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other
