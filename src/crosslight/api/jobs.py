"""From names and numbers to jobs: the same for the command line and for Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from crosslight.bench import BenchConfig, BenchJob, default_folder, find_suite, jobs_for
from crosslight.build import BANK_FOLDER, BuildConfig, BuildJob
from crosslight.flow import Budget, CallPolicy
from crosslight.judge import (
    SCREEN,
    WITH_COPIES,
    AssessConfig,
    AssessJob,
    GuardFormat,
    JudgeConfig,
    JudgeJob,
    read_scale,
)
from crosslight.models import Backend, home, parse
from crosslight.policy import read_policy
from crosslight.prefer import PreferConfig, PreferJob
from crosslight.rate import RATE_PRESET, RateConfig, RateJob, RateRecipe
from crosslight.records import BadSetting
from crosslight.runs import Intake

Place = str | Path


class CallOptions(TypedDict, total=False):
    """What all runs share, under the names of the command line's options."""

    budget: str | None
    """Stop before it is passed: `5usd`, `200calls`, or both with a comma."""
    max_calls: int | None
    concurrency: int | None
    """Calls at a time; None adapts to the endpoint."""
    timeout: float
    """Seconds for one call."""
    attempts: int
    """Requests for one answer."""
    wait_for_model: float | None
    """Seconds to wait for a model that still loads (None: 300); given, also for a server that is
    not up yet."""
    retry_failed: bool
    """Ask again what failed for good before."""
    fail_on_error: float | int | None
    """The run has failed when so many inputs fail: a share (0.1) or a count (5)."""
    limit: int | None
    """Only so many inputs, chosen by the seed."""
    seed: int
    store: Place | None
    """Folder of the answer and image stores; None: the user's cache."""


@dataclass(frozen=True, slots=True)
class CallSettings:
    """`CallOptions`, read. Raises `BadSetting` where one makes no sense."""

    policy: CallPolicy
    budget: Budget | None
    fail_on_error: float | int | None
    limit: int | None
    seed: int
    answers: Path
    images: Path

    @classmethod
    def of(cls, options: CallOptions) -> "CallSettings":
        """Read the options."""
        unknown = options.keys() - CallOptions.__annotations__.keys()
        if unknown:
            known = ", ".join(CallOptions.__annotations__)
            raise BadSetting(f"there is no option {sorted(unknown)[0]!r}", f"one of: {known}")
        seed, store = options.get("seed", 0), options.get("store")
        _check_numbers(options)
        folder = Path(store) if store is not None else home()
        limit, bound = options.get("limit"), options.get("fail_on_error")
        policy = CallPolicy(
            timeout_s=options.get("timeout", 120.0),
            attempts=options.get("attempts", 5),
            ready_wait_s=options.get("wait_for_model"),
            retry_failed=options.get("retry_failed", False),
            concurrency=options.get("concurrency"),
            seed=seed,
        )
        return cls(
            policy,
            _budget(options.get("budget"), options.get("max_calls")),
            bound,
            limit,
            seed,
            folder / "answers.sqlite",
            folder / "images",
        )


LEAST = {
    "limit": 1,
    "concurrency": 1,
    "attempts": 1,
    "max_calls": 0,
    "timeout": 0.1,
    "wait_for_model": 0,
}


def _check_numbers(options: CallOptions) -> None:
    """Raises `BadSetting` for what the command line would not take either."""
    for name, value in options.items():
        if name == "seed" and (isinstance(value, bool) or not isinstance(value, int)):
            raise BadSetting(f"seed={value!r}", "a whole number")
        if name not in LEAST or value is None:
            continue
        kinds = (int, float) if name in ("timeout", "wait_for_model") else (int,)
        if isinstance(value, bool) or not isinstance(value, kinds) or value < LEAST[name]:
            raise BadSetting(f"{name}={value!r}", f"a number, at least {LEAST[name]}")
    budget, bound = options.get("budget"), options.get("fail_on_error")
    if budget is not None and not isinstance(budget, str):
        raise BadSetting(f"budget={budget!r}", 'a text such as "5usd" or "200calls"')
    if bound is None:
        return
    number = isinstance(bound, int | float) and not isinstance(bound, bool)
    if not number or bound <= 0 or (isinstance(bound, float) and bound > 1):
        raise BadSetting(f"fail_on_error={bound!r}", "a share (0.1) or a count (5)")


