"""One bench run from beginning to end: load, ask, score, aggregate, leave a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosslight.bench.ablate import Pictures
from crosslight.bench.ask import Ask, reason_of
from crosslight.bench.config import BenchConfig
from crosslight.bench.item import BadRow, Item
from crosslight.bench.job import BenchJob
from crosslight.bench.metrics import EpochNumber, Estimate
from crosslight.bench.native.load import Loaded, chosen, load_suite
from crosslight.bench.remedies.remedy import remedy
from crosslight.bench.results import epochs_of, estimates_of, write_results
from crosslight.bench.rows import (
    Asked,
    Judged,
    asked_row,
    item_row,
    items_schema,
    scored_row,
)
from crosslight.bench.score import STEP as SCORE
from crosslight.bench.score import Score, as_scored, kinds_of, scorer_for
from crosslight.bench.sight import is_asked, look
from crosslight.bench.summary import (
    addressed_notes,
    against,
    bench_run,
    count,
    describe,
    either_way_notes,
    shown_notes,
)
from crosslight.flow import Leaf, in_thread
from crosslight.records import BadSetting, Done, Dropped, Failed
from crosslight.runs import (
    NOT_REACHED,
    Account,
    Hall,
    Lost,
    Pages,
    RunResult,
    Watch,
    ended,
    no_pages,
    open_hall,
    started,
    unwatched,
)
from crosslight.store import ParquetSink, table_rows

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BenchResult(RunResult):
    """How the run ended, and its numbers."""

    estimates: Sequence[Estimate] = ()
    epochs: Sequence[EpochNumber] = ()
    """Mean, spread, all and any of the epochs, where there are several."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is asked and how it is scored; made before anything is opened or written."""

    job: BenchJob
    loaded: Loaded
    items: Sequence[Item]
    ask: Ask
    score: Score
    reference: Mapping[str, str]

    @property
    def asked(self) -> list[Item]:
        """Every item as often as it is asked; its epochs stand together, as its pictures do."""
        epochs = range(1, self.job.config.epochs + 1)
        return [replace(item, epoch=at) for item in self.items for at in epochs]


def prepare(job: BenchJob) -> Prepared:
    """Read the suite and choose what to ask. Raises what a person must mend."""
    config = job.config
    if job.captioner is not None and config.picture != "caption":
        raise BadSetting("a captioner has nothing to do", "--image caption, or no --captioner")
    loaded = load_suite(job.suite, job.folder)
    items = chosen(loaded, config.subset, config.limit, config.seed)
    reference = reference_answers(job)
    score = scorer_for(job.suite, config, items, judges=len(job.judges), reference=reference)
    if not score.asks_judge:
        job = replace(job, judges=())  # no number carries the name of a judge that read nothing
    pictures = Pictures.of(job.folder, config, items, marks=job.suite.marks)
    ask = Ask(job.suite, config, pictures, remedy(config.remedy))
    return Prepared(job, loaded, items, ask, score, reference)


async def run_bench(
    job: BenchJob, watch: Watch = unwatched, *, pages: Pages = no_pages, console: bool = False
) -> BenchResult:
    """Run a suite into `job.out`. Raises what a person must mend before the first call.

    Failed calls do not raise: each is a row with its reason, and in no metric. `console`: the
    second Ctrl-C ends the process.
    """
    ready = await in_thread(prepare, job)  # Ctrl-C ends it: a suite may be large
    return await run_prepared(ready, watch, pages=pages, console=console)


async def run_prepared(
    ready: Prepared, watch: Watch = unwatched, *, pages: Pages = no_pages, console: bool = False
) -> BenchResult:
    """The rest of `run_bench`."""
    job, items, score = ready.job, ready.items, ready.score
    table, config = job.out / "items.parquet", job.config
    estimates: Sequence[Estimate] = ()
    epochs: Sequence[EpochNumber] = ()
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        started(hall)
        rows, lost, sight = await _write(hall, ready)
        kinds = kinds_of(score, items)
        told = describe(ready.job, ready.loaded, items, hall.cards, kinds, count(rows))
        told |= against(job, ready.reference)
        told["notes"] = [*sight, *told["notes"]]
        told["notes"] += addressed_notes(row["addressed_by"] for row in rows)
        told["notes"] += shown_notes(row["notes"] for row in rows)
        either = (row["either_way"] for row in rows if row["status"] == "done")
        told["notes"] += either_way_notes(score.authors, either)
        estimates = estimates_of(table, kinds, config.seed, epochs=config.epochs)
        epochs = epochs_of(table, kinds, config) if config.epochs > 1 else ()
        models = [card.as_json(role) for role, card in hall.cards.items()]
        write_results(job.out, {**told, "models": models}, estimates, epochs)
        hall.finish(told, account_of(ready, rows, lost), lost)
        pages(job.out)
    end = ended(hall)
    return BenchResult(end.status, end.reason, end.hint, end.summary, estimates, epochs)


