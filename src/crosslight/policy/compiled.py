"""The compiled form of a constitution: what the judge asks, as a file that people can edit.

Each rule becomes a chain of preconditions (CLUE, arXiv 2501.00192, step 2): all items must hold
(AND), and of one item any alternative is enough (OR). Each alternative is one question of its own,
with the words of its central objects (step 3).
"""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from crosslight.policy.bounded import COMPILED_SUFFIX, PolicyError, read_written
from crosslight.policy.constitution import (
    Constitution,
    Depictions,
    ShortText,
    Slug,
    StrictModel,
    Text,
    find_constitution,
    parse_constitution,
    validated,
    without_defaults,
)
from crosslight.policy.question import Chain, Item, Question, tie_of
from crosslight.records import canonical, content_hash

COMPARE = "compare with `crosslight policy show visible --compiled`, or see docs/policy.md"
Note = Annotated[str, Field(min_length=1, max_length=500)]


class Draft(StrictModel):
    """A wording on the way to an objective one, with the scores (1-10) that it got."""

    text: Text
    scores: Annotated[tuple[float, ...], Field(max_length=50)] = ()


class CompiledRule(StrictModel):
    """`rule` is the source's wording that this was made from; `text` the objective wording.

    `review`: what a reviewer should know. It is asked of nobody, so it is not in the hash.
    `history`: wordings on the way, in files from before they had a file of their own.
    `depictions`: what the source says of them, for whoever has this file alone.
    """

    id: Slug
    rule: Text
    text: Text
    objectiveness: Annotated[float | None, Field(ge=1, le=10)] = None
    depictions: Depictions | None = None
    history: Annotated[tuple[Draft, ...], Field(max_length=30)] = ()
    chain: Chain | None = None
    chains: Annotated[tuple[Chain, ...], Field(max_length=8)] = ()
    review: Annotated[tuple[Note, ...], Field(max_length=40)] = ()

    @model_validator(mode="after")
    def _chained(self) -> Self:
        if bool(self.chain) == bool(self.chains):
            raise ValueError("a rule has either a chain, or chains of which any violates it")
        for chain in self.all_chains:
            for at, item in enumerate(chain):
                for question in item.any:
                    tie_of(chain, at, question)
        return self

    @model_serializer(mode="wrap")
    def _short(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_defaults(
            dump(self), CompiledRule, ("chain", "chains", "review", "depictions")
        )

    @property
    def all_chains(self) -> tuple[tuple[Item, ...], ...]:
        """The chains of preconditions. Where all of one hold, the rule is violated."""
        return self.chains if self.chain is None else (self.chain,)

    @property
    def questions(self) -> list[tuple[int, int, Question]]:
        """Every question with its place, counted over all chains: (item, alternative, question)."""
        items = [item for chain in self.all_chains for item in chain]
        return [(i, j, q) for i, item in enumerate(items) for j, q in enumerate(item.any)]

    @property
    def ties(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Of tied questions, the place that each is tied to; places as of `questions`."""
        found, first = {}, 0
        for chain in self.all_chains:
            for at, item in enumerate(chain):
                for j, question in enumerate(item.any):
                    if (tied := tie_of(chain, at, question)) is not None:
                        found[first + at, j] = (first + tied[0], tied[1])
            first += len(chain)
        return found


class Compiled(StrictModel):
    """A whole constitution as the judge asks it. `by`: who compiled it, a person or a model.
    `depictions`: of rules that do not say it themselves."""

    title: ShortText
    by: ShortText
    depictions: Depictions | None = None
    rules: Annotated[tuple[CompiledRule, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if len(ids) != len(set(ids)):
            raise ValueError("two rules share an id")
        return self

    @model_serializer(mode="wrap")
    def _short(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_defaults(dump(self), Compiled, ("depictions",))

    def depictions_of(self, rule: str) -> Depictions | None:
        """What it says of depictions for a rule. None: nothing."""
        own = {r.id: r.depictions for r in self.rules}.get(rule)
        return own or self.depictions

    @property
    def hash(self) -> str:
        """sha256 of what is asked and of the wordings; stands on every verdict."""
        told = self.model_dump(mode="json")
        for rule in told["rules"]:
            rule.pop("review", None)
        return content_hash(canonical(told))


class NotCompiled(PolicyError):
    """A constitution without its compiled form: it can be read, and not judged by."""


def read_compiled(path: Path) -> Compiled:
    """Read a compiled file. Raises `PolicyError`."""
    value, wrong = read_written(path)
    return validated(Compiled, value, path.name, wrong, COMPARE)


def read_policy(name_or_file: str | Path) -> tuple[Constitution, Compiled]:
    """A constitution and its compiled form, which stands beside it or is the file itself.

    Raises `NotCompiled` where there is none, `PolicyError` where it was made from other wordings.
    """
    path = find_constitution(name_or_file)
    value, wrong = read_written(path)
    if is_compiled(value):
        compiled = validated(Compiled, value, path.name, wrong, COMPARE)
        source = path.with_name(path.name.removesuffix(COMPILED_SUFFIX) + ".yaml")
        if path.name.endswith(COMPILED_SUFFIX) and source.is_file():
            constitution = parse_constitution(*read_written(source), source.name)
        else:
            constitution = _alone(compiled)
    else:
        constitution = parse_constitution(value, wrong, path.name)
        beside = path.with_name(path.stem + COMPILED_SUFFIX)
        if not beside.is_file():
            raise NotCompiled(
                f"{path.name} is not compiled: there is no {beside.name}",
                hint=f"crosslight policy compile {name_or_file} --model SPEC, or without a model: "
                f"crosslight policy compile {name_or_file} --by hand",
            )
        compiled = read_compiled(beside)
    stale = differences(constitution, compiled)
    if stale:
        raise PolicyError(
            f"the compiled form of {path.name} is out of date: {'; '.join(stale[:10])}"
            + f" and {len(stale) - 10} more" * (len(stale) > 10),
            hint=f"crosslight policy compile {name_or_file} --model SPEC compiles these rules and "
            "keeps the others; without a model: "
            f"crosslight policy compile {name_or_file} --by hand",
        )
    return constitution, compiled


def is_compiled(value: Any) -> bool:
    """Whether plain data looks like a compiled file."""
    rules = value.get("rules") if isinstance(value, dict) else None
    return isinstance(rules, list) and any(
        isinstance(r, dict) and ("chain" in r or "chains" in r) for r in rules
    )


def differences(constitution: Constitution, compiled: Compiled) -> list[str]:
    """What of the source the compiled form does not stand for; empty when they fit."""
    wanted = {rule.id: rule.stated for rule in constitution.rules}
    have = {rule.id: rule.rule for rule in compiled.rules}
    found = [f"rule {id!r} is not compiled" for id in wanted if id not in have]
    found += [f"rule {id!r} is not in the constitution" for id in have if id not in wanted]
    found += [
        f"rule {id!r} was compiled from another wording"
        for id, text in wanted.items()
        if id in have and have[id] != text
    ]
    return found


def _alone(compiled: Compiled) -> Constitution:
    """The constitution that a compiled file by itself stands for."""
    rules = [
        {"id": rule.id, "text": rule.rule, "depictions": rule.depictions} for rule in compiled.rules
    ]
    told = {"title": compiled.title, "depictions": compiled.depictions, "rules": rules}
    return parse_constitution(told)
