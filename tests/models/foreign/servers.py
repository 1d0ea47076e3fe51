"""Servers that we did not write, each in an environment of its own under one folder.

How they are installed stands in docs/models.md; `FOLDER/NAME` is a virtual environment, or a
folder with `node_modules`.
"""

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from crosslight.models.fake import FakeServer

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("CROSSLIGHT_FOREIGN", "nowhere"))
START_S = 180
AS_YES = {"fixtures": [{"match": {}, "response": {"content": "Yes"}}]}
Words = Callable[[Path, int], list[str]]


@dataclass(frozen=True)
class Server:
    """`words` writes what the server reads into a folder, and gives its command line.

    `able` names the lines of doctor that are `ok` besides reach, thinking, seed and speed;
    `unknown` those that could not be found out. `failed`: rows of the eighteen.
    """

    name: str
    program: str
    words: Words
    model: str = "tiny"
    able: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    refuses: bool = False
    failed: int = 0
    env: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The program; not there where the server is not installed."""
        return FOLDER / self.name / self.program


def _llama(folder: Path, port: int) -> list[str]:
    from tests.models.gguf.tiny import write_projector, write_text_model

    text = write_text_model(folder / "tiny", terse=True)
    return [
        str(HERE / "serve_llama.py"),
        str(text),
        str(write_projector(folder / "eyes")),
        f"{port}",
    ]


def _transformers(folder: Path, port: int) -> list[str]:
    from tests.models.foreign.tiny import save_llava

    return [
        "serve",
        "--host=127.0.0.1",
        f"--port={port}",
        "--device=cpu",
        str(save_llava(folder / "llava")),
    ]


def _litellm(folder: Path, port: int) -> list[str]:
    behind = {"model": "openai/echo", "api_base": os.environ["BEHIND"], "api_key": "none"}
    config = {"model_list": [{"model_name": "tiny", "litellm_params": behind}]}
    path = folder / "litellm.yaml"
    path.write_text(yaml.safe_dump(config))
    return ["--config", str(path), "--host", "127.0.0.1", "--port", str(port)]


def _mockllm(folder: Path, port: int) -> list[str]:
    path = folder / "responses.yml"
    path.write_text(yaml.safe_dump({"responses": {}, "defaults": {"unknown_response": "Yes"}}))
    return ["start", "-r", str(path), "-h", "127.0.0.1", "-p", str(port)]


def _aimock(folder: Path, port: int) -> list[str]:
    path = folder / "fixtures.json"
    path.write_text(json.dumps(AS_YES))
    return ["-p", str(port), "-f", str(path)]


NPM = "node_modules/.bin"
SERVERS = (
    Server(
        "xllamacpp",
        "bin/python",
        _llama,
        able=frozenset({"logprobs", "schema", "context"}),
        refuses=True,
    ),
    Server(
        "transformers",
        "bin/transformers",
        _transformers,
        model="FOLDER/llava",
        unknown=frozenset({"context"}),
        env={"HF_HUB_OFFLINE": "1"},
    ),
    Server(
        "litellm",
        "bin/litellm",
        _litellm,
        able=frozenset({"pictures", "logprobs", "schema", "n", "embed"}),
        unknown=frozenset({"context"}),
        env={"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    ),
    Server("aimock", f"{NPM}/llmock", _aimock, unknown=frozenset({"context", "embed"})),
    # Every picture is a 500 of its: thirteen rows of the eighteen.
    Server(
        "mockllm", "bin/mockllm", _mockllm, unknown=frozenset({"context", "pictures"}), failed=13
    ),
)


@contextmanager
def running(server: Server, folder: Path) -> Iterator[str]:
    """The spec of the server, which answers by then; it is ended afterwards."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    key = f"sk-{secrets.token_hex(16)}"
    os.environ[f"CROSSLIGHT_API_KEY_127_0_0_1_{port}"] = key
    with FakeServer("echo") as behind, (folder / "log").open("wb") as log:
        os.environ["BEHIND"] = behind.url
        words = [str(server.path), *server.words(folder, port)]
        env = {**os.environ, **server.env, "LITELLM_MASTER_KEY": key}
        env.pop("PYTHONPATH", None)
        with subprocess.Popen(words, stdout=log, stderr=log, env=env, cwd=folder) as process:
            try:
                _wait(process, port, folder / "log")
                model = server.model.replace("FOLDER", str(folder))
                yield f"openai:{model}@http://127.0.0.1:{port}/v1"
            finally:
                process.terminate()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Until something listens."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"nothing listens after {START_S} s: {log.read_text()[-2000:]}")
