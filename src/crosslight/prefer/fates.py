"""What became of every input, each in one place, though it has several questions; and every row
that left early."""

from typing import Any

from crosslight.flow import RowResult
from crosslight.prefer import answers, grade
from crosslight.prefer.annotate.contest import Contest
from crosslight.prefer.answered import Item
from crosslight.prefer.contests import Drawing
from crosslight.prefer.question import Question
from crosslight.prefer.questions.choose import LeafChoice
from crosslight.prefer.sources import Inputs
from crosslight.records import Done, Dropped, Failed, Outcome, Photo
from crosslight.runs import NOT_REACHED, Account, Lost


class Fates:
    """Filled as a run goes. An input is finished when a question of it was compared, failed when
    none was and something failed, and else dropped; one that a stop left unended is not reached."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._lost: list[Lost] = list(inputs.lost)
        self._ends: dict[int, list[Outcome[Any]]] = {}
        self._open: dict[str, int] = {}
        """Input of each question that waits for its comparison."""
        self._waiting: dict[int, set[str]] = {}

    def graded(self, result: RowResult) -> tuple[list[Item], int]:
        """Note a row of the first pass; returns its items, and how many questions were asked of the
        responders and failed as a whole: nobody answered, or nothing could be read.

        A text that was written twice for one photo, for two subjects, is one question.
        """
        at, failed = result.index, 0
        items: list[Item] = []
        ends = self._ends.setdefault(at, [])
        for leaf in result.leaves:
            outcome: Outcome[Any] = leaf.outcome
            if isinstance(outcome, Done):
                item: Item = outcome.value
                asked = item.question
                if asked.id not in self._open:
                    items.append(item)
                    self._open[asked.id] = at
                    self._waiting.setdefault(at, set()).add(asked.id)
                    continue
                told = (
                    f"{asked.form} of {asked.leaf or 'no subject'}: written before for this photo"
                )
                outcome = Dropped("questions", "same_question", told)
                self._lose(outcome, at, item)
            else:
                self._lose(outcome, at, leaf.before)
                failed += isinstance(outcome, Failed) and outcome.step in (answers.STEP, grade.STEP)
            ends.append(outcome)
        return items, failed

    def drawn(self, drawing: Drawing) -> None:
        """Note the questions that have nothing to compare."""
        for question, outcome in drawing.left.items():
            at = self._open.pop(question)
            self._waiting[at].discard(question)
            self._ends[at].append(outcome)
            self._lost.append(Lost(outcome, self._inputs.named[at], self._photo(at), question))

    def compared(self, contest: Contest, outcome: Outcome[Any]) -> None:
        """Note what the annotator made of a question, or of a probe."""
        asked = contest.question
        at = self._open.get(asked.id)
        if at is not None and not contest.probe:
            self._waiting[at].discard(asked.id)
            self._ends[at].append(outcome)
        if not isinstance(outcome, Done):
            name = self._inputs.named[at] if at is not None else ""
            self._lost.append(Lost(outcome, name, asked.photo, asked.id, asked.text))

    def end(self) -> tuple[Account, list[Lost]]:
        """The account, and what was lost."""
        finished = 0
        ends: list[Dropped | Failed] = [one.outcome for one in self._inputs.lost]
        unended: list[Lost] = []
        for at, name in enumerate(self._inputs.named):
            if at not in self._ends or self._waiting.get(at):
                unended.append(Lost(NOT_REACHED, name, self._photo(at)))
                continue
            fate = _fate(self._ends[at])
            if isinstance(fate, Done):
                finished += 1
            else:
                ends.append(fate)
        inputs = len(self._inputs.named) + len(self._inputs.lost)
        return Account.of(inputs, finished, ends), [*self._lost, *unended]

    def _lose(self, outcome: Dropped | Failed, at: int, before: Any) -> None:
        row, text = "", ""
        if isinstance(before, Item):
            before = before.question
        if isinstance(before, Question):
            row, text = before.id, before.text
        elif isinstance(before, LeafChoice):
            text = before.leaf.id
        self._lost.append(Lost(outcome, self._inputs.named[at], self._photo(at), row, text))

    def _photo(self, at: int) -> str:
        row = self._inputs.rows[at]
        return row.id if isinstance(row, Photo) else row.photo


def _fate(ends: list[Outcome[Any]]) -> Outcome[Any]:
    """One outcome of the many of an input."""
    for kind in (Done, Failed):
        found = next((one for one in ends if isinstance(one, kind)), None)
        if found is not None:
            return found
    return ends[0]
