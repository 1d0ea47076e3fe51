"""One bench run from beginning to end: load, ask, score, aggregate, leave a folder."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crosslight.bench.ablate import Pictures
from crosslight.bench.ask import Ask, reason_of
from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Item
from crosslight.bench.job import Job
from crosslight.bench.metrics import Estimate
from crosslight.bench.native.load import load_suite
from crosslight.bench.remedies import remedy
from crosslight.bench.results import estimates_of, write_results
from crosslight.bench.rows import (
    DROPPED,
    FAILED,
    ITEMS,
    Asked,
    Judged,
    asked_row,
    item_row,
    scored_row,
)
from crosslight.bench.score import STEP as SCORE
from crosslight.bench.score import Score, as_scored, kinds_of, scorer_for
from crosslight.bench.summary import bench_run, check, claim, count, describe
from crosslight.flow import (
    GO_ON,
    Leaf,
    Ledger,
    Runner,
    RunStop,
    Session,
    interrupts,
)
from crosslight.records import BadSetting, Done, Dropped, Failed
from crosslight.store import AnswerStore, ImageStore, ParquetSink, write_json, write_table

Watching = Callable[[Runner, int], AbstractAsyncContextManager[Any]]
Show = Callable[[Ledger], Watching]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """How the run ended, and its numbers."""

    status: str
    reason: str
    hint: str
    summary: dict[str, Any]
    estimates: Sequence[Estimate]


def _silent(ledger: Ledger) -> Watching:
    return lambda runner, total: nullcontext()


async def run_bench(job: Job, show: Show = _silent) -> Result:
    """Run a suite into `job.out`. Raises what a person must mend before the first call.

    Failed calls do not raise: each is a row with its reason, and in no metric.
    """
    began = time.monotonic()
    config = job.config
    if job.captioner is not None and config.picture != "caption":
        raise BadSetting("a captioner has nothing to do", "--image caption, or no --captioner")
    loaded = load_suite(job.suite, job.folder)
    items = list(loaded.items)
    reference = reference_answers(job)
    score = scorer_for(job.suite, config, items, judges=len(job.judges), reference=reference)
    if not score.asks_judge:
        job = replace(job, judges=())  # no number carries the name of a judge that read nothing
    ask = Ask(job.suite, config, Pictures.of(job.folder, config, items), remedy(config.remedy))
    backends = job.backends()
    check(job.out)
    session = Session(
        backends,
        AnswerStore(job.answers),
        images=ImageStore(job.images),
        budget=job.budget,
        policy=job.policy,
        seed=config.seed,
    )
    async with session:
        claim(job.out)
        runner = Runner(session.context, [ask, score], fail_on_error=job.fail_on_error)
        watch = show(session.ledger)
        rows, ends = await _write(job, items, runner, score, watch)
        cards = {role: caller.card for role, caller in session.callers.items()}
        kinds = kinds_of(score, items)
        summary = describe(job, loaded, cards, kinds, count(rows), reference)
        estimates = estimates_of(job.out / "items.parquet", kinds, config.seed)
        write_results(job.out, summary, estimates)
        status, reason, hint = ends
        summary |= {"status": status, "reason": reason}
        summary |= {"seconds": round(time.monotonic() - began, 3), **session.ledger.as_json()}
        write_json(job.out / "run.json", summary)
    return Result(status, reason, hint, summary, estimates)


async def _write(
    job: Job, items: Sequence[Item], runner: Runner, score: Score, watch: Watching
) -> tuple[list[Row], tuple[str, str, str]]:
    """Every item's row, in the suite's order; those that a stop left out say so. Returns what
    became of each: the texts stay on the disk."""
    rows: list[Row] = []
    lost: list[tuple[Item, Dropped | Failed]] = []
    with ParquetSink(job.out / "items.parquet", ITEMS) as sink:

        def keep(row: Row) -> None:
            sink.write(row)
            rows.append({name: row[name] for name in ("status", "reason", "verdict")})

        ends = ("complete", "", "")
        reached: set[str] = set()
        try:
            with interrupts(lambda why: runner.stop(why, hint=GO_ON)):
                async with watch(runner, len(items)):
                    async for result in runner.run(items):
                        leaf, item = result.leaves[0], result.row
                        reached.add(item.id)
                        if not isinstance(leaf.outcome, Done):
                            lost.append((item, leaf.outcome))
                        keep(row_of(item, leaf, job.config))
            ends = (runner.status, runner.reason, runner.hint)
        except RunStop as stop:
            ends = (stop.status, stop.reason, stop.hint)
        for item in items:
            if item.id not in reached:
                left = Dropped("run", "not_reached", "the run stopped before this item")
                lost.append((item, left))
                keep(row_of(item, Leaf(left, item), job.config))
    write_lost(job.out, lost)
    return rows, ends


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
    }
    return row


def write_lost(out: Path, lost: Sequence[tuple[Item, Dropped | Failed]]) -> None:
    """`dropped.parquet` and `failed.parquet`."""
    write_table(
        out / "dropped.parquet",
        DROPPED,
        (
            {
                "item": item.id,
                "subset": str(item.subset),
                "step": o.step,
                "reason": o.reason,
                "detail": o.detail,
            }
            for item, o in lost
            if isinstance(o, Dropped)
        ),
    )
    write_table(
        out / "failed.parquet",
        FAILED,
        (
            {
                "item": item.id,
                "subset": str(item.subset),
                "step": o.step,
                "error": o.error,
                "retryable": o.retryable,
                "hint": o.hint,
            }
            for item, o in lost
            if isinstance(o, Failed)
        ),
    )


def reference_answers(job: Job) -> Mapping[str, str]:
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
    table = pq.read_table(job.against / "items.parquet", columns=["item", "answer"])
    return {
        item: answer for item, answer in zip(*table.to_pydict().values(), strict=True) if answer
    }
