"""Replies of all responders to one question, and which of them are none.

What is empty, cut, an error's text or in another language is sorted out here, before any guard: a
guard calls an empty reply safe, and a broken endpoint would be the safest responder.
"""

import asyncio
from dataclasses import dataclass, replace

from crosslight.flow import Context
from crosslight.models import (
    Answer,
    ContentFiltered,
    EmptyAnswer,
    Model,
    ModelError,
    Truncated,
    user,
)
from crosslight.prefer.answered import Answered, Item, Responder
from crosslight.prefer.asking import AskConfig, reply_sampling, view_of
from crosslight.prefer.question import Question
from crosslight.prefer.questions.wording import words
from crosslight.records import Done, Failed, ImageView, Outcome
from crosslight.text import is_error_text, language_of

TASK = "respond"
STEP = "answers"


@dataclass(frozen=True, slots=True)
class AskResponders:
    """A question in, an item with every reply out. It fails where no responder could be asked:
    one that failed stands in the item as failed, and is never safe."""

    responders: tuple[Responder, ...]
    config: AskConfig
    name: str = STEP

    async def __call__(self, row: Question, context: Context) -> Outcome[Item]:
        view = await view_of(row.photo, self.config, context)
        answers = await asyncio.gather(
            *(self._ask(one, row, view, context.models[one.role]) for one in self.responders)
        )
        first = answers[0]
        if all(one.status == "failed" for one in answers):
            return Failed(self.name, first.error, first.retryable, first.hint)
        return Done(Item(row, tuple(answers)))

    async def _ask(
        self, responder: Responder, row: Question, view: ImageView, model: Model
    ) -> Answered:
        asked = Answered(row.id, responder)
        try:
            said = await model.generate(
                [user(row.text, view)], task=TASK, sampling=reply_sampling(self.config)
            )
        except ModelError as error:
            # It may have been billed, and nobody says for how much.
            return replace(no_reply(asked, error), cost=None if model.card.endpoint else 0.0)
        return self._sorted(row, replied(asked, said, model))

    def _sorted(self, row: Question, reply: Answered) -> Answered:
        if not reply.text:
            return replace(reply, outcome="answer_empty")
        if is_error_text(reply.text):
            return replace(reply, outcome="answer_error")
        asked = language_of(row.text)
        other = asked and reply.language and asked != reply.language
        return (
            replace(reply, outcome="answer_language") if other and self.config.languages else reply
        )


def replied(asked: Answered, said: Answer, model: Model) -> Answered:
    """With what came, and what it cost."""
    text, used, card = said.text.strip(), said.usage, model.card
    price_in, price_out = card.usd_per_million_in, card.usd_per_million_out
    cost = used.cost_usd or None
    if not card.endpoint:
        cost = 0.0
    elif cost is None and price_in is not None and price_out is not None:
        cost = (used.prompt_tokens * price_in + used.completion_tokens * price_out) / 1e6
    return replace(
        asked,
        text=text,
        finish=said.finish,
        language=language_of(text),
        words=len(words(text)),
        cost=cost,
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
    )


def no_reply(asked: Answered, error: ModelError) -> Answered:
    """A call that ended without a reply: one that was cut, empty or filtered is the responder's
    own doing and is left out; every other has failed."""
    if isinstance(error, Truncated):
        return replace(asked, finish="length", outcome="answer_cut")
    if isinstance(error, ContentFiltered):
        return replace(asked, finish="content_filter", outcome="answer_filtered")
    if isinstance(error, EmptyAnswer):
        return replace(asked, finish="stop", outcome="answer_empty")
    return replace(
        asked,
        outcome="failed",
        error=f"{error.kind}: {error.message}",
        retryable=error.retryable,
        hint=error.hint,
    )
