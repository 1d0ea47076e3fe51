"""Every setting of one bench run, in one place."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from crosslight.bench.system import SystemPrompt
from crosslight.graders import GRADERS
from crosslight.records import BadSetting

Protocol = Literal["strict", "published"]
Picture = Literal["as is", "blank", "caption", "none", "shuffled"]
PICTURES: tuple[Picture, ...] = ("as is", "blank", "caption", "none", "shuffled")
STRICT_VERSION = "strict-2"
MOST_EPOCHS = 1_000
HOTTEST = 2.0


@dataclass(frozen=True, slots=True)
class BenchConfig:
    """Settings of a run; all of them are written to `run.json`.

    `outside_max` is the largest probability mass outside the options that is still read as an
    answer, `max_tokens` bounds a free answer, `seats` is the size of a jury. Cut-offs are ours.
    """

    suite: str
    protocol: Protocol = "strict"
    judge_as: str = "class"
    remedy: str = ""
    picture: Picture = "as is"
    outside_max: float = 0.5
    max_tokens: int = 512
    judge_tokens: int = 1024
    seats: int = 5
    seed: int = 0
    side: int = 768
    quality: int = 85
    subset: tuple[str, ...] = ()
    """Only items of these subsets; none: all."""
    limit: int | None = None
    """Only so many items, chosen by the seed."""
    epochs: int = 1
    """How often every item is asked, with the seeds `seed + 1`, `seed + 2` ..."""
    temperature: float = 0.0
    """Of free answers; with `epochs` also of choices, which are then read from text."""
    system: SystemPrompt | None = None

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("--protocol", self.protocol, ("strict", "published")),
            ("--image", self.picture, PICTURES),
            ("--judge-as", self.judge_as, GRADERS),
        ):
            if value not in allowed:
                raise BadSetting(f"{name} {value!r}", f"one of: {', '.join(allowed)}")
        if not 1 <= self.epochs <= MOST_EPOCHS:
            raise BadSetting(f"--epochs {self.epochs}", f"a number from 1 to {MOST_EPOCHS:,}")
        if not (math.isfinite(self.temperature) and 0 <= self.temperature <= HOTTEST):
            raise BadSetting(f"--temperature {self.temperature}", f"from 0 to {HOTTEST:g}")

    @property
    def label(self) -> str:
        """The name that every number carries: `mmsafeaware/strict`."""
        return f"{self.suite}/{self.protocol}"

    def as_json(self) -> dict[str, Any]:
        """The settings as they stand in `run.json`.

        Those of a plain run are not named where they say nothing: so runs from before there were
        any share a leaderboard's column with those of today.
        """
        found = {"version": STRICT_VERSION, **asdict(self)}
        found["system"] = self.system.as_json() if self.system else None
        plain = {"epochs": 1, "temperature": 0.0, "system": None}
        return {name: v for name, v in found.items() if name not in plain or v != plain[name]}
