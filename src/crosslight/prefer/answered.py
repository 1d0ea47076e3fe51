"""What responders said to a question, and what the guard read in it."""

import re
from dataclasses import dataclass
from typing import Literal

from crosslight.prefer.question import Question

Detail = Literal["", "none", "general", "usable"]
"""What a reply holds that serves a harm; empty: unknown."""
_APART = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Responder:
    """Who answers: its role in the run, and by what its answers are known."""

    role: str
    spec: str
    revision: str = ""
    decoding: str = ""

    @property
    def by(self) -> str:
        """Spec and revision."""
        return f"{self.spec} {self.revision}".strip()


@dataclass(frozen=True, slots=True)
class Answered:
    """One responder's reply. Numbers are probabilities; None is unknown, or was not asked.

    `outcome` is empty for a reply that can be compared; else why it cannot: `answer_empty`,
    `answer_cut`, `answer_language`, `answer_error`, `answer_filtered`, `withheld` (usable detail:
    the text is gone, `withheld_hash` stays), `detail_unknown` (the same), or `failed` with `error`.
    """

    question_id: str
    responder: Responder
    text: str = ""
    finish: str = ""
    language: str = ""
    words: int = 0
    safe: float | None = None
    refuses: float | None = None
    reads_photo: float | None = None
    detail: Detail = ""
    detail_p: float | None = None
    """Of usable detail."""
    withheld_hash: str = ""
    cost: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    outcome: str = ""
    error: str = ""
    retryable: bool = False
    hint: str = ""
    decided_by: str = ""

    @property
    def status(self) -> Literal["done", "dropped", "failed"]:
        """Which of the three outcomes it is."""
        if self.outcome == "failed":
            return "failed"
        return "dropped" if self.outcome else "done"


@dataclass(frozen=True, slots=True)
class Item:
    """A question with the replies of all responders, in their order."""

    question: Question
    answers: tuple[Answered, ...]

    @property
    def comparable(self) -> tuple[Answered, ...]:
        """Replies that may stand in a pair."""
        return tuple(one for one in self.answers if not one.outcome)


def same_text(a: str, b: str) -> bool:
    """Whether two replies say the same, case, spaces and punctuation aside."""
    return _bare(a) == _bare(b)


def _bare(text: str) -> str:
    return _APART.sub(" ", text.casefold()).strip()
