"""The job that engines are measured by: photos, two calls each, a parquet file.

    python -m benchmarks.flow_job PHOTOS URL OUT [--rows N] [--concurrency N] [--resume-key NAME]

Call A shows the photo; call B asks in text about A's answer. Prints one JSON line of figures.
"""

import argparse
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BORN = float(os.environ.get("FLOW_BORN", time.time()))


class NoPandas:
    """Hides pandas: pyarrow imports it wherever it finds it (50 MB), Crosslight does not need it,
    and here it is only installed for the tests."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse pandas, say nothing about others."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, NoPandas)

import pyarrow as pa  # noqa: E402

from crosslight.flow import (  # noqa: E402
    CallPolicy,
    Context,
    Runner,
    Session,
    as_step,
    interrupts,
    run_main,
)
from crosslight.models.message import user  # noqa: E402
from crosslight.models.spec import parse  # noqa: E402
from crosslight.records import Done, ImageView  # noqa: E402
from crosslight.store import AnswerStore, ImageStore, ParquetSink, table_schema  # noqa: E402

SCHEMA = table_schema(
    {"row": pa.int64(), "photo": pa.string(), "seen": pa.string(), "asked": pa.string()}
)


class Clock:
    """When answers came, and the CPU seconds that images took."""

    def __init__(self) -> None:
        self.first = 0.0
        self.last = 0.0
        self.answers = 0
        self.image_cpu = 0.0
        self._lock = threading.Lock()

    def tick(self) -> None:
        """One answer came."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.answers += 1

    def view(self, images: ImageStore, sha: str) -> ImageView:
        """The view of a photo, its CPU counted."""
        began = time.thread_time()
        view = images.view(sha)
        with self._lock:
            self.image_cpu += time.thread_time() - began
        return view


clock = Clock()


@as_step("look")
async def look(row: tuple[int, str], ctx: Context) -> Done[tuple[int, str, str]]:
    """Call A: what is in the photo."""
    assert ctx.images is not None
    number, sha = row
    view = await ctx.blocking(clock.view, ctx.images, sha)
    question = f"What stands in picture {number}?"
    answer = await ctx.models["m"].generate([user(question, view)], task="look")
    clock.tick()
    return Done((number, sha, answer.text))


@as_step("ask")
async def ask(row: tuple[int, str, str], ctx: Context) -> Done[tuple[int, str, str, str]]:
    """Call B: a question about A's answer."""
    answer = await ctx.models["m"].generate([user(f"What follows from: {row[2]}")], task="ask")
    clock.tick()
    return Done((*row, answer.text))


def rows_of(photos: list[str], count: int) -> Iterator[tuple[int, str]]:
    """So many rows; where there are fewer photos they come again, with another question."""
    for number in range(count):
        yield number, photos[number % len(photos)]


async def job(photos: Path, url: str, out: Path, rows: int, policy: CallPolicy) -> dict[str, Any]:
    """Run it; returns the figures."""
    images = ImageStore(photos)
    shas = list(images.photos())
    memory: list[float] = []
    cpu = time.process_time()
    backend = parse(f"openai:bench@{url}")
    async with Session(
        {"m": backend}, AnswerStore(out / "a.sqlite"), images=images, policy=policy
    ) as session:
        runner = Runner(session.context, [look, ask])
        began = time.time()
        with ParquetSink(out / "rows.parquet", SCHEMA) as sink, interrupts(runner.stop):
            async for result in runner.run(rows_of(shas, rows or len(shas))):
                for value in result.done:
                    sink.write(dict(zip(SCHEMA.names, value, strict=True)))
                if result.index % 1000 == 0:
                    memory.append(round(rss_mb(), 1))
        limiter = session.callers["m"].limiter
    calls = session.ledger.calls
    seconds = clock.last - clock.first
    asked = max(1, calls.asked)
    return {
        "status": runner.status,
        "rows": runner.finished,
        "failed_rows": runner.failed_rows,
        "asked": calls.asked,
        "replayed": calls.replayed,
        "rate": (clock.answers - 1) / seconds if seconds else 0.0,
        "seconds": time.time() - began,
        "cpu_ms": 1000 * (time.process_time() - cpu - clock.image_cpu) / asked,
        "image_ms": 1000 * clock.image_cpu / asked,
        "start_s": began - BORN,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rss_mb": memory,
        "limit": limiter.limit,
        "history": [(change.seconds, change.limit, change.reason) for change in limiter.history],
    }


def rss_mb() -> float:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Read the arguments, run the job, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("url")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--concurrency", type=int)
    args = parser.parse_args()
    policy = CallPolicy(concurrency=args.concurrency)
    figures = run_main(job(args.photos, args.url, args.out, args.rows, policy))
    print(json.dumps(figures))
    sys.exit(0 if figures["status"] == "complete" else 1)


if __name__ == "__main__":
    main()
