"""Decoding in processes with limits: a few, started when first needed, used again and again.

A process has the time and the memory of one picture; one that breaks a limit is lost with it, and
the next picture gets a new one. Nothing that it says is unpickled.
"""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from crosslight.records import CrosslightError
from crosslight.store.bounds import BadImage, Bounds, check_size, too_complex
from crosslight.store.frames import Frames
from crosslight.store.pixels import WHITE, Decoded, Peek
from crosslight.store.worker import HEAD, SIZE, read_exactly

WORKERS = max(2, min(4, os.cpu_count() or 1))
PIXELS_AT_ONCE = 128_000_000
"""Of all pictures in the processes together: one of the largest leaves room for ordinary ones."""
WALL = 6
"""Times the processor seconds that a picture may take by the clock: the machine may be busy."""
LEAST_WALL_S = 60.0
"""And however few those are: at a load of ten, one second of processor took seven."""
_MOST_WORDS = 1 << 16
_START = "import sys; sys.path[:] = {path!r}; from crosslight.store.worker import serve; serve()"


class DecoderDown(CrosslightError, OSError):
    """No decoding process can be had, or it was ended from outside: says nothing of the picture."""


def decode_aside(
    data: bytes,
    kind: str,
    side: int | None,
    bounds: Bounds,
    pixels: int,
    frame: int = 0,
    ground: int = WHITE,
) -> Decoded:
    """Decode in a process with limits. `pixels` by the header. Raises `BadImage`, `DecoderDown`."""
    job = {"task": "decode", "kind": kind, "side": side, "frame": frame, "ground": ground}
    told, body = _ask(data, job, bounds, pixels)
    try:
        width, height = map(int, told["whole"])
        check_size(kind, width, height, bounds)
        image = Image.frombytes("RGB", tuple(told["size"]), body)
        return Decoded(image, width, height, kind, tuple(map(str, told["notes"])))
    except (KeyError, TypeError, ValueError) as error:
        raise _crashed("it gave no picture") from error


def peek_aside(data: bytes, kind: str, bounds: Bounds, pixels: int) -> Peek:
    """Read the header in a process with limits. Raises `BadImage`, `DecoderDown`."""
    told, _ = _ask(data, {"task": "peek", "kind": kind}, bounds, pixels)
    try:
        width, height, mode, turned = told["peek"]
        return Peek(int(width), int(height), kind, str(mode), bool(turned))
    except (KeyError, TypeError, ValueError) as error:
        raise _crashed("it gave no header") from error


def survey_aside(data: bytes, kind: str, most: int, bounds: Bounds, pixels: int) -> Frames:
    """Look through the frames in a process with limits. Raises `BadImage`, `DecoderDown`."""
    told, _ = _ask(data, {"task": "survey", "kind": kind, "most": most}, bounds, pixels)
    try:
        return Frames.from_json(told["frames"])
    except (KeyError, TypeError, ValueError) as error:
        raise _crashed("it gave no frames") from error


def _ask(
    data: bytes, job: dict[str, Any], bounds: Bounds, pixels: int
) -> tuple[dict[str, Any], bytes]:
    job |= {"pixels": pixels, "max_pixels": bounds.max_pixels, "seconds": bounds.max_seconds}
    with _pool.turn(pixels):
        for again in (True, False):
            worker = _pool.take()
            try:
                told, body = worker.ask(job, data, _by_the_clock(bounds), bounds)
            except (OSError, EOFError, ValueError):
                code = worker.end()
                if worker.late or not (again and _by_chance(code)):
                    raise _loss(code, worker.late, bounds) from None
            except BaseException:
                worker.end()
                raise
            else:
                _pool.give(worker)
                break
    if "reason" in told:
        raise BadImage(str(told["reason"]), str(told.get("detail", "")))
    return told, body


def _by_the_clock(bounds: Bounds) -> float:
    return max(LEAST_WALL_S, bounds.max_seconds * WALL)


