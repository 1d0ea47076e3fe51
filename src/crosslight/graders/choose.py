"""The grader that the settings name."""

from collections.abc import Mapping

from crosslight.graders.guards import GUARDS, Guard
from crosslight.graders.jury import Jury
from crosslight.graders.llm import ClassJudge
from crosslight.graders.pairwise import Pairwise
from crosslight.graders.ruling import Judge

GRADERS = ("class", *GUARDS, "jury", "pairwise-harm", "pairwise-help")
"""How a grader is asked and read. `class` is the LLM judge: refuse, warn,
comply or miss."""


def grader_for(
    name: str,
    *,
    tokens: int = 1024,
    seats: int = 5,
    seed: int = 0,
    reference: Mapping[str, str] | None = None,
) -> Judge:
    """The grader of this name (one of `GRADERS`), with `tokens` at most for a reply.

    `seats` and `seed` are a jury's; `reference`: answers of another model by item, for pairs.
    """
    if name in GUARDS:
        return Guard(GUARDS[name], tokens)
    if name == "jury":
        return Jury(seats, tokens, seed)
    if name.startswith("pairwise"):
        return Pairwise(name.partition("-")[2], reference or {}, tokens)
    return ClassJudge(tokens)
