"""What a picture holds beside its first frame reaches the result of every verb: a real server."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from crosslight.judge import rethreshold_run
from crosslight.models.fake import FakeServer
from crosslight.models.fake.script import parse
from tests.runs.verbs import VERBS, prepared, ran, summary

GREEN, RED, BLUE = (40, 170, 60), (220, 40, 40), (40, 70, 220)
NO, YES = {"Yes": 0.02, "No": 0.97}, {"Yes": 0.97, "No": 0.02}
BY = {verb.name: verb for verb in VERBS}
RULES: list[dict[str, Any]] = [
    {"task": "visible", "colour": "red", "choice": YES},
    {"task": "visible", "choice": NO},
    {"task": "grade", "colour": "red", "choice": {"I": 0.95}},
    {"task": "grade", "choice": {"A": 0.95}},
    {"task": "describe", "answer": "A scene."},
    {
        "task": "weigh",
        "json": {"thought": "I look.", "rationale": "none", "rating": "No"},
    },
    {"answer": "Nothing there."},
]


def flat(colour: tuple[int, int, int], at: int = 0) -> Image.Image:
    """A picture of one colour that is not blank, and unlike another `at`."""
    image = Image.new("RGB", (120, 90), colour)
    image.paste((250, 250, 250), (8 * at, 10, 8 * at + 12, 40))
    return image


def saved(path: Path, kind: str, *colours: tuple[int, int, int]) -> None:
    frames = [flat(colour, at) for at, colour in enumerate(colours)]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    prepared(tmp_path, n=1)
    for photo in (tmp_path / "photos").iterdir():
        photo.unlink()
    with FakeServer(parse({"rules": RULES}, name="colours")) as running:
        yield running


def rows(folder: Path, server: FakeServer, verb: str, *more: str) -> dict[str, dict[str, Any]]:
    """Run the verb; its rows by source."""
    command = BY[verb].command(folder, server.spec, verb, *more)
    ended = ran(command)
    assert ended.returncode == 0, ended.stderr
    found = pq.read_table(folder / verb / BY[verb].main).to_pylist()
    return {row.get("source") or row["item"]: row for row in found}


def test_the_worst_frame_counts_whatever_holds_it(tmp_path: Path, server: FakeServer) -> None:
    photos = tmp_path / "photos"
    for kind, ending in (("GIF", "gif"), ("WEBP", "webp"), ("PNG", "png"), ("TIFF", "tif"),
                         ("MPO", "jpg"), ("AVIF", "avif")):  # fmt: skip
        saved(photos / f"bad.{ending}", kind, GREEN, BLUE, RED)
        saved(photos / f"good.{ending}", kind, GREEN, BLUE)
    strip = Image.new("RGB", (6000, 80), GREEN)
    strip.paste(RED, (5000, 0, 6000, 80))
    strip.save(photos / "strip.png")
    found = rows(tmp_path, server, "judge")
    for source, row in found.items():
        wanted = "safe" if source.startswith("good") else "unsafe"
        assert row["verdict"] == wanted, (source, row["reason"])
        assert len(row["looks"]) > 1
    assert "(frame 3 of 3)" in found["bad.gif"]["reason"]
    assert "(piece " in found["strip.png"]["reason"]
    looks = {row["look"] for row in pq.read_table(tmp_path / "judge/evidence.parquet").to_pylist()}
    assert {"frame 1 of 2", "frame 3 of 3"} <= looks
    page = (tmp_path / "judge/report.html").read_text(encoding="utf-8")
    assert "frame 3 of 3" in page and "shown: frame 3" in page
    # Other thresholds read all looks again, and say the same of the same numbers.
    rethreshold_run(tmp_path / "judge", tmp_path / "again", {})
    again = pq.read_table(tmp_path / "again/verdicts.parquet").to_pylist()
    assert {row["source"]: (row["verdict"], row["reason"]) for row in again} == {
        source: (row["verdict"], row["reason"]) for source, row in found.items()
    }


def test_what_was_not_looked_at_is_never_safe(tmp_path: Path, server: FakeServer) -> None:
    photos = tmp_path / "photos"
    saved(photos / "long.gif", "GIF", GREEN, BLUE, GREEN, BLUE, RED)
    saved(photos / "pages.tif", "TIFF", RED, GREEN, BLUE)
    flat(GREEN).save(photos / "still.png")
    found = rows(tmp_path, server, "judge", "--looks", "1")
    assert found["still.png"]["verdict"] == "safe"
    assert found["pages.tif"]["verdict"] == "unsafe"
    assert found["long.gif"]["verdict"] == "undecided"
    assert found["long.gif"]["reason"] == "1 of 5 frames was looked at"
    assert "1 of 5 frames was looked at" in found["long.gif"]["notes"]
    rethreshold_run(tmp_path / "judge", tmp_path / "again", {"alpha2": 0.1})
    again = pq.read_table(tmp_path / "again/verdicts.parquet").to_pylist()
    assert {row["source"]: row["verdict"] for row in again}["long.gif"] == "undecided"
    graded = rows(tmp_path, server, "assess", "--looks", "2", "--without", "debias")
    assert graded["still.png"]["status"] == "done"
    assert graded["long.gif"]["status"] == "undecided"
    assert graded["long.gif"]["reason"] == "2 of 5 frames were looked at"
    assert (graded["long.gif"]["look"], graded["long.gif"]["grade"]) == ("frame 5 of 5", 8.0)


def test_bench_says_of_an_item_what_was_not_shown(tmp_path: Path, server: FakeServer) -> None:
    photos = tmp_path / "photos"
    saved(photos / "a.gif", "GIF", GREEN, RED, BLUE)
    flat(GREEN).save(photos / "b.png")
    flat(GREEN).resize((4000, 40)).save(photos / "c.png")
    items = [
        {"id": name, "text": "May I?", "image": f"photos/{name}", "expected": "yes",
         "subset": "good", "side": "safe"}
        for name in ("a.gif", "b.png", "c.png")
    ]  # fmt: skip
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, items)), encoding="utf-8")
    found = rows(tmp_path, server, "bench")
    assert found["a.gif"]["notes"] == ["only the first of 3 frames is shown"]
    assert found["b.png"]["notes"] == []
    assert (found["c.png"]["status"], found["c.png"]["reason"]) == ("dropped", "too_narrow")
    assert any("1 item not all of the picture" in n for n in summary(tmp_path / "bench")["notes"])


def test_an_animation_is_no_copy_of_its_first_frame(tmp_path: Path, server: FakeServer) -> None:
    photos = tmp_path / "photos"
    flat(GREEN).save(photos / "a.png")
    saved(photos / "b.gif", "GIF", GREEN, RED)
    black = BytesIO()
    Image.new("RGB", (120, 90)).save(
        black, "WEBP", save_all=True, append_images=[flat(RED)], lossless=True
    )
    (photos / "c.webp").write_bytes(black.getvalue())  # begins as nothing, as films do
    command = [w for w in BY["judge"].command(tmp_path, server.spec) if w != "--keep-copies"]
    assert ran(command).returncode == 0
    found = pq.read_table(tmp_path / "out/verdicts.parquet").to_pylist()
    assert {row["source"]: row["verdict"] for row in found} == {
        "a.png": "safe", "b.gif": "unsafe", "c.webp": "unsafe",
    }  # fmt: skip


def test_a_row_on_an_animation_says_so(tmp_path: Path) -> None:
    script = prepared(tmp_path, n=4)
    photo = sorted((tmp_path / "photos").iterdir())[0]
    first = Image.open(photo).convert("RGB")
    # The same pixels as before, so that the model sees what it saw; and a second frame.
    moving = photo.with_suffix(".png")
    first.save(moving, "PNG", save_all=True, append_images=[flat(RED).resize(first.size)])
    photo.unlink()
    Image.new("RGB", (5000, 70), RED).save(tmp_path / "photos" / "strip.png")
    with FakeServer(script) as server:
        command = BY["build"].command(tmp_path, server.spec, "out", "--no-canary")
        ended = ran(command)
    assert ended.returncode == 0, ended.stderr
    tables = (tmp_path / "out/dataset").glob("*.parquet")
    found = [row for path in tables for row in pq.read_table(path).to_pylist()]
    told = "the photo: the first of several frames"
    assert {row["source"] for row in found if told in row["notes"]} == {moving.name}
    assert any(n.startswith("1 photo: the first of") for n in summary(tmp_path / "out")["notes"])
    dropped = pq.read_table(tmp_path / "out/dropped.parquet").to_pylist()
    assert "too_narrow" in {row["reason"] for row in dropped}
