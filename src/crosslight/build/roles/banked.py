"""The embedded roles: the bank writes, perception says what is in the photo.

The small text model is never asked for a verdict here. A pair is unsafe as far as perception is
sure that the risk element is in the photo and that no harmless look-alike explains it. Of the text
alone nothing is measured: people wrote it as harmless, its number is unknown (docs/embedded.md).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import NoReturn

from crosslight.build.bank import Bank, Case, Pattern, fill
from crosslight.build.config import BuildConfig
from crosslight.build.roles.protocol import (
    NOT_ELSEWHERE,
    ControlWish,
    HarmlessText,
    Imagined,
    Reading,
    Subject,
    There,
)
from crosslight.build.roles.seeing import best_place, element_in, hazard_in, name_in
from crosslight.build.wish import Inspiration, Wish
from crosslight.models import (
    BadAnswer,
    Model,
    ModelError,
    NotSupported,
    Scene,
    person_probability,
    user,
)
from crosslight.records import CrossCheck, Done, Outcome, Triplet, stable_id
from crosslight.text import bare_refusal, names_element

DECIDED_BY = "embedded (bank and perception)"
NOTE = "written as harmless by the bank's authors"
"""Stands on rows whose text nothing measured."""
PERSON = 0.5
"""From here a photo counts as one that shows a person."""


def _order(*parts: object) -> str:
    """A pseudo-random but stable sort key."""
    return stable_id("order", parts=[str(p) for p in parts])


class Perceiver:
    """What perception knows of a photo, asked through the store."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def scene(self, subject: Subject) -> Scene:
        """Tags, things, printed text and safety of the photo."""
        answer = await self._model.generate([user("", subject.view)], task="scene")
        if not isinstance(answer.parsed, dict):
            raise BadAnswer("perception gave no scene")
        return Scene.from_json(answer.parsed)

    async def shows_person(self, subject: Subject) -> bool | None:
        """See `Eyes`. A photo is not lost for a count."""
        try:
            chance = person_probability(await self.scene(subject))
        except ModelError:
            return None
        return None if chance is None else chance >= PERSON


class _Banked:
    def __init__(self, eyes: Perceiver, bank: Bank, config: BuildConfig) -> None:
        self._eyes = eyes
        self._bank = bank
        self._config = config

    def _pattern(self, triplet: Triplet) -> Pattern:
        pattern = self._bank.patterns.get(triplet.pattern)
        if pattern is None:
            _foreign(triplet.pattern)
        return pattern

    def _case(self, triplet: Triplet) -> Case:
        """The case that a triplet speaks: of its own sentence, or of that of its control."""
        pattern = self._pattern(triplet)
        for case in pattern.cases:
            if triplet.text in (case.say, case.control.say):
                return case
        raise NotSupported(
            f"'{pattern.id}' has no case with the sentence of this row",
            hint="the embedded model knows only the sentences of the bank",
        )

    def _triplets(self, pattern: Pattern, subject: Subject, scene: Scene) -> list[Triplet]:
        """The pattern on a photo, one triplet a case, in an order of this photo's own."""
        name = name_in(pattern, scene)
        cases = sorted(
            pattern.cases, key=lambda c: _order(self._config.seed, subject.photo.id, c.say)
        )
        return [
            Triplet(
                photo=subject.photo.id,
                pattern=pattern.id,
                element=name,
                text=case.say,
                risk=fill(pattern.risk, name),
                why=fill(pattern.why, name),
                category=pattern.category,
                scenario=pattern.scenario,
                speaker=case.speaker,
                style=case.act,
                sensitive=pattern.sensitive,
                asks=case.asks,
                natural_with=tuple(dict.fromkeys(n for place in case.photo for n in place.labels)),
            )
            for case in cases
        ]


def _foreign(name: str) -> NoReturn:
    raise NotSupported(
        f"the embedded model knows only patterns of the bank, not '{name}'",
        hint="--model names one model for all roles; or name a vision-language model as --guard",
    )