def account_of(ready: Prepared, rows: Sequence[Row], lost: Sequence[Lost]) -> Account:
    """What became of the items, and of the rows that are none."""
    scored = sum(row["status"] == "done" for row in rows)
    every = len(ready.items) * ready.job.config.epochs + len(unreadable(ready))
    return Account.of(every, scored, [one.outcome for one in lost])


def unreadable(ready: Prepared) -> list[Lost]:
    """Rows of the suite's files that are no items; not for a part or a sample of a suite."""
    config = ready.job.config
    if config.subset or config.limit is not None:
        return []
    return [Lost(Failed("load", f"bad_row: {bad.reason}"), _place(bad)) for bad in ready.loaded.bad]


def _place(bad: BadRow) -> str:
    return f"{bad.source}#{bad.row}" if bad.row else bad.source


async def _write(hall: Hall, ready: Prepared) -> tuple[list[Row], list[Lost], list[str]]:
    """A row for each asking of every item, in the suite's order; those that a stop left out say
    so. Returns what became of each, unreadable rows too (the texts stay on the disk), and what the
    notes say of the model's sight."""
    config, rows, lost = ready.job.config, list[Row](), list[Lost]()
    asked, reached = ready.asked, set[tuple[str, int]]()
    schema, sight = items_schema(config.epochs), list[str]()
    with ParquetSink(ready.job.out / "items.parquet", schema) as sink:
        authors = ready.score.authors
        rule = authors.either_way if authors else None

        def either_way(row: Row) -> bool:
            return rule is not None and row["status"] == "done" and rule(row["answer"])

        def keep(item: Item, leaf: Leaf) -> None:
            row = row_of(item, leaf, config)
            if config.epochs > 1:
                row["epoch"] = item.epoch
            outcome = leaf.outcome
            if isinstance(outcome, Done) and row["status"] != "done":
                # An answer came, and no score could be read out of it.
                outcome = Dropped(SCORE, row["reason"], row["detail"] or "no score")
            if not isinstance(outcome, Done):
                name = f"{item.id}, epoch {item.epoch}" if config.epochs > 1 else item.id
                lost.append(Lost(outcome, name, row=item.id, subset=str(item.subset)))
            sink.write(row)
            told = ("status", "reason", "verdict", "addressed_by")
            rows.append(
                {name: row[name] for name in told}
                | {"notes": row.get("notes", []), "either_way": either_way(row)}
            )

        with hall.part():
            model = hall.session.callers["model"]
            if is_asked(ready.job, ready.items, model):
                sight = await hall.aside(look(model, required=ready.job.require_sight))
            async for result in hall.results([ready.ask, ready.score], asked):
                reached.add((result.row.id, result.row.epoch))
                keep(result.row, result.leaves[0])
        for item in asked:
            if (item.id, item.epoch) not in reached:
                keep(item, Leaf(NOT_REACHED, item))
        lost += unreadable(ready)
        hall.writing(account_of(ready, rows, lost), lost)
    return rows, lost, sight


def row_of(item: Item, leaf: Leaf, config: BenchConfig) -> Row:
    """The row of an item from what became of it."""
    outcome, before = leaf.outcome, leaf.before
    published = config.protocol == "published"
    if isinstance(outcome, Done):
        judged: Judged = outcome.value
        return {
            **item_row(judged.asked.item),
            **asked_row(judged.asked),
            **scored_row(judged.scored, judged.detail),
            "addressed_by": judged.addressed_by,
            "does_it": judged.does_it,
            "names_risk": judged.names_risk,
        }
    row = item_row(as_scored(item) if published else item)
    if isinstance(before, Asked):
        row |= asked_row(before)
    dropped = isinstance(outcome, Dropped)
    reason = (
        outcome.reason
        if isinstance(outcome, Dropped)
        else reason_of(outcome.error, judge=outcome.step == SCORE)
    )
    row |= {
        "status": "dropped" if dropped else "failed",
        "verdict": "",
        "reason": reason,
        "detail": outcome.detail if isinstance(outcome, Dropped) else outcome.error,
        "protocol": config.label,
        "addressed_by": "",
    }
    return row


def reference_answers(job: BenchJob) -> Mapping[str, str]:
    """Answers by item of an earlier run, for pairwise judging. Raises `NotARunFolder`, and
    `BadSetting` where its items are another suite's (ids such as `1` would match)."""
    if job.against is None:
        return {}
    if not job.config.judge_as.startswith("pairwise"):
        raise BadSetting(
            f"--against is not read by --judge-as {job.config.judge_as}",
            "--judge-as pairwise-harm or pairwise-help",
        )
    suite = bench_run(job.against)["suite"]["name"]
    if suite != job.suite.name:
        raise BadSetting(
            f"{job.against} holds a run of {suite}, not of {job.suite.name}",
            "--against a run of the same suite",
        )
    rows = table_rows(job.against / "items.parquet", ["item", "answer"])
    found: dict[str, str] = {}
    for row in rows:
        if row["answer"]:
            found.setdefault(row["item"], row["answer"])  # of several epochs the first
    return found
