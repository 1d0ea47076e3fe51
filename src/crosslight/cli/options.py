"""The options that verbs share, each declared once, and how a verb with parts is called."""

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

Output = Annotated[Path, typer.Option("-o", "--output", help="The run directory.")]
Model = Annotated[str, typer.Option(help="The model that is asked.")]
Seed = Annotated[int, typer.Option(help="Decides every choice of chance.")]
Budget = Annotated[
    str | None, typer.Option(help="Stop before it is passed: 5usd, 200calls, or both with a comma.")
]
MaxCalls = Annotated[int | None, typer.Option(help="Stop after so many calls.", min=0)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only estimate the calls; asks nothing.")]
Limit = Annotated[
    int | None, typer.Option(help="Only so many inputs, a sample chosen by the seed.", min=1)
]
Concurrency = Annotated[
    int | None, typer.Option(help="Calls at a time; default: adapts to the endpoint.", min=1)
]
Timeout = Annotated[float, typer.Option(help="Seconds for one call.", min=0.1)]
Attempts = Annotated[int, typer.Option(help="Requests for one answer.", min=1)]
WaitForModel = Annotated[
    float | None,
    typer.Option(
        "--wait-for-model",
        help="Seconds to wait for a model that still loads; default: 300. Given, also for a server "
        "that is not up yet (else a refused connection fails the run within seconds).",
        min=0,
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Ask again what failed for good before.")
]
FailOnError = Annotated[
    str | None,
    typer.Option(help="The run has failed when so many inputs fail: a share (0.1) or a count (5)."),
]
Store = Annotated[Path | None, typer.Option(help="Folder of the answer and image stores.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
Column = Annotated[str, typer.Option(help="The column of a table with the images.")]
AllowOutside = Annotated[
    bool, typer.Option("--allow-outside", help="Let a table name files outside its folder.")
]
IncludeSensitive = Annotated[
    bool, typer.Option("--include-sensitive", help="Rows that are marked sensitive too.")
]
KeepCopies = Annotated[bool, typer.Option("--keep-copies", help="Look at near copies too.")]
Side = Annotated[
    int, typer.Option(help="Pixels of the longer side of what a model is shown.", min=64, max=4096)
]
Injection = Annotated[
    str,
    typer.Option(
        "--injection",
        "--addressed",
        help="How print that speaks to the judge is found: ocr, ask, off.",
    ),
]


def _of_calls(
    limit: Limit = None,
    seed: Seed = 0,
    budget: Budget = None,
    max_calls: MaxCalls = None,
    concurrency: Concurrency = None,
    timeout: Timeout = 120.0,
    attempts: Attempts = 5,
    wait_for_model: WaitForModel = None,
    retry_failed: RetryFailed = False,
    fail_on_error: FailOnError = None,
    store: Store = None,
) -> None:
    """The options of every verb that asks models, in the order of its help."""


def with_call_options(command: Callable[..., None]) -> Callable[..., None]:
    """For a command `run(..., calls)`: in place of `calls` it has all options of calls.

    A verb cannot forget one, or call it by another name.
    """
    return _spread_out(command, "calls", _of_calls, {"fail_on_error": share_or_count})


def with_options(declared: Callable[..., None]) -> Callable[..., Any]:
    """The same for a command `run(..., options)` and the options that `declared` has: those that
    the parts of a verb share."""

    def made(command: Callable[..., None]) -> Callable[..., None]:
        return _spread_out(command, "options", declared, {})

    return made


def _spread_out(
    command: Callable[..., None],
    place: str,
    declared: Callable[..., None],
    read: dict[str, Callable[[Any], Any]],
) -> Callable[..., None]:
    own = [p for p in signature(command).parameters.values() if p.name != place]
    shared = signature(declared).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        found = {name: given.pop(name) for name in shared}
        for name, reader in read.items():
            found[name] = reader(found[name])
        command(**given, **{place: found})

    del run.__wrapped__  # typer would read the options of what is wrapped
    made: Any = run
    made.__signature__ = Signature([*own, *shared.values()])
    made.__annotations__ = {p.name: p.annotation for p in made.__signature__.parameters.values()}
    return run


class DefaultGroup(TyperGroup):
    """A verb with parts: `build PHOTOS ...` is `build run PHOTOS ...`.

    A folder that is called like a part is `./report`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` in front of what names no part."""
        named = args and (args[0] in self.commands or args[0] in ("--help", "-h"))
        if not named and (args or not self.no_args_is_help):
            args = ["run", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


def share_or_count(text: str | None) -> float | int | None:
    """`0.1` is a share, `5` a count."""
    if text is None:
        return None
    try:
        value = float(text) if "." in text else int(text)
    except ValueError as error:
        raise typer.BadParameter(f"--fail-on-error {text!r}: write 0.1 or 5") from error
    if value <= 0 or (isinstance(value, float) and value > 1):
        raise typer.BadParameter(f"--fail-on-error {text!r}: a share is above 0 and at most 1")
    return value


def answers_path(store: Path | None) -> Path:
    """The answer store: of this folder, or of the user's cache (CROSSLIGHT_HOME moves it)."""
    from crosslight.models import home

    return (store or home()) / "answers.sqlite"


def images_path(store: Path | None) -> Path:
    """The image store beside it."""
    from crosslight.models import home

    return (store or home()) / "images"
