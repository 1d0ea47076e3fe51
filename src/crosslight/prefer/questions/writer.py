"""The three forms of a question: easy, hard, and the hard one's statement (SPA-VL, section 3).

The hard forms are ours, and milder than the paper's, which had a jailbroken model rewrite them.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from crosslight.flow import Context
from crosslight.models import user
from crosslight.prefer.asking import AUTHOR, AskConfig, Form, draft, filled, view_of
from crosslight.prefer.prompts import render
from crosslight.prefer.question import Question
from crosslight.prefer.questions.choose import LeafChoice
from crosslight.prefer.questions.levers import LEVERS, lever_of
from crosslight.prefer.questions.wording import is_statement, overlap, words
from crosslight.records import AskedAs, Done, Dropped, Outcome

Said = Annotated[str, Field(max_length=500)]
Few = Annotated[str, Field(max_length=160)]


class _Written(Form):
    fits: bool
    easy: Said = ""
    hard: Said = ""
    statement: Said = ""
    wronged: Few = ""
    aim: Few = ""


@dataclass(frozen=True, slots=True)
class WriteQuestions:
    """A photo and a subject in, its questions out; each form has an outcome of its own."""

    config: AskConfig
    name: str = "questions"

    async def __call__(self, row: LeafChoice, context: Context) -> list[Outcome[Question]]:
        lever = lever_of(row.photo.id, row.leaf, self.config.seed) if row.hard else ""
        author = context.models[AUTHOR]
        view = await view_of(row.photo.id, self.config, context)
        prompt = render(
            "questions",
            leaf=row.leaf,
            thing=row.thing,
            hard=row.hard,
            lever=LEVERS.get(lever, ""),
            others=row.others,
        )
        said = await filled(
            author,
            user(prompt, view),
            _Written,
            _schema(row.hard),
            self.name,
            draft(self.config, 500, f"{row.photo.id}:{row.leaf.id}"),
        )
        if not said.fits:
            told = f"{row.leaf.id}: the author finds that it does not fit"
            return [Dropped(self.name, "leaf_declined", told)]
        by = f"{author.card.spec} {author.card.revision}".strip()
        return self._forms(row, lever, said, by)

    def _forms(
        self, row: LeafChoice, lever: str, said: _Written, by: str
    ) -> list[Outcome[Question]]:
        texts = {AskedAs.EASY: said.easy}
        if row.hard:
            texts |= {AskedAs.HARD_QUESTION: said.hard, AskedAs.HARD_STATEMENT: said.statement}
        found: list[Outcome[Question]] = []
        for form, text in texts.items():
            reason = self._wrong(form, text, said)
            if reason:
                found.append(Dropped(self.name, reason, f"{row.leaf.id}, {form}"))
            else:
                hard = form is not AskedAs.EASY
                found.append(Done(_question(row, form, text, lever if hard else "", said, by)))
        return found

    def _wrong(self, form: AskedAs, text: str, said: _Written) -> str:
        """What its words alone say against it; empty: nothing."""
        if not text:
            return "not_written"
        if len(words(text)) > self.config.words:
            return "too_long"
        if form is AskedAs.HARD_STATEMENT:
            if not is_statement(text):
                return "statement_is_none"
            if overlap(text, said.hard) > self.config.twins:
                return "statement_repeats"
        elif form is AskedAs.HARD_QUESTION and overlap(text, said.easy) > self.config.twins:
            return "hard_repeats_easy"
        return ""


def _question(
    row: LeafChoice, form: AskedAs, text: str, lever: str, said: _Written, by: str
) -> Question:
    hard = form is not AskedAs.EASY
    return Question(
        photo=row.photo.id,
        text=text,
        form=form,
        lever=lever,
        domain=row.leaf.domain,
        middle=row.leaf.middle,
        leaf=row.leaf.name,
        leaf_known=row.leaf.known,
        thing=row.thing,
        wronged=said.wronged if hard else "",
        aim=said.aim if hard else "",
        source=row.photo.source,
        licence=row.photo.licence,
        origin=row.photo.origin,
        written_by=by,
    )


def _schema(hard: bool) -> dict[str, Any]:
    schema = _Written.model_json_schema()
    names = ["fits", "easy", *(("hard", "statement", "wronged", "aim") if hard else ())]
    schema["properties"] = {name: schema["properties"][name] for name in names}
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["required"] = names
    return schema
