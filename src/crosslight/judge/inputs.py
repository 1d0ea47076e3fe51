"""What a run of the judge looks at: pictures of an input, screened inside the run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from crosslight.judge.step import Target
from crosslight.photos import ScreenConfig
from crosslight.runs import NOT_REACHED, Account, Hall, Intake, Lost, Progress, look

SCREEN = ScreenConfig(min_side=16, every_frame=True, strips=True)
"""The judge looks at small pictures too, at all frames, and at strips piece by piece."""
WITH_COPIES = replace(SCREEN, near_bits=None)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Targets, and the inputs that are none."""

    targets: Sequence[Target]
    lost: Sequence[Lost]

    def unreached(self, reached: Collection[int]) -> list[Lost]:
        """The targets (by place) that a stop left out."""
        return [
            Lost(NOT_REACHED, target.source, target.photo)
            for at, target in enumerate(self.targets)
            if at not in reached
        ]

    def account(self, finished: int, lost: Sequence[Lost]) -> Account:
        """The account of a run in which so many targets were finished and `lost` left early."""
        every = len(self.targets) + len(self.lost)
        return Account.of(every, finished, [one.outcome for one in lost])


async def inputs_of(
    hall: Hall,
    intake: Intake | None,
    targets: Sequence[Target],
    lost: Sequence[Lost],
    progress: Progress,
) -> Inputs:
    """Screen the intake, or take what is given."""
    if intake is None:
        return Inputs(targets, lost)
    looked = await look(hall, intake, progress)
    targets = [Target(one.id, name, one.licence, one.origin) for name, one in looked.photos]
    return Inputs(targets, looked.lost)
