"""Replies of a model in process as they are heard: with its trace apart, and choices behind it."""

from collections.abc import Callable, Sequence
from typing import Any

from crosslight.models.choice import Binding
from crosslight.models.choosing import ANSWER, ELSEWHERE, Hear, Heard, added, choose_behind
from crosslight.models.errors import BadAnswer, ModelError, NoOption, Truncated
from crosslight.models.hf.decode import Written
from crosslight.models.hf.options import Vocabulary
from crosslight.models.protocol import Choice, Finish, TokenLogprob, Usage
from crosslight.models.reasoning import is_tag, may_open, split_reply

TOP = 20
"""Alternatives that are kept of each token of a reply in which a choice is looked for."""


class MayThink(ModelError):
    """The first token decides nothing and may open a trace. `first` is what it says."""

    kind = "may_think"

    def __init__(self, first: Choice | ModelError) -> None:
        super().__init__("the first token may open a trace")
        self.first = first

    @staticmethod
    def fits(first: Choice | ModelError, likeliest: str) -> bool:
        """Whether the likeliest token may open a trace, and the options have little mass."""
        undecided = (
            first.outside_mass > ELSEWHERE
            if isinstance(first, Choice)
            else isinstance(first, NoOption)
        )
        return undecided and may_open(likeliest)


class Writer:
    """From token ids to replies. `opens`: the tag of a trace that the prompts leave open."""

    def __init__(
        self, tokenizer: Any, vocabulary: Vocabulary, opens: str, ends: frozenset[int], name: str
    ) -> None:
        special = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
        # Some tokenizers call the tags of a trace special: left out, the trace would be the answer.
        self._hidden = {
            i for i in special | ends if not is_tag(str(tokenizer.added_tokens_decoder.get(i, "")))
        }
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._opens = opens
        self._name = name

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens, without special ones other than the tags of a trace."""
        shown = [i for i in ids if i not in self._hidden]
        text: str = self._tokenizer.decode(shown, skip_special_tokens=False)
        return text

    def heard(self, written: Written, read: int, stops: Sequence[str] = ()) -> Heard:
        """The reply. `read`: tokens of the prompt."""
        text = self._opens + _cut(self.text(written.ids), stops)
        usage = Usage(read, len(written.ids))
        finish: Finish = "stop" if written.ended else "length"
        return Heard(split_reply(text), self._logprobs(written), finish, usage, self._name)

    def stopper(self, stops: Sequence[str]) -> Callable[[list[int]], bool]:
        """Whether a text has come to one of its ends."""
        if not stops:
            return lambda _: False
        return lambda ids: any(stop in self.text(ids) for stop in stops)

    def _logprobs(self, written: Written) -> tuple[TokenLogprob, ...]:
        name = self._vocabulary.piece
        return tuple(
            TokenLogprob(name(token), own, tuple((name(t), value) for t, value in top))
            for token, (own, top) in zip(written.ids, written.logprobs, strict=False)
        )


async def behind(
    hear: Hear, options: Sequence[str], room: int, seen: MayThink | None
) -> Choice | None:
    """The choice behind a trace; None where a short reply shows that none begins (only `seen`
    leaves that open). Raises Truncated, NoOption, BadAnswer."""
    usage = Usage()
    if seen is not None:
        heard = await hear(ANSWER)
        if not heard.thinks:
            return None
        usage = heard.usage
        if isinstance(seen.first, Choice):
            usage = added(usage, seen.first.usage)
    try:
        read = await choose_behind(hear, Binding(options), room, usage, thinks=True)
    except Truncated as error:
        raise Truncated(error.message, hint="?room=N in its spec allows more") from None
    if read.choice is None:
        raise BadAnswer(
            f"no verdict can be read: {read.why}", hint="?room=0 in its spec reads the first token"
        )
    return read.choice


def _cut(text: str, stops: Sequence[str]) -> str:
    places = [text.find(stop) for stop in stops if stop in text]
    return text[: min(places)] if places else text
