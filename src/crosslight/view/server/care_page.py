"""How much somebody wants to see: a form whose answers stay in their browser."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from crosslight.view.server.opened import Opened
from crosslight.view.server.person import person
from crosslight.view.server.render import rendered

MOST = 200


def page(runs: Mapping[str, Opened], back: str) -> str:
    """The categories of all runs that are open, and what is chosen."""
    found = set(person().unwanted)
    for run in runs.values():
        if run.table is not None:
            facet = run.table.facets.get(run.table.shape.category)
            found |= set(facet.values[:MOST]) if facet is not None else set()
    return rendered(
        "web/care.html.j2",
        run=None,
        tab="care",
        back=own(back),
        categories=sorted(found)[:MOST],
    )


def own(address: str) -> str:
    """An address of this viewer; of anything else the front page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    odd = parts.scheme or parts.netloc or not address.startswith("/") or address[1:2] in "/\\"
    printable = all(" " < char < "\x7f" for char in address)
    return address if printable and (address == "/" or not odd) else "/"
