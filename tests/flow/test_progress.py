"""What a person sees of a run."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from crosslight.flow import Ledger, Session, Watch, summary
from crosslight.flow.progress import Forecast, canvas
from crosslight.models.spec import parse
from crosslight.store import AnswerStore
from tests.flow.parts import ask, collect, run, runner_of


def test_progress_in_plain_lines_and_quiet(tmp_path: Path) -> None:
    async def main(quiet: bool) -> str:
        runner, out = runner_of([ask]), io.StringIO()
        store = AnswerStore(tmp_path / "a.sqlite")
        async with Session({"m": parse("fake:echo")}, store) as session:
            runner.context = session.context
            async with Watch(runner, session.ledger, total=3, quiet=quiet, stream=out):
                await collect(runner, range(3))
            assert summary(runner, session.ledger, 1).startswith("3 rows")
        return out.getvalue()

    assert "3 rows, 3 calls" in run(main(quiet=False))
    assert run(main(quiet=True)) == ""


def seen(calls: int, usd: float = 0.0) -> Ledger:
    ledger = Ledger(cost_usd=usd)
    ledger.task("a").asked = calls
    return ledger


def test_a_forecast_scales_what_was_seen_to_all_rows() -> None:
    assert Forecast(400).tell(20, 20, seen(62)) == "about 1,240 calls in all"
    assert Forecast(400).tell(20, 20, seen(62, 0.031)) == "about 1,240 calls, 0.62 usd in all"


def test_a_forecast_waits_for_ten_rows_or_a_twentieth_of_them_and_for_a_total() -> None:
    assert Forecast(1000).tell(9, 9, seen(18)) == ""
    assert Forecast(1000).tell(10, 10, seen(20)) == "about 2,000 calls in all"
    assert Forecast(40).tell(2, 2, seen(4)) == "about 80 calls in all"
    assert Forecast(None).tell(50, 50, seen(100)) == ""
    assert Forecast(50).tell(50, 50, seen(100)) == "", "at the end the counter says it"
    assert Forecast(50).tell(20, 20, seen(0)) == "", "replayed rows tell nothing of new calls"


def test_rows_under_way_count_half_so_that_a_wide_start_is_no_alarm() -> None:
    assert Forecast(1000).tell(90, 10, seen(100)) == "about 2,000 calls in all"


def test_a_later_pass_is_forecast_on_top_of_the_earlier_ones() -> None:
    later = Forecast.begin(100, seen(500, 1.0))
    assert later.tell(10, 10, seen(520, 1.5)) == "about 700 calls, 6.00 usd at the end of this pass"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_and_in_a_notebook_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def page() -> Console:
        return Console(force_jupyter=True)

    def plain() -> Console:
        return Console(file=io.StringIO(), force_jupyter=False)

    assert canvas(Terminal(), plain) is not None
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    inside = canvas(sys.stderr, page)
    assert inside is not None and inside.is_jupyter
    assert canvas(sys.stderr, plain) is None
    assert canvas(io.StringIO(), page) is None, "a stream that was named is written in lines"
