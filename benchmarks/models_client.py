"""What one call costs the client and the fake server: CPU milliseconds, and calls a second.

    python benchmarks/models_client.py

Server and client each have a process; read the CPU times, the rates depend on free cores.
"""

import asyncio
import io
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

from crosslight.models import Model, parse, user
from crosslight.records import ImageView

SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "verdict": {"enum": ["safe", "unsafe"]}},
    "required": ["why", "verdict"],
    "additionalProperties": False,
}
Call = Callable[[Model, int], Awaitable[Any]]


def photo() -> ImageView:
    """A noisy JPEG of 768 px, about as big as a real one."""
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((768, 576)).save(buffer, "JPEG", quality=85)
    return ImageView("noise", "bench", buffer.getvalue(), 768, 576)


def serve(urls: "multiprocessing.Queue[str]") -> None:
    """The fake in its own process; it does not look at the pictures."""
    from crosslight.models.fake.script import Script
    from crosslight.models.fake.server import run_fake_server, serve_script

    run_fake_server(
        serve_script(Script(name="bench", sees=False), ready=lambda url, _: urls.put(url))
    )


async def measure(url: str, call: Call, count: int, width: int) -> tuple[float, float]:
    """Calls a second, and CPU milliseconds a call in this process."""
    model = await parse(f"openai:bench@{url}").open()
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await call(model, number)

    await call(model, -1)
    cpu, start = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(width)))
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    await model.aclose()
    return count / took, cpu / count * 1000


def cpu_of(process: int) -> float:
    """CPU seconds that a process has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Measure the four kinds of calls."""
    import uvloop

    view = photo()
    kinds: dict[str, tuple[Call, int, int]] = {
        "text, 64 in flight": (lambda m, i: m.generate([user(f"question {i}")]), 6000, 64),
        "text, 256 in flight": (lambda m, i: m.generate([user(f"question {i}")]), 6000, 256),
        "choose": (lambda m, i: m.choose([user(f"{i}? Yes or No")], ("Yes", "No")), 6000, 64),
        "schema": (lambda m, i: m.generate([user(f"{i}")], schema=SCHEMA), 4000, 64),
        f"image of {len(view.jpeg) // 1000} kB": (
            lambda m, i: m.generate([user(f"{i}", view)]),
            2000,
            64,
        ),
    }
    urls: multiprocessing.Queue[str] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(urls,), daemon=True)
    server.start()
    url = urls.get()
    for name, (call, count, width) in kinds.items():
        before = cpu_of(server.pid or 0)
        rate, client = uvloop.run(measure(url, call, count, width))
        there = (cpu_of(server.pid or 0) - before) / count * 1000
        print(f"{name:22} {rate:6.0f} /s   client {client:.2f} ms   server {there:.2f} ms")
    server.terminate()


if __name__ == "__main__":
    main()
