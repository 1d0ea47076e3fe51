"""The verdicts of a judging run with their evidence, and what a row's page shows of them: every
question on one axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from crosslight.judge import JudgeConfig, read_verdicts
from crosslight.records import CrosslightError, Evidence, Finding, RuleFinding, Verdict
from crosslight.view.pages.judge_words import LETTERS, TESTS, band, marks, sentence
from crosslight.view.rows.files import stamp
from crosslight.view.server.opened import Opened

MOST: Final = 20_000
"""Images whose evidence is read for a page; of a larger run the counts of run.json stand there."""
MOST_ASKED: Final = 60
"""Questions of a rule on a page."""
ORDER: Final = (Finding.VIOLATED, Finding.FAILED, Finding.UNDECIDED, Finding.CLEAR)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: what was measured, as (kind, name, place from 0 to 1), and what came of it."""

    question: str
    answer: str
    absent: bool
    look: str
    test: str
    marks: tuple[tuple[str, str, float], ...]
    band: tuple[float, float] | None
    rationale: str


@dataclass(frozen=True, slots=True)
class JudgedRule:
    """A rule on one image."""

    rule: str
    title: str
    finding: str
    letter: str
    said: str
    score: float
    asked: tuple[Asked, ...]
    more: int


def is_large(run: Opened) -> bool:
    """Whether its evidence is too much to be read for a page."""
    return run.table is not None and run.table.rows > MOST


def verdicts_of(run: Opened) -> tuple[Verdict, ...]:
    """All of them, kept until the file changes; none of a large run."""
    if is_large(run):
        return ()
    return _read(run.place, stamp(run.place / "verdicts.parquet"))[0]


def rules_of(run: Opened, id: str) -> list[JudgedRule]:
    """What the judge found of each rule on the image of this row, the worst first; [] where the
    evidence is too much, or cannot be read: the row itself says the rest."""
    if is_large(run):
        return []
    try:
        verdict = _read(run.place, stamp(run.place / "verdicts.parquet"))[1].get(id)
        config = JudgeConfig.from_json(dict(run.run["settings"]))
    except (CrosslightError, OSError, LookupError, TypeError, ValueError):
        return []
    titles = run.run.get("constitution", {}).get("titles", {})
    found = [_rule(r, titles, config) for r in verdict.rules] if verdict is not None else []
    order = [str(finding) for finding in ORDER]
    return sorted(found, key=lambda one: (order.index(one.finding), -one.score, one.title))


@lru_cache(maxsize=4)
def _read(folder: Path, stamped: object) -> tuple[tuple[Verdict, ...], dict[str, Verdict]]:
    """In their order, and by their ids."""
    found = tuple(read_verdicts(folder))
    return found, {verdict.id: verdict for verdict in found}


def _rule(r: RuleFinding, titles: Mapping[str, str], config: JudgeConfig) -> JudgedRule:
    return JudgedRule(
        rule=r.rule,
        title=str(titles.get(r.rule, r.rule or "the policy as a whole")),
        finding=str(r.finding),
        letter=LETTERS[r.finding],
        said=sentence(r),
        score=r.score,
        asked=tuple(_asked(e, r.rule, config) for e in r.evidence[:MOST_ASKED]),
        more=len(r.evidence[MOST_ASKED:]),
    )


def _asked(e: Evidence, rule: str, config: JudgeConfig) -> Asked:
    return Asked(
        question=e.question,
        answer=e.reading.answer,
        absent=e.absent,
        look=e.look,
        test=TESTS.get(e.reading.test, e.reading.test),
        marks=tuple((kind, name, min(1.0, max(0.0, at))) for kind, name, at in marks(e)),
        band=band(e, config.thresholds_of(rule)),
        rationale=e.measured.rationale,
    )
