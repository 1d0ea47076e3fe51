"""The shortcut audit of a build, and how an audit is told: for the card, the page, a terminal."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crosslight.build import Row, StoredRun
from crosslight.export.sorted_texts import SortedTexts
from crosslight.stats import (
    TOO_TELLING,
    Auc,
    AuditRow,
    Lengths,
    Repeated,
    Shortcut,
    TellingWord,
    TextAudit,
    audit_texts,
)
from crosslight.text import markdown, plural

CARD_ROWS = 1_000
"""Rows that the card looks at: the end of a build should not wait for more."""
_SIZES = frozenset(("words", "characters"))
BOUNDED_OF_RESPONSES = _SIZES | {"opening"}
"""Of a response; its words may differ, since guidance names a hazard and plain help does not."""
_ACTS = frozenset(("question_mark", "question_word", "act"))
_BEGINNINGS = frozenset(("opening",))
SAME_PHOTO = ("unsafe", "control_text", "hard_negative")
"""Kinds whose rows differ by their text alone."""


@dataclass(frozen=True, slots=True)
class DatasetAudit:
    """The texts of a build: its sentences beside those of the text controls and beside those of
    all controls, its responses beside those of all controls."""

    sentences: TextAudit
    against_all: TextAudit
    responses: TextAudit

    @property
    def columns(self) -> tuple[tuple[str, TextAudit], ...]:
        """The three, each with its heading."""
        return (
            ("sentence, beside the same photo's harmless text", self.sentences),
            ("sentence, beside all controls", self.against_all),
            ("response, beside all controls", self.responses),
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {
            "sentences": self.sentences.as_json(),
            "against_all": self.against_all.as_json(),
            "responses": self.responses.as_json(),
        }

    @property
    def lines(self) -> tuple[tuple[str, tuple[Auc, ...]], ...]:
        """One for each shortcut: its title, and its AUC in each column."""
        sides = [audit.shortcuts for _, audit in self.columns]
        return tuple(
            (each[0].title, tuple(one.auc for one in each)) for each in zip(*sides, strict=True)
        )

    @property
    def unknown(self) -> str:
        """Why nothing is known; empty where something is."""
        aucs = [auc for _, line in self.lines for auc in line]
        return "" if any(auc.known for auc in aucs) else aucs[0].reason

    @property
    def known(self) -> bool:
        """Whether nothing is unknown."""
        return all(auc.known for _, line in self.lines for auc in line)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What tells too much, and the remedy."""
        bounded = [one for one in self.responses.loud if one.name in BOUNDED_OF_RESPONSES]
        sides = [("sentence", self.sentences.loud), ("response", tuple(bounded))]
        if not self.sentences.loud:
            sides[0] = ("sentence, beside all controls,", self.against_all.loud)
        return tuple(warning(what, loud) for what, loud in sides if loud)


def audit_run(run: StoredRun, *, most: int = CARD_ROWS, seed: int = 0) -> DatasetAudit:
    """Measure the rows of a build. Wordings of one pattern (of one photo, where a row has no
    pattern) are held out together."""
    return audit_rows(run.rows, most=most, seed=seed)


def audit_rows(
    rows: Iterable[Row], *seen: Callable[[Row], object], most: int = CARD_ROWS, seed: int = 0
) -> DatasetAudit:
    """The same of rows that are gone through once; each is told to all of `seen`."""

    def told() -> Iterator[Row]:
        for row in rows:
            for one in seen:
                one(row)
            yield row

    with SortedTexts() as texts:
        texts.add(_sides(told()))
        chosen = [texts.sample(side, most, seed) for side in range(3)]
    return DatasetAudit(*(_audited(rows, of, seed) for rows, of in chosen))


def _sides(rows: Iterable[Row]) -> Iterator[tuple[int, AuditRow]]:
    """Texts with the number of their column: `DatasetAudit` has the three in this order."""
    for row in rows:
        if row.label not in ("unsafe", "safe"):
            continue
        if row.kind in SAME_PHOTO:
            yield 0, _row(row, row.text)
        yield 1, _row(row, row.text)
        if row.response:
            yield 2, _row(row, row.response)


@lru_cache(maxsize=3)
def _audited(rows: tuple[AuditRow, ...], of: int, seed: int) -> TextAudit:
    """The card and the page of a run ask one after the other."""
    return audit_texts(rows, most=len(rows), of=of, seed=seed, by_act=False)


