"""Photos per second: keeping them, views for models, hashing, and the whole screen.

Run: python benchmarks/images.py FOLDER [COPIES]. Each photo is taken COPIES times with slightly
other pixels, as a 1024 x 768 JPEG.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from crosslight.photos.screen import ScreenConfig, screen_photos
from crosslight.photos.sources import open_source
from crosslight.records import Done
from crosslight.store.decode import decode_image
from crosslight.store.images import ImageStore
from crosslight.store.phash import DECODE_SIDE, perceptual_hash


def _jpegs(folder: Path, copies: int) -> Iterator[bytes]:
    files = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in (".jpg", ".png")]
    for turn in range(copies):
        for file in files:
            with Image.open(file) as image:
                cut = image.convert("RGB").crop((turn, turn, *image.size)).resize((1024, 768))
            out = BytesIO()
            cut.save(out, "JPEG", quality=90)
            yield out.getvalue()


def _ms(work: Callable[[], object], count: int) -> str:
    began = time.perf_counter()
    work()
    return f"{(time.perf_counter() - began) / count * 1000:.2f} ms"


def main(folder: Path, copies: int) -> None:
    """Time one thread on each part, then the screen on all cores."""
    with tempfile.TemporaryDirectory() as made:
        inputs, store = Path(made, "in"), ImageStore(Path(made, "store"))
        inputs.mkdir()
        photos = list(_jpegs(folder, copies))
        for number, data in enumerate(photos):
            (inputs / f"{number:06}.jpg").write_bytes(data)
        count = len(photos)
        shas = [store.put(data) for data in photos[:1]]
        print("keep, synced     ", _ms(lambda: shas.extend(map(store.put, photos[1:])), count))
        print("view 768, first  ", _ms(lambda: [store.view(sha) for sha in shas], count))
        print("view 768, again  ", _ms(lambda: [store.view(sha) for sha in shas], count))
        print("decode and hash  ", _ms(lambda: [_hash(data) for data in photos], count))
        fresh = ImageStore(Path(made, "fresh"))
        began = time.perf_counter()
        rows = asyncio.run(screen_photos(open_source(inputs), fresh, ScreenConfig()))
        took = time.perf_counter() - began
    done = sum(isinstance(row.outcome, Done) for row in rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"screen            {took / count * 1000:.2f} ms a photo, {count / took:.0f} a second")
    print(f"photos {count}, done {done}, peak {memory} MB (with the photos in memory)")


def _hash(data: bytes) -> str:
    return perceptual_hash(decode_image(data, DECODE_SIDE).image)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10)
