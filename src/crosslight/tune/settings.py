"""The settings of a training run, and the presets: published values, each with where it is from."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crosslight.records import BadSetting
from crosslight.store import read_fitted
from crosslight.text import parse_yaml

FOLDER = Path(__file__).parent / "presets"
MAX_BYTES = 64 << 10


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lora(_Strict):
    """Low-rank adapters on the linear layers of the decoder; the projector is trained whole."""

    rank: int = Field(16, ge=1, le=4096)
    alpha: int = Field(32, ge=1, le=8192)
    dropout: float = Field(0.0, ge=0, lt=1)


class Settings(_Strict):
    """What decides how training goes. `batch` is rows a step on all devices together, `at_once`
    rows on one device; `warmup` is steps, or a share of them below 1. `max_length` is tokens of a
    row with its pictures; `too_long` says what becomes of a longer one. `side`: pixels of the
    longer side of a picture before the model's own processor. Of GRPO: `generations` answers to a
    question, each of at most `completion` tokens; `epsilon` clips."""

    learning_rate: float = Field(1e-5, gt=0, le=1)
    batch: int = Field(8, ge=1, le=65536)
    at_once: int = Field(1, ge=1, le=4096)
    epochs: float = Field(1.0, gt=0, le=1000)
    schedule: Literal["constant_with_warmup", "cosine", "linear", "constant"] = "cosine"
    warmup: float = Field(0.03, ge=0)
    weight_decay: float = Field(0.0, ge=0)
    clip: float = Field(1.0, gt=0)
    optimizer: str = Field("adamw_torch", pattern=r"^[a-z0-9_]+$")
    precision: Literal["bf16", "fp32"] = "bf16"
    checkpointing: bool = True
    max_length: int = Field(2048, ge=8)
    too_long: Literal["drop", "cut"] = "drop"
    side: int = Field(768, ge=16, le=8192)
    beta: float = Field(0.1, gt=0)
    loss: Literal["sigmoid", "sigmoid_norm", "ipo", "hinge"] = "sigmoid"
    epsilon: float = Field(0.2, gt=0, lt=1)
    generations: int = Field(8, ge=2, le=1024)
    completion: int = Field(256, ge=1, le=65536)
    lora: Lora | None = None
    projector: bool = True
    tower: bool = False


KNOWN = f"known: {', '.join(Settings.model_fields)}; of lora: {', '.join(Lora.model_fields)}"


class Preset(_Strict):
    """A file of `presets/`. `sources` says of every value where it is from."""

    method: Literal["sft", "dpo", "reward", "grpo"]
    about: str
    values: dict[str, Any]
    sources: dict[str, str]
    defects: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _all_told(self) -> "Preset":
        silent = sorted(self.values.keys() - self.sources.keys())
        if silent:
            raise ValueError(f"sources do not say where these are from: {', '.join(silent)}")
        Settings.model_validate(self.values)
        return self

    @property
    def settings(self) -> Settings:
        """The values, with the defaults of what it leaves open."""
        return Settings.model_validate(self.values)


@cache
def preset_names() -> tuple[str, ...]:
    """Of those that come with Crosslight."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def read_preset(name: str) -> Preset:
    """By its name, or from a YAML file of the same form. Raises `BadSetting`, `UnreadableFile`."""
    if name in preset_names():
        return read_fitted(Preset, FOLDER / f"{name}.yaml", MAX_BYTES)
    if name.endswith((".yaml", ".yml")):
        return read_fitted(Preset, Path(name), MAX_BYTES)
    raise BadSetting(
        f"there is no preset {name!r}", f"one of {', '.join(preset_names())}, or a YAML file"
    )


def changed(settings: Settings, pairs: Iterable[str]) -> Settings:
    """The settings with `name=value` put in; `lora.rank=8` names a part, `lora=null` drops it.

    Raises `BadSetting` for an unknown name and for a value that does not fit.
    """
    values = settings.model_dump()
    for pair in pairs:
        name, equals, text = pair.partition("=")
        value, wrong = parse_yaml(text)
        if not equals or wrong:
            raise BadSetting(f"--set {pair!r}: write name=value")
        if isinstance(value, str):
            value = _number(value)
        part, dot, inner = name.strip().partition(".")
        if dot:
            inside = values.get(part) or {}
            values[part] = {**inside, inner: value} if isinstance(inside, dict) else value
        else:
            values[part] = value
        unknown = part not in Settings.model_fields or (dot and part != "lora")
        if unknown:
            raise BadSetting(f"--set: there is no setting {name!r}", KNOWN)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSetting(f"--set {where}: {first['msg']}", KNOWN) from None


def _number(text: str) -> float | str:
    """YAML 1.1 reads `1e-4`, which has no point, as text."""
    try:
        return float(text)
    except ValueError:
        return text
