"""How the command line speaks: what runs, how it ended, and what helps."""

import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape


class Plain(Console):
    """As the console of the command line is everywhere: a spec (`hf:x:`) is no emoji, and that
    nobody reads any more ends nothing, so that the exit code is the command's own."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)

    def on_broken_pipe(self) -> None:
        """What is still to be said goes nowhere; so does what the interpreter flushes at its
        end."""
        self.quiet = True
        send_nowhere(self.file)


def send_nowhere(stream: Any) -> None:
    """A stream whose reader is gone."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


out = Plain()
err = Plain(stderr=True)
STOPPED = 3
"""Exit code of what was stopped and can go on."""

_DISK = {
    errno.ENOSPC: "free some space and run the same command again",
    errno.EDQUOT: "your quota is used up; free some space and run the same command again",
    errno.EACCES: "name a place that you may write to, or mend its rights",
    errno.EPERM: "name a place that you may write to, or mend its rights",
    errno.EROFS: "that disk is read-only; name another place (-o for results, --store for answers)",
}


def fail(error: BaseException) -> NoReturn:
    """Print what went wrong and what helps, then exit with code 2 (1: a run that broke off).

    With CROSSLIGHT_DEBUG set, the traceback too. What is no `CrosslightError` and no trouble with
    the disk is a defect of ours, and is called that.
    """
    from crosslight.records import CrosslightError, RunBroken

    if os.environ.get("CROSSLIGHT_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, CrosslightError):
        text, hint = error.message, error.hint
    elif isinstance(error, OSError):
        text, hint = str(error), _DISK.get(error.errno or 0, "")
    else:
        text = f"{type(error).__name__}: {error}"
        hint = "this looks like a defect of ours; CROSSLIGHT_DEBUG=1 shows where"
    say_error(text, hint)
    sys.exit(1 if isinstance(error, RunBroken) else 2)


def say_error(text: str, hint: str = "") -> None:
    """A cause and its remedy, on stderr."""
    err.print(f"[bold red]error:[/] {escape(text)}")
    if hint:
        err.print(f"[bold]help:[/]  {escape(hint)}")


def leave_at_once(code: int) -> NoReturn:
    """Everything is on the disk: end without waiting for any thread."""
    with suppress(OSError, RuntimeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


@contextmanager
def tidied() -> Iterator[None]:
    """While files are made aside: a signal ends the command by way of whoever takes them away; a
    second one at once."""
    from crosslight.flow import RunStop

    def stop(*_: object) -> None:
        for number, former in before.items():
            signal.signal(number, former)
        raise RunStop("interrupted")

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def end_served(said: str) -> NoReturn:
    """A server that is stopped has done what it was started for: say so, and end at once."""
    with suppress(OSError, RuntimeError):  # two signals: a stream that is being written to
        err.print(escape(said))
    leave_at_once(0)


def watching(quiet: bool, *, headings: bool = False) -> Any:
    """Shows each pass of a run while it goes on; `headings`: with its name and size before."""

    def watch(name: str, runner: Any, ledger: Any, total: int) -> Any:
        from crosslight.flow import Watch

        if headings and not quiet:
            tell(f"{name}: {total:,} rows", style="bold")
        return Watch(runner, ledger, total=total, quiet=quiet) if not quiet else nullcontext()

    return watch


class Screening:
    """A line about the screening every ten seconds: it can take as long as the calls."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._told = time.monotonic()

    def __call__(self, inputs: int) -> None:
        """So many inputs have been looked at."""
        if not self._quiet and time.monotonic() - self._told > 10:
            self._told = time.monotonic()
            tell(f"screen: {inputs:,} inputs so far")


def tell(line: str, style: str = "") -> None:
    """On the way: that nobody reads it any more is no reason to break off."""
    with suppress(OSError, ValueError):
        err.print(line, style=style)


def end(result: Any, folder: Path, *, hint: str = "") -> None:
    """The last lines of every run: its account, calls, how it ended, what helps; then its code."""
    told, calls = result.summary, result.summary["calls"]
    account = told.get("account") or {}
    if account.get("not_reached"):
        out.print(f"{account['not_reached']:,} of {account['inputs']:,} inputs were not reached")
    for note in told.get("notes", ()):
        out.print(f"note: {note}", style="dim", markup=False)
    out.print(
        f"calls: {calls['asked']:,} asked, {calls['answered']:,} answered, "
        f"{calls['replayed']:,} replayed, {calls['failed']:,} failed; {told['seconds']:.1f} s"
    )
    if result.status != "complete":
        err.print(f"[bold yellow]{result.status}:[/] {escape(result.reason)}")
        hint = result.hint or hint
    if hint:
        err.print(f"[bold]help:[/] {escape(hint)}")
    page = folder / "report.html"
    out.print(f"look at it: {escape(str(page if page.is_file() else folder))}")
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def lost_in(folder: Path, told: Any) -> str:
    """How much was lost, and where that is written."""
    return (
        f"{told['dropped']:,} dropped, {told['failed']:,} failed "
        f"(with reasons, in {escape(str(folder))})"
    )


def retry_hint(told: Any) -> str:
    """What helps where something failed and the run came to its end all the same."""
    if not told["failed"]:
        return ""
    return (
        "run the same command again to try what failed in passing; "
        "--retry-failed asks again for the rest too"
    )


def why_failed(folder: Path) -> None:
    """Print the most frequent failure and its remedy."""
    from crosslight.runs import failures_of

    error, hint, count, every = failures_of(folder)
    if count:
        err.print(f"[bold yellow]failed:[/] {count:,} of {every:,} by {escape(error[:300])}")
    if hint:
        err.print(f"[bold]help:[/] {escape(hint)}")
