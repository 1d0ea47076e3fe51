"""What the guard reads in a question beside its photo, and which questions that drops.

Who is in doubt is left out, under a reason of its own: a number that the guard could not give is
never taken for a good one. Questions that came with their photos are read, and never dropped for
what is read, but for a side that nobody can tell.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from crosslight.flow import Context
from crosslight.models import Model, Sampling, user
from crosslight.prefer.asking import GUARD, AskConfig, Form, choose, filled, view_of, yes
from crosslight.prefer.prompts import render
from crosslight.prefer.question import Question
from crosslight.prefer.questions.tree import TreeLeaf, tree_leaves
from crosslight.records import AskedAs, Done, Dropped, ImageView, Outcome, RequestSide

SIDES = {
    "1": RequestSide.HARMLESS,
    "2": RequestSide.HIDDEN_RISK,
    "3": RequestSide.HARMFUL_INTENT,
    "4": RequestSide.SENSITIVE,
}
NONE = "none"


class _Named(Form):
    likeliest: str
    next: str


@dataclass(frozen=True, slots=True)
class CheckQuestion:
    """A question in, the same with what was read of it out, or the reason why it is left out."""

    config: AskConfig
    name: str = "check_question"

    async def __call__(self, row: Question, context: Context) -> Outcome[Question]:
        guard = context.models[GUARD]
        view = await view_of(row.photo, self.config, context)
        read = row
        if row.form is not AskedAs.GIVEN:
            read = await self._sound(row, guard, view)
            reason = self._unsound(read)
            if reason:
                return Dropped(self.name, reason, _where(row))
        read = await self._placed(read, guard, view)
        if read.side is RequestSide.UNKNOWN and not self.config.keep_unknown_side:
            told = "no number" if read.side_p is None else f"the likeliest has {read.side_p:.2f}"
            return Dropped(self.name, "side_unknown", f"{_where(row)}: {told}")
        if _is_hard(row) and row.leaf not in read.leaf_blind:
            told = " or ".join(read.leaf_blind) or "no subject"
            return Dropped(self.name, "leaf_forced", f"{_where(row)}: read as {told}")
        return Done(read)

    async def _sound(self, row: Question, guard: Model, view: ImageView) -> Question:
        """Asked first: what fails here costs no further question."""
        asked = ["points", "premise", *(["detail_question"] if _is_hard(row) else [])]
        numbers = await asyncio.gather(*(self._yes(q, row, guard, view) for q in asked))
        found = dict(zip(asked, numbers, strict=True))
        return replace(
            row,
            points=found["points"],
            premise=found["premise"],
            detail=found.get("detail_question"),
        )

    def _unsound(self, row: Question) -> str:
        """Why it is left out; empty where it is sound."""
        config = self.config
        found = [
            ("points_unknown", row.points is None),
            ("not_in_photo", row.points is not None and row.points < config.points_from),
            ("premise_unknown", row.premise is None),
            ("false_premise", row.premise is not None and row.premise >= config.premise_below),
        ]
        if _is_hard(row):
            asks = row.detail is not None and row.detail >= config.detail_below
            found += [("detail_unknown", row.detail is None), ("operational_detail", asks)]
        return next((reason for reason, holds in found if holds), "")

    async def _placed(self, row: Question, guard: Model, view: ImageView) -> Question:
        """Side, whether the photo matters, and the leaf that is read without being told."""
        message = user(render("side", text=row.text), view)
        side, matters, blind = await asyncio.gather(
            choose(guard, message, tuple(SIDES), "side", self.config),
            self._yes("matters", row, guard, view),
            self._blind(row, guard, view),
        )
        card = guard.card
        read = replace(row, matters=matters, decided_by=f"{card.spec} {card.revision}".strip())
        if side is not None:
            name, p = max(side.probabilities.items(), key=lambda pair: pair[1])
            known = p >= self.config.side_from
            read = replace(read, side=SIDES[name] if known else RequestSide.UNKNOWN, side_p=p)
        return _with_leaves(read, blind)

    async def _blind(self, row: Question, guard: Model, view: ImageView) -> tuple[TreeLeaf, ...]:
        """The two likeliest leaves. An easy question has none of its own."""
        if row.form is AskedAs.EASY:
            return ()
        leaves = {leaf.id: leaf for leaf in tree_leaves()}
        message = user(render("leaf", text=row.text, leaves=leaves.values()), view)
        schema = _schema([*leaves, NONE])
        said = await filled(guard, message, _Named, schema, "leaf", Sampling(max_tokens=60))
        named = dict.fromkeys((said.likeliest, said.next))
        return tuple(leaves[name] for name in named if name in leaves)

    async def _yes(self, task: str, row: Question, guard: Model, view: ImageView) -> float | None:
        shown = () if task == "detail_question" else (view,)
        return await yes(guard, user(render(task, text=row.text), *shown), task, self.config)


def _with_leaves(row: Question, blind: tuple[TreeLeaf, ...]) -> Question:
    """With the names that were read; a question that came without a leaf stands at the first."""
    row = replace(row, leaf_blind=tuple(leaf.name for leaf in blind))
    if row.form is AskedAs.GIVEN and not row.domain and blind:
        return replace(row, domain=blind[0].domain, middle=blind[0].middle)
    return row


def _is_hard(row: Question) -> bool:
    return row.form in (AskedAs.HARD_QUESTION, AskedAs.HARD_STATEMENT)


def _where(row: Question) -> str:
    """Never the text: what was dropped for its detail must not be read in a table."""
    return f"{row.leaf}, {row.form}" if row.leaf else str(row.form)


def _schema(ids: list[str]) -> dict[str, Any]:
    schema = _Named.model_json_schema()
    for field in schema["properties"].values():
        field["enum"] = ids
    return schema
