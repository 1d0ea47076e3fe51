"""What a run asks for beyond the extra is looked for before anything is opened; logs stay."""

import sys
from pathlib import Path
from typing import Any

import pytest

from crosslight.records import BadSetting, MissingPart
from crosslight.tune import run_tune
from tests.tune import tiny
from tests.tune.conftest import Bases

# What transformers takes in place of TensorBoard's own writer, where only this is installed.
WRITER = """
from pathlib import Path


class SummaryWriter:
    def __init__(self, log_dir):
        self.file = Path(log_dir) / "events.txt"
        self.file.parent.mkdir(parents=True, exist_ok=True)

    def add_scalar(self, name, value, step):
        with self.file.open("a") as file:
            file.write(f"{step} {name}\\n")

    def __getattr__(self, name):
        return lambda *given, **named: None
"""


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        ({"report_to": ("nonsense",)}, BadSetting, "none of this name"),
        ({"report_to": ("all",)}, BadSetting, "none of this name"),
        ({"report_to": ("trackio",)}, MissingPart, "trackio: its package is not installed"),
        ({"deepspeed": Path("nowhere.json")}, BadSetting, "nowhere.json is no file"),
        ({"set_": ("optimizer=adam",)}, BadSetting, "none of this name"),
    ],
)
def test_what_there_is_not_is_refused_before_the_base_is_looked_for(
    more: dict[str, Any], error: type[Exception], told: str, tmp_path: Path
) -> None:
    set_ = more.pop("set_", ())
    job = tiny.job(tmp_path, tmp_path, Path("no/base"), "dpo", "spa-vl-dpo", *set_, **more)
    with pytest.raises(error, match=told) as refused:
        run_tune(job)
    assert refused.value.hint  # type: ignore[attr-defined]


def test_a_deepspeed_file_needs_its_package_and_must_be_json(tmp_path: Path) -> None:
    path = tmp_path / "zero2.json"
    job = tiny.job(tmp_path, tmp_path, Path("no/base"), "dpo", "spa-vl-dpo", deepspeed=path)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(BadSetting, match="no JSON object"):
        run_tune(job)
    path.write_text('{"zero_optimization": {"stage": 2}}', encoding="utf-8")
    with pytest.raises(MissingPart) as refused:
        run_tune(job)
    assert refused.value.hint == "pip install deepspeed"


def test_what_tensorboard_wrote_is_there_after_the_run(
    tmp_path: Path, bases: Bases, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packages/tensorboardX"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(WRITER, encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    data = tiny.write_run(tmp_path / "run", tiny.mirrored(1))
    logs = ("tensorboard",)
    job = tiny.job(tmp_path, data, bases("llava"), "dpo", "spa-vl-dpo", steps=2, report_to=logs)
    try:
        assert run_tune(job).status == "complete"
    finally:
        sys.modules.pop("tensorboardX", None)
    written = (job.out / "logs/events.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line.endswith("train/loss")] == [
        "1 train/loss",
        "2 train/loss",
    ]
    assert not (job.out / "checkpoints").exists()
