"""The viewer at a million rows: open, page, filter, sort, search, memory, in CPU and wall time.

Run: python benchmarks/view.py FOLDER [ROWS] [--pictures]

FOLDER gets the rows (kept for the next time), with small picture bytes of their own where asked.
The server is `crosslight view` as anybody starts it; its CPU time is read out of /proc.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from crosslight.store import IMAGE

SHARD, GROUP = 125_000, 1_000
RARE = "bergamot"
WORDS = (
    "can I leave this here for the night while the small one sleeps next to it and we are out "
    "or should somebody move the old lamp away from window curtain heater kettle ladder rope"
).split()


def main(folder: Path, rows: int, pictures: bool) -> None:
    """Make the rows where they are not there, then ask the viewer."""
    run = folder / f"{rows}{'-pictures' if pictures else ''}"
    if not (run / "run.json").is_file():
        began = time.perf_counter()
        make(run, rows, pictures)
        print(f"made in {time.perf_counter() - began:.0f} s")
    size = sum(file.stat().st_size for file in run.rglob("*.parquet")) / 1e6
    print(f"{rows:,} rows, {size:,.0f} MB of parquet{' with pictures' if pictures else ''}")
    measure(run, folder / f"home-{run.name}", rows)


def make(run: Path, rows: int, pictures: bool) -> None:
    """A run of `build` with the columns that pages read."""
    (run / "dataset").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    shards = -(-rows // SHARD)
    small = _pictures() if pictures else []
    for shard in range(shards):
        count = min(SHARD, rows - shard * SHARD)
        columns = _columns(rng, shard * SHARD, count)
        if small:
            data = [small[n % len(small)] + b"%08d" % (shard * SHARD + n) for n in range(count)]
            columns["image"] = pa.array([{"bytes": d, "path": None} for d in data], IMAGE)
        name = f"train-{shard:05d}-of-{shards:05d}.parquet"
        table = pa.table(columns)
        pq.write_table(table, run / "dataset" / name, compression="zstd", row_group_size=GROUP)
    told = {"kind": "build", "status": "complete", "rows": rows}
    (run / "run.json").write_text(json.dumps(told), encoding="utf-8")


def _columns(rng: np.random.Generator, start: int, count: int) -> dict[str, pa.Array]:
    def one_of(name: str, values: int) -> pa.Array:
        return pa.array([f"{name} {n}" for n in rng.integers(0, values, count)])

    words = rng.integers(0, len(WORDS), (count, 14))
    numbers = np.arange(start, start + count)
    texts = [" ".join(WORDS[w] for w in row) + f" number {n}" for n, row in enumerate(words)]
    texts[:: SHARD // 5] = [f"{text} {RARE}" for text in texts[:: SHARD // 5]]
    columns = {
        "id": pa.array([f"row-{n:08d}" for n in numbers]),
        "photo": pa.array([f"{n // 4:064x}" for n in numbers]),
        "source": pa.array([f"photos/{n // 4:07d}.jpg" for n in numbers]),
        "text": pa.array(texts),
        "response": pa.array([text[:60] for text in texts]),
        "risk": one_of("risk", 500),
        "element": one_of("element", 300),
        "label": pa.array(np.where(rng.random(count) < 0.5, "safe", "unsafe")),
        "kind": one_of("kind", 4),
        "category": one_of("category", 30),
        "scenario": one_of("scenario", 12),
        "speaker": one_of("speaker", 40),
        "style": one_of("style", 8),
        "pattern": one_of("pattern", 600),
        "parent": pa.array([""] * count),
        "decided_by": one_of("judge", 3),
        "licence": one_of("licence", 5),
        "split": pa.array(["train"] * count),
        "recipe": pa.array(["bench"] * count),
        "sensitive": pa.array(rng.random(count) < 0.1),
    }
    for name in ("text_alone", "text_elsewhere", "photo_alone", "together"):
        values = rng.beta(2, 5, count).astype(np.float32)
        columns[name] = pa.array(values, mask=rng.random(count) < 0.02)
    return columns


def _pictures() -> list[bytes]:
    made = []
    for n in range(64):
        out = BytesIO()
        Image.new("RGB", (48, 36), (4 * n, 255 - 4 * n, 120)).save(out, "JPEG", quality=60)
        made.append(out.getvalue())
    return made


def measure(run: Path, home: Path, rows: int) -> None:
    """Start the viewer and ask it as a browser would."""
    home.mkdir(exist_ok=True)
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "crosslight", "view", str(run), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CROSSLIGHT_HOME": str(home)},
    )
    try:
        assert server.stdout is not None
        at = urlsplit(server.stdout.readline().strip())
        here = f"/r/{run.name}"

        def ask(path: str) -> int:
            connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=300)
            connection.request("GET", path)
            answer = connection.getresponse()
            page = answer.read()
            connection.close()
            assert answer.status == 200, (path, answer.status)
            return len(page)

        ask(f"{here}/rows")
        opened = time.perf_counter() - began
        print(f"open until the first page: {_cpu(server.pid):.2f} s CPU ({opened:.2f} wall)")
        ask(f"{here}/rows?page={rows // 48}&group=none")
        whole = time.perf_counter() - began
        print(f"until all rows are there: {_cpu(server.pid):.2f} s CPU ({whole:.2f} wall)")
        _timed(server.pid, "first page, while the rest is warmed", lambda: ask(f"{here}/rows"))
        _quiet(server.pid)
        deep = f"{here}/rows?page={min(10_000, rows // 48)}"
        asked = {
            "first page": f"{here}/rows",
            "page 10,000": f"{deep}&group=none",
            "page 10,000, by photo": deep,
            "as a table": f"{here}/rows?look=table",
            "filter of two columns": f"{here}/rows?f.label=unsafe&f.category=category+3",
            "the same, page 2": f"{here}/rows?f.label=unsafe&f.category=category+3&page=2",
            "filter, range, sort": f"{here}/rows?f.kind=kind+1&r.together=0.5~1&sort=-together",
            "sort by a score": f"{here}/rows?sort=-together&group=none",
            "sorted, page 10,000": f"{deep}&sort=-together&group=none",
            "group by photo, sorted": f"{here}/rows?sort=-together",
            "a row": f"{here}/row/row-{rows // 2:08d}",
            "the next row": f"{here}/row/row-{rows // 2 + 1:08d}",
        }
        for name, path in asked.items():
            _timed(server.pid, name, partial(ask, path))
        _timed(server.pid, "search, no index yet", lambda: ask(f"{here}/rows?q={RARE}"))
        began = time.perf_counter()
        while not list((home / "view").glob("*.fts.sqlite")) and time.perf_counter() - began < 900:
            time.sleep(0.5)
        print(f"index there after {time.perf_counter() - began:.0f} s (wall)")
        _timed(server.pid, "search a rare word", lambda: ask(f"{here}/rows?q={RARE}"))
        _timed(server.pid, "search a common word", lambda: ask(f"{here}/rows?q=kettle"))
        _timed(server.pid, "the same again", lambda: ask(f"{here}/rows?q=kettle"))
        print(f"memory: {_memory(server.pid)}")
    finally:
        server.terminate()
        server.wait(30)


def _quiet(pid: int) -> None:
    """Wait until the server has done what it does beside the pages."""
    began, spent = time.perf_counter(), -1.0
    while _cpu(pid) - spent > 0.05 and time.perf_counter() - began < 300:
        spent = _cpu(pid)
        time.sleep(4)
    print(f"warm after: {_cpu(pid):.2f} s CPU")


def _timed(pid: int, name: str, done: Callable[[], int]) -> None:
    cpu, began = _cpu(pid), time.perf_counter()
    size = done()
    wall = time.perf_counter() - began
    spent = _cpu(pid) - cpu
    print(f"{name}: {1000 * spent:.0f} ms CPU ({1000 * wall:.0f} wall), {size // 1000} KB")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> str:
    told = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return f"{int(told['VmRSS'].split()[0]) >> 10} MB, peak {int(told['VmHWM'].split()[0]) >> 10}"


if __name__ == "__main__":
    plain = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not plain:
        sys.exit(__doc__)
    main(
        Path(plain[0]),
        int(plain[1]) if len(plain) > 1 else 1_000_000,
        "--pictures" in sys.argv,
    )
