"""The first page of several runs."""

from collections.abc import Mapping

from crosslight.view.server.opened import Opened, left_of
from crosslight.view.server.render import rendered


def page(runs: Mapping[str, Opened]) -> str:
    """A line a run: what it is, how many rows, what it lost."""
    return rendered(
        "web/runs.html.j2", runs=list(runs.values()), left=left_of(runs), run=None, tab=""
    )
