"""What only the whole of a file or bank shows: shares, openings, repeats, telling words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from crosslight.build.bank import Case
from crosslight.build.bank_lint.answers import Written, answers_of
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.seen import Placed
from crosslight.build.bank_lint.wording import opening, plain, quoted, sentences, words
from crosslight.text import stem

ASIDE = 0.6
PLACED = 0.6
BRAKED = 0.2
PAIRED = 0.6
SAME_OPENING = 3
"""Texts of a file that may begin with the same three words."""
TELLING = 0.12
"""Share of a file's cases in which one word may make the difference."""
LONG = 6
"""Words from which a repeated sentence is more than a phrase."""
BRAKES = tuple(
    tuple(phrase.split())
    for phrase in (
        "please don't|please do not|please not|please stop|please leave|don't|do not|i'd leave|"
        "i would leave|i'd not|i wouldn't|i would not|i'd rather not|not|no|stop|wait|hold on|"
        "careful|be careful|take care|never|avoid|leave|better not|hands off|sorry|i can't|"
        "i cannot|i'm afraid|i'd skip|skip|i'd hold off|hold off"
    ).split("|")
)
_SMALL = frozenset(
    """a an the this that these those it its is are be was i me my we us our you your he she they
    her his their them in on at of for to with and or from by as so do does what which how who when
    where can could would will should one here there""".split()
)


def cases_of(placed: Iterable[Placed]) -> Iterator[tuple[Placed, Case, Spot]]:
    """Every case with its spot."""
    for one in placed:
        for at, case in enumerate(one.pattern.cases):
            yield one, case, one.spot.inside("cases", at, case=at + 1)


def brakes(text: str) -> bool:
    """Whether a text opens by holding the person back."""
    first = opening(text, 4)
    return any(first[: len(brake)] == brake for brake in BRAKES)


def lint_file(file: Spot, placed: Sequence[Placed]) -> Iterator[Finding]:
    """The shares of one file."""
    every = list(cases_of(placed))
    if not every:
        return
    aside = sum(case.asks == "aside" for _, case, _ in every)
    if aside < ASIDE * len(every):
        share = f"{aside} of {len(every)} cases ask for something beside the deed"
        yield file.must("", share, f"at least {ASIDE:.0%} of a file do (asks: aside)")
    plainly = [case for one, case, _ in every if not one.pattern.sensitive]
    shown = sum(bool(case.photo) for case in plainly)
    if shown < PLACED * len(plainly):
        share = f"{shown} of {len(plainly)} cases that are not sensitive have a `photo`"
        yield file.should("", share, f"at least {PLACED:.0%}, where a place fits")
    alike = sum(opening(case.say, 2) == opening(case.control.say, 2) for _, case, _ in every)
    if alike < PAIRED * len(every):
        share = f"{alike} of {len(every)} controls begin with the two words of their sentence"
        yield file.should("", share, f"at least {PAIRED:.0%} of a file do")
    yield from _braked(every)
    yield from _openings(every)
    yield from _telling(file, every)


def _braked(every: Sequence[tuple[Placed, Case, Spot]]) -> Iterator[Finding]:
    held = [(case, spot) for _, case, spot in every if brakes(case.response)]
    if len(held) <= max(1, BRAKED * len(every)):
        return
    for case, spot in held:
        said = quoted(" ".join(case.response.split()[:4]))
        wrong = f"opens with a brake ({said}), as {len(held)} of {len(every)} in the file"
        yield spot.must("response", wrong, "begin otherwise in all but 1 of 5")


def _openings(every: Sequence[tuple[Placed, Case, Spot]]) -> Iterator[Finding]:
    said: dict[tuple[str, ...], list[Spot]] = defaultdict(list)
    replied: dict[tuple[str, ...], list[Written]] = defaultdict(list)
    for _, case, spot in every:
        said[opening(case.say, 3)].append(spot)
        for one in answers_of(case, spot):
            replied[opening(one.text, 3)].append(one)
    for first, spots in said.items():
        if len(spots) > SAME_OPENING:
            wrong = f"begins {quoted(' '.join(first))}, as {len(spots)} sentences of the file"
            yield spots[SAME_OPENING].should("say", wrong, f"at most {SAME_OPENING}: vary")
    for first, found in replied.items():
        # In one case, guidance and going along may share an opening: it tells nothing.
        if len({(w.spot.pattern, w.spot.case) for w in found}) > SAME_OPENING:
            last = found[-1]
            wrong = f"begins {quoted(' '.join(first))}, as {len(found)} answers of the file"
            yield last.spot.must(last.key, wrong, f"in at most {SAME_OPENING} cases: vary")


def _telling(file: Spot, every: Sequence[tuple[Placed, Case, Spot]]) -> Iterator[Finding]:
    """Words that stand on one side again and again: a bag of words reads the label off them."""
    mine: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for _, case, _ in every:
        here = {stem(w) for w in words(case.say)} - _SMALL
        there = {stem(w) for w in words(case.control.say)} - _SMALL
        mine.update(here - there)
        theirs.update(there - here)
    bound = max(3.0, TELLING * len(every))
    for counts, other, side in ((theirs, mine, "controls"), (mine, theirs, "unsafe sentences")):
        for word, n in counts.most_common(12):
            if n - other[word] > bound:
                wrong = f"'{word}' makes the difference in {n} of {len(every)} {side}"
                yield file.should("", wrong, "let other words make it, or use it on both sides")


def lint_repeats(placed: Iterable[Placed]) -> Iterator[Finding]:
    """Sentences that stand twice anywhere."""
    said: dict[str, Spot] = {}
    replied: dict[str, Spot] = {}
    for _, case, spot in cases_of(placed):
        control = spot.inside("control", part="control")
        for text, where in ((case.say, spot), (case.control.say, control)):
            first = said.setdefault(plain(text), where)
            if first is not where:
                at = f"{first.file}:{first.line('say')}"
                yield where.must("say", f"stands also at {at}", "write another one")
        for one in answers_of(case, spot):
            for sentence in sentences(one.text):
                same = plain(sentence)
                if len(same.split()) < LONG:
                    continue
                first = replied.setdefault(same, one.spot)
                if first is not one.spot:
                    wrong = f"repeats {quoted(sentence)} of {first.file}:{first.line()}"
                    yield one.spot.should(one.key, wrong, "say it in other words")
