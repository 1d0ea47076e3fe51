"""How the command line speaks: errors name the cause and the remedy, and end with code 2."""

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


_DISK = {
    errno.ENOSPC: "free some space and run the same command again: the answers so far are kept",
    errno.EDQUOT: "your quota is used up; free some space and run the same command again",
    errno.EACCES: "name a place that you may write to, or mend its rights",
    errno.EPERM: "name a place that you may write to, or mend its rights",
    errno.EROFS: "that disk is read-only; name another place (-o for results, --store for answers)",
}


def fail(error: BaseException) -> NoReturn:
    """Print what went wrong and what helps, then exit with code 2.

    With CROSSLIGHT_DEBUG set, the traceback too.
    """
    if os.environ.get("CROSSLIGHT_DEBUG"):
        traceback.print_exception(error)
    known = hasattr(error, "hint") or isinstance(error, (OSError, ValueError))
    name = "" if known else f"{type(error).__name__}: "
    err.print(f"[bold red]error:[/] {escape(name + str(error))}")
    hint = getattr(error, "hint", "")
    if isinstance(error, OSError) and not hint:
        hint = _DISK.get(error.errno or 0, "")
    if not known:
        hint = "this looks like a defect of ours; CROSSLIGHT_DEBUG=1 shows where"
    if hint:
        err.print(f"[bold]help:[/]  {escape(hint)}")
    sys.exit(2)


def end(result: Any, page: Path, *, help_: str = "") -> None:
    """The last lines of every run: its calls, how it ended, what helps, the page; then its code.

    0: complete, 1: failed, 3: stopped and can go on.
    """
    told, calls = result.summary, result.summary["calls"]
    out.print(
        f"calls: {calls['asked']:,} asked, {calls['answered']:,} answered, "
        f"{calls['replayed']:,} replayed, {calls['failed']:,} failed; {told['seconds']:.1f} s"
    )
    if result.status != "complete":
        err.print(f"[bold yellow]{result.status}:[/] {escape(result.reason)}")
        help_ = result.hint
    if help_:
        err.print(f"[bold]help:[/] {escape(help_)}")
    out.print(f"look at it: {escape(str(page))}")
    if result.status != "complete":
        raise typer.Exit(1 if result.status == "failed" else 3)
