"""What happens between steps: a checkpoint is marked whole, a signal ends the run in order."""

import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
import transformers

from crosslight.records import RunBroken
from crosslight.store import write_json
from crosslight.tune.resume import WHOLE

TELL_S = 10.0
STOPPED = 3


class Stop:
    """Whether the run was told to stop, and by what."""

    reason = ""


@contextmanager
def signals(stop: Stop) -> Iterator[None]:
    """While inside, the first Ctrl-C or SIGTERM asks for a stop after the step that is going on
    (a checkpoint is written); the second ends the process at once."""

    def handle(number: int, frame: Any) -> None:
        if stop.reason:
            os._exit(STOPPED)
        stop.reason = f"interrupted ({signal.Signals(number).name})"

    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not in the main thread: signals are left alone
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)


class Steps(transformers.TrainerCallback):  # type: ignore[misc]
    """Stops, marks checkpoints, tells how far it is."""

    def __init__(self, stop: Stop, *, quiet: bool) -> None:
        self.stop, self.quiet, self.told = stop, quiet, time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """A signal: save and end, in all processes after the same step."""
        if told_anywhere(self.stop, args.device):
            control.should_save = control.should_training_stop = True
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The checkpoint is whole: make that durable, then say so."""
        if not state.is_world_process_zero:
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if folder.is_dir():
            for path in folder.iterdir():
                if path.is_file():
                    _sync(path)
            write_json(folder / WHOLE, {"step": state.global_step})

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """A line every few seconds; that nobody reads it is no reason to break off.

        Raises `RunBroken` for a loss that is no number, before a checkpoint of it is written.
        """
        logs = logs or {}
        if not math.isfinite(logs.get("loss", 0.0)) or math.isnan(logs.get("grad_norm") or 0.0):
            raise no_number(f"the loss of step {state.global_step:,}")
        if self.quiet or not state.is_world_process_zero or "loss" not in logs:
            return
        if time.monotonic() - self.told > TELL_S:
            self.told = time.monotonic()
            with suppress(OSError, ValueError):
                line = f"step {state.global_step:,} of {state.max_steps:,}: loss {logs['loss']}"
                print(line, file=sys.stderr, flush=True)


def no_number(what: str) -> RunBroken:
    """The error for a run whose weights are, or are about to be, of no use."""
    return RunBroken(
        f"{what} is not finite: the weights would be of no use",
        "a smaller --set learning_rate=N, or --set precision=fp32, in a new folder; "
        "a base that is broken itself gives this at step 1",
    )


def whole_weights(model: Any) -> None:
    """Raises `RunBroken` where a weight is not finite: a last step can do so unseen by any loss."""
    for name, weight in model.named_parameters():
        if weight.requires_grad and not bool(torch.isfinite(weight).all()):
            raise no_number(f"the weight {name}")


def told_anywhere(stop: Stop, device: Any) -> bool:
    """Whether any of the processes that train together was told to stop."""
    import torch.distributed as processes

    if not (processes.is_available() and processes.is_initialized()):
        return bool(stop.reason)
    told = torch.tensor([float(bool(stop.reason))], device=device)
    processes.all_reduce(told)
    if told.item() and not stop.reason:
        stop.reason = "interrupted (another process)"
    return bool(told.item())


def _sync(path: Path) -> None:
    at = os.open(path, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)