def _budget(text: str | None, max_calls: int | None) -> Budget | None:
    """Both bounds hold where both are given."""
    if text is None and max_calls is None:
        return None
    bound = Budget.parse(text) if text is not None else Budget()
    calls = [n for n in (bound.calls, max_calls) if n is not None]
    return Budget(bound.usd, min(calls) if calls else None)


def build_job(
    source: Place,
    out: Place,
    *,
    model: str = "embedded",
    author: str | None = None,
    guard: str | None = None,
    responder: str | None = None,
    config: BuildConfig | None = None,
    bank: Place | None = None,
    column: str = "",
    allow_outside: bool = False,
    canary: bool = True,
    **options: Unpack[CallOptions],
) -> BuildJob:
    """A build of a dataset; see `crosslight build --help` for what the names mean."""
    calls = CallSettings.of(options)
    return BuildJob(
        source=Path(source),
        out=Path(out),
        answers=calls.answers,
        images=calls.images,
        models={
            "author": author or model,
            "guard": guard or model,
            "responder": responder or model,
        },
        config=replace(config or BuildConfig(), seed=calls.seed),
        policy=calls.policy,
        bank=Path(bank) if bank is not None else BANK_FOLDER,
        budget_usd=calls.budget.usd if calls.budget else None,
        budget_calls=calls.budget.calls if calls.budget else None,
        fail_on_error=calls.fail_on_error,
        column=column,
        allow_outside=allow_outside,
        limit=calls.limit,
        canary=canary,
    )


def judge_job(
    source: Place,
    out: Place,
    *,
    constitution: str = "household",
    model: str = "embedded",
    encoder: str | None = None,
    detector: str | None = None,
    config: JudgeConfig | None = None,
    thresholds: Mapping[str, float] | None = None,
    guard: GuardFormat | None = None,
    allow: Sequence[str] = (),
    column: str = "",
    allow_outside: bool = False,
    keep_copies: bool = False,
    **options: Unpack[CallOptions],
) -> JudgeJob:
    """A run of the judge. `thresholds` by name, those of one rule as `RULE.name`. Raises
    `PolicyError`, `BadSetting`, `BadSpec`."""
    calls = CallSettings.of(options)
    written, compiled = read_policy(constitution)
    settings = replace(config or JudgeConfig(), seed=calls.seed)
    settings = settings.changed(dict(thresholds or {}), [rule.id for rule in written.rules])
    return JudgeJob(
        targets=(),
        out=Path(out),
        answers=calls.answers,
        images=calls.images,
        constitution=written.allowing(*allow),
        compiled=compiled,
        judge=parse(model),
        encoder=_parse(encoder),
        detector=_parse(detector),
        guard=guard,
        config=settings,
        policy=calls.policy,
        budget=calls.budget,
        fail_on_error=calls.fail_on_error,
        intake=_intake(source, calls, column, allow_outside, keep_copies),
    )


def assess_job(
    source: Place,
    out: Place,
    *,
    model: str,
    scale: str = "general",
    config: AssessConfig | None = None,
    column: str = "",
    allow_outside: bool = False,
    keep_copies: bool = False,
    **options: Unpack[CallOptions],
) -> AssessJob:
    """Grades from 0 to 10. Raises `PolicyError` for a scale that cannot be read."""
    calls = CallSettings.of(options)
    return AssessJob(
        targets=(),
        out=Path(out),
        answers=calls.answers,
        images=calls.images,
        judge=parse(model),
        scale=read_scale(scale),
        config=config or AssessConfig(),
        policy=calls.policy,
        budget=calls.budget,
        fail_on_error=calls.fail_on_error,
        intake=_intake(source, calls, column, allow_outside, keep_copies),
        seed=calls.seed,
    )


