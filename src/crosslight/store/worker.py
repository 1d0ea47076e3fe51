"""The decoding process: takes pictures on its input, answers with pixels, under limits.

    job:    >I length, JSON {task, kind, pixels, max_pixels, seconds, ...}, >Q length, the bytes
            task: decode (side, frame, ground), peek, survey (most)
    answer: >I length, JSON {..., bytes: N}, N bytes of RGB

It opens nothing, writes no file, and ends when its parent does. A picture that takes too much
processor time ends it; the parent starts another.
"""

import contextlib
import json
import os
import queue
import signal
import struct
import sys
import threading
from pathlib import Path
from typing import IO, Any

from crosslight.store.bounds import BadImage, Bounds
from crosslight.store.frames import survey_here
from crosslight.store.pixels import decode_here, load_reader, peek_here

HEAD = struct.Struct(">I")
SIZE = struct.Struct(">Q")
PIXEL_BYTES = 24
"""Of memory for a pixel: the picture, its coefficients or canvas, and its copies in RGB."""
MOST_BYTES = 640 << 20
"""The most for all pixels where the picture is wanted small."""
BASE_BYTES = 96 << 20
FALLBACK = 1 << 30
"""Of address space for the interpreter, where the system does not tell."""
FILES = 64

Job = tuple[dict[str, Any], bytes]


def read_exactly(stream: IO[bytes], count: int) -> bytes:
    """Raises EOFError where the stream ends before."""
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data


def serve() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _confine()
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    # Reads while the other thread decodes: the end of the input is the end of the parent.
    threading.Thread(target=_receive, args=(source, jobs), daemon=True).start()
    while True:
        head, data = jobs.get()
        told, pixels = _work(head, data)
        del data
        body = json.dumps({**told, "bytes": len(pixels)}).encode()
        sink.write(HEAD.pack(len(body)) + body)
        sink.write(pixels)
        sink.flush()
        del pixels


def _receive(source: IO[bytes], jobs: "queue.SimpleQueue[Job]") -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            head = json.loads(read_exactly(source, HEAD.unpack(read_exactly(source, 4))[0]))
            jobs.put((head, read_exactly(source, SIZE.unpack(read_exactly(source, 8))[0])))
    os._exit(0)


def _work(head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    bounds = Bounds(max_pixels=head["max_pixels"])
    try:
        space = PIXEL_BYTES * head["pixels"]
        small = head["task"] == "peek" or head.get("side")
        load_reader(head["kind"])  # before the limits: the room is the picture's
        _limit(head["seconds"], (min(space, MOST_BYTES) if small else space) + len(data))
        if head["task"] == "peek":
            peek = peek_here(data, head["kind"], bounds)
            return {"peek": [peek.width, peek.height, peek.mode, peek.turned]}, b""
        if head["task"] == "survey":
            return {"frames": survey_here(data, head["kind"], head["most"], bounds).as_json()}, b""
        decoded = decode_here(
            data, head["kind"], head["side"], bounds, head["frame"], head["ground"]
        )
        told = {
            "size": decoded.image.size,
            "whole": [decoded.width, decoded.height],
            "notes": decoded.notes,
        }
        return told, decoded.image.tobytes()
    except BadImage as bad:
        return {"reason": bad.reason, "detail": bad.detail}, b""
    except MemoryError:
        return {"reason": "too_complex", "detail": "it needs more memory than its pixels do"}, b""
    except Exception as error:  # a decoder's odd error costs its picture
        return {"reason": "unreadable", "detail": f"{type(error).__name__}: {error}"[:200]}, b""


def _confine() -> None:
    """No files of its own, no core dumps."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def _limit(seconds: float, space: int) -> None:
    """Limits for one picture: processor seconds from now, and bytes beside what is held now."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime + seconds) + 1
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
        space += _space() + BASE_BYTES
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard == resource.RLIM_INFINITY or space < hard:
            resource.setrlimit(resource.RLIMIT_AS, (space, hard))


def _space() -> int:
    """Bytes of address space that this process has now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return FALLBACK


if __name__ == "__main__":
    serve()
