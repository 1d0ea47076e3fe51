"""SIGKILL at random moments, ten times, then to the end: what was asked twice, and what was lost.

    python -m benchmarks.kill [--kills 10] [--rows 2000] [--slots 64]

`unrecorded` counts answers that the server had given and the store did not hold after each kill:
they are asked again. The result must be that of an uninterrupted run, byte by byte.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from benchmarks.flow_parts import make_photos, run_job, server, server_stats, start_job

from crosslight.store import AnswerStore


def settled(url: str) -> dict[str, int]:
    """The server's counts once it has let go of the dead client's requests."""
    deadline = time.monotonic() + 10
    while server_stats(url)["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.02)
    return server_stats(url)


def kill_once(photos: Path, url: str, folder: Path, rows: int, wait: float) -> int:
    """Start the job, kill it some time after its first answers; returns what was unrecorded."""
    before = server_stats(url)["answers"]
    process = start_job(photos, url, folder, "--rows", str(rows))
    while server_stats(url)["answers"] < before + 10 and process.poll() is None:
        time.sleep(0.01)
    time.sleep(wait)
    process.kill()
    process.wait()
    answered = settled(url)["answered_payloads"]
    with AnswerStore(folder / "a.sqlite") as store:
        return answered - store.stats().answers


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--photos", type=int, default=500)
    args = parser.parse_args()
    photos = Path("runs") / "flow-bench" / f"photos-{args.photos}"
    make_photos(photos, args.photos, views=True)
    moment = random.Random(11)
    span = 2 * args.rows * 0.2 / args.slots / args.kills
    with tempfile.TemporaryDirectory() as scratch, server(args.slots) as url:
        folder, whole = Path(scratch) / "killed", Path(scratch) / "whole"
        lost = [
            kill_once(photos, url, folder, args.rows, moment.uniform(0, 1.5 * span))
            for _ in range(args.kills)
        ]
        before = settled(url)["requests"]
        with AnswerStore(folder / "a.sqlite") as store:
            kept = store.stats().answers
        run_job(photos, url, folder, "--rows", str(args.rows))
        stats = settled(url)
        again = stats["requests"] - before - (2 * args.rows - kept)
        twice = stats["answers"] - stats["answered_payloads"]
        run_job(photos, url, whole, "--rows", str(args.rows))
        same = (folder / "rows.parquet").read_bytes() == (whole / "rows.parquet").read_bytes()
    print(f"unrecorded at each of {args.kills} kills: {lost} (most {max(lost)})")
    print(f"recorded answers that were asked again: {again}")
    print(f"answers given twice in all: {twice} of {2 * args.rows}")
    print(f"result as of an uninterrupted run, byte by byte: {same}")


if __name__ == "__main__":
    main()
