"""Compiling again: what stays, what is replaced, and what a person should know before it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslight.policy.bounded import PolicyError
from crosslight.policy.compiled import Compiled, CompiledRule, read_compiled
from crosslight.policy.constitution import Constitution
from crosslight.policy.diff import Line, policy_differences
from crosslight.policy.history import (
    KEPT_BEFORE,
    History,
    RuleHistory,
    made_hash,
    read_history,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What lies there already: the compiled form and its history, where there are any."""

    compiled: Compiled | None = None
    history: History | None = None

    def kept(self, constitution: Constitution, again: Collection[str] = ()) -> list[CompiledRule]:
        """The rules that stay as they are, edits included: their wording in the source is the one
        that they were compiled from, and nobody asked for them `again`. Raises `PolicyError`."""
        known = {rule.id: rule for rule in constitution.rules}
        for id in again:
            if id not in known:
                raise PolicyError(f"there is no rule {id!r}", hint=f"one of: {', '.join(known)}")
        return [
            rule
            for rule in (self.compiled.rules if self.compiled else ())
            if rule.id in known and rule.rule == known[rule.id].stated and rule.id not in again
        ]

    def edited(self, rule: CompiledRule) -> bool:
        """Whether a person wrote or changed this form of a rule."""
        made = self.history.of(rule.id).made if self.history else ""
        return made != made_hash(rule)


def standing_at(target: Path) -> Standing:
    """What lies at `target`. Raises `PolicyError` where it cannot be read."""
    if not target.is_file():
        return Standing()
    return Standing(read_compiled(target), read_history(target))


def joined(
    constitution: Constitution,
    standing: Standing,
    made: Sequence[CompiledRule],
    histories: Sequence[RuleHistory],
    by: str,
) -> tuple[Compiled, History]:
    """The new form and its history, in the order of the constitution: `made` before what stands.

    Forms that are replaced go into the history.
    """
    new = {rule.id: rule for rule in made}
    old = {rule.id: rule for rule in (standing.compiled.rules if standing.compiled else ())}
    rules = tuple(
        (new.get(rule.id) or old[rule.id]).model_copy(update={"depictions": rule.depictions})
        for rule in constitution.rules
    )
    wanted = {rule.id for rule in rules}
    replaced = [r for id, r in old.items() if id not in wanted or new.get(id, r) != r]
    before = standing.compiled.by if standing.compiled and len(new) < len(rules) else ""
    makers = dict.fromkeys(maker for maker in (*before.split("; "), by if new else "") if maker)
    whole = "; ".join(makers)[:200]
    past = set_aside(standing, constitution.title, replaced)
    lines = {line.id: line for line in past.rules}
    for line in histories:
        forms = past.of(line.id).before
        lines[line.id] = line.model_copy(update={"before": forms})
    compiled = Compiled(
        title=constitution.title, by=whole, depictions=constitution.depictions, rules=rules
    )
    return compiled, History(title=constitution.title, by=whole, rules=tuple(lines.values()))


def set_aside(standing: Standing, title: str, forms: Sequence[CompiledRule]) -> History:
    """The history with these forms among those that were replaced."""
    past = standing.history or History(title=title, by="hand")
    lines = {line.id: line for line in past.rules}
    for form in forms:
        line = lines.get(form.id, RuleHistory(id=form.id))
        before = (form, *line.before)[:KEPT_BEFORE]
        lines[form.id] = line.model_copy(update={"before": before})
    return past.model_copy(update={"rules": tuple(lines.values())})


def replaced_edits(standing: Standing, made: Sequence[CompiledRule]) -> list[str]:
    """Ids of rules of which a person's form would be replaced by another."""
    old = {rule.id: rule for rule in (standing.compiled.rules if standing.compiled else ())}
    return [
        rule.id
        for rule in made
        if rule.id in old and old[rule.id] != rule and standing.edited(old[rule.id])
    ]


def changes(standing: Standing, compiled: Compiled) -> list[Line]:
    """What would differ, rule by rule."""
    return policy_differences(standing.compiled, compiled) if standing.compiled else []
