"""Asking one image: what `decide.read` needs is asked, in its order, until every rule has an end.

Rules run side by side; within a rule the chain ends at the first item that does not hold.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from crosslight.judge import decide
from crosslight.judge.cascade import ask_guard, reason_about
from crosslight.judge.config import JudgeConfig
from crosslight.judge.decide import NO, YES, Need, Place
from crosslight.judge.detector import find
from crosslight.judge.methods import Asked, Plan, PlannedRule
from crosslight.judge.views import Views
from crosslight.models import Choice, Model, ModelError, NoOption, user
from crosslight.records import Evidence, Finding, ImageView, Measured, Reading, RuleFinding, Score

SURE_WIDTH = 1e-4
"""An interval that is narrower than this is a number."""
ELSEWHERE = 0.5
"""With more probability than this on neither word, the words that came are kept."""


@dataclass(frozen=True, slots=True)
class Models:
    """Who is asked: the judge, and where there are some an encoder and a detector."""

    judge: Model
    encoder: Model | None = None
    detector: Model | None = None


@dataclass(slots=True)
class Panel:
    """Asks the questions of one plan. Holds what is the same for all images of a run."""

    plan: Plan
    config: JudgeConfig
    models: Models
    _texts: "asyncio.Task[np.ndarray[Any, Any]] | None" = field(default=None, repr=False)
    _priors: dict[str, Score] = field(default_factory=dict, repr=False)
    """M(None, c) by question: it does not depend on the image."""

    async def rules(self, looks: Sequence[Views]) -> list[RuleFinding]:
        """Every rule's finding over all looks at an image, in the order of the plan; the worst look
        counts. A failed call ends its rule at that look only."""
        seen = [await self.relevance(views) for views in looks]
        # A rule that fits one look is asked at all of them.
        cosines = [_nearest(row) for row in zip(*seen, strict=True)]
        found = await together([self._look(views, cosines) for views in looks])
        return [decide.worst(one) for one in zip(*found, strict=True)]

    async def _look(self, views: Views, cosines: Sequence[float | None]) -> list[RuleFinding]:
        t, parts = self.config.thresholds, self.plan.parts
        pairs = list(zip(self.plan.rules, cosines, strict=True))
        waiting = [p for p in pairs if self.config.eager or decide.is_relevant(p[1], t, parts)]
        found: dict[str, RuleFinding] = {}
        if waiting and self.models.judge.card.endpoint:
            # One rule first: the server then has the image in its prefix cache for the others.
            rule, cosine = waiting.pop(0)
            found[rule.id] = await self._rule(rule, cosine, views)
        rest = await together([self._rule(rule, cosine, views) for rule, cosine in waiting])
        found |= {one.rule: one for one in rest}
        for rule, cosine in pairs:
            if rule.id not in found:
                found[rule.id] = decide.rule_finding(rule.id, (), rule.shape, t, parts, cosine)
        return [found[rule.id] for rule in self.plan.rules]

    async def relevance(self, views: Views) -> list[float | None]:
        """The cosine of the image and each rule's text; None where it is not measured."""
        encoder = self.models.encoder
        if encoder is None or not self.plan.parts.relevance:
            return [None] * len(self.plan.rules)
        if self._texts is None or (self._texts.done() and self._texts.exception()):
            texts = [rule.text for rule in self.plan.rules]
            self._texts = asyncio.ensure_future(encoder.embed(texts, task="relevance"))
        rules = await asyncio.shield(self._texts)
        image = await encoder.embed([await views.whole()], task="relevance")
        return [round(float(c), 6) for c in _unit(rules) @ _unit(image)[0]]

    async def _rule(self, rule: PlannedRule, cosine: float | None, views: Views) -> RuleFinding:
        t, parts = self.config.thresholds, self.plan.parts
        try:
            evidence = await self._chains(rule, views)
        except ModelError as error:
            reason = f"{error.kind}: {error.message}"
            return RuleFinding(rule.id, Finding.FAILED, reason, 0.0, cosine, look=views.look.name)
        looks = (views.look.name,)
        shape, ties = rule.shape, rule.ties
        return decide.rule_finding(rule.id, evidence, shape, t, parts, cosine, looks, ties)

    async def _chains(self, rule: PlannedRule, views: Views) -> list[Evidence]:
        """The evidence of one rule: chain by chain, until one of them is violated."""
        chains = decide.places(rule.shape)
        if self.config.eager:
            every = [place for chain in chains for item in chain for place in item]
            return await together([self._evidence(rule, place, views) for place in every])
        found: dict[Place, Evidence] = {}
        for chain in chains:
            if await self._chain(rule, chain, views, found) == YES:
                break
        return list(found.values())

    async def _chain(
        self,
        rule: PlannedRule,
        chain: Sequence[Sequence[Place]],
        views: Views,
        found: dict[Place, Evidence],
    ) -> str:
        """One chain, up to the first item that does not hold; adds to `found`."""
        items: list[str] = []
        for item in chain:
            answers: list[str] = []
            for place in item:
                parent = found.get(rule.ties.get(place, place))
                if parent is not None and parent.holds == NO:
                    answers.append(NO)
                    continue
                found[place] = await self._evidence(rule, place, views)
                answers.append(found[place].holds)
                if answers[-1] == YES:
                    break
            items.append(decide.any_of(answers))
            if items[-1] == NO:
                break
        return decide.all_of(items)

    async def _evidence(self, rule: PlannedRule, place: Place, views: Views) -> Evidence:
        item, alternative = place
        asked = rule.items[item][alternative]
        measured, reading = await self._question(asked, views)
        look = views.look.name
        return Evidence(item, alternative, asked.see, measured, reading, look, asked.absent)

    async def _question(self, asked: Asked, views: Views) -> tuple[Measured, Reading]:
        m = Measured()
        while isinstance(step := decide.read(m, self.config.thresholds, self.plan.parts), Need):
            m = await self._measure(step, m, asked, views)
        return m, step

    async def _measure(self, need: Need, m: Measured, asked: Asked, views: Views) -> Measured:
        """One more measurement."""
        if need is Need.REGION:
            detector = self.models.detector
            assert detector is not None
            region = await find(detector, await views.whole(), asked.words)
            return replace(m, sought=True, region=region)
        if need is Need.SHOWN:
            return await self._shown(m, asked, views)
        if need is Need.PRIOR:
            return replace(m, prior=await self._score(asked, None))
        if need is Need.WHOLE:
            return replace(m, whole=await self._score(asked, await views.whole()))
        region = m.region
        if need is Need.ERASED:
            assert region is not None
            return replace(m, erased=await self._score(asked, await views.erased(region)))
        image = await views.crop(region) if m.cropped and region else await views.whole()
        rating, rationale = await reason_about(self.models.judge, asked, image, self.config)
        return replace(m, reasoned=rating, rationale=rationale)

    async def _shown(self, m: Measured, asked: Asked, views: Views) -> Measured:
        t, parts = self.config.thresholds, self.plan.parts
        region = m.region
        small = parts.detector and region is not None and decide.is_small(region, t)
        image = await views.crop(region) if small and region else await views.whole()
        wanted: list[Coroutine[Any, Any, Score]] = [self._score(asked, image)]
        if parts.debias1 and not parts.perceived:
            # Both are wanted: side by side, so that a backend can score them together.
            wanted.append(self._score(asked, None))
        scores = await together(wanted)
        prior = scores[1] if len(scores) > 1 else m.prior
        whole = m.whole if small else scores[0]
        return replace(m, shown=scores[0], prior=prior, cropped=small, whole=whole)

    async def _score(self, asked: Asked, image: ImageView | None) -> Score:
        """M(x, c), or M(None, c) without an image. Raises `ModelError`."""
        if image is None and asked.prompt in self._priors:
            return self._priors[asked.prompt]
        # The prompt of a guard is its maker's: the marks in it are meant.
        own = len(asked.prompt) if asked.task == "guard" else 0
        message = user(asked.prompt, *([] if image is None else [image]), own=own)
        if asked.field:
            return await ask_guard(self.models.judge, message, asked)
        try:
            choice = await self.models.judge.choose([message], asked.options, task=asked.task)
        except NoOption as error:
            # The model answered, but with neither word: no failure, and no score either.
            score = Score(0.5, outside=1.0, said=error.text)
        else:
            score = score_of(choice, asked.options[0])
        if image is None:
            self._priors[asked.prompt] = score
        return score


def score_of(choice: Choice, yes: str) -> Score:
    """The score that a choice gives; an interval where not all probability is known."""
    low, high = (round(end, 8) for end in choice.interval(yes))
    known = high - low < SURE_WIDTH
    return Score(
        round(choice.probabilities[yes], 8),
        round(choice.outside_mass, 8),
        choice.samples,
        None if known else low,
        None if known else high,
        choice.method,
        choice.room,
        choice.said if choice.outside_mass > ELSEWHERE else "",
    )


async def together(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All results in order; the first error is raised only when all have ended.

    (A call that is cancelled half-way would have to be paid again.)
    """
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        if tasks:
            await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    errors = [e for task in tasks if (e := task.exception()) is not None]
    stops = [e for e in errors if not isinstance(e, Exception)]
    for error in (*stops, *errors):
        raise error
    return [task.result() for task in tasks]


def _nearest(cosines: Sequence[float | None]) -> float | None:
    return max((c for c in cosines if c is not None), default=None)


def _unit(vectors: Any) -> Any:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)