def _row(row: Row, text: str) -> AuditRow:
    return AuditRow(text, int(row.label == "unsafe"), row.pattern or row.photo)


def warning(what: str, loud: Iterable[Shortcut]) -> str:
    """That a label can be read off a text, by what, and what to do."""
    worst = sorted(loud, key=lambda one: -(one.auc.value or 0))
    named = ", ".join(f"{one.title} {figure(one.auc)}" for one in worst)
    names = {one.name for one in worst}
    todo = []
    if names & _SIZES:
        todo.append("write both kinds in the same lengths")
    if names & _ACTS:
        todo.append("let a control do what its partner does: a plan stays a plan, a question one")
    if names & _BEGINNINGS:
        todo.append("begin both kinds in the same many ways")
    if names - _SIZES - _ACTS - _BEGINNINGS:
        todo.append("reword what holds the telling words and marks, or give both kinds them")
    return (
        f"Without the picture, the label can be read off the {what} (AUC above {TOO_TELLING}): "
        f"{named}. A model can learn this instead of the risk. Remedy: {'; '.join(todo)}."
    )


def figure(auc: Auc) -> str:
    """An AUC for people."""
    return "unknown" if auc.value is None else f"{auc.value:.3f}"


def interval(auc: Auc) -> str:
    """Its interval, or why there is none."""
    if auc.low is None or auc.high is None:
        return auc.reason
    return f"{auc.low:.3f} to {auc.high:.3f}"


def audit_markdown(audit: TextAudit) -> str:
    """An audit as Markdown; the texts in it are shown and not believed."""
    return "\n".join(_lines(audit)) + "\n"


def _lines(audit: TextAudit) -> Iterator[str]:
    yield "| what is looked at | AUC | 95% interval | rows |"
    yield "|---|---:|---|---:|"
    for one in audit.shortcuts:
        cells = (markdown(one.title, 80), figure(one.auc), interval(one.auc), f"{one.auc.rows:,}")
        yield f"| {' | '.join(cells)} |"
    yield ""
    for name, text in audit_facts(audit):
        yield f"- {name}: {markdown(text)}"


def audit_facts(audit: TextAudit) -> tuple[tuple[str, str], ...]:
    """The rest of an audit, a line each. The texts hold words of the data."""
    sampled = f", a sample of {audit.of:,}" if audit.of > audit.rows else ""
    found = [
        (
            "looked at",
            f"{plural(audit.rows, 'row')}{sampled}, {audit.unsafe:,} unsafe, "
            f"in {plural(audit.groups, 'group')}",
        ),
        ("words a text, unsafe and safe", _told_lengths(audit)),
        ("words that tell unsafe", _told_words(audit.words_unsafe)),
        ("words that tell safe", _told_words(audit.words_safe)),
        ("openings of unsafe texts", _told_forms(audit.openings[0])),
        ("openings of safe texts", _told_forms(audit.openings[1])),
        ("frames of unsafe texts", _told_forms(audit.frames[0])),
        ("frames of safe texts", _told_forms(audit.frames[1])),
        ("acts", ", ".join(f"{act} {one:,} and {zero:,}" for act, one, zero in audit.acts)),
        (
            "the same words in several groups",
            plural(audit.shared, "text") if audit.shared else "",
        ),
    ]
    return tuple((name, text) for name, text in found if text)


def _told_lengths(audit: TextAudit) -> str:
    one, zero, overlap = audit.lengths_unsafe, audit.lengths_safe, audit.overlap
    if one is None or zero is None or overlap is None:
        return ""
    return f"{_told_length(one)} and {_told_length(zero)}; {overlap:.0%} of the ranges is shared"


def _told_length(lengths: Lengths) -> str:
    return f"median {lengths.median:g} (5-95%: {lengths.low:.0f} to {lengths.high:.0f})"


def _told_words(words: Iterable[TellingWord]) -> str:
    return ", ".join(f'"{one.word}" ({one.unsafe} to {one.safe} groups)' for one in words)


def _told_forms(forms: Iterable[Repeated]) -> str:
    return ", ".join(f'"{one.form}" ({one.rows} rows, {one.groups} groups)' for one in forms)
