"""Every number that steers a build, in one place."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from crosslight.records import BadSetting

RECIPE_VERSION = "rms-2"
CUTS = (
    *("together_at_least", "alone_below", "fits_above", "safe_below", "unsafe_above"),
    "outside_max",
)
"""Cut-offs that are probabilities."""
SPLIT_UNITS = ("photo", "pattern")
OF_ONE = (
    *("rewordings", "other_photos", "rounds", "pilot", "target", "novelty", "split_by"),
    *("per_scenario_photo", "unrelated"),
)
"""Settings that a build of two photos has no use for."""
OF_TWO = (
    *("per_photo", "controls", "adds", "together_at_least", "alone_below", "fits_above"),
    *("safe_below", "unsafe_above", "outside_max", "keep_exif", "side", "seed"),
)
"""Settings that it has, as options."""


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """Settings of one build. All of them are written to `run.json`.

    The cut-offs and counts are our choice; the paper (RMS, arXiv 2509.04403) does not give them.
    Of a text that a model reads, `adds` decides beside the two loose bounds; `safe_below` and
    `unsafe_above` bound the undecided band of the photo alone, of what stands for a control, and
    of all numbers of perception; `outside_max` is the largest probability mass outside Yes and No
    that is still read as an answer.
    """

    images: int = 1
    """Photos of a row; 2: the risk lies in the relation of two."""
    per_photo: int = 4
    """Triplets to imagine for a photo (k)."""
    per_scenario_photo: int = 2
    """At most so many of them from one scenario, so that a photo is seen from several sides."""
    rewordings: int = 2
    """Further wordings of a kept triplet, by stated criteria."""
    other_photos: int = 2
    """Further photos to try the same pattern on."""
    unrelated: int = 2
    """Other photos beside which the text must be safe, where it makes sense there."""
    control_photos: int = 4
    """Photos to ask for one that makes the text harmless, at most."""
    control_attempts: int = 2
    """Tries of the author at a harmless text of the same form."""
    adds: float = 1.5
    """What the photo must add: log-odds of the pair's being unsafe less those of the text alone."""
    together_at_least: float = 0.5
    alone_below: float = 0.5
    """Bound of the text alone, and of the text beside other photos where it makes sense."""
    fits_above: float = 0.7
    """From here a text makes sense beside another photo."""
    safe_below: float = 0.3
    unsafe_above: float = 0.7
    outside_max: float = 0.5
    answer_attempts: int = 2
    controls: bool = True
    rounds: int = 2
    """Second looks at most at a photo that gave nothing, each for scenarios that are thin."""
    pilot: float = 0.04
    """Share of the photos in the first wave, which is asked without hints; the next are larger."""
    target: int = 0
    """Take no further wave at so many unsafe rows; 0: no target."""
    novelty: float = 0.0
    """Take no further wave once at most this share of patterns is new; 0: no such goal."""
    split_by: str = "photo"
    """What no two splits share beside sentences: `photo` or `pattern`."""
    keep_exif: bool = False
    """Leave in the pictures' files what says where, when and by whom they were taken."""
    seed: int = 0
    side: int = 768
    quality: int = 85

    def __post_init__(self) -> None:
        """Raises `BadSetting` for a cut-off that is no probability."""
        for name in CUTS:
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise BadSetting(f"{name}: {value} is no probability", hint="write 0 to 1")
        if self.split_by not in SPLIT_UNITS:
            raise BadSetting(
                f"split_by: {self.split_by!r}", hint=f"one of: {', '.join(SPLIT_UNITS)}"
            )
        if self.images not in (1, 2):
            raise BadSetting(f"images: {self.images}", hint="write 1 or 2")
        if self.images == 2:
            self._check_two()
        if not math.isfinite(self.adds):
            raise BadSetting(f"adds: {self.adds} is no number", hint="write log-odds, such as 1.5")
        if self.safe_below > self.unsafe_above:
            told = f"safe_below {self.safe_below} lies above unsafe_above {self.unsafe_above}"
            raise BadSetting(told, hint="what lies between them is undecided")

    def _check_two(self) -> None:
        """Raises `BadSetting` for what somebody set and nothing would read."""
        usual = {one.name: one.default for one in fields(self)}
        unread = [_flag(name) for name in OF_ONE if getattr(self, name) != usual[name]]
        if unread:
            raise BadSetting(
                f"a build of two photos has no {', '.join(unread)}",
                hint=f"leave it out; --images 2 takes {', '.join(map(_flag, OF_TWO))}",
            )

    def as_json(self) -> dict[str, Any]:
        """The settings as they stand in `run.json`; those that nothing reads are not there."""
        unread = OF_ONE if self.images == 2 else ()
        told = {name: value for name, value in asdict(self).items() if name not in unread}
        return {"recipe": RECIPE_VERSION, **told}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
