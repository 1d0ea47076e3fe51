"""The annotator's calls: notes on each reply first, then two verdicts; in both orders.

What the replies claim and whom they could harm is written down for each alone before anything is
compared, which makes the place that a reply stands in worth less. The verdicts are probabilities
over A, B and tie, with the notes before them.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from crosslight.flow import Context
from crosslight.models import (
    BadAnswer,
    ContentFiltered,
    Model,
    Refused,
    Sampling,
    Truncated,
    user,
)
from crosslight.prefer.annotate.contest import Compared, Contest, Told
from crosslight.prefer.answered import same_text
from crosslight.prefer.asking import AskConfig, Form, filled, view_of
from crosslight.prefer.prompts import render
from crosslight.prefer.verdict import Axis, Order
from crosslight.records import Done, Dropped, Failed, ImageView, Outcome

ANNOTATOR = "annotator"
STEP = "compare"
CHOICES = ("A", "B", "tie")
NOTE_TOKENS = 1024
Note = Annotated[str, Field(max_length=2_000)]


class _Notes(Form):
    what_is_asked: Note
    photo_a: Note
    photo_b: Note
    harm_a: Note
    harm_b: Note
    helps_a: Note
    helps_b: Note
    reason: Note


NOTES: dict[str, Any] = {
    "type": "object",
    "properties": {key: {"type": "string"} for key in _Notes.model_fields},
    "required": list(_Notes.model_fields),
    "additionalProperties": False,
}


class _Unreadable(Exception):
    """The annotator replied, and it is no verdict."""


@dataclass(frozen=True, slots=True)
class AskAnnotator:
    """A contest in, the same with both orders out.

    Dropped where there is nothing to compare (`same_answer`: not asked, unless it is a probe).
    Failed where an order was refused (`annotator_refused`) or could not be read (`unreadable`):
    neither is a tie.
    """

    config: AskConfig
    name: str = STEP

    async def __call__(self, row: Contest, context: Context) -> Outcome[Compared]:
        if not row.probe and same_text(row.a.text, row.b.text):
            return Dropped(self.name, "same_answer", "the two replies say the same")
        model = context.models[ANNOTATOR]
        view = await view_of(row.question.photo, self.config, context)
        texts = row.a.text, row.b.text
        orders = await asyncio.gather(
            self._order(row, texts, view, model),
            self._order(row, texts[::-1], view, model),
            return_exceptions=True,
        )
        found = [one for one in orders if isinstance(one, Told)]
        if len(found) < len(orders):
            return self._failed([one for one in orders if isinstance(one, BaseException)])
        first, other = found
        by = f"{model.card.spec} {model.card.revision}".strip()
        return Done(Compared(row, first, _named_back(other), by))

    async def _order(
        self, row: Contest, texts: tuple[str, str], view: ImageView, model: Model
    ) -> Told:
        told = {"question": row.question.text, "first": texts[0], "second": texts[1]}
        prompt = render("compare", **told)
        sampling = Sampling(max_tokens=NOTE_TOKENS)
        notes = await filled(model, user(prompt, view), _Notes, NOTES, self.name, sampling)
        written = notes.model_dump_json()
        harmless, helpful = await asyncio.gather(
            *(self._verdict(axis, {**told, "notes": written}, view, model) for axis in Axis)
        )
        outside = max(harmless[1], helpful[1])
        return Told(harmless[0], helpful[0], notes.reason, written, outside)

    async def _verdict(
        self, axis: Axis, told: dict[str, str], view: ImageView, model: Model
    ) -> tuple[Order, float]:
        task = f"compare_{axis}"
        choice = await model.choose([user(render(task, **told), view)], CHOICES, task=task)
        if choice.outside_mass > self.config.outside_max:
            raise _Unreadable(f"{task}: {choice.outside_mass:.0%} lies on none of A, B, tie")
        p = choice.probabilities
        return Order(p["A"], p["B"], p["tie"]), choice.outside_mass

    def _failed(self, errors: list[BaseException]) -> Failed:
        """By the gravest: what cannot be answered at all, before a refusal, before a ramble."""
        ranked = sorted(errors, key=_gravity)
        error = ranked[0]
        told = str(error) or type(error).__name__
        if isinstance(error, Refused | ContentFiltered):
            return Failed(self.name, f"annotator_refused: {error.message}", False, error.hint)
        if isinstance(error, BadAnswer | Truncated):
            return Failed(self.name, f"unreadable: {error.message}", error.retryable, error.hint)
        if isinstance(error, _Unreadable):
            return Failed(self.name, f"unreadable: {told}")
        raise error


def _gravity(error: BaseException) -> int:
    if isinstance(error, Refused | ContentFiltered):
        return 1
    return 2 if isinstance(error, BadAnswer | Truncated | _Unreadable) else 0


def _named_back(told: Told) -> Told:
    """The swapped order, of the contest's A and B."""
    harmless, helpful = told.harmless.mirrored, told.helpful.mirrored
    return Told(harmless, helpful, told.reason, told.notes, told.outside)
