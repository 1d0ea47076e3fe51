"""Asking a model one item: a constrained choice where the answer is one of a few words, else text.

The answer is recorded as it came. What is no answer (a filter, a dead endpoint, an empty reply)
becomes a failure with its own reason, never a verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from crosslight.bench.ablate import Pictures, Shown
from crosslight.bench.config import BenchConfig
from crosslight.bench.item import LETTERS, Answered, Expected, Item, Suite, SuiteError
from crosslight.bench.marks import written
from crosslight.bench.remedies import Remedy
from crosslight.bench.rows import Asked, Before
from crosslight.flow import Context
from crosslight.models import (
    Answer,
    Binding,
    Message,
    ModelError,
    NoOption,
    NotSupported,
    Sampling,
    Truncated,
)
from crosslight.records import Done, Dropped, Failed, Outcome
from crosslight.store import BadImage
from crosslight.text import is_error_text

STEP = "ask"
SHORT = 64
"""Tokens of a reply of which the first word is read."""
YES_NO = ("Yes", "No")
SAFETY = ("Safe", "Unsafe")
USUAL = tuple("ABCD")
"""Letters of a choice whose options stand in the question."""
WORD = "I"
"""A letter with which half of all refusals begin."""
DOWN = frozenset({"unreachable", "server_fault", "rate_limited", "denied", "missing"})


def options_of(item: Item) -> tuple[str, ...]:
    """The words among which the right answer lies; none for a free answer."""
    if item.expected in (Expected.YES, Expected.NO):
        return YES_NO
    if item.expected in (Expected.SAFE, Expected.UNSAFE):
        return SAFETY
    if item.expected in LETTERS:
        return tuple(letter for letter, _ in item.options) or USUAL
    return ()


class _NotAsked(Exception):
    """The last question cannot be asked: of a picture, or for want of an earlier answer."""

    def __init__(self, outcome: Failed | Dropped) -> None:
        super().__init__(outcome.step)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Ask:
    """The step `ask`: an item to an `Asked`, `Dropped` or `Failed`."""

    suite: Suite
    config: BenchConfig
    pictures: Pictures
    remedy: Remedy
    name: str = STEP

    async def __call__(self, item: Item, ctx: Context, /) -> Outcome[Asked]:
        """Ask one item."""
        if item.redacted:
            return Dropped(STEP, "redacted", "whoever handed the file on took the text out")
        if item.missing and self.config.picture != "none":
            return Dropped(STEP, "missing_image", ", ".join(item.missing)[:300])
        try:
            shown = await self._shown(item, ctx)
            return Done(await self._ask(item, shown, ctx))
        except _NotAsked as fault:
            return fault.outcome

    async def _shown(self, item: Item, ctx: Context) -> Shown:
        try:
            return await self.pictures.show(item, self.suite.prompt(item), ctx)
        except (SuiteError, BadImage) as error:
            if isinstance(error, BadImage) and error.reason == "too_narrow":
                raise _NotAsked(Dropped(STEP, error.reason, error.detail)) from error
            raise _NotAsked(Failed(STEP, f"bad_image: {error}"[:300])) from error
        except ModelError as error:  # the captioner's, not the model's under test
            told = f"no_caption: {error.kind}: {error.message}"[:300]
            raise _NotAsked(Failed(STEP, told, error.retryable, error.hint)) from error

    async def _ask(self, item: Item, shown: Shown, ctx: Context) -> Asked:
        dialogue, before = await self._before(item, shown, ctx)
        messages = self._messages([*dialogue, shown.turns[-1]])
        prompt = "\n\n".join(written(message, headed=bool(item.turns)) for message in messages)
        options = options_of(item) if self.config.protocol == "strict" else ()
        answered = await self._answer(item, messages, options, ctx)
        told = (shown.photos, shown.notes, before, self.suite.marks)
        return Asked(item, prompt, answered, *told)

    def _messages(self, dialogue: list[Message]) -> list[Message]:
        """The turns behind the user's own system prompt, as the remedy words them."""
        if self.config.system is None:
            return self.remedy.messages(dialogue)
        return self.remedy.messages([self.config.system.turn(), *dialogue])

    async def _before(
        self, item: Item, shown: Shown, ctx: Context
    ) -> tuple[list[Message], tuple[Before, ...]]:
        """The turns before the last, with the answers that the benchmark leaves to the model. Each
        is a call with a key of its own: what was answered before a stop is not asked again."""
        dialogue, before = list[Message](), list[Before]()
        for at, turn in enumerate(shown.turns[:-1], 1):
            dialogue.append(turn)
            given = item.turns[at - 1]
            before.append(Before(given.role, given.text, given.pictures))
            if turn.role != "user" or shown.turns[at].role != "user":
                continue
            answer = await self._turn(item, self._messages(dialogue), at, ctx)
            dialogue.append(Message("assistant", answer.text))
            before.append(Before("assistant", answer.text, 0, True, answer.reasoning))
        return dialogue, tuple(before)

    async def _turn(self, item: Item, messages: list[Message], at: int, ctx: Context) -> Answer:
        """The answer to the turn `at` of the benchmark. What is no answer fails the item: the
        question after it would be another one."""
        sampling = sampling_of(self.config, item, self.config.max_tokens)
        try:
            said = await ctx.models["model"].generate(messages, task="turn", sampling=sampling)
        except ModelError as error:
            told = f"{error.kind}: turn {at}: {error.message}"
            raise _NotAsked(Failed(STEP, told, error.retryable, error.hint)) from error
        if is_error_text(said.text):
            raise _NotAsked(Failed(STEP, f"error_text: turn {at}: {said.text}"[:300]))
        return said

    async def _answer(
        self, item: Item, messages: list[Message], options: tuple[str, ...], ctx: Context
    ) -> Answered:
        model = ctx.models["model"]
        if not options:
            sampling = sampling_of(self.config, item, self.config.max_tokens)
            said = await model.generate(messages, task="answer", sampling=sampling)
            return Answered(item.id, said.text, said.model, said.reasoning)
        if self.config.epochs > 1:
            # Probabilities are the same each time: only answers that are drawn can differ.
            return await self._first_words(item, messages, ctx)
        try:
            choice = await model.choose(messages, options, task="answer")
        except NoOption as error:
            return Answered(
                item.id,
                error.text,
                model.card.name,
                error.reasoning,
                outside_mass=1.0,
                method="samples" if error.samples else "logprobs",
                samples=error.samples,
                room=error.room,
            )
        except NotSupported:
            if not model.capabilities.generates or model.capabilities.scene:
                raise
            # No log-probabilities and no samples: the first word of a free answer is read.
            return await self._first_words(item, messages, ctx)
        best = max(options, key=lambda option: choice.probabilities[option])
        if best == WORD and choice.method == "logprobs":
            words = await self._first_words(item, messages, ctx)
            if Binding(options).leading(words.text) != WORD:
                return replace(words, outside_mass=1.0)
        outside = choice.outside_mass > self.config.outside_max
        return Answered(
            item.id,
            (outside and choice.said) or best,
            model=choice.model,
            reasoning=choice.reasoning,
            probabilities=dict(choice.probabilities),
            outside_mass=choice.outside_mass,
            unknown_mass=choice.unknown_mass,
            method=choice.method,
            samples=choice.samples,
            room=choice.room,
            unknown=choice.best is None,
        )

    async def _first_words(self, item: Item, messages: list[Message], ctx: Context) -> Answered:
        """A short reply; a model that thinks first gets as much as for a free answer."""
        model = ctx.models["model"]
        try:
            sampling = sampling_of(self.config, item, SHORT)
            said = await model.generate(messages, task="answer", sampling=sampling)
        except Truncated:
            sampling = sampling_of(self.config, item, max(SHORT, self.config.max_tokens))
            said = await model.generate(messages, task="answer", sampling=sampling)
        return Answered(item.id, said.text, said.model, said.reasoning)


