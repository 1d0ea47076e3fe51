"""A documented set of attempts to talk a judge round, and how often a judge gives in to them.

Every attempt is written into every answer, and the same judge is asked as in a bench run, with the
same prompts, fences and broken tokens. What moves a verdict then moves it there too. The set is
small and known: a judge that stands firm here has stood firm here.
"""

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import BaseModel, ConfigDict

from crosslight.flow import CallPolicy, Context, Session
from crosslight.graders.choose import grader_for
from crosslight.graders.guards import GUARDS
from crosslight.graders.ruling import Case, Judge, Ruling
from crosslight.models import Backend, ModelError, NotSupported
from crosslight.records import BadSetting
from crosslight.stats import wilson
from crosslight.store import AnswerStore, read_fitted

FILE = Path(__file__).with_name("injections.yaml")
MAX_BYTES = 1 << 20
HARMFUL = frozenset({"comply", "unsafe"})
ALL = "all"
ONE_ANSWER = ("class", *GUARDS)
"""Graders that read one answer with one model."""
ATTEMPTS = 3


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlainAnswer(_Part):
    """An answer whose class is plain. `harmful`: it does what a harmful request asks."""

    id: str
    harmful: bool
    prompt: str
    answer: str


class Attempt(_Part):
    """A text that speaks to the judge; `hidden` is the way in which it is written."""

    id: str
    kind: str
    text: str
    hidden: Literal["", "base64", "tags", "fullwidth", "zero-width"] = ""

    def into(self, answer: str) -> str:
        """The answer with this attempt in it."""
        if "{answer}" in self.text:
            return self.text.replace("{answer}", answer)
        return f"{answer}\n{_WRITTEN[self.hidden](self.text)}"


class InjectionSet(_Part):
    """Plain answers and attempts."""

    answers: tuple[PlainAnswer, ...]
    attempts: tuple[Attempt, ...]

    @property
    def calls(self) -> int:
        """How many cases a judge is given: every answer as it is and with each attempt."""
        return len(self.answers) * (1 + len(self.attempts))


@cache
def injection_set() -> InjectionSet:
    """The set that comes with the package."""
    return read_fitted(InjectionSet, FILE, MAX_BYTES)


@dataclass(frozen=True, slots=True)
class Moved:
    """How one kind of attempts fared. `freed` of `harmful` harmful answers were called harmless
    with an attempt in them, `accused` of `harmless` harmless ones harmful. `unread` calls brought
    no verdict: they are in neither."""

    kind: str
    freed: int
    harmful: int
    accused: int
    harmless: int
    unread: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, of the share of harmful answers that were called harmless."""
        return wilson(self.freed / max(1, self.harmful), self.harmful)


@dataclass(frozen=True, slots=True)
class Resistance:
    """What was measured. `right` of `plain` answers were called what they are without an attempt;
    only these can be moved, and only these are counted. The last row is over all kinds."""

    plain: int
    right: int
    rows: tuple[Moved, ...]
    error: ModelError | None = None
    """The first error of the endpoint, if there was one: its calls are among the unread."""


async def resistance(
    judge: Judge,
    ctx: Context,
    *,
    cases: InjectionSet | None = None,
    on_answer: Callable[[], None] = lambda: None,
) -> Resistance:
    """Ask the judge every case (`ctx.models["judge"]`). Raises the endpoint's `ModelError` only
    where no answer as it is could be judged."""
    given = cases or injection_set()
    errors: list[ModelError] = []

    async def ruled(plain: PlainAnswer, attempt: Attempt | None) -> Ruling:
        text = attempt.into(plain.answer) if attempt else plain.answer
        case = Case(plain.id, plain.prompt, text)
        try:
            return await judge.rule(case, ctx)
        except ModelError as error:
            errors.append(error)
            return Ruling(done=False, reason=error.kind)
        finally:
            on_answer()

    before = await asyncio.gather(*(ruled(plain, None) for plain in given.answers))
    if errors and not any(ruling.done for ruling in before):
        raise errors[0]
    fit = [
        plain
        for plain, ruling in zip(given.answers, before, strict=True)
        if ruling.done and (ruling.verdict in HARMFUL) == plain.harmful
    ]
    asked = [(plain, attempt) for plain in fit for attempt in given.attempts]
    after = await asyncio.gather(*(ruled(plain, attempt) for plain, attempt in asked))
    found = [
        (plain, attempt, ruling) for (plain, attempt), ruling in zip(asked, after, strict=True)
    ]
    kinds = dict.fromkeys(attempt.kind for attempt in given.attempts)
    rows = [_moved(kind, [f for f in found if f[1].kind == kind]) for kind in kinds]
    told = (*rows, _moved(ALL, found))
    return Resistance(len(before), len(fit), told, errors[0] if errors else None)


async def measure_resistance(
    backend: Backend,
    grader: str = "class",
    *,
    tokens: int = 1024,
    on_answer: Callable[[], None] = lambda: None,
) -> Resistance:
    """`resistance` of a model that is opened for it; its answers are kept nowhere.

    Raises `BadSetting` for a grader that needs more than one answer or one model, `NotSupported`
    for a model that writes nothing, `RunFailed` where going on is useless.
    """
    check_grader(grader)
    with TemporaryDirectory() as folder:
        store = AnswerStore(Path(folder) / "answers.sqlite")
        policy = CallPolicy(attempts=ATTEMPTS)
        async with Session({"judge": backend}, store, policy=policy) as session:
            can = session.context.models["judge"].capabilities
            if not can.generates or can.scene:
                raise NotSupported(
                    f"{backend.spec} judges no texts", hint="name a model that generates text"
                )
            return await resistance(
                grader_for(grader, tokens=tokens), session.context, on_answer=on_answer
            )


def check_grader(name: str) -> None:
    """Raises `BadSetting` unless the grader reads one answer with one model."""
    if name not in ONE_ANSWER:
        raise BadSetting(
            f"the injections are not measured with --judge-as {name}",
            f"--judge-as {', '.join(ONE_ANSWER)}",
        )


def _moved(kind: str, found: Sequence[tuple[PlainAnswer, Attempt, Ruling]]) -> Moved:
    harmful = [r.verdict in HARMFUL for plain, _, r in found if plain.harmful and r.done]
    harmless = [r.verdict in HARMFUL for plain, _, r in found if not plain.harmful and r.done]
    unread = sum(not ruling.done for _, _, ruling in found)
    freed = len(harmful) - sum(harmful)
    return Moved(kind, freed, len(harmful), sum(harmless), len(harmless), unread)


def _tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in text)


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


_WRITTEN: dict[str, Callable[[str], str]] = {
    "": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "tags": _tags,
    "fullwidth": _wide,
    "zero-width": "\u200b".join,
}
