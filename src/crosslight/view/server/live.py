"""A run that is going on: what it says of itself, as server-sent events, until it ends."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from crosslight.runs import running
from crosslight.text import visible

EVERY_S: Final = 1.0
MOST: Final = 10**15
"""Of rows, calls and dollars: what is more was not counted by a run."""
QUIET_S: Final = 15.0
"""After so long without news a line is sent, by which a connection that is gone shows."""


async def events(place: Path, every: float = EVERY_S) -> AsyncIterator[bytes]:
    """`progress` with what the run tells, whenever that changes; `ended` at its end."""
    last: Any = None
    quiet = 0.0
    while (now := await run_in_threadpool(running, place)) is not None:
        if now != last:
            yield _event("progress", {"said": said(now)})
            last, quiet = now, 0.0
        elif quiet >= QUIET_S:
            yield b": still there\n\n"
            quiet = 0.0
        await asyncio.sleep(every)
        quiet += every
    yield _event("ended", {})


def said(told: dict[str, Any]) -> str:
    """One line about a run that is going on; what it has not said is left out."""
    progress = told.get("progress")
    host = told.get("host")
    where = f" on {visible(str(host)[:80])}" if host and host != socket.gethostname() else ""
    if not isinstance(progress, dict):
        return f"going on since {told.get('since', 'a while')}{where}"
    parts = []
    name = progress.get("name") or "rows"
    done, total = _count(progress.get("done")), _count(progress.get("total"))
    if done is not None and total is not None:
        parts.append(f"{name}: {done:,} of {total:,} done")
    if failed := _count(progress.get("failed")):
        parts.append(f"{failed:,} failed")
    if (asked := _count(progress.get("asked"))) is not None:
        parts.append(f"{asked:,} calls asked, {_count(progress.get('replayed')) or 0:,} replayed")
    usd = progress.get("usd")
    if isinstance(usd, int | float) and 0 < usd < MOST:
        parts.append(f"${usd:.4f}")
    if progress.get("waiting"):
        parts.append(str(progress["waiting"]))
    if where and parts:
        parts.append(f"since {told.get('since', 'a while')}{where}")
    return "; ".join(parts) or f"going on{where}"


def _count(value: Any) -> int | None:
    """What is a number of something; anybody may have written it."""
    return value if isinstance(value, int) and 0 <= value < MOST else None


def _event(name: str, told: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(told)}\n\n".encode()
