"""`build calibrate`: ask a guard about what people wrote, and say how it reads it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crosslight.build.bank import BANK_FOLDER, read_bank
from crosslight.build.calibrate.figures import Figures, PairReading, Readings, figures_of
from crosslight.build.calibrate.material import Pair, Sentence, bank_sentences, pairs_of
from crosslight.build.config import BuildConfig
from crosslight.build.dataset import Run, read_run, refuse_two
from crosslight.build.job import ROLES, BuildJob
from crosslight.build.prompts import render
from crosslight.build.roles.guard import PromptedGuard
from crosslight.build.roles.protocol import Subject
from crosslight.build.run import run_build
from crosslight.flow import (
    AGAIN,
    GRACE_S,
    Budget,
    CallPlan,
    CallPolicy,
    Context,
    Estimate,
    RunStop,
    Session,
    all_of,
    attempt,
    estimate_calls,
    interrupts,
    opened_models,
    sample_notes,
    samples_of,
    text_tokens,
)
from crosslight.models import Model, NotSupported, parse
from crosslight.records import Done, Failed, Photo
from crosslight.runs import RUN_FILE
from crosslight.store import AnswerStore, ImageStore

LIMIT = 200
DEFAULTS = BuildConfig()
EMBEDDED = "embedded"
AT_ONCE = 64
FEW = "too few known readings to propose a cut-off"
WEAK = "it hardly tells unsafe pairs from harmless ones, whatever the cut-offs: try another guard"
TEXT_ONLY = (
    "no photos: pairs were not read, and how far the bound of the text could go down is not known"
)


@dataclass(frozen=True, slots=True)
class CalibrateJob:
    """Which guard to ask, and of what."""

    guard: str
    answers: Path
    images: Path
    photos: Path | None = None
    """The folder of a build, or photos: of those the embedded model makes pairs."""
    limit: int = LIMIT
    """So many sentences, and so many pairs, at most."""
    policy: CallPolicy = field(default_factory=CallPolicy)
    budget: Budget | None = None
    config: BuildConfig = field(default_factory=BuildConfig)
    bank: Path = BANK_FOLDER


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a guard reads. `status`: complete, or stopped with what was read so far."""

    guard: str
    figures: Figures
    asked: int
    failed: int
    error: str
    """The first failure."""
    status: str
    reason: str
    hint: str
    notes: tuple[str, ...]
    calls: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "figures"}
        return {"kind": "calibration", **told, "notes": list(self.notes)} | self.figures.as_json()


async def calibrate_guard(
    job: CalibrateJob,
    on_answer: Callable[[int, int], None] = lambda done, of: None,
    *,
    console: bool = False,
) -> Calibration:
    """Ask, and count. Raises what a person must mend before the first call.

    A budget or an interrupt that ends it leaves what was read; the answers are in the store.
    `console`: the second Ctrl-C ends the process.
    """
    bank = read_bank(job.bank)
    store = ImageStore(job.images)
    material = await _pairs(job, store)
    session = Session(
        {"guard": parse(job.guard)},
        AnswerStore(job.answers),
        images=store,
        budget=job.budget,
        policy=job.policy,
        seed=job.config.seed,
    )
    async with session:
        model = session.callers["guard"]
        _check(model, pairs=bool(material.pairs))
        sentences = bank_sentences(bank, job.limit, job.config.seed)
        guard = PromptedGuard(model, job.config)
        asking = _Asking(guard, session.context, job.config, material)
        stop = await _interrupted(session, asking.all(sentences, on_answer), console)
        calls = session.ledger.as_json()
    notes = list(material.notes)
    figures = figures_of(asking.readings(sentences), job.config, job.config.seed)
    if figures.weak:
        notes.append(WEAK)
    elif not figures.proposals:
        notes.append(FEW)
    return Calibration(
        model.card.spec,
        figures,
        asking.asked,
        len(asking.failures),
        asking.failures[0].error if asking.failures else "",
        stop.status if stop else "complete",
        stop.reason if stop else "",
        stop.hint if stop else "",
        tuple(notes),
        calls,
    )


async def _interrupted(
    session: Session, asking: Coroutine[Any, Any, RunStop | None], console: bool
) -> RunStop | None:
    """Let it ask until a signal comes; what is in flight then gets `GRACE_S` seconds."""
    task, gate = asyncio.ensure_future(asking), session.gate

    def close(reason: str) -> None:
        gate.close(reason)
        wait = GRACE_S if session.in_flight else 0
        asyncio.get_running_loop().call_later(wait, task.cancel)

    with interrupts(close, exit_at_second=console):
        try:
            return await task
        except asyncio.CancelledError:
            if not gate.closed:
                raise
            return RunStop(gate.reason, hint=gate.hint)


async def estimate_calibration(job: CalibrateJob) -> Estimate:
    """How many questions it would be, at most; asks nothing."""
    bank = read_bank(job.bank)
    sentences = bank_sentences(bank, job.limit, job.config.seed)
    most, least = 0, 0
    if job.photos is not None:
        if (job.photos / RUN_FILE).is_file():
            most = least = len(pairs_of(read_run(job.photos), job.limit, job.config.seed))
        else:
            most = job.limit
    async with opened_models({"guard": parse(job.guard)}, job.budget) as models:
        guard = models["guard"]
        _check(guard, pairs=bool(most))
        longest = {name: text_tokens(render(name, text="x" * 280)) for name in _PROMPTS}

        def plan(step: str, name: str, images: int, least: int, most: int) -> CallPlan:
            return CallPlan(
                step,
                guard.card,
                least,
                most,
                text_tokens=longest[name],
                images=images,
                samples=samples_of(guard),
                shared=True,
            )

        texts = len(sentences)
        plans = [plan("text alone", "text_alone", 0, texts, texts + most)]
        if most:
            plans.append(plan("together", "together", 1, least, most))
            plans.append(plan("photo alone", "unsafe_photo", 1, min(1, least), most))
        return estimate_calls(
            texts,
            plans,
            attempts=job.policy.attempts,
            side=job.config.side,
            notes=sample_notes([guard]),
        )


