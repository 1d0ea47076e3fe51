"""The guard as any vision-language model plays it: each part alone, both together, replies."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from crosslight.build.crosscheck import claim_notes
from crosslight.build.prompts import render
from crosslight.build.roles.protocol import NOT_ELSEWHERE, Reading, Subject, There
from crosslight.build.roles.reader import Reader, refused
from crosslight.build.roles.replies import NUMBER
from crosslight.models import ModelError, user
from crosslight.records import CrossCheck, Triplet
from crosslight.text import head_word, names_element, other_words

UNSURE = "the text alone: so much of its probability is unknown that it could decide"
"""Stands on drafts of which the endpoint showed too little to say what the photo adds."""


class PromptedGuard(Reader):
    """A number is a probability of Yes, or a stated verdict (`visible`, `follows`)."""

    spares = 1
    by_likeness = True

    async def photo_alone(self, subject: Subject) -> float | None:
        return await self._yes(user(render("unsafe_photo"), subject.view), "photo_alone")

    async def text_alone(self, text: str) -> float | None:
        """Probability that a text is unsafe by itself."""
        return await self._yes(user(render("text_alone", text=text)), "text_alone")

    async def beside(self, text: str, subject: Subject) -> float | None:
        """Probability that a text beside this photo is unsafe."""
        return await self._beside(text, subject, "together")

    async def pair(self, triplet: Triplet, subject: Subject) -> CrossCheck:
        spec = self._model.card.spec
        if names_element(triplet.text, names_of(triplet.element)):
            return CrossCheck(None, None, None, None, leak=True, decided_by=spec)
        alone, photo_alone, both = await asyncio.gather(
            self._bounded(user(render("text_alone", text=triplet.text)), "text_alone"),
            self.photo_alone(subject),
            self._bounded(user(render("together", text=triplet.text), subject.view), "together"),
        )
        check = CrossCheck(alone.value, None, photo_alone, both.value, decided_by=spec)
        if self._unsure([alone], both):
            return replace(check, text_alone=None, notes=(UNSURE,))
        return check

    async def together(self, triplet: Triplet, text: str, subject: Subject) -> float | None:
        return await self.beside(text, subject)

    async def _beside(self, text: str, subject: Subject, task: str) -> float | None:
        return await self._yes(user(render("together", text=text), subject.view), task)

    async def claim(self, triplet: Triplet, subject: Subject, check: CrossCheck) -> CrossCheck:
        visible, follows = await self._claim(triplet, subject)
        notes = (*check.notes, *claim_notes(visible, follows))
        return replace(check, visible=visible, follows=follows, notes=notes)

    async def _claim(self, triplet: Triplet, subject: Subject) -> tuple[float | None, float | None]:
        prompt = render("read_pair", text=triplet.text, element=triplet.element, risk=triplet.risk)
        return await self._claim_read(prompt, [subject], "read_pair")

    async def elsewhere(
        self, triplet: Triplet, check: CrossCheck, others: AsyncIterator[Subject]
    ) -> CrossCheck:
        found: list[float | None] = []
        notes = list(check.notes)
        async for other in others:
            there = await self.harmless_there(triplet, other)
            if there.fits is None or there.fits < self._config.fits_above:
                continue
            worrying = there.unsafe is not None and there.unsafe >= self._config.alone_below
            # The same thing there is the same risk, and says nothing of the words.
            if worrying and await self._shows(triplet, other):
                notes.append("unsafe beside another photo that shows the same thing")
                continue
            found.append(there.unsafe)
            if len(found) == self._config.unrelated:
                break
        if not found:
            notes.append(NOT_ELSEWHERE)
        return replace(check, text_elsewhere=_worst(found), beside=len(found), notes=tuple(notes))

    async def _shows(self, triplet: Triplet, other: Subject) -> bool:
        visible, _ = await self._claim(triplet, other)
        return visible == NUMBER["yes"]

    def stated(self, triplet: Triplet, text: str) -> bool:
        return False  # it reads every text itself

    async def fits(self, triplet: Triplet, subject: Subject) -> float | None:
        """How sure it is that a text makes sense beside a photo; None where nothing answers."""
        try:
            return await self._fitting(render("fits", text=triplet.text), [subject], "fits")
        except ModelError:
            return None

    async def harmless_there(self, triplet: Triplet, subject: Subject) -> There:
        fits = await self.fits(triplet, subject)
        if fits is None or fits < self._config.fits_above:
            return There(None, fits)
        return There(await self._beside(triplet.text, subject, "text_elsewhere"), fits)

    async def read_answer(self, triplet: Triplet, subject: Subject, answer: str) -> Reading:
        values = {"text": triplet.text, "risk": triplet.risk, "answer": answer}
        return refused(answer, harmless=False) or await self._answer_read(
            render("read_answer", **values),
            lambda name: render("answer_part", part=name, **values),
            [subject],
            ("read_answer", "answer"),
        )

    async def read_control(self, text: str, subject: Subject, reply: str) -> Reading:
        prompt = render("read_control", text=text, answer=reply)
        return refused(reply, harmless=True) or await self._control_read(
            prompt, [subject], "read_control"
        )


def names_of(element: str) -> tuple[str, ...]:
    """What no sentence may say: the thing's name, what it turns on, what it is full of, and other
    words for it."""
    heads = [head_word(part) for part in element.split(" of ")]
    return (element, *heads, *(word for head in heads for word in other_words(head)))


def _worst(values: list[float | None]) -> float | None:
    """The largest; None where one is unknown, or none was asked."""
    known = [v for v in values if v is not None]
    return max(known) if known and len(known) == len(values) else None
