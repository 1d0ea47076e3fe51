"""A bench run's numbers and its plane; each group leads to its items."""

from collections.abc import Mapping

from crosslight.bench import METRICS, metric, read_bench
from crosslight.view.page import trusted
from crosslight.view.pages.bench import HEAT, heat_rows, number, shown_run, spot_of
from crosslight.view.pages.bench_plane import plane
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered


def page(runs: Mapping[str, Opened], run: Opened, asked: Mapping[str, str]) -> str:
    """The plane and the numbers."""
    found = read_bench(run.place)
    shown, spot = shown_run(found), spot_of(found)
    present = [each for each in METRICS if shown.number(each.name)]
    heat = [name for name in HEAT if shown.number(name)][:2]
    placed = spot is not None and spot.across is not None and spot.up is not None
    return rendered(
        "web/kind_bench.html.j2",
        runs=runs,
        run=run,
        tab="kind",
        plane=trusted(plane([spot])) if placed and spot is not None else "",
        numbers=[(each, shown.number(each.name)) for each in present],
        heat=[metric(name).title for name in heat],
        heat_rows=heat_rows([shown], heat),
        number=number,
    )
