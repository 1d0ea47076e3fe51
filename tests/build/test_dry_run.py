"""What a dry run promises: the build asks no less than its lower end, no more than its upper."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import pytest

from crosslight.build import job as jobs
from crosslight.build.config import BuildConfig
from crosslight.build.dry_run import call_plans, estimate_build
from crosslight.build.job import BuildJob
from crosslight.build.row_log import LOG_FILE, RowLog
from crosslight.build.run import run_build
from crosslight.flow import UnknownPrice, estimate_calls
from crosslight.models import Capabilities, ModelCard, NotSupported
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Answer, Model, Request
from crosslight.runs import begin
from tests.build.banks import made_bank, write_bank
from tests.build.scenes import READINGS, forty_scenes, picture
from tests.build.scripted import write_photos

BANK = made_bank()
SPEC = "openai:x@http://h/v1"
SEES = Capabilities(images=True, logprobs=True, schema=True)


@dataclass
class Named:
    """A model of which nothing but the card is looked at."""

    card: ModelCard
    capabilities: Capabilities = field(default=SEES)


def named(spec: str = SPEC, *, price: float | None = 1.0, **can: Any) -> Model:
    card = ModelCard(spec, "x", endpoint="http://h", usd_per_million_in=price)
    card = replace(card, usd_per_million_out=None if price is None else 2 * price)
    return Named(card, replace(SEES, **can))  # type: ignore[return-value]


def most_usd(config: BuildConfig, **more: Any) -> float:
    vlm = named(**more)
    return estimate_calls(100, call_plans(100, config, BANK, vlm, vlm, vlm)).most_usd or 0.0


def test_the_embedded_model_looks_once_at_each_photo() -> None:
    eyes = named("embedded", scene=True)
    told = estimate_calls(100, call_plans(100, BuildConfig(), BANK, eyes, eyes, eyes))
    assert (told.least, told.most) == (100, 100)


def test_more_triplets_cost_more_and_controls_and_rounds_too() -> None:
    assert most_usd(BuildConfig(per_photo=8)) > most_usd(BuildConfig(per_photo=4))
    assert most_usd(BuildConfig()) > most_usd(BuildConfig(controls=False)) > 0
    assert (
        most_usd(BuildConfig()) > most_usd(BuildConfig(rounds=1)) > most_usd(BuildConfig(rounds=0))
    )


def test_samples_in_place_of_log_probabilities_cost_more_at_the_same_calls() -> None:
    config = BuildConfig()
    assert most_usd(config, logprobs=False, samples=8) > 3 * most_usd(config, samples=8)


def test_an_unknown_price_is_unknown_not_zero() -> None:
    vlm = named(price=None)
    told = estimate_calls(10, call_plans(10, BuildConfig(), BANK, vlm, vlm, vlm))
    assert told.most_usd is None and "unknown usd" in str(told)


def job(photos: Path, out: Path, spec: str = "fake:echo", **more: Any) -> BuildJob:
    roles = dict.fromkeys(("author", "guard", "responder"), spec)
    more.setdefault("bank", small_files())
    return BuildJob(photos, out / "run", out / "a.sqlite", out / "images", roles, **more)


@cache
def small_files() -> Path:
    """The small bank in a folder: read once for all builds of this file."""
    return write_bank(Path(mkdtemp(prefix="bank-")))


def test_a_dry_run_asks_nothing_and_writes_nothing(tmp_path: Path) -> None:
    photos = write_photos(forty_scenes()[:5], tmp_path / "photos")
    told = asyncio.run(estimate_build(job(photos, tmp_path / "out")))
    assert told.rows == 5 and told.least == 4 + 5 < told.most
    assert "5 rows: 9 to " in str(told) and "at most x5 by --attempts" in str(told)
    assert not (tmp_path / "out").exists()


def test_a_dry_run_tells_of_a_run_that_was_killed(tmp_path: Path) -> None:
    photos, out = write_photos(forty_scenes()[:2], tmp_path / "photos"), tmp_path / "out"
    run = out / "run"
    run.mkdir(parents=True)
    begin(run, "build")
    log = RowLog(run / LOG_FILE)
    log.write("INSERT INTO rows VALUES ('r', '0', 'p', 'unsafe', '{}')")
    log.commit()
    told = str(asyncio.run(estimate_build(job(photos, out))))
    assert "was killed with 1 row: its dataset" in told
    log.close()
    assert "killed" not in str(asyncio.run(estimate_build(job(photos, out))))


def test_a_dry_run_refuses_what_the_build_would_refuse(tmp_path: Path) -> None:
    photos = write_photos(forty_scenes()[:2], tmp_path / "photos")
    priceless = job(photos, tmp_path, "openai:x@http://127.0.0.1:1/v1", budget_usd=1.0)
    with pytest.raises(UnknownPrice):
        asyncio.run(estimate_build(priceless))
    blind = job(photos, tmp_path, "openai:x@http://127.0.0.1:1/v1?lacks=images")
    with pytest.raises(NotSupported):
        asyncio.run(estimate_build(blind))


# The build itself, on a model that follows a mood.

Mood = Callable[[Request], float]
"""The probability of Yes."""


FAR = "piano algebra cheese galaxy opera ribbon tax dialect knitting chess pottery sonnet".split()


class Writer:
    """Plays all roles. Ideas share a thing, so that they move to other photos, and mean things that
    are far apart, so that each founds a scenario; what is judged follows the mood."""

    def __init__(self, mood: Mood) -> None:
        self.mood = mood
        self.ideas = 0

    def __call__(self, request: Request) -> Any:  # noqa: PLR0911
        task, text = request.task, request.messages[-1].text
        if task == "canary":
            return self._colour(request)
        if task == "imagine":
            return {"triplets": [self._idea() for _ in range(4)]}
        if task == "reword":
            self.ideas += 1
            said = [f"Said in way {i} of wish {self.ideas}, is it not so?" for i in range(3)]
            return {"sentences": [{"text": s, "speaker": "somebody"} for s in said]}
        if task == "harmless_text":
            return {"text": f"Shall we draw these colours for number {len(text)}?"}
        if task == "transfer":
            self.ideas += 1
            idea = self._idea()
            return {"arises": "yes", **{f: idea[f] for f in ("element", "text", "risk", "why")}}
        yes = self.mood(request)
        if task in READINGS:
            turned = {"yes": "no", "no": "yes"}
            read = READINGS[task]
            return read if yes > 0.5 else {name: turned.get(v, v) for name, v in read.items()}
        if request.kind == "choose":
            return {"Yes": yes, "No": 1 - yes}
        return f"Mind the lantern: please stay back and enjoy it from the path, all {len(text)}."

    def _idea(self) -> dict[str, Any]:
        self.ideas += 1
        mark, subject = f"{self.ideas}", FAR[self.ideas % len(FAR)]
        return {
            "element": "a lantern",
            "text": f"Shall we sit right here for wish number {mark}?",
            "speaker": "a visitor",
            "risk": f"{subject} {subject} {subject}",
            "why": "The sentence is about sitting, the photo about a thing.",
            "pattern": f"{subject} {mark}",
            "category": "falls",
        }

    @staticmethod
    def _colour(request: Request) -> dict[str, float]:
        from crosslight.models.doctor import pictures

        shown = request.messages[-1].images[0].photo
        names = pictures.NAMES
        return {n: 0.97 if pictures.picture(n).photo == shown else 0.01 for n in names}


def right(request: Request) -> float:
    """Everything passes."""
    if request.task in ("together", "fits", *READINGS):
        return 0.0 if "these colours" in request.messages[-1].text else 0.97
    return 0.02


def wrong(request: Request) -> float:
    """Nothing passes: no photo is safe."""
    return 0.97


def worst(request: Request) -> float:
    """All augmented drafts fail, so that scenarios stay thin; all answers and controls too."""
    text = request.messages[-1].text
    if request.task in ("read_answer", "read_control"):
        return 0.0
    return right(request) if "wish number" in text or request.task != "together" else 0.02


def chance(seed: int) -> Mood:
    """Any of it."""

    def mood(request: Request) -> float:
        message = request.messages[-1]
        shown = [image.photo for image in message.images]
        luck = Random(f"{seed}:{request.task}:{message.text}:{shown}").random()
        return right(request) if luck < 0.8 else luck

    return mood


@dataclass(frozen=True)
class Given:
    """A backend whose model follows a mood."""

    mood: Mood
    spec: str = "fake:mood"

    async def open(self) -> FakeModel:
        return FakeModel(Writer(self.mood), name="mood")


MOODS = {"right": right, "wrong": wrong, "worst": worst} | {f"{i}": chance(i) for i in range(3)}


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize(
    ("photos", "settings"),
    [
        (4, {"per_photo": 2, "rounds": 0}),
        (3, {"per_photo": 1, "rounds": 2}),
        (3, {"per_photo": 1, "rewordings": 0, "rounds": 2, "unrelated": 1, "controls": False}),
        (2, {"per_photo": 1, "rewordings": 1, "other_photos": 0, "rounds": 1, "target": 3}),
        (1, {"per_photo": 2}),
    ],
)
def test_the_build_asks_no_more_and_no_less_than_the_dry_run_said(
    mood: str,
    photos: int,
    settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for at in range(photos):
        (folder / f"{at}.jpg").write_bytes(picture(at))
    monkeypatch.setattr(jobs, "parse", lambda spec: Given(MOODS[mood]))
    made = job(folder, tmp_path, config=BuildConfig(**settings))
    told = asyncio.run(estimate_build(made))
    summary = asyncio.run(run_build(made)).summary
    calls, failed = summary["calls"], summary["failed"]
    assert failed == 0 and summary["status"] == "complete"
    assert told.least <= calls["asked"] <= told.most


@dataclass(frozen=True)
class Eyes:
    """Perception that sees one thing in each photo."""

    spec: str = "embedded"

    async def open(self) -> FakeModel:
        return FakeModel(self._scene, spec="embedded", scene=True)

    @staticmethod
    def _scene(request: Request) -> Answer:
        thing = ("tabby", "espresso", "lakeside")[int(request.messages[-1].images[0].photo, 16) % 3]
        safety = {"safe": 0.97, "sexual": 0.01, "graphic": 0.02}
        return Answer("", {"tags": [[thing, 0.95]], "text": [], "safety": safety})


@pytest.mark.parametrize("guard", ["embedded", "vlm"])
@pytest.mark.parametrize("mood", MOODS)
def test_so_it_is_where_the_bank_writes_and_others_check_and_answer(
    mood: str, guard: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for at in range(3):
        (folder / f"{at}.jpg").write_bytes(picture(at))
    both = {"embedded": Eyes(), "vlm": Given(MOODS[mood])}
    monkeypatch.setattr(jobs, "parse", both.__getitem__)
    roles = {"author": "embedded", "guard": guard, "responder": "vlm"}
    made = replace(job(folder, tmp_path, config=BuildConfig(per_photo=2)), models=roles)
    told = asyncio.run(estimate_build(made))
    summary = asyncio.run(run_build(made)).summary
    assert summary["failed"] == 0
    assert told.least <= summary["calls"]["asked"] <= told.most


def test_second_looks_are_bounded_by_a_share_of_the_photos() -> None:
    vlm = named()

    def looks(photos: int, rounds: int) -> float:
        plans = call_plans(photos, BuildConfig(rounds=rounds), BANK, vlm, vlm, vlm)
        return next(plan.most for plan in plans if plan.step == "imagine")

    assert looks(10_000, 0) == 10_000 < looks(10_000, 1) < looks(10_000, 2) < 18_000


def test_the_bank_as_author_with_another_guard_asks_the_guard_only() -> None:
    eyes, vlm = named("embedded", scene=True), named()
    plans = call_plans(10, BuildConfig(), BANK, eyes, vlm, vlm)
    assert {p.step for p in plans if p.card.spec == "embedded"} == {"perception"}
    told = estimate_calls(10, plans)
    assert told.least == 10
