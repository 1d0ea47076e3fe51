"""The floor: the same bytes through a bare aiohttp client. No store, no limits, no retries.

    python -m benchmarks.flow_bare PHOTOS URL OUT [--rows N] [--concurrency N]

Same bodies, same server, same number of calls at once as `flow_job`; prints the same figures.
"""

import argparse
import asyncio
import json
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from crosslight.flow import run_main
from crosslight.models.message import user
from crosslight.models.openai.wire import chat_body
from crosslight.store import ImageStore

BORN = float(os.environ.get("FLOW_BORN", time.time()))
FIELDS = {"model": "bench", "max_tokens": 512}


async def job(photos: Path, url: str, rows: int, concurrency: int) -> dict[str, Any]:
    """All calls, `concurrency` at once: each row's two calls one after the other."""
    images = ImageStore(photos)
    shas = list(images.photos())
    count = rows or len(shas)
    times: list[float] = []
    image_cpu = 0.0
    cpu = time.process_time()
    began = time.time()

    async def post(session: aiohttp.ClientSession, body: bytes) -> str:
        headers = {"Content-Type": "application/json"}
        async with session.post(f"{url}/chat/completions", data=body, headers=headers) as reply:
            told = json.loads(await reply.read())
        times.append(time.perf_counter())
        return str(told["choices"][0]["message"]["content"])

    async def worker(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
        nonlocal image_cpu
        for number in numbers:
            start = time.thread_time()
            view = images.view(shas[number % len(shas)])
            image_cpu += time.thread_time() - start
            question = user(f"What stands in picture {number}?", view)
            seen = await post(session, chat_body([question], FIELDS).data)
            follow_up = user(f"What follows from: {seen}")
            await post(session, chat_body([follow_up], FIELDS).data)

    numbers = iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(worker(session, numbers) for _ in range(concurrency)))
    seconds = max(times) - min(times)
    return {
        "rate": (len(times) - 1) / seconds,
        "cpu_ms": 1000 * (time.process_time() - cpu - image_cpu) / len(times),
        "image_ms": 1000 * image_cpu / len(times),
        "start_s": began - BORN,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "asked": len(times),
        "failed_rows": 0,
        "limit": concurrency,
        "history": [],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("url")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--concurrency", type=int, default=80)
    given = parser.parse_args()
    print(json.dumps(run_main(job(given.photos, given.url, given.rows, given.concurrency))))


if __name__ == "__main__":
    main()
