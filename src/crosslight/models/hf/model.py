"""An open transformers model: `generate`, `choose` by logits, and many questions in one pass."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import torch

from crosslight.models.choosing import ROOM, Heard
from crosslight.models.errors import ModelError, NotSupported, ServerFault, Unreachable
from crosslight.models.hf import decode
from crosslight.models.hf.coalesce import Coalescer
from crosslight.models.hf.decode import Coca, Vcd, Written
from crosslight.models.hf.network import Network
from crosslight.models.hf.options import Vocabulary
from crosslight.models.hf.prompt import Prompt, Renderer
from crosslight.models.hf.score import Method, Scorer
from crosslight.models.hf.selftest import Report
from crosslight.models.hf.streams import Mixed, mixed
from crosslight.models.hf.thinking import TOP, MayThink, Writer, behind
from crosslight.models.lane import in_lane
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Usage,
    Vectors,
    with_question,
)

if TYPE_CHECKING:
    from torch import Tensor

Asked = tuple[tuple[Message, ...], tuple[str, ...]]
"""One question: its messages and its options."""


class HfModel:
    """A loaded model. Calls run one at a time in the torch lane; questions on the same images
    that are asked at the same time run as one."""

    def __init__(
        self,
        scorer: Scorer,
        renderer: Renderer,
        vocabulary: Vocabulary,
        tokenizer: Any,
        *,
        card: ModelCard,
        report: Report,
        room: int = ROOM,
    ) -> None:
        self.card = card
        self.report = report
        self.capabilities = Capabilities(
            images=scorer.network.family is not None, logprobs=True, seed=True
        )
        self._scorer: Scorer | None = scorer
        self._renderer = renderer
        self._vocabulary = vocabulary
        self._device = str(scorer.network.device)
        self._ends = _ends(scorer.network, tokenizer)
        self._writes = Writer(tokenizer, vocabulary, renderer.opens, self._ends, card.name)
        self._room = room
        self._thinks = bool(renderer.opens)
        """Whether it was seen to think before it answers: then it is given its room at once."""
        self._gather: Coalescer[Asked, Choice] = Coalescer(self._choose_together)

    def __repr__(self) -> str:
        return f"HfModel({self.card.name!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open model is not pickled; pickle its backend")

    @property
    def method(self) -> Method:
        """How questions are scored: packed, prefix or full."""
        return self._open().method

    @property
    def passes(self) -> int:
        """Forward passes over questions so far; `choose` calls cost fewer of them."""
        return self._open().passes

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """Decode an answer. `temperature` and `top_p` mean what they say: of the repository's
        generation config only the end tokens are used. Raises NotSupported (schema), Rejected."""
        return await self.generate_with(
            None, messages, schema=schema, sampling=sampling, logprobs=logprobs
        )

    async def generate_with(
        self,
        remedy: Vcd | Coca | None,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """The same under a decoding remedy."""
        if schema is not None:
            raise NotSupported(
                "hf: models do not enforce schemas", hint="serve it with vLLM: openai:MODEL@URL"
            )
        said = tuple(messages)
        return await in_lane(self._device, lambda: self._generate(said, sampling, logprobs, remedy))

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """By the logits of all first tokens that stand for an option; with a model that thinks
        first by the log-probabilities behind its trace."""
        said, wanted = tuple(messages), tuple(options)
        if self._thinks and self._room:
            return await self._choose_behind(said, wanted)
        *before, last = messages
        key = (tuple((m.role, m.text, m.images) for m in before), last.role, last.images)
        try:
            return await self._gather.ask(key, (said, wanted))
        except MayThink as seen:
            return await self._choose_behind(said, wanted, seen)

    async def choose_many(
        self,
        prefix: Sequence[Message],
        questions: Sequence[str],
        options: Sequence[str],
        *,
        task: str = "",
    ) -> list[Choice]:
        """See `ScoresMany`."""
        asked = [(tuple(with_question(prefix, q)), tuple(options)) for q in questions]
        if self._thinks and self._room:
            return [await self._choose_behind(*one) for one in asked]
        results = await self._choose_together(asked) if asked else []
        return [
            await self._choose_behind(*one, result)
            if isinstance(result, MayThink)
            else _value(result)
            for one, result in zip(asked, results, strict=True)
        ]

    async def choose_with(
        self, remedy: Vcd | Coca | None, messages: Sequence[Message], options: Sequence[str]
    ) -> Choice:
        """`choose` under a decoding remedy."""
        said, wanted = tuple(messages), tuple(options)
        if self._thinks and self._room:
            return await self._choose_behind(said, wanted, remedy=remedy)
        result = await in_lane(self._device, lambda: self._choose_under(remedy, said, wanted))
        if isinstance(result, MayThink):
            return await self._choose_behind(said, wanted, result, remedy=remedy)
        return _value(result)

    async def first_logits(self, messages: Sequence[Sequence[Message]]) -> "Tensor":
        """Raw logits (questions, vocabulary) of dialogues on the same images, for tests and
        measurements."""
        return await in_lane(
            self._device,
            lambda: self._open().logits([self._renderer.prompt(m) for m in messages]),
        )

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Not offered: a model loaded to generate does not embed."""
        raise NotSupported(
            "a generating hf: model does not embed",
            hint="take an encoder, e.g. hf:openai/clip-vit-base-patch16",
        )

    async def count_replies(self, messages: Sequence[Message], n: int) -> int:
        """Always one."""
        return 1

    async def context_tokens(self) -> int | None:
        """Tokens of context, as the config tells."""
        return self._open().network.shape.limit

    async def aclose(self) -> None:
        """Finish what was asked and free the memory."""
        await self._gather.aclose()
        await in_lane(self._device, self._drop)

    def _drop(self) -> None:
        self._scorer = None

    def _open(self) -> Scorer:
        if self._scorer is None:
            raise Unreachable("the model was closed", hint="open it again")
        return self._scorer

    async def _choose_together(self, asked: Sequence[Asked]) -> Sequence[Choice | Exception]:
        return await in_lane(self._device, lambda: self._choose_all(asked))

    def _choose_all(self, asked: Sequence[Asked]) -> Sequence[Choice | Exception]:
        """One result or error a question; questions whose prompts cannot be made stand alone."""
        results: list[Choice | Exception | None] = [None] * len(asked)
        prompts: list[tuple[Prompt, int]] = []
        for at, (messages, _) in enumerate(asked):
            try:
                prompt = self._renderer.prompt(messages)
                self._open().network.check(len(prompt.ids))
                prompts.append((prompt, at))
            except ModelError as error:
                results[at] = error
        # By content, so that the order of arrival changes nothing.
        prompts.sort(key=lambda pair: pair[0].ids)
        if prompts:
            logits = self._run([prompt for prompt, _ in prompts])
            for row, (prompt, at) in zip(logits, prompts, strict=True):
                results[at] = self._choice(row, len(prompt.ids), asked[at][1])
        return [result for result in results if result is not None]

    def _run(self, prompts: Sequence[Prompt]) -> "Tensor":
        try:
            return self._open().logits(prompts)
        except torch.OutOfMemoryError as error:
            raise _too_big(error) from None

    def _choice(self, logits: "Tensor", read: int, options: tuple[str, ...]) -> Choice | Exception:
        first: Choice | ModelError
        try:
            bound = self._vocabulary.choose(logits, options)
            usage = Usage(read, 1)
            first = Choice(bound.probabilities, bound.outside_mass, usage, model=self.card.name)
        except ModelError as error:
            first = error
        if self._room and MayThink.fits(first, self._vocabulary.text(int(logits.argmax()))):
            return MayThink(first)
        return first

    async def _choose_behind(
        self,
        messages: tuple[Message, ...],
        options: tuple[str, ...],
        seen: MayThink | None = None,
        *,
        remedy: Vcd | Coca | None = None,
    ) -> Choice:
        """The choice behind the trace; what the first token said (`seen`) where there is none."""

        async def hear(limit: int) -> Heard:
            return await in_lane(self._device, lambda: self._hear(messages, limit, remedy))

        choice = await behind(hear, options, self._room, seen)
        if choice is None:
            assert seen is not None
            return _value(seen.first)
        self._thinks = self._thinks or bool(choice.room)
        return choice

    def _hear(self, messages: tuple[Message, ...], limit: int, remedy: Vcd | Coca | None) -> Heard:
        """A reply with its tokens, no longer than the context allows."""
        mix = mixed(self._open(), self._renderer, messages, remedy)
        most = self._open().network.shape.limit
        limit = max(1, min(limit, most - mix.tokens)) if most else limit
        return self._writes.heard(self._write(mix, Sampling(max_tokens=limit), TOP), mix.tokens)

    def _choose_under(
        self, remedy: Vcd | Coca | None, messages: tuple[Message, ...], options: tuple[str, ...]
    ) -> Choice | Exception:
        mix = mixed(self._open(), self._renderer, messages, remedy)
        with torch.inference_mode():
            logits = mix.combine([stream.start() for stream in mix.streams])
        return self._choice(logits, mix.tokens, options)

    def _generate(
        self, messages: tuple[Message, ...], sampling: Sampling, top: int, remedy: Vcd | Coca | None
    ) -> Answer:
        mix = mixed(self._open(), self._renderer, messages, remedy)
        written = self._write(mix, sampling, top)
        heard = self._writes.heard(written, mix.tokens, sampling.stop)
        said = heard.reply.settled(heard.finish)
        return Answer(
            said.answer,
            finish=heard.finish,
            usage=heard.usage,
            logprobs=heard.tokens,
            model=self.card.name,
            reasoning=said.reasoning,
            thinks=said.thinks,
        )

    def _write(self, mix: Mixed, sampling: Sampling, top: int) -> Written:
        stopped = self._writes.stopper(sampling.stop)
        try:
            with torch.inference_mode():
                return decode.write(
                    mix.streams, mix.combine, sampling, self._ends, top=top, done=stopped
                )
        except torch.OutOfMemoryError as error:
            raise _too_big(error) from None


def _ends(network: Network, tokenizer: Any) -> frozenset[int]:
    """Tokens that end a reply: the generation config's and the tokenizer's."""
    told = getattr(network.model.generation_config, "eos_token_id", None)
    found = told if isinstance(told, list) else [told]
    return frozenset(int(end) for end in [*found, tokenizer.eos_token_id] if end is not None)


def _value(result: Choice | Exception) -> Choice:
    if isinstance(result, Exception):
        raise result
    return result


def _too_big(error: Exception) -> ModelError:
    return ServerFault(
        f"out of memory on the device: {error}"[:200], hint="lower it with ?memory=MB"
    )
