"""A chat template under limits: rendered by a child process that may be ended at any time."""

import json
import os
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from crosslight.models.errors import BadSpec

PROGRAM = Path(__file__).with_name("template_process.py")
CPU_SECONDS = 5.0
"""Of one rendering, which takes about a millisecond."""
MEMORY = 1 << 30
"""Bytes of the child's address space."""
KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "SYSTEMROOT", "LANG", "LC_ALL", "TZ")
"""Of the environment. No key of an endpoint is in it."""
LONGEST = 16 << 20
"""Characters of one prompt."""


class ChatTemplate:
    """Renders one template. The child starts with the first rendering, and anew if it was ended.

    Not for several threads at once.
    """

    def __init__(self, source: str, *, cpu_s: float = CPU_SECONDS, memory: int = MEMORY) -> None:
        self.source = source
        self._limits = (str(cpu_s), str(memory), str(LONGEST))
        self._child: subprocess.Popen[bytes] | None = None

    def render(self, values: Mapping[str, Any]) -> str:
        """The text for these values, which are JSON. Raises BadSpec with what the template said, or
        which limit it broke."""
        if self._child is None:
            self._child = self._start()
            self._ask(self.source)
        return self._ask(values)["text"]

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            _end(self._child)
            self._child = None

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: the folder of the program is no place to import from.
        command = [sys.executable, "-P", str(PROGRAM), *self._limits]
        child = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
            # Ctrl-C is the run's: what is in flight is rendered to its end.
            start_new_session=True,
        )
        weakref.finalize(self, _end, child)
        return child

    def _ask(self, value: Any) -> dict[str, str]:
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        reply = b""
        try:
            child.stdin.write(json.dumps(value).encode() + b"\n")
            child.stdin.flush()
            reply = child.stdout.readline()
        except BrokenPipeError:
            pass
        if not reply:
            self.close()
            raise BadSpec(
                "the model's chat template does not end, or takes too much memory",
                hint="it is a program of whoever made the model: use another model",
            )
        told: dict[str, str] = json.loads(reply)
        if "refused" in told:
            if "text" not in told and value is self.source:
                self.close()
            raise BadSpec(f"the model's chat template refused: {told['refused']}"[:200])
        return told


def special_tokens(tokenizer: Any) -> dict[str, Any]:
    """A tokenizer's special tokens as plain values, by the names that templates know."""
    return {name: _plain(value) for name, value in tokenizer.special_tokens_map.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(one) for one in value]
    return str(value)


def _end(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    child.kill()
    child.wait()
