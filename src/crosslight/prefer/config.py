"""Every number that steers a run of prefer, in one place."""

from dataclasses import asdict, dataclass
from typing import Any

RECIPE_VERSION = "pairs-1"


@dataclass(frozen=True, slots=True)
class PreferConfig:
    """Settings of one run. All of them are written to `run.json`.

    The first three shape pairs out of a build's own replies, and are our choice. Replies alone
    cannot tell the better one of a mirrored pair from chance, so whatever rule is tried it is right
    on at most `unmirrored` + half of the rest: 0.65 with the default.
    """

    unmirrored: float = 0.3
    """The largest share of pairs without a mirror."""
    text_mirrors: int = 2
    """Mirrors by text (same photo, harmless sentence) of one pattern, at most."""
    refusals: float = 0.1
    """The largest share of pairs in which a refusal is chosen."""
    agreement: str = "margin"
    """Of annotators: `margin` of both orders, or `strict` agreement as SPA-VL publishes it."""
    margin: float = 1.0
    """Of `margin`: mean log-odds over both orders from which a reply is the better one; 1.0 is 2.7
    to 1."""
    probes: int = 10
    """Of each kind of probe, which show the annotator's errors: so many comparisons."""
    draw: str = "group"
    """How the two replies of a question are drawn: `group` (SPA-VL) or `item`."""
    leaves: tuple[str, ...] = ()
    """Leaves of the tree to ask about; empty: all that fit and are not severe."""
    seed: int = 0
    side: int = 768

    def as_json(self) -> dict[str, Any]:
        """The settings as they stand in `run.json`."""
        return {"recipe": RECIPE_VERSION, **asdict(self), "leaves": list(self.leaves)}
