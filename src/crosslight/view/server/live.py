"""A run that is going on: what it says of itself, as server-sent events, until it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from crosslight.runs import running

EVERY_S: Final = 1.0
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
    if not isinstance(progress, dict):
        return f"going on since {told.get('since', 'a while')}"
    parts = []
    name = progress.get("name") or "rows"
    if isinstance(progress.get("done"), int) and isinstance(progress.get("total"), int):
        parts.append(f"{name}: {progress['done']:,} of {progress['total']:,} done")
    if progress.get("failed"):
        parts.append(f"{progress['failed']:,} failed")
    if isinstance(progress.get("asked"), int):
        parts.append(f"{progress['asked']:,} calls asked, {progress.get('replayed', 0):,} replayed")
    if progress.get("usd"):
        parts.append(f"${progress['usd']:.4f}")
    if progress.get("waiting"):
        parts.append(str(progress["waiting"]))
    return "; ".join(parts) or "going on"


def _event(name: str, told: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(told)}\n\n".encode()
