"""Every entry has one fate, the same in every run, and memory stays bounded."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.photos.screen import ScreenConfig, Screened, failure, screen_photos
from crosslight.photos.sources import Found, Refused, SourceError, open_source
from crosslight.photos.sources.found import Broken, Inline
from crosslight.records import Done, Dropped, Failed
from crosslight.store.images import ImageStore
from tests.build.hostile import encoded, make_hostile, photo
from tests.fuzz.targets import parquet
from tests.photos.sources.tar_blocks import DAMAGED, END, header, padded
from tests.shared import SHARED

DATA = SHARED


def fate(one: Screened) -> str:
    match one.outcome:
        case Done():
            return "done"
        case Dropped(reason=reason):
            return reason
        case Failed(error=error):
            return error


def run(found: Iterator[Found] | list[Found], store: Path, **config: object) -> list[Screened]:
    images = ImageStore(store, fsync=False)
    return asyncio.run(screen_photos(found, images, ScreenConfig(**config)))  # type: ignore[arg-type]


def inline(name: str, data: bytes) -> Found:
    return Found(name, Inline(data))


def test_every_hostile_file_has_its_fate(tmp_path: Path) -> None:
    expected = make_hostile(tmp_path / "in")
    screened = run(open_source(tmp_path / "in"), tmp_path / "store")
    assert {one.source: fate(one) for one in screened} == expected
    assert len(screened) == len(expected)  # each exactly once
    assert all(one.source.isprintable() for one in screened)


def test_the_same_on_every_run_and_with_any_number_of_workers(tmp_path: Path) -> None:
    make_hostile(tmp_path / "in")
    first = run(open_source(tmp_path / "in"), tmp_path / "one", workers=1)
    again = run(open_source(tmp_path / "in"), tmp_path / "one", workers=7)
    fresh = run(open_source(tmp_path / "in"), tmp_path / "two", workers=3)
    assert first == again == fresh


def test_what_is_done_is_in_the_store_and_described(tmp_path: Path) -> None:
    data = encoded(photo(1, 400, 300))
    found = [Found("x/a.jpg", Inline(data), "", "CC0", "https://x", (("k", "v"),))]
    [one] = run(found, tmp_path)
    assert isinstance(one.outcome, Done)
    kept = one.outcome.value
    assert (kept.width, kept.height, kept.format) == (400, 300, "JPEG")
    assert (kept.licence, kept.origin, kept.extra) == ("CC0", "https://x", (("k", "v"),))
    assert ImageStore(tmp_path).get(kept.id) == data


def test_copies_name_the_first_of_the_input(tmp_path: Path) -> None:
    one, other = encoded(photo(1)), encoded(photo(1), quality=60)
    found = [inline("z.jpg", other), inline("a.jpg", one), inline("b.jpg", other)]
    outcomes = [one.outcome for one in run(found, tmp_path)]
    assert isinstance(outcomes[0], Done)
    assert outcomes[1] == Dropped(
        "screen", "near_duplicate", "looks like z.jpg (0 of 64 bits differ)"
    )
    assert outcomes[2] == Dropped("screen", "duplicate", "the same bytes as z.jpg")


def test_near_copies_stay_where_asked(tmp_path: Path) -> None:
    found = [inline("a", encoded(photo(1))), inline("b", encoded(photo(1), quality=60))]
    assert [fate(o) for o in run(found, tmp_path, near_bits=None)] == ["done", "done"]


def test_copies_of_a_bad_file_keep_its_reason(tmp_path: Path) -> None:
    found = [inline("a", b""), inline("b", b"")]
    assert [fate(one) for one in run(found, tmp_path)] == ["empty", "empty"]


def test_nothing_bad_is_kept_in_the_store(tmp_path: Path) -> None:
    small = encoded(photo(1, 30, 30))
    run([inline("a", b"text"), inline("b", small)], tmp_path)
    assert list(ImageStore(tmp_path).photos()) == []


def test_thresholds_are_settings(tmp_path: Path) -> None:
    found = [inline("a", encoded(photo(1, 50, 50), "PNG"))]
    assert [fate(one) for one in run(found, tmp_path, min_side=32)] == ["done"]
    assert [fate(one) for one in run(found, tmp_path, min_side=32, blank_spread=200)] == ["blank"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("link", "x"), Dropped("screen", "link", "x")),
        (SourceError("http_503", "x", retryable=True), Failed("screen", "http_503", True, "x")),
        (PermissionError(13, "x"), Failed("screen", "unreadable", True, "no right to read it")),
        (OSError(5, "I/O error"), Failed("screen", "unreadable", True, "I/O error")),
        (
            MemoryError(),
            Failed(
                "screen",
                "out_of_memory",
                True,
                "end other programs, and run the same command again",
            ),
        ),
        (ZeroDivisionError("odd"), Failed("screen", "ZeroDivisionError", False, "odd")),
    ],
)
def test_errors_of_an_entry_are_its_outcome(
    error: Exception, outcome: object, tmp_path: Path
) -> None:
    assert failure(error) == outcome
    assert run([Found("a", Broken(error))], tmp_path)[0].outcome == outcome


def test_a_broken_store_stops_the_screen(tmp_path: Path) -> None:
    images = ImageStore(tmp_path)
    (tmp_path / "tmp").rmdir()
    with pytest.raises(OSError, match="tmp"):
        asyncio.run(screen_photos([inline("a", encoded(photo(1)))], images))


def test_progress_counts_entries(tmp_path: Path) -> None:
    seen: list[int] = []
    found = [inline(str(n), b"") for n in range(20)]
    asyncio.run(screen_photos(found, ImageStore(tmp_path), progress=seen.append))
    assert seen == list(range(1, 21))


MEMORY = """
import asyncio, sys
from crosslight.photos.screen import screen_photos, ScreenConfig
from crosslight.photos.sources import Found
from crosslight.store.images import ImageStore
from tests.build.hostile import encoded, photo
from tests.memory import peak_mib
def found(count):
    for seed in range(count):
        data = encoded(photo(seed, 64, 64), "BMP") + bytes(4_000_000)  # 4 MB each
        yield Found(str(seed), lambda data=data: data)
