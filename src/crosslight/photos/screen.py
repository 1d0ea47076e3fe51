"""Screen: which entries of an input are photos to work with, and why the others are not.

Reads, hashes, stores, decodes; then drops exact copies, near copies, pictures that are too small or
blank. Whether a photo is safe alone is asked of a model later. Every entry has one outcome, and
the outcomes are the same in every run.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from itertools import islice

from PIL import Image, ImageStat

from crosslight.photos.duplicates import drop_copies
from crosslight.photos.sources import Fetcher, Found, Refused, SourceError
from crosslight.records import Done, Dropped, Failed, Outcome, Photo, content_hash
from crosslight.store import (
    DECODE_SIDE,
    NEAR_BITS,
    BadImage,
    Decoded,
    ImageStore,
    NoSuchFile,
    decode_image,
    is_narrow,
    perceptual_hash,
)

STEP = "screen"
MOST_HELD = 64 * 2**20
"""Bytes of entries out of tables and packed archives that wait to be looked at, and once as many
that were drawn."""
LISTEN_S = 0.1
"""Seconds after which a stop is heard."""


@dataclass(frozen=True, slots=True)
class ScreenConfig:
    """Thresholds of the screen.

    `min_side` in pixels; `blank_spread` is the standard deviation (levels of 0-255, the largest of
    the three channels) below which a picture shows nothing; `near_bits` of 64 is how far a
    near copy may be, None keeps near copies. `workers` threads decode (0: one a core, at most 8).
    `every_frame`: whoever asks looks at all frames, so that the first one alone is no reason to
    drop a picture as blank or as a copy. `strips` admits pictures that would reach a model of views
    of `side` pixels as a strip. `fetch_timeout` is seconds a URL; `allow_private` admits URLs into
    local networks.
    """

    min_side: int = 64
    blank_spread: float = 2.0
    near_bits: int | None = NEAR_BITS
    workers: int = 0
    every_frame: bool = False
    strips: bool = False
    side: int = 768
    fetch_timeout: float = 30.0
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Screened:
    """One entry and what became of it. `sha` names its bytes where they could be read."""

    source: str
    outcome: Outcome[Photo]
    sha: str = ""


async def screen_photos(
    found: Iterable[Found],
    images: ImageStore,
    config: ScreenConfig | None = None,
    *,
    progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Screened]:
    """Screen all entries; the answer is in input order. Memory does not grow with their bytes.

    `progress` is told the number of entries looked at; once `stopped` says so, the rest is left.
    Errors of an entry are its outcome; only
    those of the store or the input as a whole (`InputError`) are raised.
    """
    config = config or ScreenConfig()
    workers = config.workers or min(8, os.cpu_count() or 1)
    looked: list[Screened] = []
    async with AsyncExitStack() as stack:
        pool = ThreadPoolExecutor(workers, "screen")
        # Not waited for: whoever stops must not wait for a picture that is decoded for long.
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        fetcher = await stack.enter_async_context(
            Fetcher(
                max_bytes=images.bounds.max_bytes,
                timeout=config.fetch_timeout,
                allow_private=config.allow_private,
            )
        )
        examiner = _Examiner(images, config, pool, fetcher, stopped)
        stream = examiner.in_order(found, ahead=max(8, 2 * workers))
        await stack.enter_async_context(aclosing(stream))
        async for one in stream:
            looked.append(one)
            if progress is not None:
                progress(len(looked))
            if stopped():
                break
    outcomes = await asyncio.to_thread(
        drop_copies,
        [(one.source, one.sha, one.outcome) for one in looked],
        config.near_bits,
        config.every_frame,
    )
    return [Screened(o.source, new, o.sha) for o, new in zip(looked, outcomes, strict=True)]


@dataclass(frozen=True, slots=True)
class _Examiner:
    images: ImageStore
    config: ScreenConfig
    pool: Executor
    fetcher: Fetcher
    stopped: Callable[[], bool]

    async def in_order(self, found: Iterable[Found], ahead: int) -> AsyncGenerator[Screened, None]:
        """Look at entries, at most `ahead` of them and `MOST_HELD` of their bytes at once, until it
        is stopped."""
        running: deque[tuple[asyncio.Task[Screened], int]] = deque()
        held = 0
        try:
            async for entry in _drawn(iter(found), ahead):
                running.append((asyncio.create_task(self._look(entry)), entry.held))
                held += entry.held
                while len(running) >= ahead or (running and held > MOST_HELD):
                    task, size = running[0]
                    if not await self._ended(task):
                        return
                    running.popleft()
                    yield task.result()
                    held -= size
            while running and await self._ended(running[0][0]):
                yield running.popleft()[0].result()
        finally:
            for task, _ in running:
                task.cancel()
            await asyncio.gather(*(task for task, _ in running), return_exceptions=True)

    async def _ended(self, task: asyncio.Task[Screened]) -> bool:
        """Wait for it; False where a stop came first: a picture may take many seconds."""
        while not task.done():
            await asyncio.wait({task}, timeout=LISTEN_S)
            if self.stopped() and not task.done():
                return False
        return True

    async def _look(self, entry: Found) -> Screened:
        loop = asyncio.get_running_loop()
        fetched: bytes | Exception | None = None
        if entry.url:
            try:
                fetched = await self.fetcher.get(entry.url)
            except Exception as error:
                fetched = error
        return await loop.run_in_executor(
            self.pool, examine, entry, self.images, self.config, fetched
        )


async def _drawn(found: Iterator[Found], size: int) -> AsyncIterator[Found]:
    """Draw entries in a thread: walking a folder or unpacking a table blocks."""
    while batch := await asyncio.to_thread(_draw, found, size):
        for entry in batch:
            yield entry


def _draw(found: Iterator[Found], size: int) -> list[Found]:
    batch: list[Found] = []
    held = 0
    for entry in islice(found, size):
        batch.append(entry)
        held += entry.held
        if held > MOST_HELD:
            break
    return batch


def examine(
    entry: Found,
    images: ImageStore,
    config: ScreenConfig,
    fetched: bytes | Exception | None = None,
) -> Screened:
    """What one entry is by itself, before it is compared with others. Never raises for the entry;
    an OSError of the store is raised as it is.
    """
    try:
        if isinstance(fetched, Exception):
            raise fetched
        data = entry.read() if fetched is None else fetched
    except Exception as error:
        return Screened(entry.source, failure(error))
    try:
        decoded = decode_image(data, DECODE_SIDE, images.bounds)
        outcome = _judge(decoded, config)
        phash = perceptual_hash(decoded.image)
    except Exception as error:
        return Screened(entry.source, failure(error), content_hash(data))
    if outcome is not None:
        return Screened(entry.source, outcome, content_hash(data))
    sha = images.put(data)
    return Screened(entry.source, Done(_photo(entry, sha, decoded, phash)), sha)


def failure(error: Exception) -> Dropped | Failed:
    """What an error of one entry means: left out on purpose, or not seen at all."""
    match error:
        case BadImage() | Refused():
            return Dropped(STEP, error.reason, error.detail)
        case SourceError():
            return Failed(STEP, error.error, error.retryable, error.hint or error.detail)
        case OSError():
            return Failed(STEP, *_disk_trouble(error))
        case MemoryError():
            return Failed(
                STEP, "out_of_memory", True, "end other programs, and run the same command again"
            )
        case _:
            return Failed(STEP, type(error).__name__, False, str(error)[:200])


def _disk_trouble(error: OSError) -> tuple[str, bool, str]:
    if isinstance(error, NoSuchFile):
        return "missing", error.retryable, error.hint
    if isinstance(error, FileNotFoundError):
        return "missing", True, "the input names it, but there is no such file"
    if isinstance(error, PermissionError):
        return "unreadable", True, "no right to read it"
    return "unreadable", True, error.strerror or str(error)


def _judge(decoded: Decoded, config: ScreenConfig) -> Dropped | None:
    size = f"{decoded.width} x {decoded.height}"
    if min(decoded.width, decoded.height) < config.min_side:
        return Dropped(STEP, "too_small", f"{size}, the least is {config.min_side}")
    if not config.strips and is_narrow(decoded.width, decoded.height, config.side):
        return Dropped(STEP, "too_narrow", f"{size}: a view of it would be a strip")
    if config.every_frame and decoded.notes:
        return None
    spread = _spread(decoded.image)
    if spread < config.blank_spread:
        return Dropped(STEP, "blank", f"levels spread by {spread:.1f} of 255")
    return None


def _spread(image: Image.Image) -> float:
    return float(max(ImageStat.Stat(image).stddev))


def _photo(entry: Found, sha: str, decoded: Decoded, phash: str) -> Photo:
    return Photo(
        id=sha,
        source=entry.source,
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        phash=phash,
        licence=entry.licence,
        origin=entry.origin,
        extra=entry.extra,
        notes=decoded.notes,
    )
