"""Exports as the readers of their formats open them, in an environment that has those and not us.

`make .venv-readers` sets it up. CROSSLIGHT_READERS_PYTHON names another interpreter that has them.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crosslight.export import Chosen, Places, export_run
from crosslight.store import table_rows
from tests.export.judged_run import judged
from tests.export.pairs_run import drawn, mirrored, pair, write_pairs
from tests.export.test_data_formats import UGLY, two_photos
from tests.export.test_formats import build_run

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".venv-readers" / "bin" / "python"
PYTHON = os.environ.get("CROSSLIGHT_READERS_PYTHON", str(MADE) if MADE.exists() else sys.executable)
READERS = Path(__file__).with_name("readers.py")
NEEDS = {
    "hf": "datasets",
    "webdataset": "webdataset",
    "croissant": "mlcroissant",
    "labelstudio": "label_studio_sdk",
}

pytestmark = pytest.mark.foreign


@cache
def has(module: str) -> bool:
    asked = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    return subprocess.run([PYTHON, "-c", asked], check=False).returncode == 0


def read(to: str, out: Path) -> dict[str, Any]:
    if not has(NEEDS[to]):
        pytest.skip(f"no {NEEDS[to]}: `make .venv-readers` sets one up")
    done = subprocess.run(
        [PYTHON, str(READERS), to, str(out)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("to", NEEDS)
def test_its_own_reader_reads_every_text_and_picture(tmp_path: Path, to: str) -> None:
    rows = [*mirrored(1), pair("../up.a.b", drawn(5), question=UGLY, licence=UGLY)]
    run = write_pairs(tmp_path / "pairs", rows)
    export_run(run, to, tmp_path / "out", Chosen())
    found = read(to, tmp_path / "out")
    shown = {"a1": (41, 30), "b1": (141, 30), "../up.a.b": (45, 30)}
    assert set(found) == set(shown)
    for row in rows:
        expected = row["question"]
        whole = expected if to == "labelstudio" else [expected, *shown[row["id"]]]
        assert found[row["id"]] == whole


@pytest.mark.parametrize("to", NEEDS)
def test_its_own_reader_reads_verdicts(tmp_path: Path, to: str) -> None:
    run = judged(tmp_path, 4)
    done = export_run(
        run, to, tmp_path / "out", Chosen(sensitive=True), Places(tmp_path / "images")
    )
    found = read(to, tmp_path / "out")
    verdicts = {row["id"]: row["verdict"] for row in table_rows(run / "verdicts.parquet")}
    assert done.rows.total() == len(found) == 4
    told = {name: one if to == "labelstudio" else one[0] for name, one in found.items()}
    assert told == verdicts


def test_label_studio_takes_the_labels_of_a_build(tmp_path: Path) -> None:
    done = export_run(build_run(tmp_path / "run"), "labelstudio", tmp_path / "out", Chosen())
    assert len(read("labelstudio", tmp_path / "out")) == done.rows.total()


def test_croissant_has_two_pictures_of_a_row(tmp_path: Path) -> None:
    run = two_photos(tmp_path / "run")
    export_run(run, "croissant", tmp_path / "out", Chosen(sensitive=True))
    (row,) = read("croissant", tmp_path / "out").values()
    assert row[1:] == [41, 30, 42]
