"""The command line: one file a verb, each a thin call into a room."""

import atexit
import contextlib
import signal
import sys
from typing import Any, NoReturn

import typer

from crosslight import __version__
from crosslight.cli import (
    audit,
    bank,
    bench,
    build,
    compare,
    doctor,
    export,
    fake,
    imports,
    judge,
    models,
    photos,
    policy,
    prefer,
    prompts,
    rate,
    report,
    store,
    tune,
    view,
)
from crosslight.cli.console import STOPPED, fail, leave_at_once, say_error, send_nowhere

app = typer.Typer(
    name="crosslight",
    help="Multimodal safety: risks that neither the image nor the text shows alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crosslight {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Crosslight."""


app.command("audit")(audit.audit)
app.command("compare")(compare.compare)
app.command("doctor")(doctor.doctor)
app.command("rate")(rate.rate)
app.command("report")(report.report)
app.command("view")(view.view)
app.command("export")(export.export)
app.add_typer(imports.app, name="import")
app.add_typer(build.app, name="build")
app.add_typer(bank.app, name="bank")
app.add_typer(bench.app, name="bench")
app.add_typer(judge.app, name="judge")
app.add_typer(prefer.app, name="prefer")
app.add_typer(models.app, name="models")
app.add_typer(photos.app, name="photos")
app.add_typer(store.app, name="store")
app.add_typer(policy.app, name="policy")
app.add_typer(prompts.app, name="prompts")
app.add_typer(tune.app, name="tune")
app.add_typer(fake.app, name="fake")


def main() -> None:
    """Run the command line; what a person can mend ends in one clear message, not a traceback."""
    # File names may hold bytes that are no UTF-8: printing one must not end the program.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Outside a run, which listens itself, nothing has to be put in order.
    _listen(lambda *_: leave("interrupted"))
    atexit.register(_ignore_signals)
    before = _signals_seen()
    try:
        app()
    except SystemExit as end:
        if end.code == STOPPED and _signals_seen() > before:
            leave_at_once(STOPPED)
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        _listen(lambda *_: leave_at_once(code))
        _flush()
        raise
    except Exception as error:
        fail(error)
    except BaseException as stop:  # a run that was told to stop before it had begun
        leave(getattr(stop, "reason", "interrupted"), getattr(stop, "hint", ""))


def leave(reason: str, hint: str = "") -> NoReturn:
    """Say that the command was stopped and how to go on, and end it here and now.

    (A thread that decodes or loads for minutes more must not keep the process.)
    """
    from crosslight.flow import AGAIN

    with contextlib.suppress(OSError, RuntimeError):  # a stream that is closed or being written to
        say_error(reason, hint or AGAIN)
    leave_at_once(STOPPED)


def _flush() -> None:
    """What nobody reads must not change the exit code: the interpreter would end with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            send_nowhere(stream)


def _listen(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _ignore_signals() -> None:
    """While the interpreter is taken down: the exit code is settled, threads have ended."""
    _listen(signal.SIG_IGN)


def _signals_seen() -> int:
    """Of runs; none where no run was ever made in this process."""
    running = sys.modules.get("crosslight.flow.interrupt")
    return running.signals_seen() if running else 0
