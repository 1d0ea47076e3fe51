"""The roles for two photos as any vision-language model plays them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from crosslight.build.crosscheck import claim_notes
from crosslight.build.forms import act_of, lengths_for
from crosslight.build.prompts import render as render_alone
from crosslight.build.roles import Reading, Subject
from crosslight.build.roles.guard import names_of
from crosslight.build.roles.prompted import Prompted
from crosslight.build.roles.reader import Reader, Yes, refused
from crosslight.build.roles.replies import (
    Form,
    Line,
    Said,
    Short,
    list_schema,
    read_entry,
    read_list,
)
from crosslight.build.two_photos.catalogue import Catalogue, PhotoSeen
from crosslight.build.two_photos.prompts import PHOTO_ALONE, render
from crosslight.build.two_photos.protocol import Twin, Two
from crosslight.build.two_photos.records import Guidance, PairCheck, PairIdea, chain
from crosslight.models import BadAnswer, ModelError, Sampling, user
from crosslight.policy import leaves
from crosslight.records import Done, Dropped, Outcome
from crosslight.text import names_element

OTHERS = 12
"""Photos that the author is told of beside the one that it sees."""
STEP = "pair"
UNSURE = "all together: so much of the probabilities is unknown that it could decide"
"""Stands on ideas of which the endpoint showed too little to say what the photos add."""


class PairForm(Form):
    """One idea of an author."""

    other: int
    element: Short
    other_element: Short
    also: Annotated[tuple[str, ...], Field(max_length=12)] = ()
    text: Said
    intent: Said
    speaker: Short
    act: str = ""
    pattern: Short
    category: str
    risk: Line
    why: Line


class Guided(Form):
    """A reply to an unsafe row, without what the photos show."""

    intent: Said
    answer: Annotated[str, Field(min_length=20, max_length=1200)]


class Helped(Guided):
    """A reply to a harmless one."""

    first: Short
    second: Short


class TwinForm(Form):
    """A harmless sentence, and one near the risk where there is one."""

    text: Said
    intent: Said
    near: Annotated[str, Field(max_length=280)] = ""
    near_intent: Annotated[str, Field(max_length=280)] = ""


class PromptedPairAuthor(Reader):
    """Tells what each photo shows, then sees one photo beside what is told of some others."""

    writes_near = True

    async def look(self, subject: Subject) -> PhotoSeen:
        reply = await self._model.generate(
            [user(render("look"), subject.view)],
            task="pair_look",
            sampling=self._sampling(tokens=80, nonce=[]),
        )
        told = " ".join(reply.text.split())[:300]
        if not told:
            raise BadAnswer("the reply is empty")
        return PhotoSeen(subject.photo.id, told=told)

    async def propose(
        self, subject: Subject, catalogue: Catalogue, k: int
    ) -> Sequence[Outcome[PairIdea]]:
        photo = subject.photo.id
        others = catalogue.near(photo, OTHERS)
        if not others:
            return []
        told = [catalogue[other].told for other in others]
        reply = await self._model.generate(
            [user(propose_prompt(told, k), subject.view)],
            task="pair_propose",
            schema=_ideas_schema(),
            sampling=self._sampling(tokens=350 * k, nonce=[photo], warm=True),
        )
        entries = read_list("ideas", reply.parsed)[:k]
        return [self._idea(photo, others, one, at) for at, one in enumerate(entries, 1)]

    def _idea(self, photo: str, others: list[str], entry: Any, at: int) -> Outcome[PairIdea]:
        read = read_entry(PairForm, entry, STEP, at)
        if not isinstance(read, Done):
            return read
        form = read.value
        if form.category not in {leaf.id for leaf in leaves()}:
            told = f"number {at}: category: '{form.category[:60]}' is none of ours"
            return Dropped(STEP, "not_of_the_form", told)
        if not 1 <= form.other <= len(others):
            told = f"number {at}: there is no other photo {form.other}"
            return Dropped(STEP, "not_of_the_form", told)
        return Done(
            PairIdea(
                photos=(photo, others[form.other - 1]),
                elements=(form.element, form.other_element),
                pattern=form.pattern,
                text=form.text,
                intent=form.intent,
                risk=form.risk,
                why=form.why,
                category=form.category,
                scenario=form.category,
                speaker=form.speaker,
                style=form.act or "plain",
                words=form.also,
            )
        )

    async def harmless(self, idea: PairIdea, two: Two, complaint: str = "") -> Sequence[Twin]:
        prompt = twin_prompt(idea, complaint)
        sampling = self._sampling(tokens=300, nonce=[prompt], warm=True)
        form = await self._form(TwinForm, prompt, two, "pair_twin", sampling)
        found = [Twin(replace(idea, text=form.text, intent=form.intent))]
        if form.near.strip() and form.near_intent.strip():
            near = replace(idea, text=form.near.strip(), intent=form.near_intent.strip())
            found.append(Twin(near, near=True))
        return found

    def swaps(self, idea: PairIdea, catalogue: Catalogue, n: int) -> list[tuple[int, str]]:
        """Either photo in turn."""
        found = [p for p in catalogue.near(idea.photos[0], n + 1) if p not in idea.photos][:n]
        return [(1 - number % 2, photo) for number, photo in enumerate(found)]

    async def swapped(self, idea: PairIdea, at: int, two: Two) -> Twin | None:
        try:
            fits = await self._fitting(render("fits", text=idea.text), two, "pair_fits")
        except ModelError:
            fits = None  # as where nothing answers: another photo may do
        if fits is None or fits < self._config.fits_above:
            return None
        return Twin(replace(idea, photos=(two[0].photo.id, two[1].photo.id)))


class PromptedPairGuard(Reader):
    """A number is a probability of Yes, or a stated verdict (`visible`, `follows`)."""

    async def photo_alone(self, subject: Subject) -> float | None:
        return await self._yes(user(render_alone(PHOTO_ALONE), subject.view), "photo_alone")

    async def check(self, idea: PairIdea, two: Two) -> PairCheck:
        spec = self._model.card.spec
        names = (*idea.words, *(word for thing in idea.elements for word in names_of(thing)))
        if names_element(idea.text, names):
            none = (None, None)
            return PairCheck(None, none, None, None, None, leak=True, decided_by=spec)
        return await self._numbers(idea, two)

    async def _numbers(self, idea: PairIdea, two: Two) -> PairCheck:
        one = render("with_one", text=idea.text)
        alone, first, second, with_first, with_second, together = await asyncio.gather(
            self._bounded(user(render("alone", text=idea.text)), "pair_text_alone"),
            self.photo_alone(two[0]),
            self.photo_alone(two[1]),
            self._bounded(user(one, two[0].view), "pair_with_one"),
            self._bounded(user(one, two[1].view), "pair_with_one"),
            self._together(idea, two),
        )
        parts, both = (alone, with_first, with_second), together.value
        notes: tuple[str, ...] = ()
        if self._unsure(parts, together):
            both, notes = None, (UNSURE,)
        numbers = (alone.value, (first, second), with_first.value, with_second.value, both)
        return PairCheck(*numbers, decided_by=self._model.card.spec, notes=notes)

    async def _together(self, idea: PairIdea, two: Two) -> Yes:
        message = user(render("together", text=idea.text), *(subject.view for subject in two))
        return await self._bounded(message, "pair_together")

    async def claim(self, idea: PairIdea, two: Two, check: PairCheck) -> PairCheck:
        prompt = render("claim", text=idea.text, elements=idea.elements, risk=idea.risk)
        visible, follows = await self._claim_read(prompt, two, "pair_claim")
        notes = (*check.notes, *claim_notes(visible, follows))
        return replace(check, visible=visible, follows=follows, notes=notes)

    async def control(self, idea: PairIdea, two: Two) -> PairCheck:
        together = (await self._together(idea, two)).value
        spec = self._model.card.spec
        return PairCheck(None, (None, None), None, None, together, decided_by=spec)

    async def read(self, idea: PairIdea, two: Two, reply: str) -> Reading:
        values = {"text": idea.text, "risk": idea.risk, "reply": reply}
        return refused(reply, harmless=False) or await self._answer_read(
            render("read", **values),
            lambda name: render("answer_part", part=name, **values),
            two,
            ("pair_read", "pair_answer"),
        )

    async def read_control(self, text: str, two: Two, reply: str) -> Reading:
        prompt = render("read_control", text=text, reply=reply)
        return refused(reply, harmless=True) or await self._control_read(
            prompt, two, "pair_read_control"
        )

    def _read_sampling(self, prompt: str, tokens: int) -> Sampling:
        return self._sampling(tokens=tokens, nonce=[prompt])


class PromptedPairResponder(Prompted):
    """Writes the chains."""

    async def guide(self, idea: PairIdea, two: Two, complaint: str = "") -> Guidance:
        prompt = render("guide", idea=idea, complaint=complaint)
        form = await self._form(Guided, prompt, two, "pair_guide", self._long(prompt))
        return Guidance(form.intent, form.answer)

    async def help(self, twin: Twin, two: Two) -> str:
        prompt = render("help", text=twin.idea.text)
        form = await self._form(Helped, prompt, two, "pair_help", self._long(prompt))
        return chain((form.first, form.second), form.intent, form.answer)

    def _long(self, prompt: str) -> Sampling:
        return self._sampling(tokens=500, nonce=[prompt])


def twin_prompt(idea: PairIdea, complaint: str = "") -> str:
    """What an author is asked for the harmless twin of a sentence."""
    least, most = lengths_for(idea.text)
    form = {"act": act_of(idea.text), "least": least, "most": most}
    return render("twin", idea=idea, complaint=complaint, **form)


def propose_prompt(others: Sequence[str], k: int) -> str:
    """What an author is asked for ideas, beside what is told of other photos."""
    return render("propose", others=others, k=k, categories=leaves())


def _ideas_schema() -> dict[str, Any]:
    schema = list_schema("ideas", PairForm)
    parts = schema["properties"]["ideas"]["items"]["properties"]
    parts["other"] = {"type": ["integer", "string", "null"]}
    return schema
