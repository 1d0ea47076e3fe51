"""Who can decide a question of a compiled policy, without asking anybody: the embedded perception,
the text reader, the boxes of a detector, or only a vision-language model (`policy check`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crosslight.models import reach_of, read_thresholds
from crosslight.policy import Compiled, CompiledRule, Item, Question, placed


class Who(StrEnum):
    """The least that a question or a rule needs."""

    PRINT = "text reader"
    COUNT = "counted boxes"
    PERCEPTION = "embedded perception"
    VLM = "a vision-language model"


@dataclass(frozen=True, slots=True)
class Decider:
    """Who can answer one question. `holds`, `fails`: the precondition can be found to hold, or not
    to, on a machine without a vision-language model."""

    place: str
    question: Question
    who: Who
    note: str
    holds: bool
    fails: bool


@dataclass(frozen=True, slots=True)
class RuleDeciders:
    """The questions of one rule; whether it can be found broken, or kept, without a vision-language
    model."""

    rule: str
    questions: tuple[Decider, ...]
    broken: bool
    kept: bool

    @property
    def told(self) -> str:
        """In words."""
        if self.broken and self.kept:
            return "decided without a vision-language model"
        if self.kept:
            return "can only be cleared without a vision-language model"
        if self.broken:
            return "can only be found broken without a vision-language model"
        return "needs a vision-language model"


def deciders_of(compiled: Compiled) -> list[RuleDeciders]:
    """Of every rule, who can decide its questions."""
    return [_of_rule(rule) for rule in compiled.rules]


def how_well() -> str:
    """What is known of how well the embedded perception sees, on one line."""
    known = read_thresholds().measured
    if not {"recall_present", "missed_among_absent", "precision_present"} <= known.keys():
        return "how well it sees has not been measured here"
    return (
        f"embedded perception, measured on labelled photos: of what it calls there "
        f"{known['precision_present']:.0%} is; it finds {known['recall_present']:.0%} of what is "
        f"there, and of what it calls not there {known['missed_among_absent']:.1%} is (small and "
        "half-hidden things are missed); by rule: docs/embedded.md"
    )


def decider(question: Question, place: str = "") -> Decider:
    """Who can answer one question."""
    if question.print is not None:
        note = "level print in Latin or Chinese script; small print is missed"
        note += "; that it is absent stays open" if question.absent else ""
        return Decider(place, question, Who.PRINT, note, not question.absent, True)
    if question.count is not None:
        reach = reach_of(question.count.of)
        boxed = reach.yes and "by box" in reach.why
        who = Who.COUNT if boxed else Who.VLM
        note = "by boxes; close to the number it stays open" if boxed else "nothing counts these"
        return Decider(place, question, who, note, boxed and not question.absent, boxed)
    reach = reach_of(question.see)
    yes, no = (reach.gone, reach.yes) if question.absent else (reach.yes, reach.no)
    if question.absent and reach.yes and not reach.gone:
        why = f"{reach.why}; only that it is there: it misses too many to say that it is not"
        return Decider(place, question, Who.PERCEPTION, why, yes, no)
    if reach.yes or reach.no:
        sides = "" if reach.yes and reach.no else ("only Yes; " if reach.yes else "only No; ")
        return Decider(place, question, Who.PERCEPTION, sides + reach.why, yes, no)
    return Decider(place, question, Who.VLM, reach.why, False, False)


def _of_rule(rule: CompiledRule) -> RuleDeciders:
    found = tuple(decider(question, place) for place, question in placed(rule.all_chains))
    broken = any(_all_items(chain, lambda d: d.holds) for chain in rule.all_chains)
    kept = all(_any_item(chain, lambda d: d.fails) for chain in rule.all_chains)
    return RuleDeciders(rule.id, found, broken, kept)


def _all_items(chain: Sequence[Item], can: Callable[[Decider], bool]) -> bool:
    """One alternative of every item is enough to find the chain broken."""
    return all(any(can(decider(question)) for question in item.any) for item in chain)


def _any_item(chain: Sequence[Item], can: Callable[[Decider], bool]) -> bool:
    """All alternatives of one item are enough to find the chain kept."""
    return any(all(can(decider(question)) for question in item.any) for item in chain)
