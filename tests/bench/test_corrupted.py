"""Every loader on 200 randomly broken copies of its file: a clear error or counted bad rows.

Broken means: flipped bytes, cut off, columns swapped, keys removed, huge fields, NULs, another
encoding, rows doubled, quotes put in. Never may a loader crash, and never may it give fewer items
without saying so: as bad rows, as `short_by` against the published size, or, where no size is
published, by never calling itself whole (and by another hash).
"""

import csv
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosslight.bench import Suite, SuiteError, find_suite, load_suite
from crosslight.bench.native.load import Loaded
from crosslight.bench.native.tables import MAX_UNPACKED
from tests.bench.natives import NATIVES, SHARED

DATA = Path(os.environ.get("CROSSLIGHT_SHARED_DATA", SHARED))
COPIES = 200
QUICK = 27
"""Copies in the main run, each break three times; `make test-all` breaks all of them."""
ROWS = 60  # of a real file, so that 200 copies stay quick

Break = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, data: bytes) -> bytes:
    """Some bytes become others."""
    made = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def cut(rng: random.Random, data: bytes) -> bytes:
    """The file ends early, or begins late."""
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.8 else data[at:]


def nulls(rng: random.Random, data: bytes) -> bytes:
    """A run of NUL bytes, as after a crash of the file system."""
    at = rng.randrange(len(data))
    return data[:at] + b"\x00" * rng.choice([1, 5, 4096]) + data[at + 1 :]


def encoding(rng: random.Random, data: bytes) -> bytes:
    """Another encoding, or a mark in front."""
    text = data.decode("utf-8", "replace")
    kind = rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp500"])
    return (text + "é").encode(kind, "replace")


def huge(rng: random.Random, data: bytes) -> bytes:
    """One field of 300,000 characters."""
    at = rng.randrange(len(data))
    return data[:at] + b"x" * 300_000 + data[at:]


def quote(rng: random.Random, data: bytes) -> bytes:
    """A quotation mark, bracket or newline where none was."""
    at = rng.randrange(len(data))
    return data[:at] + rng.choice([b'"', b'\n"', b'",', b"{", b"]", b"\r\n", b"\\"]) + data[at:]


def doubled(rng: random.Random, data: bytes) -> bytes:
    """A piece of the file comes twice."""
    first, second = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:second] + data[first:]


def columns(rng: random.Random, data: bytes) -> bytes:
    """Keys removed, renamed or exchanged; values of other types; by the file's own form."""
    text = data.decode("utf-8", "replace")
    try:
        if text.startswith("{") and "\n{" in text:
            lines = [json.loads(line) for line in text.splitlines()]
            _spoil(rng, lines)
            return "\n".join(map(json.dumps, lines)).encode()
        value = json.loads(text)
    except ValueError:
        return _csv(rng, text) if "," in text.split("\n")[0] else text[::-1].encode()
    _spoil(rng, value)
    return json.dumps(value).encode()


def _spoil(rng: random.Random, value: Any) -> None:
    rows = list(value.values() if isinstance(value, dict) else value)
    for row in rng.sample(rows, min(len(rows), rng.choice([1, 5, len(rows)]))):
        if isinstance(row, dict) and row:
            _spoil_row(rng, row)
        elif isinstance(row, list) and row:
            _spoil(rng, row)


def _spoil_row(rng: random.Random, row: dict[str, Any]) -> None:
    key = rng.choice(list(row))
    kind = rng.randrange(4)
    if kind == 0:
        del row[key]
    elif kind == 1:
        row[f"{key}_"] = row.pop(key)
    elif kind == 2:
        other = rng.choice(list(row))
        row[key], row[other] = row[other], row[key]
    else:
        row[key] = rng.choice([None, 3.5, -1, [], {}, [[]], "", True, 10**30, "\x00", "../../x"])


def _csv(rng: random.Random, text: str) -> bytes:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or not rows[0]:
        return text.encode()
    first, second = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    kind = rng.randrange(3)
    for row in rows if kind else rows[1:]:
        if len(row) <= max(first, second):
            continue
        if kind == 1:
            del row[first]
        else:
            row[first], row[second] = row[second], row[first]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


BREAKS: tuple[Break, ...] = (flip, cut, nulls, encoding, huge, quote, doubled, columns, columns)


def _prepared(name: str, folder: Path) -> tuple[Suite, Loaded]:
    """A sound folder: the beginning of the real file where there is one, else hand-made."""
    real = DATA / "benchmarks" / name
    if (
        name
        in (
            "xstest",
            "vlsbench",
            "vlguard",
            "siuo",
            "hallusionbench",
            "msts",
            "mossbench",
            "mmsafeaware",
            "figstep",
        )
        and real.is_dir()
    ):
        for path in real.rglob("*"):
            if path.suffix in (".csv", ".json", ".txt") and path.parent.name not in SKIP:
                target = folder / path.relative_to(real)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_shorter(path))
    else:
        NATIVES[name][0](folder)
    return find_suite(name), load_suite(find_suite(name), folder)


