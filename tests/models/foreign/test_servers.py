"""Doctor and eighteen items of a benchmark against servers that we did not write.

CROSSLIGHT_FOREIGN names the folder with their environments; each one that is not there is skipped.
"""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crosslight.models.doctor.probe import probe_model
from tests.models.foreign.servers import SERVERS, Server, running
from tests.models.foreign.suite import write_suite

pytestmark = pytest.mark.foreign
ALWAYS = {"reach", "thinking", "seed", "speed"}
OTHERS = {"pictures", "logprobs", "schema", "n", "context", "embed"}


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.name)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    server: Server = request.param
    if not server.path.exists():
        pytest.skip(f"no {server.path}: see docs/models.md")
    with running(server, tmp_path_factory.mktemp(server.name)) as spec:
        yield server, spec


def test_doctor_tells_what_it_can_do(served: tuple[Server, str]) -> None:
    server, spec = served
    found = {line.name: line.state for line in asyncio.run(probe_model(spec))}
    wanted = dict.fromkeys(ALWAYS | server.able, "ok") | dict.fromkeys(server.unknown, "unknown")
    wanted |= dict.fromkeys(OTHERS - set(wanted), "no")
    assert found == wanted | ({"refused": "no"} if server.refuses else {})


@pytest.mark.parametrize("stream", ["", "?stream=1"])
def test_every_row_comes_to_an_end_of_its_own(
    served: tuple[Server, str], stream: str, tmp_path: Path
) -> None:
    server, spec = served
    suite, out = write_suite(tmp_path / "suite"), tmp_path / "out"
    words = ["bench", "run", str(suite), "--model", spec + stream, "--judge", spec + stream]
    words += ["--output", str(out), "--store", str(tmp_path / "store"), "--max-tokens", "48", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "crosslight", *words],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    failed = pq.read_table(out / "failed.parquet").to_pylist()
    assert len(failed) == server.failed, failed
    dropped = Counter(row["reason"] for row in pq.read_table(out / "dropped.parquet").to_pylist())
    assert dropped["too_narrow"] == 1, dropped
    items = pq.read_table(out / "items.parquet").to_pylist()
    assert len(items) == 18
    answered = [item for item in items if item["answer"] or item["probabilities"]]
    assert len(answered) == 18 - server.failed - dropped["too_narrow"]
