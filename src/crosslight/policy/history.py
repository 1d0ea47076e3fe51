"""How a compiled form came about: wordings with scores and remarks, examples that were read against
it, and forms that were replaced. It lies beside the compiled file and nothing is judged by it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from crosslight.policy.bounded import COMPILED_SUFFIX, HISTORY_SUFFIX, read_written
from crosslight.policy.compiled import CompiledRule, Draft
from crosslight.policy.constitution import ShortText, Slug, StrictModel, validated
from crosslight.records import canonical, content_hash

Remark = Annotated[str, Field(max_length=600)]
KEPT_BEFORE = 5
"""Replaced forms that are kept of one rule."""


class Wording(Draft):
    """A wording with what the scorers said of it."""

    remarks: Annotated[tuple[Remark, ...], Field(max_length=50)] = ()


class Example(StrictModel):
    """A description of an image. `breaks`: it breaks the source's rule. `caught`: so the compiled
    form says."""

    text: Annotated[str, Field(min_length=1, max_length=400)]
    by: Literal["constitution", "made up"] = "made up"
    breaks: bool
    caught: Literal["yes", "no", "unclear"] = "unclear"
    why: Remark = ""


class RuleHistory(StrictModel):
    """`made`: hash of the rule as it was written, by which an edit of a person is known."""

    id: Slug
    made: str = ""
    wordings: Annotated[tuple[Wording, ...], Field(max_length=30)] = ()
    examples: Annotated[tuple[Example, ...], Field(max_length=80)] = ()
    before: Annotated[tuple[CompiledRule, ...], Field(max_length=KEPT_BEFORE)] = ()


class History(StrictModel):
    """Of all rules of one compiled file."""

    title: ShortText
    by: ShortText
    rules: Annotated[tuple[RuleHistory, ...], Field(max_length=400)] = ()

    def of(self, rule: str) -> RuleHistory:
        """What is known of a rule."""
        return {r.id: r for r in self.rules}.get(rule, RuleHistory(id=rule))


def history_of(compiled: Path) -> Path:
    """Where the history of a compiled file lies."""
    stem = compiled.name.removesuffix(COMPILED_SUFFIX).removesuffix(".yaml")
    return compiled.with_name(stem + HISTORY_SUFFIX)


def read_history(compiled: Path) -> History | None:
    """The history of a compiled file, where there is one. Raises `PolicyError`."""
    path = history_of(compiled)
    if not path.is_file():
        return None
    value, wrong = read_written(path)
    hint = f"mend or delete {path.name}: nothing is judged by it"
    return validated(History, value, path.name, wrong, hint)


def made_hash(rule: CompiledRule) -> str:
    """Of all that a rule says; its review notes, and what it takes over from the source, aside."""
    told = rule.model_dump(mode="json")
    for name in ("review", "depictions"):
        told.pop(name, None)
    return content_hash(canonical(told))[:16]