SKIP = ("response_annotations", "auto_eval", "responses", "human", "gpteval", "streval")


def _shorter(path: Path) -> bytes:
    text = path.read_text("utf-8")
    if path.suffix == ".csv":
        return "".join(text.splitlines(keepends=True)[:ROWS]).encode()
    if path.suffix != ".json":
        return text.encode()
    value = json.loads(text)
    pairs = list(value.items())[:ROWS] if isinstance(value, dict) else value[:ROWS]
    return json.dumps(dict(pairs) if isinstance(value, dict) else pairs).encode()


@pytest.mark.parametrize("copies", [QUICK, pytest.param(COPIES, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", list(NATIVES))
def test_no_loader_crashes_or_shrinks_silently(name: str, copies: int, tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    described, whole = _prepared(name, sound)
    names = [file for file, _ in whole.files]
    rng = random.Random(f"corrupt {name}")
    seen = {"error": 0, "bad rows": 0, "as before": 0}
    for copy in range(copies):
        file = names[copy % len(names)]
        path = sound / file
        data = path.read_bytes()
        path.write_bytes(BREAKS[copy % len(BREAKS)](rng, data))
        try:
            seen[_outcome(described, sound, whole)] += 1
        finally:
            path.write_bytes(data)
    assert load_suite(described, sound) == whole
    assert seen["error"] + seen["bad rows"] > copies / 5, seen


def _outcome(described: Suite, folder: Path, whole: Loaded) -> str:
    try:
        found = load_suite(described, folder)
    except SuiteError as error:
        assert error.file, error
        assert error.cause, error
        assert str(error).encode()
        return "error"
    lost = len(whole.items) - len(found.items)
    if lost > 0 and not found.bad:
        assert found.extent == ("short" if whole.published else "unknown")
        assert not whole.published or found.short_by > whole.short_by
    assert all(bad.reason.encode() and bad.source and bad.row >= 0 for bad in found.bad)
    for item in found.items:
        described.prompt(item)
        item.text.encode()
        assert set(item.missing) <= set(item.images)
        assert not any(image.startswith("/") or ".." in image.split("/") for image in item.images)
    assert found.files != whole.files or found == whole
    return "bad rows" if len(found.bad) > len(whole.bad) else "as before"


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 50_000, "1" * 10_000, '{"a": NaN}'])
def test_hostile_json(deep: str, tmp_path: Path) -> None:
    for name, file in (("vlsbench", "data.json"), ("mossbench", "information.json")):
        (tmp_path / file).write_text(deep)
        with pytest.raises(SuiteError):
            load_suite(find_suite(name), tmp_path)


def test_a_doubled_key_is_the_fault_of_its_row(tmp_path: Path) -> None:
    NATIVES["mossbench"][0](tmp_path)
    path = tmp_path / "information.json"
    path.write_text(path.read_text().replace('"2":', '"1":', 1))
    loaded = load_suite(find_suite("mossbench"), tmp_path)
    assert [item.id for item in loaded.items] == ["3"]
    assert [(bad.row, bad.items, "twice" in bad.reason) for bad in loaded.bad] == [(1, 2, True)]


def test_a_stray_quote_says_how_many_lines_it_swallowed(tmp_path: Path) -> None:
    (tmp_path / "xstest_prompts.csv").write_text(
        "id,prompt,type,label,focus,note\n"
        "1,How?,homonyms,safe,,\n"
        '2,"How?,homonyms,safe,,\n'
        "3,How?,homonyms,safe,,\n"
        '4,How?,homonyms,safe,,"x"\n'
        "5,How?,homonyms,safe,,\n"
    )
    loaded = load_suite(find_suite("xstest"), tmp_path)
    assert [item.id for item in loaded.items] == ["1", "5"]
    assert [(bad.row, "over 3 lines" in bad.reason) for bad in loaded.bad] == [(3, True)]


def test_xlsx_bomb_is_refused(tmp_path: Path) -> None:
    NATIVES["vscbench"][0](tmp_path)
    path = tmp_path / "vscbench_text_centric.xlsx"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/more.xml", b"0" * (MAX_UNPACKED + 1))
    (bad,) = load_suite(find_suite("vscbench"), tmp_path).bad  # the picture sheet goes on
    assert (bad.source, bad.row) == (path.name, 0) and "unpacked" in bad.reason
    (tmp_path / "vscbench_image_centric.xlsx").unlink()
    with pytest.raises(SuiteError, match="unpacked"):
        load_suite(find_suite("vscbench"), tmp_path)
