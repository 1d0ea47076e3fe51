"""What calls will cost, before they are made: for the budget's reservations and for `--dry-run`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crosslight.models import ModelCard, Request, Usage
from crosslight.records import ImageView

CHARACTERS_PER_TOKEN = 3.5
IMAGE_TOKENS = 1_000
"""A 768-pixel view costs between 250 and 1,600 tokens, by model."""


def prompt_tokens(request: Request) -> int:
    """A rough count: text by characters, images at a flat rate."""
    texts = [message.text for message in request.messages]
    texts += [item for item in request.items if isinstance(item, str)]
    images = sum(len(message.images) for message in request.messages)
    images += sum(isinstance(item, ImageView) for item in request.items)
    return round(sum(map(len, texts)) / CHARACTERS_PER_TOKEN) + images * IMAGE_TOKENS


def priced(card: ModelCard) -> bool:
    """Whether the price of a call is known. A model in this process has no endpoint: no price."""
    known = card.usd_per_million_in is not None and card.usd_per_million_out is not None
    return known or not card.endpoint


def cost(card: ModelCard, usage: Usage) -> float:
    """Dollars of one call: what the backend says, else tokens by the card's prices."""
    if usage.cost_usd:
        return usage.cost_usd
    return (
        usage.prompt_tokens * (card.usd_per_million_in or 0.0)
        + usage.completion_tokens * (card.usd_per_million_out or 0.0)
    ) / 1e6


class CostGuess:
    """The price of a call of one model: the mean of its task's calls, once there are some."""

    MARGIN = 1.2
    FIRST = 8

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        self._seen: dict[str, tuple[int, float]] = {}

    def of(self, request: Request) -> float:
        """Dollars, rather too many than too few."""
        count, total = self._seen.get(request.task, (0, 0.0))
        if count >= self.FIRST:
            return self.MARGIN * total / count
        most = request.sampling.max_tokens if request.kind == "generate" else 1
        return cost(self._card, Usage(prompt_tokens(request), most))

    def saw(self, task: str, usd: float) -> None:
        """A call of this task cost so much."""
        count, total = self._seen.get(task, (0, 0.0))
        self._seen[task] = (count + 1, total + usd)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The calls that one step makes: so many a row that enters the recipe, of so many tokens.

    `per_row` is a mean and may be below 1 where earlier steps drop rows.
    """

    step: str
    card: ModelCard
    per_row: float
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """One step of an estimate. `usd` is None where the price is not known."""

    step: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run over `rows` rows would ask, if nothing were in the store."""

    rows: int
    lines: Sequence[EstimateLine] = field(default_factory=tuple)

    @property
    def calls(self) -> int:
        """Calls of all steps."""
        return sum(line.calls for line in self.lines)

    @property
    def usd(self) -> float | None:
        """Dollars of all steps; None when the price of one is not known."""
        prices = [line.usd for line in self.lines]
        return None if None in prices else sum(price for price in prices if price is not None)

    def __str__(self) -> str:
        """A table for the terminal."""
        head = f"{'step':<20} {'calls':>10} {'tokens in':>12} {'tokens out':>12} {'usd':>10}  model"
        body = [
            f"{line.step:<20} {line.calls:>10,} {line.prompt_tokens:>12,} "
            f"{line.completion_tokens:>12,} {_usd(line.usd):>10}  {line.model}"
            for line in self.lines
        ]
        total = f"{self.rows:,} rows: {self.calls:,} calls, {_usd(self.usd)} usd at most"
        return "\n".join([head, *body, total + ", less what is stored already"])


def estimate_calls(rows: int, plans: Iterable[CallPlan]) -> Estimate:
    """The calls, tokens and dollars of a run over so many rows."""
    lines = []
    for plan in plans:
        calls = round(rows * plan.per_row)
        usage = Usage(calls * plan.prompt_tokens, calls * plan.completion_tokens)
        usd = cost(plan.card, usage) if priced(plan.card) else None
        lines.append(
            EstimateLine(
                plan.step, plan.card.spec, calls, usage.prompt_tokens, usage.completion_tokens, usd
            )
        )
    return Estimate(rows, tuple(lines))


def _usd(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:,.4f}"
