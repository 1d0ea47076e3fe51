"""Measuring one question on one look at an image: what `reading.read` needs is asked, in its order.

What all questions of a look share (its boxes, its print) is asked once and kept at the look.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crosslight.judge.cascade import ask_guard, reason_about
from crosslight.judge.config import JudgeConfig, Thresholds
from crosslight.judge.detector import best, deciding, find_all
from crosslight.judge.held_down import holds_down
from crosslight.judge.injection import NOTHING, Print
from crosslight.judge.methods import Asked, Plan, joint_of
from crosslight.judge.reading import (
    Need,
    crop_wanted,
    doubtful,
    read,
    reasoned_look,
)
from crosslight.judge.unasked import boxed_count, print_score, seen_count
from crosslight.judge.views import Views
from crosslight.judge.wording import about_print, names_one_thing
from crosslight.models import Choice, Model, NoOption, Scene, user
from crosslight.records import ImageView, Measured, Reading, Region, Score

UNMEASURED = Measured()
SURE_WIDTH = 1e-4
"""An interval that is narrower than this is a number."""
ELSEWHERE = 0.5
"""With more probability than this on neither word, the words that came are kept."""


@dataclass(frozen=True, slots=True)
class Models:
    """Who is asked: the judge, and where there are some an encoder, a detector and eyes."""

    judge: Model
    encoder: Model | None = None
    detector: Model | None = None
    eyes: Model | None = None
    """The embedded perception, where counts are wanted and no detector is named."""


def models_of(opened: Mapping[str, Model]) -> Models:
    """By role. A judge that sees counts by its own eyes."""
    judge, eyes = opened["judge"], opened.get("eyes")
    if eyes is None and judge.capabilities.scene:
        eyes = judge
    return Models(judge, opened.get("encoder"), opened.get("detector"), eyes)


@dataclass(slots=True)
class Look:
    """One look at an image while it is judged: its views, the words that a detector is asked for,
    its print, and whether that print speaks to the judge."""

    views: Views
    words: tuple[str, ...] = ()
    printed: Print = NOTHING
    addressed: bool = False
    _boxes: "asyncio.Task[tuple[Region, ...]] | None" = field(default=None, repr=False)
    _scene: "asyncio.Task[Scene] | None" = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Which frame or piece it is."""
        return self.views.look.name

    async def boxes(self, detector: Model) -> tuple[Region, ...]:
        """The boxes of all words, asked once. Raises `ModelError`."""
        if self._boxes is None:
            self._boxes = asyncio.ensure_future(self._find(detector))
        return await asyncio.shield(self._boxes)

    async def scene(self, eyes: Model) -> Scene:
        """What the embedded perception sees, asked once. Raises `ModelError`."""
        if self._scene is None:
            self._scene = asyncio.ensure_future(self._see(eyes))
        return await asyncio.shield(self._scene)

    async def _see(self, eyes: Model) -> Scene:
        answer = await eyes.generate([user("", await self.views.whole())], task="look")
        return Scene.from_json(answer.parsed)

    async def _find(self, detector: Model) -> tuple[Region, ...]:
        return await find_all(detector, await self.views.whole(), self.words)


