"""Asking one image, rule by rule, until every rule has an end.

Rules run side by side; within a rule a chain ends at the first item that does not hold; where its
score has a cut, at the first that stays below that too.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from crosslight.judge import decide
from crosslight.judge.asking import UNMEASURED, Asker, Look, Models, together
from crosslight.judge.config import JudgeConfig, Thresholds
from crosslight.judge.decide import Place
from crosslight.judge.held_down import holds_down, place_name, plain_no, wants_test
from crosslight.judge.injection import NOTHING, Print
from crosslight.judge.methods import Asked, Plan, PlannedRule, detected_words
from crosslight.judge.reading import NO, YES
from crosslight.judge.views import Views
from crosslight.models import ModelError
from crosslight.records import Evidence, Finding, Measured, PrintTest, RuleFinding

TOGETHER = 16
"""Things that are asked together, at most, where print may have held their answers down."""


@dataclass(slots=True)
class Panel:
    """Asks the questions of one plan. Holds what is the same for all images of a run."""

    plan: Plan
    config: JudgeConfig
    models: Models
    _texts: "asyncio.Task[np.ndarray[Any, Any]] | None" = field(default=None, repr=False)
    _asker: Asker = field(init=False, repr=False)
    _thresholds: dict[str, Thresholds] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._asker = Asker(self.plan, self.config, self.models)
        self._thresholds = {r.id: self.config.thresholds_of(r.id) for r in self.plan.rules}

    async def rules(
        self,
        looks: Sequence[Views],
        prints: Mapping[str, Print] | None = None,
        *,
        addressed: bool = False,
        tests: list[PrintTest] | None = None,
    ) -> list[RuleFinding]:
        """Every rule's finding over all looks at an image, in the order of the plan; the worst look
        counts. A failed call ends its rule at that look only. `prints`: what is printed at each
        look, by its name; `addressed`: some of it speaks to the judge; `tests` takes what was asked
        of several questions together with the print filled."""
        seen = [await self.relevance(views) for views in looks]
        # A rule that fits one look is asked at all of them.
        cosines = [_nearest(row) for row in zip(*seen, strict=True)]
        printed = prints or {}
        made = [Look(v, (), printed.get(v.look.name, NOTHING), addressed) for v in looks]
        kept: list[list[PrintTest]] = [[] for _ in made]
        every = zip(made, kept, strict=True)
        found = await together([self._look(look, cosines, told) for look, told in every])
        if tests is not None:
            tests += [test for told in kept for test in told]
        return [decide.worst(one) for one in zip(*found, strict=True)]

    async def _look(
        self, look: Look, cosines: Sequence[float | None], tests: list[PrintTest]
    ) -> list[RuleFinding]:
        parts = self.plan.parts
        pairs = list(zip(self.plan.rules, cosines, strict=True))
        waiting = [
            (rule, cosine)
            for rule, cosine in pairs
            if self.config.eager or decide.is_relevant(cosine, self._thresholds[rule.id], parts)
        ]
        look.words = detected_words([rule for rule, _ in waiting])
        found: dict[str, RuleFinding] = {}
        if waiting and self.models.judge.card.endpoint:
            # One rule first: the server then has the image in its prefix cache for the others.
            rule, cosine = waiting.pop(0)
            found[rule.id] = await self._rule(rule, cosine, look)
        rest = await together([self._rule(rule, cosine, look) for rule, cosine in waiting])
        found |= {one.rule: one for one in rest}
        held = await self._held_down(found, look, tests)
        if held or held is None:
            # As where print is known to speak to the judge: each No is asked with it filled.
            look.addressed = True
            waiting = [(rule, cosine) for rule, cosine in pairs if rule.id in found]
            rest = await together([self._rule(rule, cosine, look) for rule, cosine in waiting])
            # What the tests say they say again, and by other thresholds otherwise.
            found = {one.rule: _unaddressed(one) if held else one for one in rest}
        for rule, cosine in pairs:
            if rule.id not in found:
                t = self._thresholds[rule.id]
                found[rule.id] = decide.rule_finding(rule.id, (), rule.shape, t, parts, cosine)
        return [found[rule.id] for rule in self.plan.rules]

    async def _held_down(
        self, found: Mapping[str, RuleFinding], look: Look, tests: list[PrintTest]
    ) -> bool | None:
        """Whether print may have held down what got a plain No. All of it is asked together, with
        the print filled; None: that call failed, and nobody knows. Adds to `tests`."""
        if not (wants_test(self.plan.parts) and look.printed.places) or look.addressed:
            return False
        try:
            for several, names in plainly_denied(self.plan.rules, found):
                filled, shown = await self._asker.filled(several, look)
                tests.append(PrintTest(look.name, tuple(names), filled, shown))
        except ModelError:
            return None
        t = self.config.thresholds
        return any(holds_down(test.filled, test.shown, t) for test in tests)

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

    async def _rule(self, rule: PlannedRule, cosine: float | None, look: Look) -> RuleFinding:
        t, parts = self._thresholds[rule.id], self.plan.parts
        try:
            evidence = await self._chains(rule, look)
        except ModelError as error:
            reason = f"{error.kind}: {error.message}"
            return RuleFinding(rule.id, Finding.FAILED, reason, 0.0, cosine, look=look.name)
        shape, ties = rule.shape, rule.ties
        return decide.rule_finding(rule.id, evidence, shape, t, parts, cosine, (look.name,), ties)

    async def _chains(self, rule: PlannedRule, look: Look) -> list[Evidence]:
        """The evidence of one rule: chain by chain, until one of them is violated."""
        chains = decide.places(rule.shape)
        if self.config.eager:
            every = [place for chain in chains for item in chain for place in item]
            return await together([self._evidence(rule, place, look) for place in every])
        found: dict[Place, Evidence] = {}
        for chain in chains:
            if await self._chain(rule, chain, look, found) == YES and self._over(
                rule, chain, found
            ):
                break
        return list(found.values())

    def _over(
        self, rule: PlannedRule, chain: Sequence[Sequence[Place]], found: Mapping[Place, Evidence]
    ) -> bool:
        """Whether what holds also reaches the cut of its rule's score, if there is one."""
        t, known = self._thresholds[rule.id], list(found.values())
        if t.score_cut is None:
            return True
        spans = decide.place_spans(known, rule.shape, t, self.plan.parts, rule.ties)
        return decide.chain_span(chain, spans)[0] >= t.score_cut

    def _under(
        self, rule: PlannedRule, item: Sequence[Place], found: Mapping[Place, Evidence]
    ) -> bool:
        """Whether what does not hold stays below the cut of its rule's score too, if any."""
        t, known = self._thresholds[rule.id], list(found.values())
        if t.score_cut is None:
            return True
        spans = decide.place_spans(known, rule.shape, t, self.plan.parts, rule.ties)
        return decide.chain_span([item], spans)[1] < t.score_cut

    async def _chain(
        self,
        rule: PlannedRule,
        chain: Sequence[Sequence[Place]],
        look: Look,
        found: dict[Place, Evidence],
    ) -> str:
        """One chain, up to the first item that does not hold; adds to `found`."""
        items: list[str] = []
        for item in chain:
            items.append(await self._item(rule, item, look, found))
            if items[-1] == NO and self._under(rule, item, found):
                break
        return decide.all_of(items)

    async def _item(
        self,
        rule: PlannedRule,
        item: Sequence[Place],
        look: Look,
        found: dict[Place, Evidence],
    ) -> str:
        """One item: its alternatives together, then one by one up to the first that holds; adds to
        `found`."""
        answers: list[str] = []
        wanted = [place for place in item if not self._tied(rule, place, found)]
        joint = await self._joint([p for p in wanted if _at(rule, p).joins], rule, look)
        for place in item:
            if place not in wanted:
                answers.append(NO)
                continue
            said = joint if _at(rule, place).joins else UNMEASURED
            found[place] = await self._evidence(rule, place, look, said)
            answers.append(found[place].holds)
            if answers[-1] == YES and self._over(rule, [[place]], found):
                break
        return decide.any_of(answers)

    def _tied(self, rule: PlannedRule, place: Place, found: Mapping[Place, Evidence]) -> bool:
        """Whether a question is about something that is clearly not there."""
        of = rule.ties.get(place, place)
        parent = found.get(of)
        return parent is not None and parent.holds == NO and self._under(rule, [of], found)

    async def _joint(self, several: Sequence[Place], rule: PlannedRule, look: Look) -> Measured:
        """What is said of alternatives that are asked together; a No then is one of each."""
        parts = self.plan.parts
        if not (parts.joint and parts.tokens) or parts.perceived or len(several) < 2:
            return UNMEASURED
        t = self._thresholds[rule.id]
        return await self._asker.joint([_at(rule, place) for place in several], look, t)

    async def _evidence(
        self, rule: PlannedRule, place: Place, look: Look, joint: Measured = UNMEASURED
    ) -> Evidence:
        asked = _at(rule, place)
        t = self._thresholds[rule.id]
        measured, reading = await self._asker.question(asked, look, t, joint)
        return Evidence(*place, asked.see, measured, reading, look.name, asked.absent)