def bench_job(
    suite: str,
    out: Place,
    *,
    model: str = "embedded",
    data: Place | None = None,
    judges: Sequence[str] = (),
    captioner: str | None = None,
    against: Place | None = None,
    subset: Sequence[str] = (),
    column: str = "",
    config: BenchConfig | None = None,
    canary: bool = True,
    require_sight: bool = False,
    **options: Unpack[CallOptions],
) -> BenchJob:
    """A run of a benchmark suite. Raises `SuiteError`, `BadSetting`, `BadSpec`."""
    calls = CallSettings.of(options)
    found = find_suite(suite, column)
    settings = config or BenchConfig(found.name)
    settings = replace(
        settings,
        suite=found.name,
        seed=calls.seed,
        subset=tuple(subset),
        limit=calls.limit,
    )
    return BenchJob(
        suite=found,
        folder=_suite_folder(suite, found, data),
        out=Path(out),
        answers=calls.answers,
        images=calls.images,
        model=parse(model),
        judges=[parse(spec) for spec in judges],
        captioner=_parse(captioner),
        against=Path(against) if against is not None else None,
        config=settings,
        policy=calls.policy,
        budget=calls.budget,
        fail_on_error=calls.fail_on_error,
        canary=canary,
        require_sight=require_sight,
    )


def bench_jobs(job: BenchJob, models: Sequence[str]) -> list[BenchJob]:
    """The same run of several models: a job each, one budget for all. Raises `BadSpec`,
    `BadSetting`, `NotARunFolder`."""
    return jobs_for(job, [parse(spec) for spec in models])


def prefer_job(
    source: Place,
    out: Place,
    *,
    responders: Sequence[str] = (),
    guard: str = "",
    annotator: str = "",
    author: str = "",
    labelled: Place | None = None,
    config: PreferConfig | None = None,
    column: str = "",
    question_column: str = "",
    allow_outside: bool = False,
    canary: bool = True,
    **options: Unpack[CallOptions],
) -> PreferJob:
    """Preference pairs; see `crosslight prefer --help` for what the names mean."""
    calls = CallSettings.of(options)
    return PreferJob(
        source=Path(source),
        out=Path(out),
        answers=calls.answers,
        images=calls.images,
        responders=tuple(responders),
        guard=guard,
        annotator=annotator,
        author=author,
        labelled=None if labelled is None else Path(labelled),
        config=replace(config or PreferConfig(), seed=calls.seed),
        policy=calls.policy,
        budget=calls.budget,
        fail_on_error=calls.fail_on_error,
        column=column,
        question_column=question_column,
        allow_outside=allow_outside,
        limit=calls.limit,
        canary=canary,
    )


def _suite_folder(name: str, suite: Any, data: Place | None) -> Path:
    """The folder that was named, that of a suite of one's own, or what `bench fetch` fetched."""
    if data is not None:
        return Path(data)
    if name.endswith((".yaml", ".yml")):
        return Path(name).parent
    fetched = default_folder(suite)
    if fetched.is_dir():
        return fetched
    ways = [f"crosslight bench fetch {suite.name}"] if suite.hub else []
    raise BadSetting(f"where are the files of {suite.name}?", " or ".join(["--data FOLDER", *ways]))


def _intake(
    source: Place, calls: CallSettings, column: str, allow_outside: bool, keep_copies: bool
) -> Intake:
    screen = WITH_COPIES if keep_copies else SCREEN
    return Intake(Path(source), screen, column, allow_outside, calls.limit, calls.seed)


def _parse(spec: str | None) -> Backend | None:
    return None if spec is None else parse(spec)


def rate_job(
    datasets: Sequence[str],
    out: Place,
    *,
    pool: str | None = None,
    judge: str = "vectors",
    preset: str = RATE_PRESET,
    set_: tuple[str, ...] = (),
    config: RateConfig | None = None,
    store: Place | None = None,
    quiet: bool = False,
) -> RateJob:
    """A rating of datasets: suites, runs of build, tables. `preset` and `set_` are of hf: judges.
    Raises `BadSetting`, `BadSpec`."""
    recipe = None
    if judge.startswith("hf:"):
        recipe = RateRecipe.of(judge, preset, set_, quiet=quiet)
    elif set_ or preset != RATE_PRESET:
        raise BadSetting(
            f"--{'set' if set_ else 'preset'} is for language models", "--judge hf:..."
        )
    place = Path(store) if store is not None else home()
    return RateJob(
        tuple(map(str, datasets)),
        Path(out),
        place / "answers.sqlite",
        place / "images",
        pool,
        judge,
        config or (RateConfig() if recipe is None else RateConfig.of_networks()),
        recipe,
    )
