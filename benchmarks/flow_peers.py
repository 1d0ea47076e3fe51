"""The same job by other engines, where they are installed, and what was measured of them before."""

import base64
import importlib.util
import resource
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.flow_parts import LATENCY_MS

from crosslight.store import ImageStore

TABLE = """
measured before on a 2-core machine (2,000 JPEGs, 2 calls each, 64 slots; 256 slots: 10,000):
                          steady 64  steady 256  CPU ms a call  start s   peak MB    asked twice
                                                                                      after kill
asyncio prototype         0.99       0.94        0.7-0.9        0.9       135-193     4-27
Daft native               0.98       0.98        0.6-0.8        1.2       126-204     1,863
Ray Data, async actors    0.86-0.97  0.62        11-14          32-46     2,700       970-2,120
bespokelabs curator       0.80       0.22        2.6-4.4        6-10      330-370     9-16
distilabel                0.38-0.54  -           9              7-9       1,300       not finished
"""
LOOK = "What stands in picture {number}?"
FOLLOWS = "What follows from: {seen}"


def views(photos: Path, rows: int) -> list[dict[str, Any]]:
    """Rows with their pictures as data URLs, which is how the peers want them."""
    images = ImageStore(photos)
    shas = list(images.photos())
    made = []
    for number in range(rows):
        jpeg = images.view(shas[number % len(shas)]).jpeg
        url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        made.append({"number": number, "picture": url})
    return made


@cache
def openai_client(url: str) -> Any:
    """One client in each process: it cannot be sent to another."""
    return import_module("openai").AsyncOpenAI(base_url=url, api_key="none")


async def reply(url: str, content: Any) -> str:
    """One chat completion over the openai SDK."""
    answer = await openai_client(url).chat.completions.create(
        model="bench", messages=[{"role": "user", "content": content}]
    )
    return str(answer.choices[0].message.content)


def daft(photos: Path, url: str, slots: int, rows: int) -> None:
    """Daft's native runner with async functions of ours."""
    daft = import_module("daft")

    async def look(number: int, picture: str) -> str:
        image = {"type": "image_url", "image_url": {"url": picture}}
        return await reply(url, [image, {"type": "text", "text": LOOK.format(number=number)}])

    async def follows(seen: str) -> str:
        return await reply(url, FOLLOWS.format(seen=seen))

    function = daft.func(max_concurrency=slots)
    look_at, follow = function(look), function(follows)
    frame = daft.from_pylist(views(photos, rows)).into_batches(slots)
    frame = frame.with_column("seen", look_at(frame["number"], frame["picture"]))
    frame = frame.with_column("asked", follow(frame["seen"]))
    with tempfile.TemporaryDirectory() as out:
        frame.select("number", "seen", "asked").write_parquet(out)


def curator(photos: Path, url: str, slots: int, rows: int) -> None:
    """bespokelabs-curator: one LLM object a call, its own cache."""
    curator = import_module("bespokelabs.curator")
    options = {
        "base_url": url,
        "api_key": "none",
        "max_requests_per_minute": 10**6,
        "max_tokens_per_minute": 10**9,
        "max_concurrent_requests": slots,
    }

    base: Any = curator.LLM

    class Look(base):  # type: ignore[misc]
        def prompt(self, row: dict[str, Any]) -> Any:
            text = LOOK.format(number=row["number"])
            return text, curator.types.Image(url=row["picture"])

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"number": row["number"], "seen": response}

    class Follows(base):  # type: ignore[misc]
        def prompt(self, row: dict[str, Any]) -> str:
            return FOLLOWS.format(seen=row["seen"])

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return row | {"asked": response}

    settings = {"model_name": "openai/bench", "backend": "openai", "backend_params": options}
    seen = Look(**settings)(views(photos, rows))
    with tempfile.TemporaryDirectory() as out:
        Follows(**settings)(seen.dataset).dataset.to_parquet(f"{out}/curator.parquet")


Peer = Callable[[Path, str, int, int], None]
PEERS: dict[str, tuple[str, Peer | None]] = {
    "daft": ("daft", daft),
    "curator": ("bespokelabs", curator),
    "ray": ("ray", None),
}


def run(name: str, photos: Path, url: str, slots: int, rows: int) -> None:
    """Run a peer and print its figures, or say why not."""
    package, peer = PEERS[name]
    if peer is None:
        print(f"{name}: no adapter here yet; the measured figures are these:{TABLE}")
        return
    if importlib.util.find_spec(package) is None:
        install = {"daft": "daft openai", "curator": "bespokelabs-curator"}[name]
        print(f"{name} is not installed here (pip install {install}, in a place of its own)")
        return
    began, cpu = time.time(), time.process_time()
    peer(photos, url, slots, rows)
    seconds = time.time() - began
    ideal = 2 * rows * LATENCY_MS / 1000 / slots
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{name}, {slots} slots, {rows} rows: {seconds:.1f} s with start-up (ideal {ideal:.1f}), "
        f"{1000 * (time.process_time() - cpu) / (2 * rows):.2f} CPU ms a call, "
        f"{used.ru_maxrss / 1024:.0f} MB"
    )
