"""From sets and a judge to the report: the matrix first, then what stands beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.rate.config import RateConfig
from crosslight.rate.curves import Curve, learning_curves
from crosslight.rate.job import RateJob
from crosslight.rate.judges import Judge, WordsJudge
from crosslight.rate.matrix import Cell, Figure, Matrix
from crosslight.rate.mixture import Mixture, greedy_mixture
from crosslight.rate.origin import Origin, origins
from crosslight.rate.overlap import Overlap
from crosslight.rate.plan import Plan
from crosslight.rate.report import (
    Cell as CellEntry,
)
from crosslight.rate.report import (
    CurveEntry,
    DatasetEntry,
    Line,
    Number,
    OriginEntry,
    OverlapEntry,
    RateReport,
    StepEntry,
)
from crosslight.rate.rows import OTHERS, Row, summed, trained_rows, untuned_row, with_mean
from crosslight.rate.scores import Scores
from crosslight.rate.sentence import sentence_of
from crosslight.rate.sets import SLICE, TEST, TRAIN, RatedSet

WORDS = "words of "
Told = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """What was measured over several sets."""

    plan: Plan
    rows: tuple[Row, ...]
    untuned: Row
    words: Mapping[str, Row]
    as_it_is: Mapping[tuple[int, int], float]
    origins: tuple[Origin, ...]
    curves: tuple[Curve, ...]
    mixture: Mixture | None


def rate_sets(
    plan: Plan, judge: Judge, untuned: Judge, scores: Scores, config: RateConfig, told: Told
) -> Rated:
    """Train, test, sum up. What `told` or `scores` raise ends it; trained cells are kept."""
    matrix = Matrix(plan, scores, config.seeds, config.seed, config.draws)
    zero = untuned_row(matrix, untuned)
    others = config.others
    rows = summed(trained_rows(matrix, judge, told, others=others), zero)
    control = WordsJudge(plan.sets)
    words = [
        with_mean(row) for row in trained_rows(matrix, control, told, others=others, prefix=WORDS)
    ]
    own = [row for row in rows if row.own >= 0]
    wide = len(plan.trained) > 1
    return Rated(
        plan,
        tuple(rows),
        with_mean(zero),
        {row.name: row for row in words},
        _as_it_is(matrix, judge),
        tuple(origins(plan.sets, config.draws, config.seed)),
        tuple(learning_curves(matrix, judge, own)) if config.curves else (),
        greedy_mixture(matrix, judge, untuned, config.steps) if wide and config.steps else None,
    )


@dataclass(frozen=True, slots=True)
class About:
    """The judge in a report: as the sentence names it, in short, and what a reader must know."""

    called: str
    label: str
    proxy: str
    notes: tuple[str, ...] = ()


def report_of(job: RateJob, rated: Rated, about: About) -> RateReport:
    """All of it, for the page and the tables."""
    plan, lines = rated.plan, lines_of(rated)
    return RateReport(
        sentence=sentence_of(lines, about.called),
        judge=about.label,
        proxy=about.proxy,
        datasets=tuple(
            dataset_entry(one, job.datasets[at], plan.why_not.get(at, ""))
            for at, one in enumerate(plan.sets)
        ),
        per_class=plan.per_class,
        seeds=job.config.seeds,
        seed=job.config.seed,
        draws=job.config.draws,
        pool=job.pool or "",
        lines=lines,
        overlaps=overlap_entries(plan.overlaps.values()),
        origins=origin_entries(rated.origins),
        curves=curve_entries(rated.curves),
        mixture=step_entries(rated.mixture),
        mixture_end=rated.mixture.end if rated.mixture else "",
        notes=about.notes,
    )


def _as_it_is(matrix: Matrix, judge: Judge) -> dict[tuple[int, int], float]:
    """Of each flagged cell the AUC with its duplicates."""
    found = {}
    for (train, test), one in matrix.plan.overlaps.items():
        if train != test and one.flagged and test in matrix.plan.tested:
            value = matrix.as_it_is(judge, train, test)
            if value is not None:
                found[train, test] = value
    return found


def dataset_entry(one: RatedSet, spec: str, why_not: str) -> DatasetEntry:
    """How a set was used."""

    def both(part: int) -> tuple[int, int]:
        return one.count(part, 1), one.count(part, 0)

    return DatasetEntry(
        name=one.name,
        spec=spec,
        licence=one.licence,
        read=one.read,
        left_out=one.left_out,
        unsafe=int(one.labels.sum()),
        safe=int((one.labels == 0).sum()),
        controls=int(one.controls.sum()),
        train=both(TRAIN),
        slice=both(SLICE),
        test=both(TEST),
        testable=one.testable,
        why_not=why_not,
        notes=one.notes,
    )


def lines_of(rated: Rated) -> tuple[Line, ...]:
    """The rows of the report: each set, all others, the untuned judge."""
    return tuple(_line(rated, row) for row in (*rated.rows, rated.untuned))


def _line(rated: Rated, row: Row) -> Line:
    words = rated.words.get(row.name)
    kind = "set" if row.own >= 0 else "others" if row.name == OTHERS else "untuned"
    return Line(
        name=row.name,
        kind=kind,
        cells=tuple(_cell(rated, row, at, cell) for at, cell in sorted(row.cells.items())),
        sets=len(row.others),
        mean=number(row.mean),
        gain=number(row.gain),
        p=row.p,
        p_holm=row.p_holm,
        words=number(words.mean) if words else None,
    )


def _cell(rated: Rated, row: Row, at: int, cell: Cell) -> CellEntry:
    figures = {name: made for name, one in cell.figures.items() if (made := number(one))}
    found = rated.plan.overlaps.get((row.own, at))
    return CellEntry(
        test=rated.plan.sets[at].name,
        figures=figures,
        reason=cell.reason,
        own=row.own == at,
        unknown=cell.unknown,
        q=(row.q or {}).get(at),
        as_it_is=rated.as_it_is.get((row.own, at)),
        flagged=row.own != at and found is not None and found.flagged,
    )


def number(figure: Figure | None) -> Number | None:
    """A figure for the report; None where it is unknown."""
    if figure is None or not np.isfinite([figure.value, figure.low, figure.high]).all():
        return None
    return Number(
        value=round(figure.value, 6), low=round(figure.low, 6), high=round(figure.high, 6)
    )


def overlap_entries(overlaps: Iterable[Overlap]) -> tuple[OverlapEntry, ...]:
    """The cells in which something stood twice; a set's own is never flagged."""
    return tuple(
        OverlapEntry(
            train=one.train,
            test=one.test,
            rows=one.rows,
            ways=one.found,
            tests=one.tests,
            of=one.of,
            flagged=one.flagged and one.train != one.test,
        )
        for one in overlaps
        if one.rows
    )


def origin_entries(found: Sequence[Origin]) -> tuple[OriginEntry, ...]:
    """For the report."""
    return tuple(
        OriginEntry(label=one.label, sets=one.sets, rows=one.rows, accuracy=made, chance=one.chance)
        for one in found
        if (made := number(one.accuracy))
    )


def curve_entries(found: Sequence[Curve]) -> tuple[CurveEntry, ...]:
    """For the report."""
    made = []
    for one in found:
        points = [(size, told) for size, figure in one.points if (told := number(figure))]
        made.append(CurveEntry(name=one.name, points=tuple(points)))
    return tuple(made)


def step_entries(mixture: Mixture | None) -> tuple[StepEntry, ...]:
    """For the report."""
    made = []
    for step in mixture.steps if mixture else ():
        score, gain = number(step.score), number(step.gain)
        if score and gain:
            made.append(StepEntry(added=step.added, score=score, gain=gain, p=step.p))
    return tuple(made)