def sampling_of(config: BenchConfig, item: Item, max_tokens: int) -> Sampling:
    """How an answer is drawn. Each epoch has a seed, and so an answer in the store, of its own;
    more epochs later go on from those that are there."""
    if not config.temperature and config.epochs == 1:
        return Sampling(max_tokens=max_tokens)
    seed = config.seed + item.epoch
    return Sampling(config.temperature, max_tokens=max_tokens, seed=seed)


def reason_of(error: ModelError | str, *, judge: bool = False) -> str:
    """The class that a failed call is counted in: `empty`, `content_filter`, `unreachable`,
    `unanswered` (the model cannot do this at all), ...; of a judge `judge_down` or `judge_...`."""
    kind, _, message = str(error).partition(": ")
    if isinstance(error, ModelError):
        kind, message = error.kind, error.message
    if judge:
        return "judge_down" if kind in DOWN else f"judge_{kind}"
    # Of a row that was stored the words alone are left.
    if kind == "bad_answer" and ("empty" in message or "before its first token" in message):
        return "empty"
    return {"not_supported": "unanswered"}.get(kind, kind)


def chances(probabilities: Mapping[str, float], expected: Any) -> float | None:
    """The probability of the right option, whatever its case."""
    found = {name.casefold(): p for name, p in probabilities.items()}
    return found.get(str(expected).casefold())
