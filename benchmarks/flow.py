"""How near the engine comes to what a server can give, and what it costs the client.

    python -m benchmarks.flow                    64 and 256 slots of 200 ms, 2,000 photos
    python -m benchmarks.flow --slots 64 --rows 20000 --soak
    python -m benchmarks.flow --cold             views are made during the run
    python -m benchmarks.flow --peer daft        a peer on the same job, where it is installed

Steady = rate between the first and the last answer over slots / 0.2 s. The client's CPU is that of
the whole process, all threads: reading views, base64, HTTP, JSON, SQLite, runner, parquet. Making
views (decode, shrink, encode) is counted apart. The server has a process of its own.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import flow_peers
from benchmarks.flow_parts import LATENCY_MS, make_photos, run_job, server

GOALS = "goals: steady 0.98 (64), 0.95 (256); CPU < 0.8 ms; peak < 200 MB; start < 1.5 s"


def measure(
    photos: Path, slots: int, rows: int, options: list[str], job: str = "flow_job"
) -> dict[str, Any]:
    """One run against a fresh server with a fresh store."""
    with tempfile.TemporaryDirectory() as out, server(slots) as url:
        figures = run_job(photos, url, Path(out), "--rows", str(rows), *options, job=job)
    figures["steady"] = float(figures["rate"]) / (slots * 1000 / LATENCY_MS)
    return figures


def show(name: str, f: dict[str, Any]) -> None:
    """One line of the table."""
    print(
        f"{name:<34} {f['steady']:>7.3f} {f['rate']:>8.0f} {f['cpu_ms']:>8.2f} "
        f"{f['image_ms']:>8.2f} {f['peak_mb']:>7.0f} {f['start_s']:>7.2f} {f['limit']:>6}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, nargs="*", default=[64, 256])
    parser.add_argument("--rows", type=int, default=0, help="rows; 0: one a photo")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, help="fix the limit instead of adapting")
    parser.add_argument("--soak", action="store_true", help="print memory every 1,000 rows")
    parser.add_argument("--cold", action="store_true", help="no view is made beforehand")
    parser.add_argument("--peer", choices=sorted(flow_peers.PEERS))
    parser.add_argument("--folder", type=Path, default=Path("runs") / "flow-bench")
    args = parser.parse_args()
    photos = args.folder / f"photos-{args.photos}{'-cold' if args.cold else ''}"
    if args.cold and (photos / "views").exists():
        shutil.rmtree(photos / "views")
    make_photos(photos, args.photos, views=not args.cold)
    if args.peer:
        for slots in args.slots:
            with server(slots) as url:
                flow_peers.run(args.peer, photos, url, slots, args.rows or args.photos)
        return
    options = ["--concurrency", str(args.concurrency)] if args.concurrency else []
    print(
        f"{'':<34} {'steady':>7} {'calls/s':>8} {'CPU ms':>8} {'+images':>8} {'peak MB':>7} "
        f"{'start s':>7} {'limit':>6}"
    )
    for slots in args.slots:
        rows = args.rows or (5 * args.photos if slots > 64 else args.photos)
        figures = measure(photos, slots, rows, options)
        show(f"crosslight, {slots} slots, {rows} rows", figures)
        at_once = ["--concurrency", str(figures["limit"])]
        floor = measure(photos, slots, rows, at_once, "flow_bare")
        show(f"bare aiohttp, {slots} slots, {rows} rows", floor)
        if figures["failed_rows"]:
            print(f"  {figures['failed_rows']} rows FAILED: the figures say nothing")
        print("  limit:", ", ".join(f"{s:g} s {n} {why}" for s, n, why in figures["history"][:12]))
        if args.soak:
            print("  memory at each 1,000 rows:", figures["rss_mb"])
    print(GOALS)
    print(flow_peers.TABLE)


if __name__ == "__main__":
    main()
