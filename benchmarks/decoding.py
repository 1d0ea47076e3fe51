"""What it costs to decode within bounds: the outline, and the process with limits.

Run: python -m benchmarks.decoding. The pictures are made here: smooth noise, as photos compress.
"""

import resource
import statistics
import time
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

from crosslight.store.bounds import Bounds
from crosslight.store.outline.read import admit
from crosslight.store.pixels import decode_here
from crosslight.store.workers import decode_aside

SIDE = 256
ROUNDS = 9
KINDS: tuple[tuple[str, tuple[int, int], str, dict[str, object]], ...] = (
    ("JPEG, baseline", (1024, 768), "JPEG", {"quality": 90}),
    ("JPEG, baseline", (4000, 3000), "JPEG", {"quality": 90}),
    ("JPEG, progressive", (4000, 3000), "JPEG", {"quality": 90, "progressive": True}),
    ("JPEG, baseline", (6000, 4000), "JPEG", {"quality": 90}),
    ("PNG", (1024, 768), "PNG", {}),
    ("WebP", (1024, 768), "WEBP", {}),
    ("GIF", (800, 600), "GIF", {}),
    ("TIFF, LZW", (1024, 768), "TIFF", {"compression": "tiff_lzw"}),
)


def picture(width: int, height: int) -> Image.Image:
    """A photo's worth of detail."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def milliseconds(work: Callable[[], object]) -> float:
    """The median of some rounds, after one that warms up."""
    work()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    bounds = Bounds()
    print("| picture | MB | outline ms | decoded here ms | aside ms | goes |")
    print("|---|---|---|---|---|---|")
    for name, size, form, options in KINDS:
        out = BytesIO()
        picture(*size).save(out, form, **options)
        data = out.getvalue()
        kind, outline = admit(data, bounds)
        pixels = outline.pixels
        look = milliseconds(lambda d=data: admit(d, bounds))  # type: ignore[misc]
        here = milliseconds(lambda d=data, k=kind: decode_here(d, k, SIDE, bounds))  # type: ignore[misc]
        aside = milliseconds(
            lambda d=data, k=kind, p=pixels: decode_aside(d, k, SIDE, bounds, p)  # type: ignore[misc]
        )
        goes = "here" if outline.plain else "aside"
        label = f"{name}, {size[0]} x {size[1]}"
        print(
            f"| {label} | {len(data) / 1e6:.1f} | {look:.2f} | {here:.1f} | {aside:.1f} | {goes} |"
        )
    from crosslight.store import workers

    began = time.perf_counter()
    worker = workers._Worker()
    tiny = BytesIO()
    picture(64, 64).save(tiny, "TIFF")
    job = {"kind": "TIFF", "side": 16, "peek": False, "pixels": 4096, "max_pixels": 10**8}
    worker.ask(job | {"seconds": 20}, tiny.getvalue(), 60, bounds)
    print(f"a new process, to its first picture: {(time.perf_counter() - began) * 1000:.0f} ms")
    worker.end()
    workers._close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"peak memory of a process: {peak} MB")


if __name__ == "__main__":
    main()
