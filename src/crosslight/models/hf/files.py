"""Where a model's files are, and which exactly: only safetensors, never a pickle."""

import hashlib
import json
from pathlib import Path
from typing import Any

from crosslight.models.errors import Denied, Missing, NotSupported, Unreachable
from crosslight.models.gguf.files import fingerprint

WANTED = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")
SKIPPED = ("*/*", "consolidated*", "onnx*")
SAFE = "only safetensors weights are read: pickles can run code when they are opened"


def locate(place: str, revision: str) -> tuple[Path, str]:
    """The folder and the revision: a commit of the hub, or a hash over all files of a folder.

    Blocks. Raises Missing, Denied, Unreachable, NotSupported (no safetensors).
    """
    folder = Path(place).expanduser()
    if folder.is_dir():
        if revision:
            raise NotSupported("a folder has no revisions", hint="leave ?revision= out")
        _check(folder, place)
        return folder, _hash(folder)
    folder = _snapshot(place, revision)
    _check(folder, place)
    return folder, folder.name  # the hub's cache names a snapshot by its commit


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object of the folder; empty where there is none. Raises NotSupported."""
    path = folder / name
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotSupported(f"{name} cannot be read: {error}"[:200]) from None
    if not isinstance(value, dict):
        raise NotSupported(f"{name} holds no JSON object")
    return value


def _check(folder: Path, place: str) -> None:
    if not (folder / "config.json").is_file():
        raise Missing(f"{place} holds no config.json", hint="is it a transformers model?")
    if not any(folder.glob("*.safetensors")):
        raise NotSupported(f"{place} holds no safetensors weights", hint=SAFE)


def _hash(folder: Path) -> str:
    """sha256 over names and hashes of all files that can change an answer."""
    total = hashlib.sha256()
    names = {path for pattern in WANTED for path in folder.glob(pattern)}
    for path in sorted(names, key=lambda p: p.name):
        total.update(f"{path.name}\0{fingerprint(path)}\n".encode())
    return total.hexdigest()


def _snapshot(repo: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        found = snapshot_download(
            repo,
            revision=revision or None,
            allow_patterns=list(WANTED),
            ignore_patterns=list(SKIPPED),
        )
    except GatedRepoError:
        raise Denied(
            f"{repo} is gated", hint="accept its terms on the hub and log in with `hf auth login`"
        ) from None
    except RevisionNotFoundError:
        raise Missing(f"{repo} has no revision {revision!r}") from None
    except RepositoryNotFoundError:
        raise Missing(f"the hub has no repository {repo}", hint="check owner and name") from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise Unreachable(
            f"cannot fetch {repo}: {type(error).__name__}",
            hint="check the network, name a mirror in HF_ENDPOINT, or give a folder",
        ) from None
    return Path(found)
