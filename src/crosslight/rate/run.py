"""One rating from beginning to end: read, look, train, test, leave a run directory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from crosslight.flow import in_thread
from crosslight.rate.analysis import About, dataset_entry, rate_sets, report_of
from crosslight.rate.anchors import harmful, harmless
from crosslight.rate.job import RateJob
from crosslight.rate.judges import Floats, Untuned, VectorJudge
from crosslight.rate.plan import Plan, planned
from crosslight.rate.read import ReadSet, read_datasets
from crosslight.rate.report import RateReport, WithinEntry
from crosslight.rate.scores import FOLDER, Scores
from crosslight.rate.sentence import within_sentence
from crosslight.rate.sets import Ints
from crosslight.rate.within import Within, within_set
from crosslight.rate.write import write_rating
from crosslight.records import BadSetting, Dropped, content_hash
from crosslight.runs import (
    NOT_REACHED,
    Account,
    Hall,
    Lost,
    Pages,
    RunResult,
    ended,
    no_pages,
    open_hall,
    started,
)
from crosslight.stats import AuditRow, audit_texts, folded
from crosslight.tune import JudgeRow, fit_head, need_extra, vectors_of

Tell = Callable[[str, int, int], None]
STRENGTH = 1e-2
"""Inverse regularisation: the same for all sets, so that none has a better recipe."""
PROXY = (
    "The judge is a linear head on frozen vectors of text and picture, a quick proxy: a larger "
    "network may learn from a set what such a head cannot, and the other way round."
)


def untold(what: str, done: int, of: int) -> None:
    """Tells nobody."""


@dataclass(slots=True)
class _Work:
    """A rating on the way. `cells`: (training set, test set) that are done."""

    job: RateJob
    hall: Hall
    tell: Tell
    cells: set[tuple[str, str]] = field(default_factory=set)
    report: RateReport | None = None
    sets: list[ReadSet] = field(default_factory=list)

    def step(self, what: str, done: int, of: int) -> None:
        """Between two pieces of work: a stop ends it here."""
        self.hall.check()
        self.tell(what, done, of)

    def told(self, row: str, test: str) -> None:
        """A cell is there."""
        self.cells.add((row, test))
        names = {one.data.name for one in self.sets}
        done = sum(row in names and test in names for row, test in self.cells)
        self.step("train and test", done, len(names) ** 2)

    def planned(self) -> Plan:
        """Who is trained on what. Raises `BadSetting` where nobody can be."""
        sets = [one.data for one in self.sets]
        plan = planned(sets, self.job.config)
        if not plan.trained or not plan.per_class:
            why = "; ".join(f"{sets[at].name}: {reason}" for at, reason in plan.why_not.items())
            raise BadSetting(
                f"none of the datasets can be trained on ({why})",
                "add one with both labels whose licence allows it, or give sets with one label the "
                "rows they lack: --control-pool DATASET",
            )
        return plan


async def run_rate(
    job: RateJob, tell: Tell = untold, *, pages: Pages = no_pages, console: bool = False
) -> RunResult:
    """Rate datasets into `job.out`. Raises what a person must mend.

    A stop leaves the trained judges and cells on disk: the same command goes on from there.
    """
    if job.recipe is not None:
        need_extra()
    async with open_hall(job.setup(), exit_at_second_signal=console) as hall:
        work = _Work(job, hall, tell)
        started(hall)
        with hall.part():
            await hall.aside(in_thread(_rate, work))
        account, lost = _account(work)
        hall.writing(account, lost)
        if work.report is not None:
            write_rating(job.out, work.report)
        hall.finish(_summary(work), account, lost)
        if work.report is not None:
            pages(job.out)
    return ended(hall)


def _rate(work: _Work) -> None:
    """All of the work, in a thread that a stop leaves behind."""
    import sklearn.linear_model  # noqa: F401 - loads the libraries whose threads are limited
    from threadpoolctl import threadpool_limits

    job = work.job
    work.sets = read_datasets(job.datasets, job.pool, job.config, work.step)
    if job.recipe is not None:
        from crosslight.rate.by_network import rate_networks  # loads torch

        work.report = rate_networks(
            job, job.recipe, work.sets, work.planned(), work.step, work.told
        )
        return
    # The fits are many and small: threads that wait for each other cost five times as much.
    with threadpool_limits(1):
        work.report = _several(work) if len(work.sets) > 1 else _one(work)


def _vectors(work: _Work, *parts: Sequence[JudgeRow]) -> list[Floats]:
    """The vectors of several lists of rows, by models that are loaded once."""

    def tell(done: int, of: int) -> None:
        work.step("look at the pictures", done, of)

    rows = [row for part in parts for row in part]
    whole = np.asarray(vectors_of(rows, tell=tell), dtype=np.float64)
    return np.split(whole, np.cumsum([len(part) for part in parts])[:-1])


def _fit(x: Floats, y: Ints, groups: Ints, seed: int) -> Callable[[Floats], Floats]:
    return fit_head(x, y, groups, seed, strengths=(STRENGTH,)).probability


def _several(work: _Work) -> RateReport:
    job, plan = work.job, work.planned()
    anchors = _rows(harmful()), _rows(harmless())
    *vectors, bad, good = _vectors(work, *(one.rows for one in work.sets), *anchors)
    scores = Scores(plan.sets, job.out / FOLDER, work.hall.check)
    mark = content_hash(b"".join(np.ascontiguousarray(each).tobytes() for each in vectors))[:16]
    judge = VectorJudge(f"vectors {STRENGTH} {mark}", plan.sets, vectors, _fit)
    untuned = Untuned(f"untuned {mark}", vectors, bad, good)
    rated = rate_sets(plan, judge, untuned, scores, job.config, work.told)
    return report_of(job, rated, About("a judge", job.judge, PROXY))


def _rows(texts: Sequence[str]) -> list[JudgeRow]:
    return [JudgeRow(str(at), text, "", None, 0, "", "", "", "") for at, text in enumerate(texts)]


def _one(work: _Work) -> RateReport:
    """A set by itself."""
    job, one = work.job, work.sets[0]
    seen = any(row.image is not None for row in one.rows)
    textless = [replace(row, text="", answer="") for row in one.rows] if seen else []
    vectors, bare = _vectors(work, one.rows, textless)
    found = within_set(
        one.data, vectors, bare if seen else None, _fit, job.config.seed, work.hall.check
    )
    within = tuple(_within(each) for each in found)
    work.cells.add((one.data.name, one.data.name))
    return RateReport(
        sentence=within_sentence(one.data.name, within),
        judge=job.judge,
        proxy=PROXY,
        datasets=(dataset_entry(one.data, job.datasets[0], one.data.why_not),),
        seeds=job.config.seeds,
        seed=job.config.seed,
        draws=job.config.draws,
        pool=job.pool or "",
        within=within,
        audit=_audit(one, job.config.seed),
    )


def _within(one: Within) -> WithinEntry:
    auc = one.auc
    return WithinEntry(
        title=one.title,
        seen=one.seen,
        held=one.held,
        texts=one.texts,
        value=auc.value,
        low=auc.low,
        high=auc.high,
        rows=auc.rows,
        reason=auc.reason,
    )


def _audit(one: ReadSet, seed: int) -> tuple[tuple[str, str], ...]:
    """The shortcut audit of the texts, equal texts held out together."""
    rows = [
        AuditRow(row.text, row.unsafe, folded(row.text)) for row in one.rows if row.text.strip()
    ]
    if not rows:
        return ()
    found = audit_texts(rows, seed=seed)
    return tuple((each.title, _told(each.auc)) for each in found.shortcuts)


def _told(auc: object) -> str:
    value, low, high = (getattr(auc, name) for name in ("value", "low", "high"))
    if value is None:
        return f"unknown: {getattr(auc, 'reason', '')}"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _account(work: _Work) -> tuple[Account, list[Lost]]:
    """An input is a pair of datasets: done, left out for a reason, or not reached."""
    names = [one.data.name for one in work.sets] or list(work.job.datasets)
    pairs = [(train, test) for train in names for test in names]
    report = work.report
    lost, finished = [], 0
    for train, test in pairs:
        if (train, test) in work.cells and report is not None:
            reason = _why_none(report, train, test)
        elif report is not None:
            reason = next(one.why_not for one in report.datasets if one.name == train)
        else:
            reason = None
        if reason is None:
            lost.append(Lost(NOT_REACHED, f"{train} -> {test}"))
        elif reason:
            lost.append(Lost(Dropped("train", "no_cell", reason), f"{train} -> {test}"))
        else:
            finished += 1
    return Account.of(len(pairs), finished, [one.outcome for one in lost]), lost


def _why_none(report: RateReport, train: str, test: str) -> str:
    line = next((one for one in report.lines if one.name == train and one.kind == "set"), None)
    cell = line.cell(test) if line else None
    return "" if cell is None or cell.figures else cell.reason or "no figure"


def _summary(work: _Work) -> dict[str, object]:
    """The kind's own part of run.json."""
    job, report = work.job, work.report
    notes = [note for one in work.sets for note in one.data.notes]
    return {
        "command": "rate",
        "datasets": list(job.datasets),
        "sentence": report.sentence if report else "",
        "settings": {
            **job.config.as_json(),
            "judge": job.judge,
            "pool": job.pool or "",
            **(job.recipe.as_json() if job.recipe else {}),
        },
        "data": {
            one.data.name: content_hash("\n".join(sorted(one.data.keys)).encode())[:16]
            for one in work.sets
        },
        "notes": list(dict.fromkeys(notes)),
    }
