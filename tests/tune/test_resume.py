"""Stopped and gone on with equals uninterrupted, to the last bit; a folder holds one run."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from crosslight.records import BadSetting
from crosslight.runs import FolderBusy, held_folder, read_run
from crosslight.tune import TuneJob, run_tune
from tests.tune import tiny
from tests.tune.conftest import Bases
from tests.tune.test_grpo import SMALL, reward_model

STEPS = 6
MAIN = (
    # LLaVA's full weights are lost without a word by transformers' own resume; DPO would moreover
    # take the checkpoint for its reference.
    ("llava", "dpo", "spa-vl-dpo", ()),
    ("idefics3", "reward", "spa-vl-reward", ("lora.rank=4", "lora.dropout=0.1", "at_once=2")),
)
KINDS = ("idefics3", "llava", "gemma3", "qwen2_5_vl", "qwen3_vl")
SLOW = (
    *((kind, "sft", "mis-sft", ()) for kind in KINDS),
    *((kind, "dpo", "spa-vl-dpo-lora", ()) for kind in KINDS if kind != "llava"),
    ("gemma3", "reward", "spa-vl-reward", ("at_once=2",)),
    ("qwen2_5_vl", "dpo", "spa-vl-dpo", ()),
    ("qwen2_5_vl", "reward", "spa-vl-reward", ("at_once=2",)),
)
EACH = [
    MAIN[0],
    *(pytest.param(*one, marks=pytest.mark.slow) for one in (*MAIN[1:], *SLOW)),
]


def job_of(
    tmp: Path, bases: Bases, kind: str, method: str, preset: str, set_: tuple[str, ...] = ()
) -> TuneJob:
    data = tiny.write_run(tmp / "run", tiny.mirrored())
    return tiny.job(tmp, data, bases(kind), method, preset, *set_, steps=STEPS, save_every=2)


def at_checkpoint(out: Path, step: int, then: Callable[[], None]) -> threading.Thread:
    """Call `then` once the checkpoint of a step is whole."""

    def watch() -> None:
        while not (out / f"checkpoints/checkpoint-{step}/complete.json").exists():
            time.sleep(0.001)
        then()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def assert_same_weights(one: Path, two: Path) -> None:
    names = sorted(path.name for path in (one / "model").glob("*.safetensors"))
    assert names and names == sorted(p.name for p in (two / "model").glob("*.safetensors"))
    for name in names:
        left, right = (load_file(str(out / "model" / name)) for out in (one, two))
        assert left.keys() == right.keys()
        assert all(torch.equal(left[key], right[key]) for key in left), name


@pytest.mark.parametrize(("kind", "method", "preset", "set_"), EACH)
def test_a_run_that_a_signal_ended_goes_on_to_the_same_last_bit(
    kind: str, method: str, preset: str, set_: tuple[str, ...], tmp_path: Path, bases: Bases
) -> None:
    whole = job_of(tmp_path, bases, kind, method, preset, set_)
    straight = run_tune(whole)
    halved = replace(whole, out=tmp_path / "halved")
    at_checkpoint(halved.out, 2, lambda: os.kill(os.getpid(), signal.SIGTERM))
    stopped = run_tune(halved)
    assert (stopped.status, stopped.exit_code) == ("stopped", 3)
    assert "SIGTERM" in stopped.reason and "run the same command again" in stopped.hint
    assert read_run(halved.out)["status"] == "stopped"
    assert not (halved.out / "model").exists()
    resumed = run_tune(halved)
    assert resumed.status == "complete"
    told = resumed.summary["training"]["losses"]
    assert len(told) == STEPS and told == straight.summary["training"]["losses"]
    assert_same_weights(whole.out, halved.out)
    assert resumed.summary["figures"] == straight.summary["figures"]
    assert not (halved.out / "checkpoints").exists()


@pytest.mark.slow
@pytest.mark.parametrize("set_", [(), ("lora=null",)])
def test_grpo_goes_on_to_the_same_last_bit(
    set_: tuple[str, ...], tmp_path: Path, bases: Bases
) -> None:
    judge = reward_model(tmp_path / "judge", bases("idefics3"))
    data = tiny.write_run(tmp_path / "run", tiny.mirrored(4))
    given = {"steps": 5, "save_every": 2, "rewards": (f"model:{judge}",)}
    several = (*SMALL, "batch=8", *set_)
    whole = tiny.job(tmp_path, data, bases("idefics3"), "grpo", "grpo", *several, **given)
    straight, halved = run_tune(whole), replace(whole, out=tmp_path / "halved")
    at_checkpoint(halved.out, 2, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert run_tune(halved).status == "stopped"
    resumed = run_tune(halved).summary["training"]
    names = ("losses", "rewards", "grad_norms")
    assert [resumed[n] for n in names] == [straight.summary["training"][n] for n in names]
    assert_same_weights(whole.out, halved.out)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["spa-vl-dpo", "spa-vl-dpo-lora"])
def test_a_process_that_was_killed_goes_on_to_the_same_last_bit(
    preset: str, tmp_path: Path, bases: Bases
) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored())
    command = [sys.executable, "-m", "crosslight", "tune", "dpo", str(data), "--preset", preset]
    command += ["--base", str(bases("qwen2_5_vl")), "--steps", str(STEPS), "--save-every", "2"]
    command += ["--store", str(tmp_path / "store"), "-q"]
    for value in tiny.FAST:
        command += ["--set", value]

    def start(out: Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*command, "-o", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    _, told = (first := start(whole)).communicate(timeout=300)
    assert first.returncode == 0, told
    child = start(killed)
    at_checkpoint(killed, 2, child.kill).join(300)
    assert child.wait(60) == -signal.SIGKILL
    (killed / "checkpoints/checkpoint-9").mkdir()  # as if it had been killed while writing one
    assert read_run(killed)["status"] == "stopped"
    _, told = (again := start(killed)).communicate(timeout=300)
    assert again.returncode == 0, told
    assert_same_weights(whole, killed)


def test_a_folder_holds_one_run_and_goes_on_with_no_other(tmp_path: Path, bases: Bases) -> None:
    job = replace(job_of(tmp_path, bases, "idefics3", "sft", "sft-lora"), steps=1)
    with held_folder(job.out, "tune"), pytest.raises(FolderBusy):
        run_tune(job)
    done = run_tune(job)
    stamp = (job.out / "model/adapter_model.safetensors").stat().st_mtime_ns
    assert run_tune(job).summary == done.summary, "a complete run is left as it is"
    assert (job.out / "model/adapter_model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(BadSetting, match="seed: 0 there, 1 now"):
        run_tune(replace(job, seed=1))
    changed = tiny.mirrored(2)
    changed[0]["image"]["bytes"] = tiny.picture("blue", 40)
    other = tiny.write_run(tmp_path / "other", changed)
    with pytest.raises(BadSetting, match=r"rows\.train"):
        run_tune(replace(job, data=other))


def test_a_signal_after_the_last_step_trains_nothing_twice(tmp_path: Path, bases: Bases) -> None:
    job = replace(job_of(tmp_path, bases, "llava", "dpo", "spa-vl-dpo"), steps=2)
    at_checkpoint(job.out, 2, lambda: os.kill(os.getpid(), signal.SIGINT))
    first = run_tune(job)
    assert first.exit_code == 3 and "SIGINT" in first.reason
    weights = load_file(str(job.out / "model/model.safetensors"))
    result = run_tune(job)
    assert result.status == "complete" and len(result.summary["training"]["losses"]) == 2
    again = load_file(str(job.out / "model/model.safetensors"))
    assert all(torch.equal(weights[name], again[name]) for name in weights)
