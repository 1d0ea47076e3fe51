"""What the embedded perception costs: processor time a photo, and the most memory it takes.

    python -m benchmarks.eyes FOLDER [COUNT]

COUNT photos (100) are made of those in the folder, a little other each time, as the views that
steps hand over. Each part is timed by itself; the memory is that of the model as steps ask it,
several photos at once, in a process of its own.
"""

import asyncio
import hashlib
import io
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from crosslight.models.embedded.model import EmbeddedModel
from crosslight.models.embedded.perception import Perception
from crosslight.models.embedded.pixels import decode
from crosslight.models.message import ImageView

SIDE = 768
TIMED = 24


def views(folder: Path, count: int) -> list[ImageView]:
    """Bounded JPEGs of distinct pictures."""
    files = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in (".jpg", ".png")]
    made = []
    for index in range(count):
        with Image.open(files[index % len(files)]) as image:
            turn = index // len(files)
            one = image.convert("RGB").crop((turn, turn, *image.size))
        one.thumbnail((SIDE, SIDE))
        out = io.BytesIO()
        one.save(out, "JPEG", quality=85)
        name = hashlib.sha256(out.getvalue()).hexdigest()
        made.append(ImageView(name, f"jpeg-v1:{SIDE}:85", out.getvalue(), *one.size))
    return made


def parts(photos: list[ImageView]) -> None:
    """Processor time of each part, on one thread. On a busy machine the least tells more."""
    eyes = Perception()
    rows: dict[str, Callable[[Image.Image], object]] = {
        "tags": eyes.tagger().tags,
        "things": eyes.detector().things,
        "safety": eyes.safety().probabilities,
        "text": eyes.reader().lines,
    }
    print("| part | ms a photo, median | least |\n|---|---|---|")
    without = [0.0, 0.0]
    times: dict[str, list[float]] = {"decode": [], **{name: [] for name in rows}}
    for photo in [photos[0], *photos[:TIMED]]:
        began = time.process_time()
        image = decode(photo.jpeg)
        times["decode"].append(time.process_time() - began)
        for name, work in rows.items():
            began = time.process_time()
            work(image)
            times[name].append(time.process_time() - began)
    for name, spent in times.items():
        warm = sorted(1000 * s for s in spent[1:])
        row = [warm[len(warm) // 2], warm[0]]
        if name != "text":
            without = [a + b for a, b in zip(without, row, strict=True)]
        print(f"| {name} | {row[0]:.0f} | {row[1]:.0f} |")
    print(f"| all but text | {without[0]:.0f} | {without[1]:.0f} |")


def memory(photos: list[ImageView]) -> None:
    """The most that a process needs in which a model looks at all of them."""

    async def look() -> None:
        model = EmbeddedModel()
        await asyncio.gather(*(model.scene(photo) for photo in photos))
        await model.embed(["a photo"])
        await model.aclose()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began = time.perf_counter()
    asyncio.run(look())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    each = (time.perf_counter() - began) / len(photos)
    print(f"{len(photos)} photos: peak {peak} MB ({before} before), {each:.2f} s a photo")


def main() -> None:
    """Print both."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    photos = views(Path(sys.argv[1]), count)
    for work in (parts, memory):
        process = multiprocessing.get_context("spawn").Process(target=work, args=(photos,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
