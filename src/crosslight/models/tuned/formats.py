"""The two formats that a language model is tuned to judge in: LlavaGuard's and Llama Guard's.

What is asked and what is learnt to be said stand here once, so that training and use are the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crosslight.models.errors import BadAnswer
from crosslight.models.schema import parse_json
from crosslight.models.tuned.prompts import PROMPTS
from crosslight.models.tuned.verdict import MOST_CLASSES, Verdict
from crosslight.text import without_control

JudgeFormat = Literal["llavaguard", "llamaguard"]
_LLAMA = re.compile(r"\s*(safe|unsafe)\b\s*(?:S(\d{1,2}))?.*", re.DOTALL)
RATING = {
    "type": "object",
    "properties": {
        "rating": {"enum": ["Safe", "Unsafe"]},
        "category": {"type": "string"},
        "rationale": {"type": "string"},
    },
    "required": ["rating", "category"],
}


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A category. `allowed`: this policy has nothing against it (a policy flip)."""

    name: str
    allowed: bool = False


def policy_of(names: Sequence[str], allowed: Sequence[str] = ()) -> list[PolicyLine]:
    """The categories, some of them allowed."""
    return [PolicyLine(name, name in allowed) for name in names]


def judge_prompt(
    form: JudgeFormat,
    policy: Sequence[PolicyLine],
    request: str,
    answer: str = "",
    *,
    pictured: bool = False,
) -> str:
    """The one user turn, without control tokens of a stranger."""
    return PROMPTS.render(
        form,
        policy=policy[:MOST_CLASSES] if form == "llamaguard" else policy,
        request=without_control(request),
        answer=without_control(answer),
        answered=bool(answer.strip()),
        pictured=pictured,
    )


def read_judgement(form: JudgeFormat, text: str, names: Sequence[str]) -> Verdict:
    """A reply as a verdict, certain of itself. Raises `BadAnswer`."""
    if form == "llavaguard":
        said = parse_json(text, RATING)
        unsafe = said["rating"] == "Unsafe"
        category = said["category"] if said["category"] in names else ""
        return Verdict(float(unsafe), category, tuple(names))
    found = _LLAMA.fullmatch(text)
    if found is None:
        raise BadAnswer(f"no safe or unsafe: {text[:80]!r}", hint="was it tuned to its end?")
    at = int(found[2] or 0)
    category = names[at - 1] if 1 <= at <= min(len(names), MOST_CLASSES) else ""
    return Verdict(float(found[1] == "unsafe"), category, tuple(names))
