"""What a run of `tune` is given."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from crosslight.records import BadSetting
from crosslight.tune.settings import Settings

KIND = "tune"


class Method(StrEnum):
    """How a model is tuned."""

    SFT = "sft"
    DPO = "dpo"
    REWARD = "reward"
    GRPO = "grpo"

    @property
    def pairs(self) -> bool:
        """Whether a row is a better and a worse answer."""
        return self in (Method.DPO, Method.REWARD)


def no_ppo() -> BadSetting:
    """The error for a method that TRL has no more."""
    return BadSetting(
        "there is no PPO: it is gone from TRL, which will not have it for models that see",
        "crosslight tune grpo, with the reward model of crosslight tune reward",
    )


class Target(StrEnum):
    """What SFT teaches to say: the row's own answer, or a chain of reasons before it."""

    RESPONSE = "response"
    CHAIN = "chain"
    CHAINS = "chains"
    """Also chains over two photos, and over none."""


@dataclass(frozen=True, slots=True)
class TuneJob:
    """One run: `data` into `base` by `method`, written to `out`.

    `preset` is the name that `settings` came from. `held_out` is the share of photos that is kept
    from training where the data has no split of its own. `limit` bounds the rows that are trained
    on, `steps` the steps. `launched`: by accelerate, so that only its first process writes.
    `sensitive`: rows that are marked so are trained on too. `min_weight`: rows of a lower `weight`
    are left out.
    """

    data: Path
    out: Path
    base: str
    method: Method
    preset: str
    settings: Settings
    images: Path
    target: Target = Target.RESPONSE
    seed: int = 0
    limit: int | None = None
    steps: int | None = None
    held_out: float = 0.1
    save_every: int = 50
    image_column: str = ""
    allow_outside: bool = False
    sensitive: bool = False
    min_weight: float = 0.0
    revision: str = ""
    deepspeed: Path | None = None
    report_to: tuple[str, ...] = ()
    rewards: tuple[str, ...] = ()
    preflight_only: bool = False
    quiet: bool = False
