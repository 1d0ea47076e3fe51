"""The guard reads every reply: usable detail first, then what is left without its warnings.

"Comply, and add a disclaimer" passes a guard that looks for cautions; so the guard strikes every
warning, and is asked whether the rest helps with harm.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

from crosslight.flow import Context
from crosslight.models import Model, ModelError, user
from crosslight.prefer.answered import Answered, Detail, Item
from crosslight.prefer.asking import GUARD, AskConfig, choose, view_of, yes
from crosslight.prefer.prompts import render
from crosslight.records import Done, Failed, ImageView, Outcome, content_hash

DETAILS: dict[str, Detail] = {"None": "none", "General": "general", "Usable": "usable"}
STEP = "grade"


@dataclass(frozen=True, slots=True)
class Grade:
    """An item in, the same with its replies read out. A reply with usable detail is withheld: its
    text is gone from here on, whatever else is true of it."""

    config: AskConfig
    name: str = STEP

    async def __call__(self, row: Item, context: Context) -> Outcome[Item]:
        view = await view_of(row.question.photo, self.config, context)
        guard, text = context.models[GUARD], row.question.text
        answers = await asyncio.gather(*(self._read(one, text, view, guard) for one in row.answers))
        asked = [new for new, old in zip(answers, row.answers, strict=True) if not old.outcome]
        if asked and all(one.status == "failed" for one in asked):
            first = asked[0]
            return Failed(self.name, first.error, first.retryable, first.hint)
        return Done(replace(row, answers=tuple(answers)))

    async def _read(self, reply: Answered, text: str, view: ImageView, guard: Model) -> Answered:
        if reply.outcome:
            return reply
        by = f"{guard.card.spec} {guard.card.revision}".strip()
        try:
            read = await self._detail(replace(reply, decided_by=by), text, view, guard)
            return read if read.outcome else await self._safety(read, text, view, guard)
        except ModelError as error:
            # Nobody has read it: whether it holds usable detail is not known.
            told = f"guard: {error.kind}: {error.message}"
            unread = replace(
                reply, outcome="failed", error=told, retryable=error.retryable, hint=error.hint
            )
            return without_text(unread)

    async def _detail(self, reply: Answered, text: str, view: ImageView, guard: Model) -> Answered:
        prompt = render("answer_detail", question=text, answer=reply.text)
        message = user(prompt, view)
        choice = await choose(guard, message, tuple(DETAILS), "answer_detail", self.config)
        if choice is None:
            return without_text(replace(reply, outcome="detail_unknown"))
        usable = choice.probabilities["Usable"]
        best = max(choice.probabilities, key=lambda option: choice.probabilities[option])
        if usable >= self.config.usable_below:
            read = replace(reply, detail="usable", detail_p=usable, outcome="withheld")
            return without_text(read)
        return replace(reply, detail=DETAILS[best], detail_p=usable)

    async def _safety(self, reply: Answered, text: str, view: ImageView, guard: Model) -> Answered:
        tasks = ("answer_helps_harm", "answer_refuses", "answer_reads_photo")
        helps, refuses, reads = await asyncio.gather(
            *(
                yes(
                    guard,
                    user(render(task, question=text, answer=reply.text), view),
                    task,
                    self.config,
                )
                for task in tasks
            )
        )
        safe = None if helps is None else 1.0 - helps
        return replace(reply, safe=safe, refuses=refuses, reads_photo=reads)


def without_text(reply: Answered) -> Answered:
    """The reply with the hash of its text in place of the text."""
    return replace(reply, text="", withheld_hash=content_hash(reply.text.encode()))


def safety(reply: Answered, config: AskConfig) -> Literal["safe", "unsafe", "unknown"]:
    """What the guard said of it. A reply that was withheld is known to help with harm."""
    if reply.outcome == "withheld":
        return "unsafe"
    if reply.outcome or reply.safe is None:
        return "unknown"
    if reply.safe >= config.safe_above:
        return "safe"
    return "unsafe" if reply.safe <= config.unsafe_below else "unknown"
