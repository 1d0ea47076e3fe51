"""The embedded roles: the bank writes, perception says what is in the photo.

The small text model is never asked for a verdict here. A pair is unsafe as far as perception is
sure that the risk element is in the photo and that no harmless look-alike explains it; the text is
safe alone because the bank says so (docs/embedded.md).
"""

from collections.abc import Sequence
from typing import NoReturn

from crosslight.build.bank import Bank, Pattern
from crosslight.build.config import BuildConfig
from crosslight.build.leak import bare_refusal, names_element
from crosslight.build.roles.protocol import HarmlessText, Subject
from crosslight.models import BadAnswer, Model, NotSupported, Scene, element_probability, user
from crosslight.records import CrossCheck, Triplet, stable_id

DECIDED_BY = "embedded (bank and perception)"
NOTE = "text numbers are the statement of the bank's authors, not a measurement"


def _order(*parts: object) -> str:
    """A pseudo-random but stable sort key."""
    return stable_id("order", parts=[str(p) for p in parts])


class Perceiver:
    """What perception knows of a photo, asked through the store."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def scene(self, subject: Subject) -> Scene:
        """Tags, printed text and safety of the photo."""
        answer = await self._model.generate([user("", subject.view)], task="scene")
        if not isinstance(answer.parsed, dict):
            raise BadAnswer("perception gave no scene")
        return Scene.from_json(answer.parsed)

    async def sees(self, pattern: Pattern, subject: Subject) -> float:
        """Probability that the pattern's element is in the photo."""
        return element_in(pattern, await self.scene(subject))


def element_in(pattern: Pattern, scene: Scene) -> float:
    """Calibrated probability that the pattern's element is in the scene."""
    element = pattern.element
    return element_probability(scene, element.classes, pattern.lookalikes, element.print)


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

    def _triplet(self, pattern: Pattern, subject: Subject, index: int) -> Triplet:
        """The pattern on a photo, in the phrasing that stands at `index` of this photo's order."""
        phrasings = sorted(
            pattern.texts, key=lambda t: _order(self._config.seed, subject.photo.id, t.say)
        )
        chosen = phrasings[index % len(phrasings)]
        return Triplet(
            photo=subject.photo.id,
            pattern=pattern.id,
            element=pattern.element.name,
            text=chosen.say,
            risk=pattern.fill(pattern.risk),
            why=pattern.fill(pattern.why),
            category=pattern.category,
            scenario=pattern.scenario,
            speaker=chosen.speaker,
            style=chosen.style,
            sensitive=pattern.sensitive,
        )


def _foreign(name: str) -> NoReturn:
    raise NotSupported(
        f"the embedded model knows only patterns of the bank, not '{name}'",
        hint="--model names one model for all roles; or name a vision-language model as --guard",
    )


class BankAuthor(_Banked):
    """Finds the patterns whose element perception sees, and speaks in the bank's phrasings."""

    async def imagine(self, subject: Subject, k: int, scenario: str = "") -> list[Triplet]:
        scene = await self._eyes.scene(subject)
        found = [
            (element_in(p, scene), p) for p in self._bank if not scenario or p.scenario == scenario
        ]
        low, high = self._config.safe_below, self._config.unsafe_above
        found = [(seen, p) for seen, p in found if seen >= low]
        # Coarse steps of certainty, then chance: not the same pattern on every photo of a cat.
        found.sort(
            key=lambda f: (-round(f[0], 1), _order(self._config.seed, subject.photo.id, f[1].id))
        )
        sure = self._varied([p for seen, p in found if seen >= high], k)
        unsure = [p for seen, p in found if seen < high][:k]
        return [self._triplet(p, subject, 0) for p in (*sure, *unsure)]

    def _varied(self, patterns: list[Pattern], k: int) -> list[Pattern]:
        """The first `k`, at most some from one scenario."""
        taken: list[Pattern] = []
        for pattern in patterns:
            same = sum(t.scenario == pattern.scenario for t in taken)
            if same < self._config.per_scenario_photo and len(taken) < k:
                taken.append(pattern)
        return taken

    async def reword(self, triplet: Triplet, subject: Subject, n: int) -> list[Triplet]:
        pattern = self._pattern(triplet)
        every = [self._triplet(pattern, subject, i) for i in range(len(pattern.texts))]
        return [t for t in every if t.text != triplet.text][:n]

    async def transfer(self, triplet: Triplet, subject: Subject) -> Triplet | None:
        pattern = self._pattern(triplet)
        if await self._eyes.sees(pattern, subject) < self._config.unsafe_above:
            return None
        return self._triplet(pattern, subject, 0)

    async def harmless(self, triplet: Triplet, subject: Subject) -> list[HarmlessText]:
        pattern = self._pattern(triplet)
        # Another order for every wording: rows of one pattern get different controls.
        written = sorted(
            pattern.controls.text, key=lambda c: _order(self._config.seed, triplet.id, c.say)
        )
        return [HarmlessText(c.say, pattern.fill(c.response)) for c in written]


class BankGuard(_Banked):
    """The four numbers, out of perception; what the bank states is noted as such."""

    spares = 3

    async def photo_alone(self, subject: Subject) -> float | None:
        scene = await self._eyes.scene(subject)
        return None if not scene.safety else 1.0 - scene.safety["safe"]

    async def check(
        self, triplet: Triplet, subject: Subject, unrelated: Sequence[Subject]
    ) -> CrossCheck:
        pattern = self._pattern(triplet)
        written = any(triplet.text == t.say for t in pattern.texts)
        # Unrelated as far as perception sees: the photos that show the element least.
        elsewhere = sorted([await self._eyes.sees(pattern, other) for other in unrelated])
        elsewhere = elsewhere[: self._config.unrelated]
        return CrossCheck(
            text_alone=0.0 if written else None,
            text_elsewhere=max(elsewhere) if elsewhere and written else None,
            photo_alone=await self.photo_alone(subject),
            together=await self._eyes.sees(pattern, subject),
            leak=names_element(triplet.text, (pattern.element.name, *pattern.element.words)),
            decided_by=DECIDED_BY,
            notes=(NOTE,),
        )

    async def together(self, triplet: Triplet, text: str, subject: Subject) -> float | None:
        pattern = self._pattern(triplet)
        return 0.0 if any(text == c.say for c in pattern.controls.text) else None

    async def harmless_there(self, triplet: Triplet, subject: Subject) -> float | None:
        pattern = self._pattern(triplet)
        scene = await self._eyes.scene(subject)
        place = element_probability(scene, pattern.controls.photo.classes, (), ())
        if place < self._config.unsafe_above:
            return None  # perception does not see that this is one of the harmless places
        return element_in(pattern, scene)

    async def answer_problems(self, triplet: Triplet, subject: Subject, answer: str) -> list[str]:
        pattern = self._pattern(triplet)
        problems = []
        if not names_element(answer, (pattern.element.name, *pattern.element.words)):
            problems.append("hazard_not_named")
        if bare_refusal(answer):
            problems.append("bare_refusal")
        if "{" in answer:
            problems.append("open_slot")
        return problems


class BankResponder(_Banked):
    """The bank's own responses with their slots filled."""

    async def guide(self, triplet: Triplet, subject: Subject, attempt: int) -> str:
        pattern = self._pattern(triplet)
        return pattern.fill(pattern.response)

    async def help(self, triplet: Triplet, text: str, subject: Subject, reply: str) -> str:
        pattern = self._pattern(triplet)
        return reply or pattern.fill(pattern.controls.photo.response)
