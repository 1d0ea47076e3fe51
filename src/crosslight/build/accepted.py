"""What of a wave goes into the map of scenarios."""

from collections.abc import Iterator

from crosslight.build.row_codec import draft_of
from crosslight.build.row_log import RowLog
from crosslight.build.walk import IDEA, WORDING
from crosslight.build.waves import AcceptedPattern


def accepted_in(log: RowLog, wave: int) -> Iterator[AcceptedPattern]:
    """The ideas of a wave that passed the cross-check, one a photo and pattern."""
    seen: set[tuple[str, str]] = set()
    found = log.stream(
        "SELECT way, value FROM drafts WHERE wave = ? AND kept AND way <> ? ORDER BY place",
        (wave, WORDING),
    )
    for way, value in found:
        t, _, _ = draft_of(value)
        if (t.photo, t.pattern) not in seen:
            seen.add((t.photo, t.pattern))
            yield AcceptedPattern(
                photo=t.photo,
                pattern=t.pattern,
                category=t.category,
                scenario=t.scenario,
                element=t.element,
                text=t.text,
                risk=t.risk,
                sensitive=t.sensitive,
                drawn=way == IDEA,
            )
