"""What differs between two constitutions or two compiled forms, rule by rule."""

from pathlib import Path

from crosslight.policy.bounded import read_written
from crosslight.policy.compiled import Compiled, CompiledRule, is_compiled
from crosslight.policy.constitution import Constitution, Rule, find_constitution, validated
from crosslight.policy.question import Question

Line = tuple[str, str, str]
"""(mark, place, text): mark is `+`, `-` or ` `."""


def read_any(name_or_file: str | Path) -> Constitution | Compiled:
    """A constitution or a compiled file. Raises `PolicyError`."""
    path = find_constitution(name_or_file)
    value, wrong = read_written(path)
    if is_compiled(value):
        return validated(Compiled, value, path.name, wrong)
    return validated(Constitution, value, path.name, wrong)


def policy_differences(left: Constitution | Compiled, right: Constitution | Compiled) -> list[Line]:
    """Lines that only one side has, in the order of the right side; empty when both mean the same.

    A source against a compiled form compares only the wordings.
    """
    same_kind = type(left) is type(right)
    old, new = (_rules(side, same_kind) for side in (left, right))
    found: list[Line] = []
    for id in [*new, *(id for id in old if id not in new)]:
        before, after = old.get(id, []), new.get(id, [])
        found += [("-", id, line) for line in before if line not in after]
        found += [("+", id, line) for line in after if line not in before]
    return found


def _rules(side: Constitution | Compiled, whole: bool) -> dict[str, list[str]]:
    if isinstance(side, Compiled):
        return {
            rule.id: _compiled(rule, side) if whole else [f"text: {rule.rule}"]
            for rule in side.rules
        }
    return {
        rule.id: _source(rule, side) if whole else [f"text: {rule.stated}"] for rule in side.rules
    }


def _source(rule: Rule, side: Constitution) -> list[str]:
    lines = [f"text: {rule.stated}"]
    depictions = side.depictions_of(rule.id)
    lines += [f"depictions: {depictions}"] if depictions else []
    lines += [f"title: {rule.title}"] if rule.title else []
    lines += [f"unsafe: {e}" for e in rule.examples.unsafe]
    lines += [f"safe: {e}" for e in rule.examples.safe]
    return lines + (["allowed: true"] if rule.allowed else [])


def _compiled(rule: CompiledRule, side: Compiled) -> list[str]:
    lines = [f"text: {rule.text}", f"from: {rule.rule}"]
    depictions = side.depictions_of(rule.id)
    lines += [f"depictions: {depictions}"] if depictions else []
    for number, chain in enumerate(rule.all_chains, start=1):
        which = f"chain {number}, " if len(rule.all_chains) > 1 else ""
        for at, item in enumerate(chain, start=1):
            asked = " OR ".join(question_line(q) for q in item.any)
            lines.append(f"{which}precondition {at}: {asked}")
    return lines


def question_line(q: Question) -> str:
    """A question on one line, with all that steers it."""
    told = f"not: {q.see}" if q.absent else q.see
    told += f" [{', '.join(q.words)}]" if q.words else ""
    told += f" (of {q.of})" if q.of else ""
    if q.print is not None:
        [(kind, value)] = q.print.model_dump(exclude_none=True).items()
        told += f" (print, {kind}: {value})"
    return told + (f" (more than {q.count.more_than} x {q.count.of})" if q.count else "")