@dataclass(slots=True)
class Asker:
    """Asks the questions of one plan. Holds what is the same for all images of a run."""

    plan: Plan
    config: JudgeConfig
    models: Models
    _priors: dict[str, Score] = field(default_factory=dict, repr=False)
    """M(None, c) by question: it does not depend on the image."""

    async def question(
        self, asked: Asked, look: Look, t: Thresholds, joint: Measured = UNMEASURED
    ) -> tuple[Measured, Reading]:
        """The answer to one question and all that it took, by the thresholds `t` of its rule.
        `joint`: what was said of it together with others. Raises `ModelError`."""
        if not asked.by_model:
            return await self._unasked(asked, look, t)
        m = replace(
            joint,
            single=names_one_thing(asked.see, asked.words),
            lettered=bool(look.printed.places) and not about_print(asked.see, asked.words),
            addressed=look.addressed,
        )
        if m.joint is not None and self.plan.parts.detector and self.plan.parts.crop:
            # Together they were asked as no box of theirs wants a crop: kept, for others may.
            m = await self._measure(Need.REGION, m, asked, look, t)
        while isinstance(step := read(m, t, self.plan.parts, asked.absent), Need):
            m = await self._measure(step, m, asked, look, t)
        return m, step

    async def joint(self, several: Sequence[Asked], look: Look, t: Thresholds) -> Measured:
        """What is said of "at least one of these". Raises `ModelError`.

        Nothing is asked where the whole image cannot clear them: where one of them is so small that
        it wants a crop, or print speaks to the judge; and reasoning is not, where there is print
        that may hold the score down.
        """
        parts = self.plan.parts
        told = look.addressed and parts.print
        if told or any([await self.wants_crop(one, look, t) for one in several]):
            return UNMEASURED
        asked, image = joint_of(several), await look.views.whole()
        score = await self._score(asked, image)
        lettered = bool(look.printed.places) and parts.print
        if lettered or not (parts.cascade and doubtful(score, t)):
            return Measured(joint=score)
        rating, rationale = await reason_about(
            self.models.judge, asked, image, self.config, one_turn=parts.one_turn
        )
        return Measured(joint=score, joint_reasoned=rating, rationale=rationale)

    async def filled(self, several: Sequence[Asked], look: Look) -> tuple[Score, Score | None]:
        """What is said of "at least one of these" with all print filled, and where that could be a
        rise, with it. Raises `ModelError`."""
        asked, t = joint_of(several), self.config.thresholds
        filled = await self._score(asked, await look.views.unprinted(look.printed.places))
        if holds_down(filled, None, t) is not None:
            return filled, None
        return filled, await self._score(asked, await look.views.whole())

    async def wants_crop(self, asked: Asked, look: Look, t: Thresholds) -> bool:
        """Whether a small box is to be looked at for a question. Raises `ModelError`."""
        parts = self.plan.parts
        if not (parts.detector and parts.crop):
            return False
        region, regions = await self._region(asked, look, t)
        single = names_one_thing(asked.see, asked.words)
        found = Measured(sought=True, region=region, regions=regions, single=single)
        return crop_wanted(found, t, parts)

    async def _unasked(self, asked: Asked, look: Look, t: Thresholds) -> tuple[Measured, Reading]:
        """What the text reader and the detector decide, and no model is asked."""
        m = Measured(shown=await self._unasked_score(asked, look))
        step = read(m, t, self.plan.parts, asked.absent)
        assert isinstance(step, Reading)
        return m, step

    async def _unasked_score(self, asked: Asked, look: Look) -> Score:
        if asked.print is not None:
            return print_score(look.printed.read, asked.print)
        assert asked.count is not None
        if self.models.detector is not None:
            whole = await look.views.whole()
            return boxed_count(
                await find_all(self.models.detector, whole, (asked.count.of,)), asked.count
            )
        eyes = self.models.eyes
        return seen_count(None if eyes is None else await look.scene(eyes), asked.count)

    async def _measure(
        self, need: Need, m: Measured, asked: Asked, look: Look, t: Thresholds
    ) -> Measured:
        """One more measurement."""
        if need is Need.REGION:
            region, regions = await self._region(asked, look, t)
            return replace(m, sought=True, region=region, regions=regions)
        if need is Need.SHOWN:
            return await self._shown(m, asked, look.views, t)
        if need is Need.CROP:
            crop = await self._crop(m, asked, look.views)
            return replace(m, whole=m.shown, shown=crop, cropped=True)
        if need is Need.REASONED:
            return await self._reasoned(m, asked, look, t)
        score = await self._score(asked, await self._image(need, m, look))
        # The other needs are called like the scores that they want.
        measured: dict[str, Any] = {str(need): score}
        return replace(m, **measured)

    async def _image(self, need: Need, m: Measured, look: Look) -> ImageView | None:
        """What a score is taken of; None: of the question alone."""
        if need is Need.PRIOR:
            return None
        if need is Need.ERASED:
            assert m.region is not None
            return await look.views.erased(m.regions or (m.region,))
        if need is Need.UNPRINTED:
            return await look.views.unprinted(look.printed.places)
        return await look.views.whole()

    async def _region(
        self, asked: Asked, look: Look, t: Thresholds
    ) -> tuple[Region | None, tuple[Region, ...]]:
        """The box that counts, and all of its word where all are erased."""
        detector, parts = self.models.detector, self.plan.parts
        assert detector is not None
        if not asked.words:
            return None, ()
        if parts.one_detection:
            found = await look.boxes(detector)
        else:
            found = await find_all(detector, await look.views.whole(), asked.words)
        if parts.deciding_word:
            return deciding(found, asked.words, t.box_confidence)
        # Asked for one question's words, a detector may name what it found in words of its own.
        one = deciding(found, asked.words, 1.0)[0] if parts.one_detection else best(found)
        return one, ()

    async def _shown(self, m: Measured, asked: Asked, views: Views, t: Thresholds) -> Measured:
        parts = self.plan.parts
        small = crop_wanted(m, t, parts) and not parts.crop_adds
        first = self._crop(m, asked, views) if small else self._whole(asked, views)
        wanted: list[Coroutine[Any, Any, Score]] = [first]
        if parts.debias1 and not parts.perceived and not parts.floor:
            # Both are wanted: side by side, so that a backend can score them together.
            wanted.append(self._score(asked, None))
        scores = await together(wanted)
        prior = scores[1] if len(scores) > 1 else m.prior
        whole = m.whole if small else scores[0]
        return replace(m, shown=scores[0], prior=prior, cropped=small, whole=whole)

    async def _whole(self, asked: Asked, views: Views) -> Score:
        return await self._score(asked, await views.whole())

    async def _crop(self, m: Measured, asked: Asked, views: Views) -> Score:
        return await self._score(asked, await self._cropped(m, views))

    async def _cropped(self, m: Measured, views: Views) -> ImageView:
        assert m.region is not None
        return await views.crop(m.region, self.config.crop_side if self.plan.parts.enlarge else 0)

    async def _reasoned(self, m: Measured, asked: Asked, look: Look, t: Thresholds) -> Measured:
        """The cascade, over the look that the scores left open."""
        parts = self.plan.parts
        which = reasoned_look(m, t, parts)
        if which == "crop" and m.region is not None:
            image = await self._cropped(m, look.views)
        elif which == "unprinted":
            image = await look.views.unprinted(look.printed.places)
        else:
            image = await look.views.whole()
        rating, rationale = await reason_about(
            self.models.judge, asked, image, self.config, one_turn=parts.one_turn
        )
        return replace(m, reasoned=rating, rationale=rationale, reasoned_look=which)

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