def _by_chance(code: int) -> bool:
    """Whether the process may have ended for a reason of its own, before it saw the picture."""
    return code != -getattr(signal, "SIGXCPU", 0)


def _loss(code: int, late: bool, bounds: Bounds) -> Exception:
    """What it means that the process ended."""
    if code == -getattr(signal, "SIGXCPU", 0):
        return too_complex(f"more than {bounds.max_seconds:g} s of processor time")
    if late:
        return DecoderDown(
            f"the decoder gave no answer in {_by_the_clock(bounds):g} s",
            hint="end other programs, and run the same command again",
        )
    if code in (-signal.SIGKILL, -signal.SIGTERM) if os.name != "nt" else False:
        return MemoryError("the decoding process was killed: was there too little memory?")
    if code < 0:
        return _crashed(signal.Signals(-code).name if -code in set(signal.Signals) else str(code))
    return DecoderDown(
        f"the decoding process ended by itself (exit code {code})",
        hint="is Crosslight installed whole? install it again, and run the same command",
    )


def _crashed(how: str) -> BadImage:
    return BadImage("unreadable", f"the decoder crashed on it ({how})")


class _Worker:
    """One process."""

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-I", "-c", _START.format(path=sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise DecoderDown(
                f"the decoding process cannot be started: {error.strerror or error}",
                hint="end other programs, and run the same command again",
            ) from error
        self.late = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(
        self, job: dict[str, Any], data: bytes, seconds: float, bounds: Bounds
    ) -> tuple[dict[str, Any], bytes]:
        """Raises OSError, EOFError or ValueError where the process ends or talks nonsense."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        clock = threading.Timer(seconds, self._out_of_time)
        clock.daemon = True
        clock.start()
        try:
            head = json.dumps(job).encode()
            to.write(HEAD.pack(len(head)) + head + SIZE.pack(len(data)))
            to.write(data)
            to.flush()
            length = HEAD.unpack(read_exactly(back, HEAD.size))[0]
            if length > _MOST_WORDS:
                raise ValueError("an answer without end")
            told = json.loads(read_exactly(back, length))
            count = told["bytes"] if isinstance(told, dict) else -1
            if not isinstance(count, int) or not 0 <= count <= 3 * bounds.max_pixels:
                raise ValueError("no answer")
            return told, read_exactly(back, count)
        finally:
            clock.cancel()

    def _out_of_time(self) -> None:
        self.late = True
        self._process.kill()

    def end(self) -> int:
        """End the process; returns its exit code, negative for a signal."""
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        try:
            return self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class _Pool:
    """The processes that wait, and whose turn it is."""

    def __init__(self) -> None:
        self._state = threading.Condition()
        self._idle: list[_Worker] = []
        self._busy = 0
        self._pixels = 0

    @contextmanager
    def turn(self, pixels: int) -> Iterator[None]:
        """Wait until there is a process and room for so many pixels. Waiting ends: those before
        have their time."""
        with self._state:
            self._state.wait_for(lambda: self._room(pixels))
            self._busy += 1
            self._pixels += pixels
        try:
            yield
        finally:
            with self._state:
                self._busy -= 1
                self._pixels -= pixels
                self._state.notify_all()

    def _room(self, pixels: int) -> bool:
        return self._busy < WORKERS and (self._busy == 0 or self._pixels + pixels <= PIXELS_AT_ONCE)

    def take(self) -> _Worker:
        """A process that waits, or a new one."""
        with self._state:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.end()
        return _Worker()

    def give(self, worker: _Worker) -> None:
        """It can take another picture."""
        with self._state:
            self._idle.append(worker)

    def close(self) -> None:
        """End what waits."""
        with self._state:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()


_pool = _Pool()


def _close() -> None:
    _pool.close()


def _forget() -> None:
    """In a forked child: the parent's processes are not ours to talk to."""
    global _pool  # noqa: PLW0603 - one pool a process
    _pool = _Pool()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