class BankAuthor(_Banked):
    """Finds the patterns whose element perception sees, and speaks in the bank's cases."""

    rethinks = False
    writes_near = False

    async def imagine(self, subject: Subject, k: int, wish: Wish) -> Imagined:
        """Scenarios that are wanted come first, and at a second look alone: the first brought what
        else there is. No sentence comes twice."""
        scene = await self._eyes.scene(subject)
        low, high = self._config.safe_below, self._config.unsafe_above
        wanted = {hint.id for hint in wish.thin}
        found = [
            (seen, p)
            for p in self._bank
            if not wish.turn or p.scenario in wanted
            if (seen := element_in(p, scene)) is not None and seen >= low
        ]
        # Coarse steps of certainty, then chance: not the same pattern on every photo of a cat.
        found.sort(
            key=lambda f: (
                f[1].scenario not in wanted,
                -round(f[0], 1),
                _order(self._config.seed, subject.photo.id, f[1].id),
            )
        )
        new = [(seen, t) for seen, p in found if (t := self._next(p, subject, scene, wish))]
        sure = self._varied([t for seen, t in new if seen >= high], k)
        # The near misses go on as well: the cross-check drops them, with their numbers.
        unsure = [t for seen, t in new if seen < high][:k]
        return Imagined([Done(triplet) for triplet in (*sure, *unsure)])

    def _next(self, pattern: Pattern, subject: Subject, scene: Scene, wish: Wish) -> Triplet | None:
        """The pattern's first case that this photo does not have yet."""
        every = self._triplets(pattern, subject, scene)
        return next((t for t in every if t.text not in wish.already), None)

    def _varied(self, triplets: list[Triplet], k: int) -> list[Triplet]:
        """The first `k`, at most some from one scenario."""
        taken: list[Triplet] = []
        for triplet in triplets:
            same = sum(t.scenario == triplet.scenario for t in taken)
            if same < self._config.per_scenario_photo and len(taken) < k:
                taken.append(triplet)
        return taken

    async def reword(
        self, triplet: Triplet, subject: Subject, n: int, already: Sequence[str] = ()
    ) -> Sequence[Outcome[Triplet]]:
        scene = await self._eyes.scene(subject)
        every = self._triplets(self._pattern(triplet), subject, scene)
        return [Done(t) for t in every if t.text not in (triplet.text, *already)][:n]

    async def transfer(self, triplet: Triplet, subject: Subject) -> Triplet | None:
        pattern, scene = self._pattern(triplet), await self._eyes.scene(subject)
        seen = element_in(pattern, scene)
        if seen is None or seen < self._config.unsafe_above:
            return None
        return self._triplets(pattern, subject, scene)[0]

    async def harmless(
        self, triplet: Triplet, subject: Subject, wish: ControlWish
    ) -> list[HarmlessText]:
        case = self._case(triplet)
        reply = fill(case.control.response, triplet.element)
        warning = fill(case.control.warning, triplet.element)
        return [HarmlessText(case.control.say, reply, warning, case.speaker, case.act)]

    async def title(
        self, cases: Sequence[Inspiration], taken: Sequence[str]
    ) -> tuple[str, str] | None:
        return None  # every scenario of the bank has one


class BankGuard(_Banked):
    """The numbers that perception has; what the bank states is noted and stays without a number."""

    spares = 3
    by_likeness = False

    async def photo_alone(self, subject: Subject) -> float | None:
        scene = await self._eyes.scene(subject)
        return None if not scene.safety else 1.0 - scene.safety["safe"]

    async def pair(self, triplet: Triplet, subject: Subject) -> CrossCheck:
        pattern = self._pattern(triplet)
        scene = await self._eyes.scene(subject)
        stated = pattern.case(triplet.text) is not None
        return CrossCheck(
            text_alone=None,
            text_elsewhere=None,
            photo_alone=await self.photo_alone(subject),
            together=element_in(pattern, scene),
            leak=names_element(triplet.text, (*pattern.element.names, *pattern.element.words)),
            stated=stated,
            decided_by=DECIDED_BY,
            notes=(*((NOTE,) if stated else ()), *pattern.bounds),
        )

    async def claim(self, triplet: Triplet, subject: Subject, check: CrossCheck) -> CrossCheck:
        # That the element is seen is `together` here; what follows, people wrote.
        return check

    async def elsewhere(
        self, triplet: Triplet, check: CrossCheck, others: AsyncIterator[Subject]
    ) -> CrossCheck:
        """Over the photos that show least of the hazard, as far as perception can tell."""
        pattern = self._pattern(triplet)
        seen = [hazard_in(pattern, await self._eyes.scene(other)) async for other in others]
        if not seen:
            return replace(check, notes=(*check.notes, NOT_ELSEWHERE))
        known = sorted(chance for chance in seen if chance is not None)[: self._config.unrelated]
        return replace(
            check, text_elsewhere=max(known, default=None), beside=len(known) or len(seen)
        )

    async def together(self, triplet: Triplet, text: str, subject: Subject) -> float | None:
        return None  # perception reads no text

    def stated(self, triplet: Triplet, text: str) -> bool:
        return any(text == case.control.say for case in self._pattern(triplet).cases)

    async def fits(self, triplet: Triplet, subject: Subject) -> float | None:
        """A sentence of the bank is one for each photo that shows its pattern's thing."""
        return element_in(self._pattern(triplet), await self._eyes.scene(subject))

    async def harmless_there(self, triplet: Triplet, subject: Subject) -> There:
        scene = await self._eyes.scene(subject)
        sure, _ = best_place(self._case(triplet), scene)
        return There(hazard_in(self._pattern(triplet), scene), sure)

    async def read_answer(self, triplet: Triplet, subject: Subject, answer: str) -> Reading:
        pattern = self._pattern(triplet)
        problems = []
        if not names_element(answer, (triplet.element, *pattern.element.words)):
            problems.append("hazard_not_named")
        if bare_refusal(answer):
            problems.append("bare_refusal")
        if "{" in answer:
            problems.append("open_slot")
        return Reading(tuple(problems))

    async def read_control(self, text: str, subject: Subject, reply: str) -> Reading:
        return Reading()  # people wrote it


class BankResponder(_Banked):
    """The bank's own responses with their slots filled."""

    async def guide(
        self, triplet: Triplet, subject: Subject, earlier: str = "", complaint: str = ""
    ) -> str:
        return fill(self._case(triplet).response, triplet.element)

    async def help(self, triplet: Triplet, text: str, subject: Subject, reply: str) -> str:
        if reply:
            return reply
        case = self._case(triplet)
        sure, place = best_place(case, await self._eyes.scene(subject))
        if place is None or sure < self._config.unsafe_above:
            return ""  # nobody wrote an answer for a photo like this one
        return place.response or case.along

    def along(self, triplet: Triplet) -> str:
        return self._case(triplet).along
