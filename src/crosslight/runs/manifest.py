"""`run.json`, read leniently: what a page needs of it, with defaults for what is not there."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from crosslight.runs.folder import RunError, refuse_links_out
from crosslight.store import UnreadableFile, read_json


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class FunnelStep(_Lenient):
    """One step's rows: in, done (a step may fan out), dropped by reason, failed by error class."""

    step: str
    entered: int = Field(default=0, alias="in")
    done: int = 0
    dropped: dict[str, int] = {}
    failed: dict[str, int] = {}


class Unseen(_Lenient):
    """The chance that the next look without hints shows something new; None where unknown."""

    mass: float | None = None
    low: float = 0.0
    high: float = 1.0
    draws: int = 0
    note: str = ""

    @property
    def told(self) -> str:
        """In words."""
        if self.mass is None:
            return f"unknown ({self.note})" if self.note else "unknown"
        return f"{self.mass:.0%} ({self.low:.0%} to {self.high:.0%})"


class Novelty(_Lenient):
    """How much is not seen yet: of patterns, of whole scenarios, and of patterns by category."""

    patterns: Unseen | None = None
    scenarios: Unseen = Unseen()
    categories: dict[str, Unseen] = {}

    @property
    def known(self) -> dict[str, Unseen]:
        """The categories with a number."""
        return {name: one for name, one in self.categories.items() if one.mass is not None}


class Round(_Lenient):
    """Unsafe rows by scenario after a round, and the thin scenarios that were grown next."""

    round: int
    counts: dict[str, int] = {}
    grown: tuple[str, ...] = ()
    novelty: Novelty = Novelty()


class ModelEntry(_Lenient):
    """Who answered, in which role."""

    role: str = ""
    spec: str = ""
    name: str = ""
    revision: str = ""
    licence: str = ""
    weakness: str = ""
    parts: tuple[tuple[str, str], ...] = ()


class Answers(_Lenient):
    """All answers that the run rests on, paid in this run or before."""

    calls: int | None = None
    tokens: dict[str, int] | int | None = None
    cost: dict[str, float] | float | None = None

    @property
    def prompt_tokens(self) -> int | None:
        """Tokens read, if they were counted apart."""
        return self.tokens.get("prompt") if isinstance(self.tokens, dict) else None

    @property
    def all_tokens(self) -> int | None:
        """Tokens read and written."""
        return sum(self.tokens.values()) if isinstance(self.tokens, dict) else self.tokens

    @property
    def usd(self) -> float | None:
        """Price in US dollars, where the models' prices are known."""
        return self.cost.get("usd") if isinstance(self.cost, dict) else self.cost


def _entries(value: Any) -> Any:
    """Accept `{role: card}`, `{role: spec}` and `[card, ...]`."""
    if not isinstance(value, dict):
        return value
    return [
        {"role": role, **card} if isinstance(card, dict) else {"role": role, "spec": str(card)}
        for role, card in value.items()
    ]


class Manifest(_Lenient):
    """The parts of `run.json` that do not change with the clock or with what was replayed."""

    status: str = "complete"
    seed: int | None = None
    versions: dict[str, str] = {}
    funnel: tuple[FunnelStep, ...] = ()
    coverage: tuple[Round, ...] = ()
    titles: dict[str, str] = {}
    models: Annotated[tuple[ModelEntry, ...], BeforeValidator(_entries)] = ()
    prompts: dict[str, str] = {}
    settings: dict[str, Any] = {}
    data: dict[str, Any] = {}
    bank: dict[str, Any] = {}
    beside_pixels: dict[str, Any] = {}
    persons: dict[str, int] = {}
    account: dict[str, Any] = {}
    splits: dict[str, int] = {}
    photos: int | None = None
    answers: Answers = Answers()

    @property
    def novelty(self) -> Novelty:
        """After the last round."""
        return self.coverage[-1].novelty if self.coverage else Novelty()

    @property
    def thin_below(self) -> int | None:
        """A scenario with fewer unsafe rows than this is thin."""
        value = self.settings.get("per_scenario")
        return value if isinstance(value, int) else None


def read_manifest(run_dir: Path) -> Manifest:
    """Read `run.json`. Raises `RunError`."""
    path = run_dir / "run.json"
    refuse_links_out(run_dir)
    try:
        return Manifest.model_validate(read_json(path))
    except FileNotFoundError as error:
        raise RunError(f"{run_dir} has no run.json: give the folder of a build") from error
    except UnreadableFile as error:
        raise RunError(error.message, error.hint) from error
    except (OSError, ValidationError, RecursionError) as error:
        raise RunError(f"{path}: {error}") from error
