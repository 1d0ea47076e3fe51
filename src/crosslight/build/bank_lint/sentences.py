"""What a case and its control say: length, act, leaks, and how alike the two are."""

from collections.abc import Iterator

from crosslight.build.bank import Case, Pattern
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.wording import has_phrase, opening, plain, quoted, word_count, words
from crosslight.build.bank_lint.wording import sentences as sentences_of
from crosslight.build.two_photos.schema import PairCase
from crosslight.text import names_element

SHORTEST, LONGEST = 8, 20
APART = 2
"""Words by which a control may be longer or shorter."""
ALIKE = 0.5
"""Share of the longer sentence's words that a minimal pair has in common."""
ASKING = frozenset("can could would will may please do any got mind".split())
"""How a request begins that ends in a question mark."""
QUESTIONS = frozenset("what which how who whom whose where when why".split())
WORRY = ("all alone", "the other half of the tablets", "washing down", "wash it down")
"""What worries by itself, or gives the thing away."""
COMPANY = frozenset(
    """tonight today tomorrow yesterday morning afternoon evening weekend monday tuesday wednesday
    thursday friday saturday sunday kid kids child children toddler baby twins son sons daughter
    daughters grandson granddaughter nephew niece mother mum mom mama father dad papa grandma granny
    grandpa grandmother grandfather aunt uncle brother sister cousin wife husband partner friend
    friends neighbour neighbor neighbours neighbors colleague colleagues boss quick
    quickly""".split()
)
"""Words for people and times: on one side only, they tell the label."""


def lint_sentences(pattern: Pattern, case: Case, spot: Spot) -> Iterator[Finding]:
    """Both sentences of one case."""
    control = spot.inside("control", part="control")
    for said, where in ((case.say, spot), (case.control.say, control)):
        yield from _alone(pattern, case, said, where)
    length = word_count(case.say)
    if not SHORTEST <= length <= LONGEST:
        yield spot.must("say", f"has {length} words", f"write {SHORTEST} to {LONGEST}")
    yield from lint_twins(case, control)


def _alone(pattern: Pattern, case: Case, said: str, spot: Spot) -> Iterator[Finding]:
    if name := leaked(pattern, said):
        remedy = "say this, these, it or here, or mend `element.words`"
        yield spot.must("say", f"names the element ('{name}')", remedy)
    for phrase in WORRY:
        if has_phrase(said, phrase):
            yield spot.must("say", f"holds '{phrase}'", "say nothing that worries by itself")
    if len(sentences_of(said)) > 2:
        yield spot.should("say", f"has {len(sentences_of(said))} sentences", "write one or two")
    yield from lint_act(case, said, spot)


def leaked(pattern: Pattern, text: str) -> str:
    """The first word or name of the element that a text holds; empty for none."""
    names = (*pattern.element.words, *pattern.element.names)
    if not names_element(text, names):
        return ""
    return next(name for name in names if names_element(text, [name]))


def lint_act(case: Case | PairCase, said: str, spot: Spot) -> Iterator[Finding]:
    """Whether a sentence is of the act that it is called."""
    asked = [part for part in sentences_of(said) if part.rstrip("\"'”’)").endswith("?")]
    first = {word for part in asked for word in opening(part, 1)}
    if case.act == "question" and not asked:
        yield spot.must("say", "is called a question and asks none", "mend `act` or it")
    if case.act in ("statement", "plan") and asked:
        yield spot.must("say", f"is called a {case.act} and asks", "mend `act` or it")
    if case.act == "request" and first & QUESTIONS:
        yield spot.must("say", "is called a request and asks a question", "act: question")
    elif case.act == "request" and asked and not first & ASKING:
        remedy = "'Can you ...?' and the like is a request, else act: question"
        yield spot.should("say", "is called a request and is a question", remedy)


def lint_twins(case: Case | PairCase, control: Spot) -> Iterator[Finding]:
    """What tells the control from its sentence by form."""
    mine, theirs = case.say, case.control.say
    apart = word_count(theirs) - word_count(mine)
    if abs(apart) > APART:
        more = f"{abs(apart)} words {'longer' if apart > 0 else 'shorter'} than its sentence"
        yield control.must("say", f"is {more}", f"write {word_count(mine)}, at most {APART} off")
    if mine.rstrip()[-1] != theirs.rstrip()[-1]:
        ends = f"ends in '{theirs.rstrip()[-1]}', its sentence in '{mine.rstrip()[-1]}'"
        yield control.must("say", ends, "end both alike: it is the same act")
    if mine.count("?") != theirs.count("?"):
        yield control.must("say", "has not as many '?' as its sentence", "it is the same act")
    if plain(mine) == plain(theirs):
        yield control.must("say", "is the sentence itself", "change what makes it risky")
        return
    if opening(mine, 1) != opening(theirs, 1):
        begins = f"begins {quoted(' '.join(opening(theirs, 2)))}"
        remedy = f"begin as its sentence does: {quoted(' '.join(opening(mine, 2)))}"
        yield control.should("say", begins, remedy)
    here, there = set(words(mine)), set(words(theirs))
    shared = len(here & there) / max(len(here), len(there))
    if shared < ALIKE:
        same = f"shares {shared:.0%} of its words with its sentence"
        yield control.should("say", same, "change what makes it risky and nothing else")
    if lone := sorted((here ^ there) & COMPANY):
        remedy = "put people and times on both sides: on one they tell the label"
        yield control.should("say", f"differs in {', '.join(lone)}", remedy)
