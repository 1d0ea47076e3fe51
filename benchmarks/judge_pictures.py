"""What judging many real pictures costs on a fresh machine: CPU a picture, and memory over time.

    python benchmarks/judge_pictures.py 1000 --data FOLDER
    python benchmarks/judge_pictures.py 40 --data FOLDER --profile

The pictures are the user's own (`photos` and the benchmarks' below FOLDER) and pieces of them, half
of them mirrored: each differs from all others in its bytes and by more than the screen calls a near
copy. They are judged by `visible` and the embedded model in a process of its own, with an empty
store of answers, as `crosslight judge run` does it. Its resident memory is read every two seconds,
and shown by tenths of its CPU time (`--profile` runs here
instead, and prints what the main thread did). Figures: docs/benchmarks.md.
"""

import argparse
import contextlib
import cProfile
import io
import json
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from crosslight.store import NEAR_BITS, perceptual_hash

PARTS = ("photos", "benchmarks/mossbench", "benchmarks/mmsafeaware", "benchmarks/figstep")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SMALLEST, LONGEST = 240, 1280
"""Pixels: smaller pictures are left out, larger ones made smaller, as pictures of the web are."""
ROUNDS = 40
EVERY_S = 2.0
TENTHS = 10


@dataclass(frozen=True)
class Seen:
    """The process at one moment: seconds since it began, its CPU seconds, resident MiB."""

    at: float
    cpu: float
    mib: float


def pieces(data: Path) -> Iterator[bytes]:
    """Each picture whole, then a piece of each in every round."""
    files = sorted(p for part in PARTS for p in (data / part).rglob("*") if p.suffix in SUFFIXES)
    for turn in range(ROUNDS):
        for at, path in enumerate(files):
            piece = _piece(path, turn, np.random.default_rng([turn, at]))
            if piece is not None:
                yield piece


def _piece(path: Path, turn: int, rng: np.random.Generator) -> bytes | None:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if min(picture.size) < SMALLEST:
        return None
    if turn:
        share = rng.uniform(0.55, 0.85, 2)
        width, height = (round(side * part) for side, part in zip(picture.size, share, strict=True))
        left = int(rng.integers(0, picture.width - width + 1))
        top = int(rng.integers(0, picture.height - height + 1))
        picture = picture.crop((left, top, left + width, top + height))
        if turn % 2:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture.thumbnail((LONGEST, LONGEST))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def different(data: Path, wanted: int, folder: Path) -> int:
    """Write so many pictures that are no near copies of each other; how many there are."""
    hashes = np.zeros(wanted, dtype=np.uint64)
    made = 0
    for piece in pieces(data):
        with Image.open(io.BytesIO(piece)) as picture:
            bits = np.uint64(int(perceptual_hash(picture).rpartition(":")[2], 16))
        if made and int(np.bitwise_count(hashes[:made] ^ bits).min()) <= NEAR_BITS:
            continue
        hashes[made] = bits
        (folder / f"{made:05}.jpg").write_bytes(piece)
        made += 1
        if made == wanted:
            break
    return made


def command_of(photos: Path, out: Path) -> list[str]:
    """The arguments of `crosslight`."""
    stores = ["--store", str(out.parent / "store")]
    judged = ["judge", "run", str(photos), "--constitution", "visible", "--model", "embedded"]
    return [*judged, "-o", str(out), *stores, "-q"]


def watched(arguments: list[str]) -> tuple[list[Seen], int]:
    """Run it; what was seen every two seconds, the last being all of it, and its exit status."""
    began, seen = time.monotonic(), list[Seen]()
    process = subprocess.Popen([sys.executable, "-m", "crosslight", *arguments])
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu, most = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
            seen.append(Seen(time.monotonic() - began, cpu, most))
            return seen, process.returncode
        if (now := _look(process.pid, began)) is not None:
            seen.append(now)
        time.sleep(EVERY_S)


def _look(pid: int, began: float) -> Seen | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except (OSError, IndexError):
        return None
    cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return Seen(time.monotonic() - began, cpu, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def told(seen: list[Seen], pictures: int, run: dict[str, object]) -> None:
    """Print the figures."""
    *moments, end = seen
    each = end.cpu / pictures
    print(f"{pictures} pictures: {end.at:.0f} s, {end.cpu:.0f} CPU s, {each:.3f} a picture")
    print(f"resident at most {end.mib:.0f} MiB; calls {run['calls']}, verdicts {run['verdicts']}")
    print("most resident in each tenth of its CPU time, MiB:")
    for at in range(TENTHS):
        low, high = end.cpu * at / TENTHS, end.cpu * (at + 1) / TENTHS
        print(f"{max((m.mib for m in moments if low <= m.cpu < high), default=0):6.0f}", end=" ")
    print(flush=True)


def profiled(arguments: list[str]) -> None:
    """Run it here; what the main thread's CPU time went into, beside that of the networks'."""
    from crosslight.cli import main as run

    profile = cProfile.Profile(timer=time.thread_time)
    sys.argv = ["crosslight", *arguments]
    with contextlib.suppress(SystemExit):
        profile.runcall(run)
    print(f"{time.process_time():.0f} CPU s, of all threads")
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


def main() -> None:
    """Make the pictures, judge them, print."""
    parser = argparse.ArgumentParser(description="CPU and memory of judging pictures.")
    parser.add_argument("pictures", type=int)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        made = different(args.data, args.pictures, folder / "photos")
        print(f"{made} different pictures", flush=True)
        arguments = command_of(folder / "photos", folder / "run")
        if args.profile:
            profiled(arguments)
            return
        seen, status = watched(arguments)
        if status:
            raise SystemExit(f"crosslight ended with {status}")
        told(seen, made, json.loads((folder / "run" / "run.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
