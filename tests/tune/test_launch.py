"""Several processes train together; one writes. accelerate's config file starts them."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from crosslight.records import BadSetting
from crosslight.runs import read_run
from crosslight.tune import launch
from tests.tune import tiny
from tests.tune.conftest import Bases

ONE = """compute_environment: LOCAL_MACHINE
distributed_type: 'NO'
use_cpu: true
num_processes: 1
num_machines: 1
machine_rank: 0
mixed_precision: 'no'
"""


def arguments(tmp: Path, model: Path, steps: int) -> list[str]:
    data = tiny.write_run(tmp / "run", tiny.mirrored())
    found = ["tune", "dpo", str(data), "-o", str(tmp / "out"), "--base", str(model), "-q"]
    found += ["--preset", "spa-vl-dpo", "--steps", str(steps), "--store", str(tmp / "store")]
    for value in (*tiny.FAST, "learning_rate=1e-3"):
        found += ["--set", value]
    return found


def test_a_config_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="is no file"):
        launch(tmp_path / "none.yaml", [], tmp_path / "out")


@pytest.mark.slow
def test_accelerates_own_file_starts_the_run_and_a_signal_reaches_it(
    tmp_path: Path, bases: Bases
) -> None:
    config = tmp_path / "accelerate.yaml"
    config.write_text(ONE, encoding="utf-8")
    command = [sys.executable, "-m", "crosslight", *arguments(tmp_path, bases("llava"), 400)]
    command += ["--save-every", "2", "--accelerate-config", str(config)]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def stop() -> None:
        while not (tmp_path / "out/checkpoints/checkpoint-2/complete.json").exists():
            time.sleep(0.01)
        child.send_signal(signal.SIGTERM)

    threading.Thread(target=stop, daemon=True).start()
    _, told = child.communicate(timeout=300)
    assert child.returncode == 3, told
    assert read_run(tmp_path / "out")["reason"] == "interrupted (SIGTERM)"


@pytest.mark.slow
def test_two_processes_train_together_and_one_writes(tmp_path: Path, bases: Bases) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc_per_node", "2", "-m", "crosslight"]
    done = subprocess.run(
        [*command, *arguments(tmp_path, bases("llava"), 3)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = read_run(tmp_path / "out")
    assert told["status"] == "complete" and len(told["training"]["losses"]) == 3
    assert told["figures"]["mirrored"]["both_rose"] == 2
    assert done.stdout.count("3 steps; loss") == 1, "the other process says nothing"
    assert (tmp_path / "out/model/model.safetensors").is_file()
