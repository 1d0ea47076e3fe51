"""The official `openai` client against `crosslight fake serve`: twenty calls that it must like.

In a process of its own: CROSSLIGHT_OPENAI_PYTHON names an interpreter that has `openai`, where
this one has not.
"""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CALLS = Path(__file__).with_name("openai_calls.py")
PYTHON = os.environ.get("CROSSLIGHT_OPENAI_PYTHON", sys.executable)


def has_client() -> bool:
    try:
        found = subprocess.run([PYTHON, "-c", "import openai"], capture_output=True, check=False)
    except OSError:
        return False
    return found.returncode == 0


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    words = ["-m", "crosslight", "fake", "serve", "habits", "--port", "0"]
    env = {**os.environ, "COLUMNS": "500", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, text=True, env=env
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split("@")[1].strip()
        finally:
            server.terminate()


@pytest.mark.foreign
@pytest.mark.skipif(not has_client(), reason="no openai client")
def test_twenty_calls(url: str) -> None:
    from tests.models.pictures import view

    picture = base64.b64encode(view("red").jpeg).decode()
    done = subprocess.run(
        [PYTHON, str(CALLS), url, picture], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "20", done.stdout