@dataclass(frozen=True, slots=True)
class _Material:
    """Pairs, and where the picture of each photo lies in the image store."""

    pairs: tuple[Pair, ...] = ()
    pictures: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


async def _pairs(job: CalibrateJob, store: ImageStore) -> _Material:
    """Of a build, or of one that the embedded model makes of photos now. Raises `RunError`."""
    if job.photos is None:
        return _Material(notes=(TEXT_ONLY,))
    if (job.photos / RUN_FILE).is_file():
        return _of_run(read_run(job.photos), job, store)
    with TemporaryDirectory() as folder:
        models = dict.fromkeys(ROLES, EMBEDDED)
        config = replace(DEFAULTS, seed=job.config.seed)
        build = BuildJob(job.photos, Path(folder) / "run", job.answers, job.images, models, config)
        made = await run_build(build)
        if made.status == "stopped":
            raise RunStop(made.reason, hint=AGAIN)
        return _of_run(read_run(build.out), job, store)


def _of_run(run: Run, job: CalibrateJob, store: ImageStore) -> _Material:
    refuse_two(run, "--photos")
    pairs = pairs_of(run, job.limit, job.config.seed)
    wanted = dict.fromkeys(pair.photo for pair in pairs)
    pictures = {photo: store.put(data) for photo, data in run.pictures(wanted)}
    deciders = sorted({row.decided_by for row in run.rows})
    told = f"whether a pair is unsafe is the word of {', '.join(deciders) or 'nobody'}"
    return _Material(tuple(p for p in pairs if p.photo in pictures), pictures, (told,))


class _Asking:
    """The questions, and what came of them: a number, unknown, or a failure."""

    def __init__(
        self, guard: PromptedGuard, context: Context, config: BuildConfig, material: _Material
    ) -> None:
        self._guard, self._context, self._config = guard, context, config
        self._material = material
        self._read: dict[tuple[str, str, str], float | None] = {}
        self.failures: list[Failed] = []
        self.asked = 0

    async def all(
        self, sentences: Sequence[Sentence], on_answer: Callable[[int, int], None]
    ) -> RunStop | None:
        """Ask everything once, some at a time; returns what stopped it."""
        pairs = self._material.pairs
        texts = dict.fromkeys([*(one.text for one in sentences), *(one.text for one in pairs)])
        every = [
            *(("alone", text, "") for text in texts),
            *(("photo", "", photo) for photo in dict.fromkeys(one.photo for one in pairs)),
            *(("pair", one.text, one.photo) for one in pairs),
        ]
        try:
            for at in range(0, len(every), AT_ONCE):
                await all_of(self._ask(*one) for one in every[at : at + AT_ONCE])
                on_answer(min(at + AT_ONCE, len(every)), len(every))
        except RunStop as stop:
            return stop
        return None

    async def _ask(self, what: str, text: str, photo: str) -> None:
        end = await attempt("calibrate", self._answer(what, text, photo))
        self.asked += 1
        if isinstance(end, Done):
            self._read[what, text, photo] = end.value
        else:
            self.failures.append(end)

    async def _answer(self, what: str, text: str, photo: str) -> float | None:
        if what == "alone":
            return await self._guard.text_alone(text)
        subject = await self._subject(photo)
        if what == "photo":
            return await self._guard.photo_alone(subject)
        return await self._guard.beside(text, subject)

    async def _subject(self, photo: str) -> Subject:
        images, picture = self._context.images, self._material.pictures[photo]
        assert images is not None
        side, quality = self._config.side, self._config.quality
        view = await self._context.blocking(images.view, picture, side, quality)
        return Subject(Photo(photo, "", view.width, view.height, "", ""), view)

    def readings(self, sentences: Sequence[Sentence]) -> Readings:
        """What was answered; what failed, or was not reached, is in no number."""
        read = self._read
        photos = dict.fromkeys(one.photo for one in self._material.pairs)
        return Readings(
            tuple(
                (read["alone", one.text, ""], one.pattern)
                for one in sentences
                if ("alone", one.text, "") in read
            ),
            tuple(
                PairReading(
                    one.photo,
                    one.unsafe,
                    read.get(("alone", one.text, "")),
                    read["pair", one.text, one.photo],
                )
                for one in self._material.pairs
                if ("pair", one.text, one.photo) in read
            ),
            tuple((read["photo", "", p], p) for p in photos if ("photo", "", p) in read),
        )


_PROMPTS = ("text_alone", "together", "unsafe_photo")


def _check(model: Model, *, pairs: bool) -> None:
    """Raises `NotSupported`."""
    if model.capabilities.scene:
        raise NotSupported(
            f"'{model.card.spec}' reads no sentences: it takes the bank's word for them",
            hint="name a vision-language model as --guard",
        )
    if pairs and not model.capabilities.images:
        raise NotSupported(
            f"'{model.card.spec}' does not take images",
            hint="leave --photos out, and only sentences are read",
        )
