"""A small two-call job for the kill test: `python kill_job.py URL FOLDER ROWS`."""

import sys
from pathlib import Path

import pyarrow as pa

from crosslight.flow import CallPolicy, Context, Runner, Session, as_step, run_main
from crosslight.models.message import user
from crosslight.models.spec import parse
from crosslight.records import Done
from crosslight.store import AnswerStore, ParquetSink, clear_parts, table_schema

SCHEMA = table_schema({"row": pa.int64(), "first": pa.string(), "second": pa.string()})


@as_step("first")
async def first(row: int, ctx: Context) -> Done[tuple[int, str]]:
    """Call A."""
    answer = await ctx.models["m"].generate([user(f"tell of {row}")], task="first")
    return Done((row, answer.text))


@as_step("second")
async def second(row: tuple[int, str], ctx: Context) -> Done[tuple[int, str, str]]:
    """Call B, on A's answer."""
    answer = await ctx.models["m"].generate([user(f"and {row[1]}")], task="second")
    return Done((*row, answer.text))


async def main(url: str, folder: Path, rows: int) -> None:
    """Run to the end."""
    clear_parts(folder)
    policy = CallPolicy(concurrency=64)
    store = AnswerStore(folder / "answers.sqlite")
    async with Session({"m": parse(f"openai:m@{url}")}, store, policy=policy) as session:
        runner = Runner(session.context, [first, second])
        with ParquetSink(folder / "rows.parquet", SCHEMA) as sink:
            async for result in runner.run(range(rows)):
                for value in result.done:
                    sink.write(dict(zip(SCHEMA.names, value, strict=True)))
        assert (runner.status, runner.failed_rows) == ("complete", 0), runner.reason


if __name__ == "__main__":
    run_main(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
