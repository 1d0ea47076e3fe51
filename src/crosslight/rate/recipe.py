"""How one language model is tuned on every training set: the same for all of them."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from crosslight.models import JudgeFormat, judge_prompt, parse, policy_of
from crosslight.records import BadSetting, canonical, content_hash
from crosslight.tune import Settings, changed, read_preset

HF = "hf:"
RATE_PRESET = "sft-lora"
FORMAT: JudgeFormat = "llamaguard"
"""Its verdict is the first word of the reply: one question gives a probability."""
LEAST_MASS = 0.5
"""Of the first word's probability, on safe and unsafe together: with less there is no score."""


@dataclass(frozen=True, slots=True)
class RateRecipe:
    """`judge`: the base as it was named, `hf:` included. `quiet`: no line of the trainer."""

    judge: str
    preset: str
    settings: Settings
    quiet: bool = False

    @classmethod
    def of(
        cls,
        judge: str,
        preset: str = RATE_PRESET,
        set_: tuple[str, ...] = (),
        *,
        quiet: bool = False,
    ) -> "RateRecipe":
        """Nothing is loaded or fetched. Raises `BadSpec`, `Missing`, `BadSetting`."""
        parse(judge)
        found = read_preset(preset)
        if found.method != "sft":
            raise BadSetting(
                f"--preset {preset} is for tune {found.method}: judges are tuned by examples",
                f"--preset {RATE_PRESET}, or a YAML file with method: sft",
            )
        settings = changed(found.settings, set_)
        if settings.lora is None:
            raise BadSetting(
                f"--preset {preset} trains all weights, and would keep a whole network for each "
                "training set and seed",
                "--set lora.rank=16 trains adapters",
            )
        return cls(judge, preset, settings, quiet)

    @property
    def place(self) -> str:
        """OWNER/REPO, or a folder."""
        return self.judge.removeprefix(HF).partition("?")[0]

    @property
    def options(self) -> dict[str, str]:
        """Those of the spec. `room` is 0 where none is named: asked is the first word, with no
        trace before it."""
        return {"room": "0"} | dict(parse_qsl(self.judge.partition("?")[2]))

    @property
    def is_folder(self) -> bool:
        """Whether the base is no repository of the hub."""
        return Path(self.place).expanduser().is_dir()

    def spec(self, revision: str) -> str:
        """How base and judges are opened. A repository may move on while judges are trained: of
        one the revision is named, a folder has none."""
        pinned = {} if self.is_folder else {"revision": revision}
        return f"{HF}{self.place}?{urlencode(self.options | pinned)}"

    def steps(self, rows: int) -> int:
        """From the rows of a sample, so that one of which some are too long gets as many."""
        return max(1, round(self.settings.epochs * math.ceil(rows / self.settings.batch)))

    def as_json(self) -> dict[str, Any]:
        """For run.json."""
        return {"preset": self.preset, "tuning": self.settings.model_dump()}

    @property
    def mark(self) -> str:
        """A hash of all of it that can change a score."""
        told: dict[str, Any] = {
            # The base's name and revision stand beside it: a moved folder is the same base.
            "options": {k: v for k, v in self.options.items() if k != "revision"},
            "settings": self.settings.model_dump(),
            "format": FORMAT,
            "least_mass": LEAST_MASS,
            "asks": [
                judge_prompt(FORMAT, policy_of(()), "request", answer, pictured=pictured)
                for answer in ("", "answer")
                for pictured in (False, True)
            ],
        }
        return content_hash(canonical(told))[:16]
