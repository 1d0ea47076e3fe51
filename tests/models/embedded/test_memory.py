"""What keeps the perception small: one reader at a time, and freed memory given back."""

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from crosslight.models.embedded import memory, ocr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_freed_blocks_go_back_to_the_system() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096

    # Blocks below the size that glibc maps by itself: freed, they stay in its pool.
    blocks = [np.ones(8 << 10, dtype=np.float64) for _ in range(1000)]
    full = resident()
    last = blocks[-1]  # the end of the pool stays in use
    del blocks
    memory.give_back()
    assert resident() < full - (40 << 20)
    assert last.sum() == 8 << 10


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory._trim.__wrapped__() is None
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()


def test_one_picture_is_read_at_a_time_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, reads = 0, 0, 0

    def read(_: object) -> SimpleNamespace:
        nonlocal inside, most, reads
        inside, reads = inside + 1, reads + 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        corner = ((0, 0), (4, 0), (4, 2), (0, 2))
        words, sure = ("WET FLOOR", "x", "noise"), (0.9, 0.9, 0.2)
        return SimpleNamespace(txts=words, scores=sure, boxes=(corner,) * 3)

    monkeypatch.setattr(ocr, "_make", lambda: read)
    monkeypatch.setattr(ocr, "_READ", {})
    got: list[object] = []

    def look(at: int) -> None:
        # Each has its own: the embedded model and `print:rapidocr` may both want a picture read.
        got.append(ocr.TextReader().lines(Image.new("RGB", (8, 8), (at // 2, 0, 0))))

    threads = [threading.Thread(target=look, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, reads) == (1, 4)
    assert got == [(("WET FLOOR", 0.9),)] * 8
