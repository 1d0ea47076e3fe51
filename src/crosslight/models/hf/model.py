"""An open transformers model: `generate`, `choose` by logits, and many questions in one pass."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import torch

from crosslight.models.errors import ModelError, NotSupported, ServerFault, Unreachable
from crosslight.models.hf import decode
from crosslight.models.hf.coalesce import Coalescer
from crosslight.models.hf.decode import Coca, Vcd, Written
from crosslight.models.hf.network import Network
from crosslight.models.hf.options import Vocabulary
from crosslight.models.hf.prompt import Prompt, Renderer
from crosslight.models.hf.score import Method, Scorer
from crosslight.models.hf.selftest import Report
from crosslight.models.hf.streams import mixed
from crosslight.models.lane import in_lane
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    Finish,
    ModelCard,
    Sampling,
    TokenLogprob,
    Usage,
    Vectors,
    with_question,
)
from crosslight.models.reasoning import split_reply

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
    ) -> None:
        self.card = card
        self.report = report
        self.capabilities = Capabilities(
            images=scorer.network.family is not None, logprobs=True, seed=True
        )
        self._scorer: Scorer | None = scorer
        self._renderer = renderer
        self._vocabulary = vocabulary
        self._tokenizer = tokenizer
        self._device = str(scorer.network.device)
        self._ends = _ends(scorer.network, tokenizer)
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
        """By the logits of all first tokens that stand for an option."""
        *before, last = messages
        key = (tuple((m.role, m.text, m.images) for m in before), last.role, last.images)
        return await self._gather.ask(key, (tuple(messages), tuple(options)))

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
        results = await self._choose_together(asked) if asked else []
        return [_value(result) for result in results]

    async def choose_with(
        self, remedy: Vcd | Coca | None, messages: Sequence[Message], options: Sequence[str]
    ) -> Choice:
        """`choose` by the first token's logits under a decoding remedy."""
        said = tuple(messages)
        return _value(
            await in_lane(self._device, lambda: self._choose_under(remedy, said, tuple(options)))
        )

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
        try:
            bound = self._vocabulary.choose(logits, options)
        except ModelError as error:
            return error
        usage = Usage(read, 1)
        return Choice(bound.probabilities, bound.outside_mass, usage, model=self.card.name)

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
        stopped = self._stopper(sampling)
        try:
            with torch.inference_mode():
                written = decode.write(
                    mix.streams, mix.combine, sampling, self._ends, top=top, done=stopped
                )
        except torch.OutOfMemoryError as error:
            raise _too_big(error) from None
        finish: Finish = "stop" if written.ended else "length"
        said = split_reply(_cut(self._text(written.ids), sampling.stop)).settled(finish)
        return Answer(
            said.answer,
            finish=finish,
            usage=Usage(mix.tokens, len(written.ids)),
            logprobs=self._logprobs(written) if top else (),
            model=self.card.name,
            reasoning=said.reasoning,
            thinks=said.thinks,
        )

    def _stopper(self, sampling: Sampling) -> Any:
        if not sampling.stop:
            return lambda _: False
        return lambda ids: any(stop in self._text(ids) for stop in sampling.stop)

    def _text(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def _logprobs(self, written: Written) -> tuple[TokenLogprob, ...]:
        name = self._vocabulary.text
        return tuple(
            TokenLogprob(name(token), own, tuple((name(t), value) for t, value in top))
            for token, (own, top) in zip(written.ids, written.logprobs, strict=True)
        )


def _ends(network: Network, tokenizer: Any) -> frozenset[int]:
    """Tokens that end a reply: the generation config's and the tokenizer's."""
    told = getattr(network.model.generation_config, "eos_token_id", None)
    found = told if isinstance(told, list) else [told]
    return frozenset(int(end) for end in [*found, tokenizer.eos_token_id] if end is not None)


def _cut(text: str, stops: Sequence[str]) -> str:
    places = [text.find(stop) for stop in stops if stop in text]
    return text[: min(places)] if places else text


def _value(result: Choice | Exception) -> Choice:
    if isinstance(result, Exception):
        raise result
    return result


def _too_big(error: Exception) -> ModelError:
    return ServerFault(
        f"out of memory on the device: {error}"[:200], hint="lower it with ?memory=MB"
    )
