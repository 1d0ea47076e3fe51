"""What a reviewer of a constitution and of its compiled form should look at again."""

from collections.abc import Iterator

from crosslight.policy.compiled import Compiled, CompiledRule
from crosslight.policy.constitution import Constitution, commands
from crosslight.policy.negation import measure, negator, positive
from crosslight.policy.question import Item, Question
from crosslight.text import odd_characters

GOOD_ENOUGH = 8.5
"""Objectiveness from which a rule is reworded no further: a mean of 9 of three draws is luck."""


def policy_warnings(constitution: Constitution, compiled: Compiled | None) -> list[str]:
    """All of it, a line each, with the place."""
    texts = [(f"rule {r.id}", f"{r.title} {r.stated}") for r in constitution.rules]
    rules = compiled.rules if compiled is not None else ()
    texts += [(f"rule {r.id}, objective wording", r.text) for r in rules]
    texts += [(f"rule {r.id}, {place}", q.see) for r in rules for place, q in placed(r.all_chains)]
    found = commands(texts)
    found += [f"{place}: {odd}" for place, text in texts for odd in odd_characters(text)]
    for rule in rules:
        found += [f"rule {rule.id}{line}" for line in _of_rule(rule)]
    return found + (_of_depictions(constitution, compiled) if compiled is not None else [])


def _of_depictions(constitution: Constitution, compiled: Compiled) -> list[str]:
    """Where the compiled form repeats something else than the source says."""
    found = []
    for rule in compiled.rules:
        told, said = compiled.depictions_of(rule.id), constitution.depictions_of(rule.id)
        if told and told != said:
            found.append(
                f"rule {rule.id}: the compiled form says depictions: {told}, its source "
                f"{said or 'nothing of them'}; the source is followed"
            )
    return found


def placed(chains: tuple[tuple[Item, ...], ...]) -> Iterator[tuple[str, Question]]:
    """Every question with its place in words."""
    for number, chain in enumerate(chains, start=1):
        which = f"chain {number}, " if len(chains) > 1 else ""
        for i, item in enumerate(chain, start=1):
            for j, question in enumerate(item.any, start=1):
                yield f"{which}question {i}.{j}", question


def chain_findings(chains: tuple[tuple[Item, ...], ...]) -> list[str]:
    """What is hard to answer in the questions of one rule. The compiler gets these back once."""
    return [
        f"{place}: {line}"
        for place, question in placed(chains)
        if question.print is None and question.count is None
        for line in _of_question(question)
    ]


def _of_rule(rule: CompiledRule) -> Iterator[str]:
    if rule.objectiveness is not None and rule.objectiveness < GOOD_ENOUGH:
        yield f": objectiveness {rule.objectiveness:g} is below {GOOD_ENOUGH:g}"
    unread = measure(rule.text)
    if unread and unread not in rule.rule:
        yield f", objective wording: nobody can read {unread!r} off a photo"
    yield from (f", {line}" for line in chain_findings(rule.all_chains))
    yield from (f", {line}" for line in _of_logic(rule.all_chains))
    yield from (f": {note.removeprefix(LOOK)}" for note in rule.review if note.startswith(LOOK))


def _of_logic(chains: tuple[tuple[Item, ...], ...]) -> Iterator[str]:
    """What its chains make of the questions, whatever the answers are."""
    places = {id(question): place for place, question in placed(chains)}
    for number, chain in enumerate(chains, start=1):
        alone: dict[tuple[str, bool], Question] = {}
        for item in chain:
            here: dict[tuple[str, bool], Question] = {}
            for question in item.any:
                key, turned = _same(question), _same(question, turned=True)
                if key in here:
                    yield f"{places[id(question)]}: repeats {places[id(here[key])]}"
                elif turned in here:
                    yield (
                        f"{places[id(question)]}: is the contrary of {places[id(here[turned])]}, "
                        "and one of the two always holds: the item asks nothing"
                    )
                here.setdefault(key, question)
            if len(item.any) == 1:
                (question,) = item.any
                if turned in alone:
                    yield (
                        f"{places[id(question)]}: is the contrary of {places[id(alone[turned])]}: "
                        f"chain {number} is never broken"
                    )
                alone.setdefault(key, question)


def _same(question: Question, *, turned: bool = False) -> tuple[str, bool]:
    told = question.model_dump_json(include={"see", "print", "count"})
    return told.casefold(), question.absent is not turned


LOOK = "look: "
"""A review note that begins with this is a warning until somebody takes it out."""


def _of_question(question: Question) -> Iterator[str]:
    if " or " in question.see:
        yield "has an `or`, make it alternatives"
    word = negator(question.see)
    if word:
        forms = positive(question.see)
        turned = "" if question.absent else ", absent: true"
        asked = " and ".join(f"{{see: {form}{turned}}}" for form in forms)
        each = ", each an item of its own" if len(forms) > 1 else ""
        yield (
            f"is negated ({word!r}), which models misread; ask for what is there: "
            + (f"{asked}{each}" if forms else "name the thing, and say whether it is absent")
            + (", after an item for what it is about" if _about(question.see, word) else "")
        )
    unread = measure(question.see)
    if unread:
        yield f"nobody can read {unread!r} off a photo: say what touches, covers or stands where"
    if not question.words:
        yield "no central objects"


def _about(see: str, word: str) -> bool:
    """Whether something stands before the negation: it must be there all the same."""
    return bool(see.partition(word)[0].strip())
