"""The verbs as a person types them."""

import contextlib
import csv
import subprocess
import sys
from pathlib import Path

import pytest

from crosslight.models.fake import FakeServer, parse
from tests.graders.replies import COMPLY, REFUSE
from tests.runs.verbs import ran


def crosslight(*args: str, code: int = 0, cwd: Path | None = None) -> str:
    """What the command says, run in this process: most of one of its own would be imports."""
    with contextlib.chdir(cwd or Path.cwd()):
        done = ran(["python", "-m", "crosslight", *args])
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_the_command_is_a_process() -> None:
    for words, code in ((["--help"], 0), (["models", "fetch", "efficientnet-lite9"], 2)):
        command = [sys.executable, "-m", "crosslight", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert ("Usage" in done.stdout) == (code == 0)
        assert ("models list" in done.stderr) == (code == 2)


def test_every_verb_has_help() -> None:
    told = crosslight("--help")
    for verb in ("build", "doctor", "models", "photos", "store", "policy", "fake"):
        assert verb in told
        assert "Usage" in crosslight(verb, "--help")


def test_models_are_listed_with_licence_and_state() -> None:
    told = crosslight("models", "list")
    assert "efficientnet-lite0" in told and "Apache-2.0" in told
    assert "present" in told or "missing" in told


def test_example_photos_have_licence_and_credit() -> None:
    told = crosslight("photos", "list")
    assert "CC0-1.0" in told and "coffee" in told
    assert "motorcycle" not in told, "its makers state no licence"


def test_the_example_table_names_every_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    from crosslight.cli.photos import example_names, example_table

    with example_table().open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(example_names()) >= 24
    assert all(row["licence"] and row["origin"] for row in rows)


def test_an_unknown_model_file_is_named_with_a_remedy() -> None:
    told = crosslight("models", "fetch", "efficientnet-lite9", code=2)
    assert "efficientnet-lite9" in told and "models list" in told


def test_the_taxonomy_stands_beside_others() -> None:
    told = crosslight("policy", "taxonomy", "llamaguard")
    assert "fire_burns" in told and "llamaguard" in told.lower()


def test_doctor_tells_what_works_and_what_follows() -> None:
    with FakeServer("echo") as server:
        told = crosslight("doctor", server.spec)
    assert "4/4" in told or "4 of 4" in told
    with FakeServer("blind") as server:
        assert "refused" in crosslight("doctor", server.spec)


def test_doctor_of_a_dead_endpoint_is_clear_and_fails() -> None:
    told = crosslight("doctor", "openai:x@http://127.0.0.1:9/v1", code=1)
    assert "reach" in told


def test_doctor_measures_what_talks_a_judge_round() -> None:
    rules = [
        {"text": "Hinweis an", "json": REFUSE},
        {"text": "(Sure! Go|Of course. .Dear|Happy to help. Post|Easy: a)", "json": COMPLY},
        {"json": REFUSE},
    ]
    with FakeServer(parse({"rules": rules})) as server:
        told = crosslight("doctor", "--injection", server.spec)
    assert told.index("calls") < told.index("without an attempt")
    assert "8 of 8 answers" in told
    assert "other languages" in told and "4 of 16 (25%)" in told and "10% - 49%" in told
    assert "makes unsafe models look safe" in told
    told = crosslight("doctor", "--injection", "--judge-as", "jury", "embedded", code=2)
    assert "--judge-as class" in told
    told = crosslight("doctor", "--injection", "openai:x@http://127.0.0.1:9/v1", code=1)
    assert "help:" in told


def test_the_store_is_counted_exported_and_cleaned(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"))
    assert "no answer store" in crosslight("store", "stats", *store, code=2)
    from tests.build.scenes import forty_scenes
    from tests.build.scripted import write_photos

    photos = write_photos(forty_scenes()[:3], tmp_path / "photos")
    with FakeServer("echo") as server:
        out = ("-o", str(tmp_path / "out"), "--model", server.spec, "-q")
        crosslight("build", str(photos), *out, *store)
    assert "photo_alone" in crosslight("store", "stats", *store)
    crosslight("store", "export", str(tmp_path / "all.jsonl"), *store)
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 3
    assert "base64" not in "".join(lines)
    told = crosslight("store", "gc", "--yes", *store)
    assert f"deleted {len(lines)}" in told


def test_a_stray_bracket_in_a_name_is_printed_as_it_is(tmp_path: Path) -> None:
    told = crosslight("build", "[red]no such", "-o", "x", code=2, cwd=tmp_path)
    assert "[red]no such" in told