def _at(rule: PlannedRule, place: Place) -> Asked:
    item, alternative = place
    return rule.items[item][alternative]


def plainly_denied(
    rules: Sequence[PlannedRule], found: Mapping[str, RuleFinding]
) -> list[tuple[list[Asked], list[str]]]:
    """What got a No by its score alone, print aside, of rules that are not violated; in lists to
    be asked together, each with the places of its questions."""
    every: dict[str | None, dict[Asked, list[str]]] = {}
    for rule in rules:
        if rule.id not in found or found[rule.id].finding is Finding.VIOLATED:
            continue
        for e in found[rule.id].evidence:
            if plain_no(e):
                asked = _at(rule, (e.item, e.alternative))
                places = every.setdefault(asked.depictions, {}).setdefault(asked, [])
                places.append(place_name(rule.id, e))
    made = []
    for several in every.values():
        pairs = list(several.items())
        for some in (pairs[at : at + TOGETHER] for at in range(0, len(pairs), TOGETHER)):
            made.append(([asked for asked, _ in some], [p for _, places in some for p in places]))
    return made


def _unaddressed(found: RuleFinding) -> RuleFinding:
    """With evidence that does not say by itself that print speaks to the judge."""
    evidence = tuple(
        replace(e, measured=replace(e.measured, addressed=False)) for e in found.evidence
    )
    return replace(found, evidence=evidence)


def _nearest(cosines: Sequence[float | None]) -> float | None:
    return max((c for c in cosines if c is not None), default=None)


def _unit(vectors: Any) -> Any:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)