images = ImageStore(sys.argv[1], fsync=False)
def peak(count):
    asyncio.run(screen_photos(found(count), images, ScreenConfig(workers=2)))
    return peak_mib()
print(peak(20), peak(200))
"""


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=env,
        timeout=240,
    )
    few, many = map(int, done.stdout.split())
    assert many - few < 100, done.stdout  # 180 more entries of 4 MB are 720 MB


@pytest.mark.parametrize("number", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_photos(number: int, tmp_path: Path) -> None:
    found = (inline(f"{n}.jpg", encoded(photo(n, 96, 96), quality=70)) for n in range(number))
    fates = [fate(one) for one in run(found, tmp_path)]
    assert len(fates) == number
    assert fates.count("done") > 0.99 * number
    assert set(fates) <= {"done", "near_duplicate"}


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_real_photos(tmp_path: Path) -> None:
    screened = run(open_source(DATA / "photos"), tmp_path)
    fates = {one.source: fate(one) for one in screened}
    assert fates.pop("exif_orientation/Landscape_0.jpg") == "done"
    turned = {name: fates.pop(name) for name in list(fates) if name.startswith("exif_")}
    assert set(turned.values()) == {"near_duplicate"}
    assert len(turned) == 8
    assert set(fates.values()) == {"done"}
    assert len(fates) == 23


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_real_copies_under_several_names(tmp_path: Path) -> None:
    screened = run(open_source(DATA / "benchmarks/mmsafeaware/images"), tmp_path)
    assert [fate(one) for one in screened].count("duplicate") == 15


def test_bad_shards_and_tables_cost_themselves(tmp_path: Path) -> None:
    """A folder from a stranger: what is good is screened, what is not is named, and it ends."""
    shards, tables = tmp_path / "shards", tmp_path / "tables"
    shards.mkdir()
    tables.mkdir()
    picture = encoded(photo(1))
    member = header("good.jpg", len(picture)) + padded(picture)
    for name, lie in enumerate([*DAMAGED.values(), b""]):
        (shards / f"{name:02}.tar").write_bytes(lie + END)
    (shards / "zz.tar").write_bytes(member + END)
    for number, data in enumerate(parquet.handmade()):
        (tables / f"{number:02}.parquet").write_bytes(data)
    pq.write_table(pa.table({"image": [picture]}), tables / "zz.parquet")
    for folder in (shards, tables):
        fates = {one.source: fate(one) for one in run(open_source(folder), tmp_path / "store")}
        assert [source[:2] for source, told in fates.items() if told == "done"] == ["zz"]
        assert {"damaged_archive"} <= set(fates.values())
        assert set(fates.values()) <= {
            *("done", "damaged_archive", "bad_row", "missing", "no_image", "not_a_file"),
            *("not_an_image", "empty"),
        }
