"""Asking a model one item: a constrained choice where the answer is one of a few words, else text.

The answer is recorded as it came. What is no answer (a filter, a dead endpoint, an empty reply)
becomes a failure with its own reason, never a verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosslight.bench.ablate import Pictures, Shown
from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Answered, Expected, Item, Suite, SuiteError
from crosslight.bench.remedies import Remedy
from crosslight.bench.rows import Asked
from crosslight.flow import Context
from crosslight.models import Message, ModelError, NoOption, NotSupported, Sampling, Truncated
from crosslight.records import Done, Dropped, Failed, Outcome
from crosslight.store import BadImage

STEP = "ask"
SHORT = 64
"""Tokens of a reply of which the first word is read."""
YES_NO = ("Yes", "No")
SAFETY = ("Safe", "Unsafe")
LETTERS = frozenset("ABCD")
DOWN = frozenset({"unreachable", "server_fault", "rate_limited", "denied", "missing"})


def options_of(item: Item) -> tuple[str, ...]:
    """The words among which the right answer lies; none for a free answer."""
    if item.expected in (Expected.YES, Expected.NO):
        return YES_NO
    if item.expected in (Expected.SAFE, Expected.UNSAFE):
        return SAFETY
    if item.expected in LETTERS:
        return tuple(letter for letter, _ in item.options) or tuple("ABCD")
    return ()


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
            shown = await self.pictures.show(item, self.suite.prompt(item), ctx)
        except (SuiteError, BadImage) as error:
            if isinstance(error, BadImage) and error.reason == "too_narrow":
                return Dropped(STEP, error.reason, error.detail)
            return Failed(STEP, f"bad_image: {error}"[:300])
        except ModelError as error:  # the captioner's, not the model's under test
            return Failed(
                STEP,
                f"no_caption: {error.kind}: {error.message}"[:300],
                retryable=error.retryable,
                hint=error.hint,
            )
        return Done(await self._ask(item, shown, ctx))

    async def _ask(self, item: Item, shown: Shown, ctx: Context) -> Asked:
        turns = [Message("user", shown.text, shown.views)]
        if self.config.system is not None:
            turns.insert(0, self.config.system.turn())
        messages = self.remedy.messages(turns)
        prompt = "\n\n".join(message.text for message in messages)
        photos = tuple(view.photo for view in shown.views)
        options = options_of(item) if self.config.protocol == "strict" else ()
        answered = await self._answer(item, messages, options, ctx)
        return Asked(item, prompt, answered, photos, shown.notes)

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
                item.id, error.text, model.card.name, outside_mass=1.0, method="logprobs"
            )
        except NotSupported:
            if not model.capabilities.generates or model.capabilities.scene:
                raise
            # No log-probabilities and no samples: the first word of a free answer is read.
            return await self._first_words(item, messages, ctx)
        best = max(options, key=lambda option: choice.probabilities[option])
        outside = choice.outside_mass > self.config.outside_max
        return Answered(
            item.id,
            (outside and choice.said) or best,
            model=choice.model,
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
    # An empty reply has no error class of its own in the models room.
    if kind == "bad_answer" and ("empty" in message or "before its first token" in message):
        return "empty"
    return {"not_supported": "unanswered"}.get(kind, kind)


def chances(probabilities: Mapping[str, float], expected: Any) -> float | None:
    """The probability of the right option, whatever its case."""
    found = {name.casefold(): p for name, p in probabilities.items()}
    return found.get(str(expected).casefold())
