"""A picture costs no more than its bounds, whatever it is made of, and no other picture."""

import os
import signal
import subprocess
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from crosslight.store import BadImage, Bounds, ImageStore, decode_image
from tests.build.hostile import encoded, photo
from tests.store import costly
from tests.store.costly import chunk

SECONDS = 4.0
"""For one refusal, on a machine with other work."""
TAGS = costly.directory(4_000, 200_000)


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Pillow warns of half of what is tried here."""
    warnings.simplefilter("ignore")


REFUSED: dict[str, Callable[[], bytes]] = {
    "a JPEG of 3,000 scans": lambda: costly.scans(3_000, 2_000, 2_000),
    "a JPEG of 101 scans": lambda: costly.scans(101),
    "a JPEG of 500,000 empty segments": lambda: costly.with_segments(*[(0xE5, b"")] * 500_000),
    "a JPEG with 8 MB between markers": lambda: costly.with_bytes(bytes(8 << 20)),
    "a JPEG with 8 MB of fill": lambda: costly.with_bytes(b"\xff" * (8 << 20)),
    "a JPEG with 8 MB of stuffing": lambda: costly.with_bytes(b"\xff\0" * (4 << 20)),
    "EXIF that names itself 2,000 times": lambda: costly.with_segments(
        (0xE1, b"Exif\0\0" + costly.directory(2_000, 40_000)[:65_000])
    ),
    "EXIF over many segments": lambda: costly.with_segments(
        *[(0xE1, b"Exif\0\0" + TAGS[i : i + 65_000]) for i in range(0, len(TAGS), 65_000)]
    ),
    "big-endian EXIF": lambda: costly.with_segments(
        (0xE1, b"Exif\0\0" + costly.directory(2_000, 40_000, "MM")[:65_000])
    ),
    "a picture index that names itself": lambda: costly.with_segments(
        (0xE2, b"MPF\0" + costly.directory(4_000, 10_000))
    ),
    "a TIFF of 60,000 tags": lambda: costly.directory(60_000, 1_000_000),
    "a TIFF of tags that share a stretch": lambda: costly.directory(4_000, 1_000_000),
    "a TIFF of 2 million strips": lambda: costly.tiff_strips(2_000_000),
    "a PNG of a million empty chunks": lambda: costly.png_with(chunk(b"abCd", b"") * 1_000_000),
    "the same behind the pixels": lambda: costly.png_with(chunk(b"abCd", b"") * 500_000, True),
    "a PNG of 500,000 empty pixel chunks": lambda: costly.png_with(chunk(b"IDAT", b"") * 500_000),
    "a PNG of 8,000 packed profiles": lambda: costly.png_with(
        chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(1 << 20))) * 8_000
    ),
    "a PNG whose EXIF names itself": lambda: costly.png_with(chunk(b"eXIf", TAGS)),
    "a WebP whose EXIF names itself": lambda: costly.webp_with(b"Exif\0\0" + TAGS),
    "a GIF of blocks of one byte": lambda: costly.gif_with(b"!\xfe" + b"\1\1" * 8_000_000 + b"\0"),
    "a GIF with 8 MB between blocks": lambda: costly.gif_with(b"\1" * (8 << 20)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_made_to_be_dear_is_refused_before_it_is_decoded(name: str) -> None:
    data = REFUSED[name]()
    began = time.monotonic()
    with pytest.raises(BadImage) as caught:
        decode_image(data, 256)
    assert (caught.value.reason, time.monotonic() - began < SECONDS) == ("too_complex", True)
    assert caught.value.detail


MANY: dict[str, Callable[[], bytes]] = {
    "a GIF that grows at its first frame": costly.gif_growing,
    "a WebP canvas of 268 million": lambda: costly.webp_canvas(16_383),
    "a WebP canvas of 81 million": lambda: costly.webp_canvas(9_000),
    "a JPEG of 65,000 by 65,000": lambda: costly.scans(1, 65_000, 65_000),
}


@pytest.mark.parametrize("name", MANY)
def test_too_many_pixels_by_whatever_header(name: str) -> None:
    with pytest.raises(BadImage) as caught:
        decode_image(MANY[name](), 256)
    assert caught.value.reason == "too_many_pixels"


ORDINARY: dict[str, Callable[[], bytes]] = {
    "progressive": lambda: encoded(photo(1), progressive=True),
    "with 90 more scans": lambda: costly.scans(80, 320, 240),
    "with comments and profiles": lambda: costly.with_segments(
        *[(0xE2, b"ICC_PROFILE\0" + bytes([i + 1, 60]) + bytes(60_000)) for i in range(60)],
        (0xFE, b"a comment"),
    ),
    "a PNG of a chunk a row": lambda: costly.png_with(chunk(b"IDAT", b"") * 5_000),
    "an animated GIF of many frames": lambda: encoded(
        Image.new("L", (64, 64)), "GIF", save_all=True, loop=0,
        append_images=[Image.new("L", (64, 64), i % 256) for i in range(300)],
    ),
    "an animated PNG": lambda: costly.apng(50),
    "CMYK": lambda: encoded(photo(1).convert("CMYK")),
    "a TIFF in tiles": lambda: encoded(photo(1), "TIFF", compression="tiff_lzw"),
    "a text behind its end": lambda: encoded(photo(1)) + b"\xff\xda" * 500,
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_what_is_only_rare_is_read(name: str) -> None:
    assert decode_image(ORDINARY[name](), 64).image.mode == "RGB"


def test_a_picture_has_so_many_seconds_and_costs_itself_alone() -> None:
    """Beyond what can be counted before, the process that decodes it has a limit."""
    bounds = Bounds(max_seconds=1, max_scans=1_000_000)
    with pytest.raises(BadImage, match="1 s of processor time") as caught:
        decode_image(costly.scans(4_000, 9_900, 9_900), 256, bounds)
    assert caught.value.reason == "too_complex"
    assert decode_image(encoded(photo(1), "TIFF"), 64).format == "TIFF"


def test_a_dear_picture_keeps_no_other_waiting() -> None:
    slow = costly.scans(4_000, 9_900, 9_900)
    bounds = Bounds(max_seconds=2, max_scans=1_000_000)
    others = [
        encoded(Image.new("L", (5_000, 5_000), 70)),
        encoded(Image.new("L", (5_000, 4_600), 70), "PNG", compress_level=1),
        encoded(photo(1)),
        encoded(photo(1), "TIFF"),
    ]
    with ThreadPoolExecutor(2) as pool:
        busy = pool.submit(decode_image, slow, 256, bounds)
        time.sleep(0.5)
        assert [decode_image(data, 64).format for data in others] == ["JPEG", "PNG", "JPEG", "TIFF"]
        assert not busy.done()
        with pytest.raises(BadImage, match="too_complex"):
            busy.result()


def test_the_decoding_process_is_used_again() -> None:
    from crosslight.store import workers

    decode_image(encoded(photo(1), "TIFF"), 64)
    [first] = {worker._process.pid for worker in workers._pool._idle[-1:]}
    for seed in range(20):
        decode_image(encoded(photo(seed), "TIFF"), 64)
    assert first in {worker._process.pid for worker in workers._pool._idle}


def test_a_process_that_somebody_killed_is_replaced() -> None:
    from crosslight.store import workers

    decode_image(encoded(photo(1), "TIFF"), 64)
    for worker in workers._pool._idle:
        os.kill(worker._process.pid, signal.SIGKILL)
    assert decode_image(encoded(photo(2), "TIFF"), 64).format == "TIFF"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_decoding_process_outlives_a_killed_run(tmp_path: Path) -> None:
    (tmp_path / "slow.jpg").write_bytes(costly.scans(4_000, 9_900, 9_900))
    code = (
        "import sys, threading; from crosslight.store import decode_image, Bounds\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "threading.Thread(target=decode_image, args=(data, 256, Bounds(max_scans=10**6))).start()\n"
        "from crosslight.store import workers\n"
        "import time; time.sleep(0.7); print('under way', flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "slow.jpg")], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "under way\n"
        deadline = time.monotonic() + 30
        while not (children := _children(run.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        run.kill()
    [child] = children
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _children(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return " ".join((task / "children").read_text() for task in tasks).split()


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_crash_of_a_decoder_is_the_picture_s() -> None:
    from crosslight.store import workers

    lost = workers._loss(-signal.SIGSEGV, False, Bounds())
    assert isinstance(lost, BadImage)
    assert (lost.reason, "SIGSEGV" in lost.detail) == ("unreadable", True)
    assert isinstance(workers._loss(-signal.SIGKILL, False, Bounds()), MemoryError)
    assert isinstance(workers._loss(-signal.SIGKILL, True, Bounds()), workers.DecoderDown)
    assert isinstance(workers._loss(1, False, Bounds()), workers.DecoderDown)


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "1"])
def test_it_is_the_same_picture_here_and_aside(kind: str, mode: str) -> None:
    from crosslight.store.pixels import decode_here
    from crosslight.store.workers import decode_aside

    picture = photo(3, 900, 700).convert("L" if mode == "I;16" else mode).convert(mode)
    data = encoded(picture, kind)
    for side in (None, 100):
        here, aside = (
            decode_here(data, kind, side, Bounds()),
            decode_aside(data, kind, side, Bounds(), 630_000),
        )
        assert here.image.tobytes() == aside.image.tobytes()
        assert (here.width, here.height, here.format) == (aside.width, aside.height, aside.format)


def test_a_view_of_such_a_picture_is_refused_too(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    with pytest.raises(BadImage, match="too_complex"):
        store.view(store.put(costly.scans(3_000, 2_000, 2_000)))
