"""A small suite with pictures, and models that answer by a function."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image

from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.job import BenchJob
from crosslight.bench.run import BenchResult, run_bench
from crosslight.flow import CallPolicy, run_main
from crosslight.models.fake.model import FakeModel
from crosslight.models.protocol import Model, Request


class Part(Subset):
    """Sides."""

    BAD = "bad", "Unsafe items."
    GOOD = "good", "Safe items."


@dataclass(frozen=True)
class By:
    """A backend whose model answers by a function."""

    spec: str
    answer: Callable[[Request], Any]
    can: tuple[tuple[str, bool], ...] = ()

    async def open(self) -> Model:
        can: dict[str, Any] = dict(self.can)
        return FakeModel(self.answer, spec=self.spec, **can)


def items(n: int, kind: str) -> list[Item]:
    """Half unsafe, half safe; `kind` is choice, response or mixed."""
    found = []
    for at in range(n):
        unsafe = at % 2 == 0
        choice = kind == "choice" or (kind == "mixed" and at % 4 < 2)
        right = (
            (Expected.NO if unsafe else Expected.YES)
            if choice
            else (Expected.REFUSE if unsafe else Expected.COMPLY)
        )
        found.append(
            Item(
                f"i{at}",
                "small",
                Part.BAD if unsafe else Part.GOOD,
                f"question {at}",
                right,
                Side.UNSAFE if unsafe else Side.SAFE,
                (f"{at}.png",),
                labels={"category": f"c{at % 3}"},
            )
        )
    return found


def suite(rows: list[Item], **more: Any) -> Suite:
    """These items as a suite."""

    def read(folder: Path) -> Read:
        yield from rows

    return Suite(
        name="small",
        title="Small",
        paper="none",
        licence="none",
        size=str(len(rows)),
        schema="none",
        files=(),
        subsets=Part,
        verified="documented schema only",
        example={},
        read=read,
        **more,
    )


def pictures(folder: Path, n: int) -> Path:
    """One colour an item."""
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(n):
        out = BytesIO()
        Image.new("RGB", (32, 24), (at * 7 % 256, at * 13 % 256, 90)).save(out, "PNG")
        (folder / f"{at}.png").write_bytes(out.getvalue())
    return folder


POLICY = CallPolicy(attempts=2, bad_answer_attempts=1, backoff_s=0.0, backoff_max_s=0.0)


def job(tmp_path: Path, rows: list[Item], model: Any, **more: Any) -> BenchJob:
    """A run of these items in `tmp_path`."""
    settings = {name: more.pop(name) for name in list(more) if name in BenchConfig.__slots__}
    return BenchJob(
        suite=suite(rows),
        folder=pictures(tmp_path / "data", len(rows)),
        out=tmp_path / more.pop("out", "out"),
        answers=tmp_path / "answers.sqlite",
        images=tmp_path / "images",
        model=model,
        policy=more.pop("policy", POLICY),
        canary=more.pop("canary", False),
        config=BenchConfig("small", **settings),
        **more,
    )


def run(tmp_path: Path, rows: list[Item], model: Any, **more: Any) -> BenchResult:
    """The same, run."""
    return run_main(run_bench(job(tmp_path, rows, model, **more)))


def table(tmp_path: Path, out: str = "out", name: str = "items") -> list[dict[str, Any]]:
    """The rows of a table of the run."""
    return list(pq.read_table(tmp_path / out / f"{name}.parquet").to_pylist())


def number(result: BenchResult, metric: str, group: str = "all") -> Any:
    """One estimate of a run."""
    return next(e for e in result.estimates if e.metric == metric and e.group == group)
