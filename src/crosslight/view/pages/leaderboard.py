"""The page of a leaderboard: one table, one file that loads nothing."""

from markupsafe import Markup

from crosslight.bench import Leaderboard, leaderboard_cell, leaderboard_notes
from crosslight.view.page import asset, page_environment


def leaderboard_page(found: Leaderboard) -> str:
    """The page as text; the same runs give the same text."""
    environment = page_environment()
    environment.globals.update(cell=leaderboard_cell)
    return environment.get_template("leaderboard.html.j2").render(
        board=found,
        notes=leaderboard_notes(found),
        style=Markup(asset("report.css", "bench.css")),  # noqa: S704 - ours
    )
