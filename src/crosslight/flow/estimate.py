"""What calls will cost, before they are made: for the budget's reservations and for `--dry-run`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crosslight.models import Model, ModelCard, Request, Usage
from crosslight.records import ImageView

CHARACTERS_PER_TOKEN = 3.5
IMAGE_TOKENS = 1_000
LEAST_IMAGE_TOKENS, MOST_IMAGE_TOKENS = 250, 1_600
"""What a 768-pixel view costs, by model."""
USUAL_SIDE = 768
SAMPLE_TOKENS = 8
"""Of one reply where a choice is counted from samples."""
CANARY_CALLS = 4


def prompt_tokens(request: Request) -> int:
    """A rough count: text by characters, images by a rate."""
    texts = [message.text for message in request.messages]
    texts += [item for item in request.items if isinstance(item, str)]
    views = [view for message in request.messages for view in message.images]
    views += [item for item in request.items if isinstance(item, ImageView)]
    return text_tokens(*texts) + sum(map(view_tokens, views))


def view_tokens(view: ImageView) -> int:
    """A flat rate, and more for a view of more pixels than usual (--side)."""
    return round(IMAGE_TOKENS * more_than_usual(max(view.width, view.height)))


def more_than_usual(side: int) -> float:
    """How many times the tokens of a usual view one of this longer side may cost; 1 at least."""
    return max(1.0, (side / USUAL_SIDE) ** 2)


def text_tokens(*texts: str) -> int:
    """A rough count, by characters."""
    return round(sum(map(len, texts)) / CHARACTERS_PER_TOKEN)


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
    """The price of a call of one model: the mean of its task's calls, once there are some.

    `samples`: the requests that a choice may become; until some are seen, all are reserved.
    """

    MARGIN = 1.2
    FIRST = 8

    def __init__(self, card: ModelCard, samples: int = 0) -> None:
        self._card = card
        self._samples = samples
        self._requests: dict[str, int] = {}
        self._seen: dict[str, tuple[int, float]] = {}

    def of(self, request: Request) -> float:
        """Dollars, rather too many than too few."""
        count, total = self._seen.get(request.task, (0, 0.0))
        if count >= self.FIRST:
            return self.MARGIN * total / count
        prompt = prompt_tokens(request)
        if request.kind == "choose":
            k = max(1, self._samples)
            return cost(self._card, Usage(prompt * k, SAMPLE_TOKENS * k))
        most = request.sampling.max_tokens if request.kind == "generate" else 0
        return cost(self._card, Usage(prompt, most))

    def requests(self, request: Request, least: int) -> int:
        """How many requests it may become: as many as one of its task has, `least` before any."""
        if request.kind != "choose":
            return 1
        return self._requests.get(request.task, max(1, least))

    def sent(self, request: Request, requests: int) -> None:
        """A call of this task became so many requests."""
        if request.kind == "choose":
            self._requests[request.task] = max(requests, self._requests.get(request.task, 1))

    def saw(self, task: str, usd: float) -> None:
        """A call of this task cost so much."""
        count, total = self._seen.get(task, (0, 0.0))
        self._seen[task] = (count + 1, total + usd)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The calls of one step: `least` to `most` for every row, or with `shared` for all rows
    together. The tokens are those of one call at its longest; a view is not among `text_tokens`.

    `samples`: the requests that one call may become behind the model (see `samples_of`). Ledger
    and budget count each request, and so does the upper end.
    """

    step: str
    card: ModelCard
    least: int
    most: int
    text_tokens: int = 0
    images: int = 0
    completion_tokens: int = 1
    samples: int = 0
    shared: bool = False

    def least_usage(self) -> Usage:
        """Tokens of one short call."""
        prompt = self.text_tokens + self.images * LEAST_IMAGE_TOKENS
        return Usage(prompt, min(1, self.completion_tokens))

    def most_usage(self, side: int = USUAL_SIDE) -> Usage:
        """Tokens of one long call, with all its samples; views have this longer side."""
        view = round(MOST_IMAGE_TOKENS * more_than_usual(side))
        prompt = self.text_tokens + self.images * view
        if not self.samples:
            return Usage(prompt, self.completion_tokens)
        return Usage(prompt * self.samples, SAMPLE_TOKENS * self.samples)


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """One step of an estimate. Dollars are None where the price is not known."""

    step: str
    model: str
    least: int
    most: int
    least_usd: float | None
    most_usd: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run over `rows` rows would ask, if nothing were in the store and nothing failed."""

    rows: int
    lines: Sequence[EstimateLine] = ()
    attempts: int = 1
    """Requests for one answer, at most."""
    notes: Sequence[str] = ()

    @property
    def least(self) -> int:
        """Calls of all steps where rows end early."""
        return sum(line.least for line in self.lines)

    @property
    def most(self) -> int:
        """Calls of all steps where every step is taken as often as it can be."""
        return sum(line.most for line in self.lines)

    @property
    def least_usd(self) -> float | None:
        """Dollars for `least`; None when the price of a step is not known."""
        return _sum(line.least_usd for line in self.lines)

    @property
    def most_usd(self) -> float | None:
        """Dollars for `most`; None when the price of a step is not known."""
        return _sum(line.most_usd for line in self.lines)

    def __str__(self) -> str:
        """A table for the terminal."""
        head = f"{'step':<20} {'calls':>20} {'usd':>20}  model"
        body = [
            f"{line.step:<20} {_range(line.least, line.most, '-'):>20} "
            f"{_usd_range(line.least_usd, line.most_usd, '-'):>20}  {line.model}"
            for line in self.lines
        ]
        total = (
            f"{self.rows:,} rows: {_range(self.least, self.most, 'to')} calls, "
            f"{_usd_range(self.least_usd, self.most_usd, 'to')} usd"
        )
        if self.attempts > 1:
            total += f"; retries after faults come on top (at most x{self.attempts} by --attempts)"
        return "\n".join([head, *body, total + "; less what is stored already", *self.notes])


def estimate_calls(
    rows: int,
    plans: Iterable[CallPlan],
    *,
    attempts: int = 1,
    side: int = USUAL_SIDE,
    notes: Sequence[str] = (),
) -> Estimate:
    """The calls and dollars of a run over so many rows, with views of this longer side."""
    lines = []
    for plan in plans:
        times = 1 if plan.shared else rows
        least, most = times * plan.least, times * plan.most
        if not most:
            continue
        known = priced(plan.card)
        low = least * cost(plan.card, plan.least_usage()) if known else None
        high = most * cost(plan.card, plan.most_usage(side)) if known else None
        most *= max(1, plan.samples)
        lines.append(EstimateLine(plan.step, plan.card.spec, least, most, low, high))
    return Estimate(rows, tuple(lines), attempts, tuple(notes))


def canary_plans(models: Iterable[Model]) -> Iterator[CallPlan]:
    """Four tiny pictures for each model that is not perception itself."""
    for model in {id(model): model for model in models}.values():
        if not model.capabilities.scene:
            yield CallPlan(
                "canary",
                model.card,
                CANARY_CALLS,
                CANARY_CALLS,
                text_tokens=50,
                images=1,
                samples=samples_of(model),
                shared=True,
            )


def samples_of(model: Model) -> int:
    """How many requests a choice of this model may take; 0 where one is enough."""
    return 0 if model.capabilities.logprobs else model.capabilities.samples


def sample_notes(models: Iterable[Model]) -> list[str]:
    """What a person must know of models that may count samples instead of reading the first
    token."""
    notes = {}
    for model in models:
        spec, k = model.card.spec, model.capabilities.samples
        if k and model.capabilities.logprobs:
            notes[spec] = (
                f"should {spec} turn out to give no log-probabilities, each of its choices takes "
                f"up to {k} samples: one call here, but so many requests, at their price"
            )
        elif k:
            notes[spec] = (
                f"{spec} gives no log-probabilities: each of its choices takes up to {k} samples "
                "(the upper end holds a request for each)"
            )
    return list(notes.values())


def _sum(prices: Iterable[float | None]) -> float | None:
    total = 0.0
    for price in prices:
        if price is None:
            return None
        total += price
    return total


def _range(least: int, most: int, word: str) -> str:
    return f"{most:,}" if least == most else f"{least:,} {word} {most:,}"


def _usd_range(least: float | None, most: float | None, word: str) -> str:
    if least is None or most is None:
        return "unknown"
    low, high = _usd(least), _usd(most)
    return high if low == high else f"{low} {word} {high}"


def _usd(usd: float) -> str:
    return f"{usd:,.4f}" if 0 < usd < 0.1 else f"{usd:,.2f}"
